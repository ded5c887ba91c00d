"""Greedy is greedy on every way of writing; what a repository asks beyond that is told, and applied where wanted."""

import pytest
import tiny
import torch
from tiny import answers
from tiny import engine
from tiny import save
from tiny import words
from transformers import AutoModelForCausalLM
from transformers import GenerationConfig

from harness.core import Generate
from harness.errors import ModelError

WAYS = {"llama": "slots", "bloom": "own cache"}
PROMPTS = [words(1, 2, 3), words(4, 5, 4, 5), words(7, 8, 9, 1, 2)]
ASKED = {
    "repetition": {"repetition_penalty": 1.8, "no_repeat_ngram_size": 2},
    "ends": {"forced_eos_token_id": 1, "forced_bos_token_id": 3},
    "lengths": {"min_length": 9, "min_new_tokens": 6, "exponential_decay_length_penalty": (2, 1.5)},
    "tokens": {
        "suppress_tokens": [4, 5, 6],
        "begin_suppress_tokens": [7, 8, 9, 10, 11],
        "bad_words_ids": [[12], [13], [14, 15]],
        "sequence_bias": [[[20], 9.0]],
    },
}


@pytest.fixture(scope="module", params=WAYS)
def family(request):
    return request.param


@pytest.fixture
def repository(tmp_path, family):
    """A function that writes a tiny model whose repository asks for something."""

    def make(**asked):
        path = save(tmp_path / "model", tiny.FAMILIES[family])
        GenerationConfig(bos_token_id=0, eos_token_id=1, **asked).save_pretrained(path)
        return path

    return make


def written(found):
    return [response.completions[0].text for response in found]


def generate(path, made, prompt, most, config):
    """What transformers writes behind a prompt by a generation config, and nothing but it."""
    model = AutoModelForCausalLM.from_pretrained(path).eval()
    model.generation_config = GenerationConfig()
    ids = torch.tensor([made.tokens.encode(prompt)])
    config.max_length, config.pad_token_id = ids.shape[1] + most, 1
    found = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)[0, ids.shape[1] :]
    return made.tokens.decode([token for token in found.tolist() if token != 1])


def test_greedy_is_greedy_whatever_a_repository_asks(repository, family):
    asked = {field: value for fields in ASKED.values() for field, value in fields.items()}
    path = repository(**asked)
    made = engine(path)
    assert made.describe()["ways"]["completions"][0]["way"] == WAYS[family]
    plain = [generate(path, made, prompt, 12, GenerationConfig(eos_token_id=1)) for prompt in PROMPTS]
    assert written(answers(made, [Generate(prompt, max_tokens=12) for prompt in PROMPTS])) == plain
    (note,) = made.describe()["notes"]
    assert all(f"{field} " in note for field in asked)
    assert note.endswith(": left out; see --generation-config")


@pytest.mark.parametrize("fields", ASKED)
def test_what_it_asks_is_applied_as_generate_does_where_the_user_wants_it(repository, fields):
    path = repository(**ASKED[fields])
    made = engine(path, generation_config="model")
    asked = [Generate(prompt, max_tokens=12) for prompt in PROMPTS]
    expected = [
        generate(path, made, prompt, 12, GenerationConfig(eos_token_id=1, **ASKED[fields])) for prompt in PROMPTS
    ]
    assert written(answers(made, asked)) == expected
    assert expected != written(answers(engine(path), asked))
    assert made.describe()["notes"][0].endswith(": applied, as --generation-config model asks")


def test_a_repository_s_stop_strings_end_the_run_no_more_and_the_answer_where_they_are_applied(repository):
    free = engine(repository())
    text = written(answers(free, [Generate(PROMPTS[0], max_tokens=12)]))[0]
    stop = text.split()[2]
    path = repository(stop_strings=[stop])
    (left,) = written(answers(engine(path), [Generate(PROMPTS[0], max_tokens=12)]))
    (cut,) = written(answers(engine(path, generation_config="model"), [Generate(PROMPTS[0], max_tokens=12)]))
    assert (left, cut) == (text, text[: text.index(stop)])


def test_how_a_repository_samples_is_the_benchmark_s_to_say(repository):
    made = engine(repository(do_sample=True, temperature=0.3, top_p=0.5, top_k=3))
    assert made.describe()["notes"] == []


def test_another_way_of_decoding_is_told_and_refused_where_it_should_be_applied(repository):
    path = repository(num_beams=4)
    assert engine(path).describe()["notes"] == [
        "its generation config asks for num_beams 4: left out; see --generation-config"
    ]
    with pytest.raises(ModelError, match="tiny: its generation config asks for num_beams 4, which is not greedy"):
        engine(path, generation_config="model")
