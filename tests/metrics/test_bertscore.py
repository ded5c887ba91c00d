"""BERTScore: the paper's formula on a tiny encoder of random weights; no encoder of the paper was run here."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Record
from harness.core import fingerprint
from harness.encoding import encode
from harness.errors import UsageError
from harness.metrics.bertscore import BertScore

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sort", "the", "list", "it", "of", "count", "words"]
LAYER = 2
EVALS = Path(__file__).parents[2] / "evals" / "code_explanation"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of three layers whose weights were drawn, in the Hub's format."""
    import torch
    from transformers import BertConfig
    from transformers import BertModel
    from transformers import BertTokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(WORDS), max_position_embeddings=16, **sizes)
    BertModel(config).save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    BertTokenizer(vocab=vocabulary, model_max_length=16).save_pretrained(folder)
    return folder


def value(encoder: Path, said: str, expected: str) -> float:
    score = BertScore(encoder, LAYER).observe(
        Case("a", (Generate("Q:"),), expected), Completions((Completion(said, "stop", 1),))
    )
    assert (score.metric, score.verdict, score.stats[1]) == ("bertscore", None, 1.0)
    return score.stats[0]


def by_formula(encoder: Path, said: str, expected: str) -> float:
    """Section 3 of the paper: the mean over a text's tokens of the largest cosine with the other's; F of both means.

    The states are those of layer 2. As in the library, [CLS] and [SEP] can be nearest but are not averaged.
    """
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(encoder).eval()

    def states(words: str) -> "torch.Tensor":
        tokens = torch.tensor([[WORDS.index(word) for word in ("[CLS]", *words.split(), "[SEP]")]])
        with torch.no_grad():
            found = model(tokens, output_hidden_states=True).hidden_states[LAYER][0]
        return torch.nn.functional.normalize(found, dim=-1)

    cosines = states(said) @ states(expected).T
    precision, recall = (cosines.max(dim=side).values[1:-1].mean() for side in (1, 0))
    return float(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize(
    ("said", "expected"), [("sort the list", "sort it"), ("count words of it", "the list"), ("it", "sort the words")]
)
def test_bertscore_is_the_papers_formula(encoder: Path, said: str, expected: str) -> None:
    assert value(encoder, said, expected) == pytest.approx(by_formula(encoder, said, expected), abs=1e-5)


def test_equal_texts_score_one_and_no_text_nothing(encoder: Path) -> None:
    assert value(encoder, "sort the list", "sort the list") == pytest.approx(1.0, abs=1e-5)
    assert value(encoder, " \n", "sort the list") == 0.0


def test_a_text_past_the_encoders_context_is_cut_at_its_end(encoder: Path) -> None:
    whole = "count words of it the list sort " * 2  # 14 words and two marks
    assert value(encoder, whole + "it it it", "sort it") == pytest.approx(value(encoder, whole, "sort it"), abs=1e-6)


def test_the_signature_names_encoder_weights_and_layer(encoder: Path) -> None:
    parts = BertScore(encoder, LAYER).signature.split("|")
    assert parts[:3] == ["bertscore", "measure:f", "encoder:tiny"]
    assert parts[3].startswith("weights:")
    assert parts[4:7] == ["layer:2", "idf:no", "rescaled:no"]
    assert [part.partition(":")[0] for part in parts[7:]] == ["bert-score", "transformers"]


def test_an_encoder_that_cannot_serve_is_refused(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"^bertscore: found layer 4; expected 1 to 3, as {encoder} has$"):
        BertScore(encoder, 4)
    with pytest.raises(UsageError, match=rf"^bertscore: no .safetensors file in {tmp_path}; expected an encoder's"):
        BertScore(tmp_path, 1)
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(UsageError, match=rf"^bertscore: {tmp_path}/config.json cannot be read"):
        BertScore(tmp_path, 1)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match=r"config.json has no num_hidden_layers; expected an encoder's folder$"):
        BertScore(tmp_path, 1)
    misleading = tmp_path / "t5-like"
    misleading.mkdir()
    (misleading / "model.safetensors").touch()
    with pytest.raises(UsageError, match=r"takes \S+/t5-like for another kind of model; rename the folder$"):
        BertScore(misleading, 1)


def test_without_the_library_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bert_score", None)
    with pytest.raises(UsageError) as caught:
        BertScore(tmp_path, 1)
    assert str(caught.value) == ("bertscore: bert-score is not installed; expected pip install 'crosstask[bertscore]'")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A whole run of conala's page with one case, without a score yet."""
    request = Generate("Explain it.")
    case = Case("curated-0", (request,), "sort the list", cluster="1")
    said = Completions((Completion("sort it", "stop", 2),))
    record = Record("toy", "conala", 1, case.id, "node", 1, "measured", case.digest, case.target, cluster="1")
    manifest = {
        "schema": "crosstask/manifest/1",
        "models": {"toy": {"card": {"name": "toy"}}},
        "benchmarks": {"conala": {"version": 1, "area": "code_explanation", "metrics": []}},
        "planned": {"toy": {"conala": [case.id]}},
    }
    lines = {
        "prompts": {"schema": "crosstask/prompt/1", "prompt": fingerprint(request), "request": encode(request)},
        "records": {
            "schema": "crosstask/record/1",
            "record": encode(replace(record, prompts=(fingerprint(request),), responses=(said,))),
        },
    }
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for name, line in lines.items():
        (folder / f"{name}.jsonl").write_text(json.dumps(line) + "\n")
    return folder


def rescore(run: Path, *words: str) -> tuple[int, dict[str, float], str]:
    """Exit status, the scores by metric, and what was said on stderr."""
    found = CliRunner().invoke(app, ["rescore", str(run), "--evals", str(EVALS), *words])
    summary = run / "summary.json"
    scores = json.loads(summary.read_text())["scores"] if summary.exists() else []
    return found.exit_code, {one["metric"]: one["estimate"]["value"] for one in scores}, found.stderr


def test_rescoring_adds_the_column_where_it_is_asked_for(encoder: Path, run: Path) -> None:
    status, scores, _ = rescore(run, "--bertscore", f"{encoder}:{LAYER}")
    assert (status, list(scores)) == (0, ["bleu", "rouge1", "rouge2", "rougeL", "chrf", "meteor", "bertscore"])
    assert scores["bertscore"] == pytest.approx(by_formula(encoder, "sort it", "sort the list"), abs=1e-5)
    assert "bertscore" not in rescore(run)[1]


@pytest.mark.parametrize("words", ["tiny", "tiny:", ":2", "tiny:two"])
def test_an_encoder_without_a_layer_is_refused(run: Path, words: str) -> None:
    status, _, said = rescore(run, "--bertscore", words)
    assert (status, said) == (
        2,
        f"crosstask: --bertscore: found {words!r}; expected an encoder's folder and a layer, as DIR:17\n",
    )
