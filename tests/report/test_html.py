"""report.html: self-contained, harmless whatever a model wrote, loud where results are missing."""

import base64
import hashlib
import json
import re
import tracemalloc
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

import harness.report
from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Score
from harness.core import fingerprint
from harness.printing.visible import visible
from harness.report.html import write_html
from harness.report.summary import summarise
from harness.results.folder import read_run
from harness.statistics import wilson

ACTIVE = {"img", "iframe", "object", "embed", "link", "form", "base", "audio", "video", "button", "template"}
OWN = {
    ("script", None): 2,
    ("script", "module"): 1,
    ("script", "application/json"): 2,
    ("style", None): 1,
    ("input", "radio"): 3,
}
HOSTILE = "</pre></td><script>alert(1)</script><img src=http://evil/x onerror=alert(1)>&amp;{{ 7 * 7 }}{% raw %}"


class Page(HTMLParser):
    """The tags and text of a page; of its scripts that are data the packed cases, whole."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.words = []
        self.chunks = {"entries": [], "details": []}
        self.data = {}
        self.open = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.open = dict(attributes)
        self.tags.append((tag, self.open))

    def handle_data(self, data):
        if self.cdata_elem is None:
            self.words.append(data)
        elif self.open.get("type") == "application/octet-stream":
            self.chunks[self.open["class"]] += json.loads(zlib.decompress(base64.b64decode(data, validate=True)))
        elif self.open.get("type") == "application/json":
            self.data[self.open["id"]] = json.loads(data)

    @property
    def names(self):
        return {tag for tag, _ in self.tags}

    @property
    def text(self):
        """The visible words, and those of all cases, as the page shows them."""
        return "".join(self.words) + "\n" + "\n".join(self.told())

    def told(self):
        for entry, detail in zip(self.chunks["entries"], self.chunks["details"], strict=True):
            yield from strings(joined(entry, detail))
        yield from self.data["index"]["tags"]

    def case(self, name):
        """A case with its detail, the texts that are cut in two put together."""
        for entry, detail in zip(self.chunks["entries"], self.chunks["details"], strict=True):
            if entry["id"] == name:
                return joined(entry, detail)
        raise KeyError(name)


def joined(entry, detail):
    """What case.js does, in Python."""
    asks = detail["asks"]
    if asks and asks[0] and asks[0][-1] is not None:
        if isinstance(asks[0][-1], str):
            asks = [[*asks[0][:-1], asks[0][-1] + entry["ask"]], *asks[1:]]
        else:
            *turns, (role, text) = asks[0][-1]
            asks = [[*asks[0][:-1], [*turns, [role, text + entry["ask"]]]], *asks[1:]]
    runs = [
        None if first is None else first | (rest or {})
        for first, rest in zip(entry["runs"], detail["runs"], strict=True)
    ]
    for run in runs:
        if run and run.get("answers") and (samples := run["answers"][-1].get("samples")):
            run["answers"] = [
                *run["answers"][:-1],
                run["answers"][-1] | {"samples": [[run["answer"] + samples[0][0], *samples[0][1:]], *samples[1:]]},
            ]
    return entry | {"asks": asks, "target": entry["target"] + detail["target"], "runs": runs}


def strings(value):
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def made(folder):
    run = read_run(folder.write())
    path = folder.path / "report.html"
    write_html(run, summarise(run), path)
    return path.read_text(encoding="utf-8")


def cells(raw):
    """The rows of the page's tables as lists of words."""
    return [
        [" ".join("".join(Page(cell).words).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", raw, re.DOTALL)
    ]


def opened(raw, number=0):
    """What opens of a benchmark: its metrics, strata and counts."""
    return raw.split(f'<details id="b-{number}">')[1].split("</ol>" if "footnotes" in raw else '<details id="b-')[0]


def test_every_part_is_there(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "invalid", cause="nothing found by last_number"),))
    raw = made(folder)
    page = Page(raw)
    assert ["tins exact", "", "91.7", "[64.6, 98.5]", "12", "1 no answer"] in cells(raw)
    row = next(row for row in cells(opened(raw)) if row[0] == "exact")
    assert row[1:5] == ["", "91.7", "[64.6, 98.5]", "12"]
    for part in ("91.7", "[64.6, 98.5]", "100.0", "[43.9, 100.0]", "exact|v:1", "0123456789ab"):
        assert part in "".join(page.words)
    case = page.case("tin-3")
    assert case["asks"] == [[[["user", "Tin: 2 + 3 ="], ["assistant", " 5"], ["user", "Tin: 4 + 4 ="]]]]
    assert case["target"] == "8"
    assert case["runs"][0]["answers"] == [{"prompt_tokens": 20, "samples": [[" 8", "stop", 2, None]]}]
    assert case["runs"][0]["scores"] == [[0, "i", None, None, "nothing found by last_number"]]
    assert case["runs"][0]["verdicts"] == "i"
    assert page.case("moon-0")["asks"] == [["Is the moon a lamp?"]]


def test_a_score_is_followed_by_its_mean_over_strata_and_a_folded_table_of_them(folder):
    folder.manifest["benchmarks"]["tins"]["strata"] = "subject"
    for row in range(12):
        folder.change(f"tin-{row}", stratum="<sizes>" if row < 8 else "colours", tags=(f"level:{row % 2}",))
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),))
    raw = made(folder)
    parts = opened(raw)
    subjects, levels = (" ".join(Page(one).words) for one in parts.split("<details>")[1:])
    assert " ".join(subjects.split()[:5]) == "exact by subject, 2 subject"
    assert " ".join(levels.split()[:4]) == "exact by level, 2"
    low, high = (f"{100 * bound:.1f}" for bound in wilson(7, 8))
    assert ["<sizes>", "", "87.5", f"[{low}, {high}]", "8"] in cells(parts)
    assert next(row for row in cells(raw) if row[0] == "macro by subject")[2] == "93.8"
    assert "<details open" not in raw
    assert Page(raw).data["index"]["tags"] == ["<sizes>", "level:0", "level:1", "colours"]


def test_the_score_without_known_wrong_rows_is_shown(folder):
    listed = {"name": "ours", "version": "2", "source": "-", "why": "-", "listed": 1, "excluded": 1, "changed": []}
    folder.manifest["benchmarks"]["tins"]["exclusions"] = [listed]
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),), tags=("excluded by ours 2",))
    row = next(row for row in cells(made(folder)) if row[0] == "without ours 2")
    assert row[2:5] == ["100.0", "[74.1, 100.0]", "11"]


def test_what_more_samples_would_take_away_stands_by_the_interval(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "share"
    for row in range(12):
        folder.change(f"tin-{row}", scores=(Score("exact", (0.5, 1.0, 0.03)),))
    raw = made(folder)
    row = next(row for row in cells(opened(raw)) if row[0] == "exact")
    assert row[3].endswith("samples ± 5.01")  # the root of twelve times 0.03, by 12: .05; then the number of a note
    assert '<li id="score-0-1">standard error from the samples alone,' in raw


def test_a_value_without_an_upper_bound_has_no_place_on_an_axis(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "perplexity"
    for row in range(12):
        folder.change(f"tin-{row}", scores=(Score("exact", (-3.7278, 1.0)),))
    raw = made(folder)
    row = next(row for row in cells(opened(raw)) if row[0] == "exact")
    assert row[2] == "41.6"
    assert row[3] == "no interval1"  # the number of a note, raised
    assert '<li id="score-0-1">all clusters agree</li>' in raw
    assert raw.count("<svg") == 2  # the other benchmark's, on the first screen and below


def test_a_negative_value_has_no_place_on_an_axis(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "matthews"
    for row in range(12):
        wrong = (0.0, 1.0, 0.0, 0.0) if row % 2 else (0.0, 0.0, 1.0, 0.0)
        folder.change(f"tin-{row}", scores=(Score("exact", wrong),))
    raw = made(folder)
    assert next(row for row in cells(opened(raw)) if row[0] == "exact")[2] == "-100.0"
    assert raw.count("<svg") == 2  # the other benchmark's, on the first screen and below


def test_two_models_stand_side_by_side(folder):
    folder.add_model("other", {"tin-0": " 9"})
    raw = made(folder)
    (row,) = [row for row in cells(raw) if row[0] == "tins exact"]
    assert row == ["tins exact", "100.0 [75.8, 100.0]", "91.7 [64.6, 98.5]", "12", "", ""]
    assert next(row[1:4] for row in cells(raw) if row[0] == "other") == ["", "91.7", "[64.6, 98.5]"]
    case = Page(raw).case("tin-0")
    assert [run["verdicts"] for run in case["runs"]] == ["c", "w"]
    assert len(case["asks"]) == 1


def test_two_models_are_compared_and_a_flip_leads_to_its_cases(folder):
    folder.add_model("other", {"tin-0": " 9", "tin-1": " 7"})
    raw = made(folder)
    row = next(row for row in cells(raw.split('id="compared"')[1]) if row[0] == "tins")
    assert row[1:4] == ["exact", "", "\N{MINUS SIGN}16.7"]
    assert row[7:11] == ["0", "2", "10", "12"]
    links = [one["href"] for tag, one in Page(raw).tags if tag == "a" and "change=" in one["href"]]
    assert links == ["#cases?benchmark=0&metric=exact&from=0&to=1&change=lost"]


def test_one_model_alone_is_compared_with_none(folder):
    assert 'id="compared"' not in made(folder)


def test_a_prompt_that_only_one_model_was_asked_is_its_own(folder):
    request = Generate("Otherwise?")
    folder.requests[fingerprint(request)] = request
    folder.add_model("other", {})
    folder.records = [
        replace(one, prompts=(fingerprint(request),)) if (one.model, one.case) == ("other", "tin-0") else one
        for one in folder.records
    ]
    case = Page(made(folder)).case("tin-0")
    assert [run["asked"] for run in case["runs"]] == [0, 1]
    assert case["asks"][1] == ["Otherwise?"]


def test_the_target_and_the_likeliest_choice_are_marked(folder):
    (run,) = Page(made(folder)).case("moon-0")["runs"]
    assert run["answers"] == [{"choices": [[" no", "-1.500", 1, "bt"], [" yes", "-2.250", 1, ""]]}]
    assert run["answer"] == " no"


def test_choices_that_differ_in_their_context_are_told_apart_by_it(folder):
    request = LogLikelihood((("The tin is big", " and empty."), ("The tin is small", " and empty.")))
    folder.requests[fingerprint(request)] = request
    folder.change("moon-0", prompts=(fingerprint(request),))
    (run,) = Page(made(folder)).case("moon-0")["runs"]
    assert [choice[0] for choice in run["answers"][0]["choices"]] == ["big and empty.", "small and empty."]


def test_a_complete_run_carries_no_warning(folder):
    assert "INCOMPLETE" not in "".join(Page(made(folder)).words)


def test_an_incomplete_run_says_so_in_title_header_and_cases(folder):
    folder.drop("tin-4")
    raw = made(folder)
    assert "<title>INCOMPLETE: toy" in raw
    assert raw.count("INCOMPLETE 14/15") == 2
    assert Page(raw).case("tin-4")["runs"] == [{"status": "not_run"}]
    assert '<span class="chip missing">11/12</span>' in raw


def test_the_status_and_reason_of_a_case_without_scores_are_shown(folder):
    folder.change("tin-0", status="refused", reason="too long", responses=(Refusal("too long"),), scores=())
    folder.change("tin-1", status="error", reason="ValueError: it broke", scores=())
    page = Page(made(folder))
    first, second = (page.case(name)["runs"][0] for name in ("tin-0", "tin-1"))
    assert (first["status"], first["reason"], first["verdicts"]) == ("refused", "too long", "-")
    assert first["answers"] == [{"refusal": "too long"}]
    assert (second["status"], second["reason"]) == ("error", "ValueError: it broke")


def test_a_count_leads_to_its_cases(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    links = [one["href"] for tag, one in Page(made(folder)).tags if tag == "a" and "show=" in one["href"]]
    assert links == [
        "#cases?show=invalid",
        "#cases?benchmark=0&show=invalid&metric=exact",
        "#cases?benchmark=0&model=0&show=invalid&metric=exact",
    ]


def test_continuations_tokenised_apart_are_counted_and_lead_to_their_cases(folder):
    assert "tokenised apart" not in re.sub("<script.*?</script>", "", made(folder), flags=re.DOTALL)
    folder.change("moon-0", responses=(LogLikelihoods((-1.5, -2.25), (1, 2), (True, False), apart=1),))
    page = Page(made(folder))
    links = [one["href"] for tag, one in page.tags if tag == "a" and "show=apart" in one["href"]]
    assert links == ["#cases?benchmark=1&model=0&show=apart"]
    assert page.case("moon-0")["runs"][0]["flags"] == "a"


@pytest.mark.parametrize(
    ("finish", "text", "dropped", "flags"),
    [("length", " 8", 0, "t"), ("stop", " \n", 0, "e"), ("stop", " 8", 3, "d"), ("length", "", 1, "ted")],
)
def test_what_is_odd_about_an_answer_is_flagged(folder, finish, text, dropped, flags):
    folder.change("tin-0", responses=(Completions((Completion(text, finish, 1),), 20, dropped),))
    assert Page(made(folder)).case("tin-0")["runs"][0]["flags"] == flags


def test_sample_rows_are_marked(folder):
    folder.manifest["benchmarks"]["tins"]["data"] = [{"source": "sample"}]
    assert "Sample rows." in Page(made(folder)).text


def test_the_policy_allows_the_pages_own_code_by_hash_and_nothing_else(folder):
    raw = made(folder)
    code = re.findall(r"<(?:style|script(?: type=\"module\")?)>(.*?)</(?:style|script)>", raw, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in code]
    policy = next(one["content"] for tag, one in Page(raw).tags if tag == "meta" and "http-equiv" in one)
    assert len(code) == 4
    assert policy == (
        f"default-src 'none'; script-src {' '.join(hashes[1:])}; style-src {hashes[0]}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert "url(" not in code[0]
    assert "@import" not in code[0]


def test_the_pages_own_scripts_know_no_markup():
    page = Path(harness.report.__file__).parent / "page"
    for path in page.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
            assert word not in text, path


def test_nothing_is_loaded(folder):
    assert_own(Page(made(folder)))


def assert_own(page):
    """Only the page's own scripts and inputs, and no attribute that loads or acts."""
    assert not page.names & ACTIVE
    kinds = [(tag, one.get("type")) for tag, one in page.tags if tag in {"script", "style", "input"}]
    assert {kind: kinds.count(kind) for kind in kinds if kind[1] != "application/octet-stream"} == OWN
    for _, attributes in page.tags:
        assert not {"src", "style", "srcset", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")


FIELDS = ("text", "thought", "extracted", "cause", "target", "case", "stratum", "prompt", "note", "reason", "model")


@pytest.mark.parametrize("field", FIELDS)
def test_a_hostile_text_stays_text_wherever_it_stands(folder, field):
    page = Page(made(planted(folder, field, HOSTILE)))
    assert_own(page)
    assert HOSTILE in page.text


@settings(max_examples=30, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), min_size=1), field=st.sampled_from(FIELDS[:-1]))
def test_any_text_is_shown_whole_and_harmless(make, tmp_path_factory, text, field):
    folder = planted(make(tmp_path_factory.mktemp("run")), field, f"<b>{text}</b>")
    raw = made(folder)
    assert visible(raw) == raw
    page = Page(raw)
    assert "b" not in page.names
    assert f"<b>{visible(text)}</b>" in page.text
    assert visible(page.text) == page.text


def planted(folder, field, text):
    """The folder with the text in one field."""
    case = folder.tin("tin-0")
    done = Completion(text if field == "text" else " 8", "stop", 2, text if field == "thought" else None)
    score = Score(
        "exact", (1.0, 1.0), "correct", text if field == "extracted" else "8", text if field == "cause" else None
    )
    case = replace(case, responses=(Completions((done,)),), scores=(score,))
    if field in {"target", "case", "stratum", "reason"}:
        case = replace(case, **{field: text})
    if field == "reason":
        case = replace(case, status="error", scores=())
    if field == "prompt":
        folder.requests["a" * 64] = Generate(text)
        case = replace(case, prompts=("a" * 64,))
    if field == "note":
        folder.manifest["notes"] = [text]
    model = text if field == "model" else "toy"
    folder.manifest["models"] = {model: {"card": {"name": model}}}
    folder.manifest["planned"] = {model: {"tins": [case.case]}}
    folder.records = [replace(case, model=model)]
    return folder


@pytest.mark.parametrize("end", ["", "\n\nLast: what?", "\n\n", "\n\n  \n" + " " * 250])
def test_a_long_text_is_cut_in_two_and_whole_again(folder, end):
    long = "\n" + "word " * 100
    folder.requests["a" * 64] = Generate(long + end)
    response = Completions((Completion(long + end, "stop", 100),))
    folder.change("tin-0", target=long + end, prompts=("a" * 64,), responses=(response,))
    page = Page(made(folder))
    entry = page.chunks["entries"][0]
    assert max(len(entry["ask"]), len(entry["target"]), len(entry["runs"][0]["answer"])) <= 240
    assert page.case("tin-0")["asks"] == [[long + end]]
    assert page.case("tin-0")["target"] == long + end
    assert page.case("tin-0")["runs"][0]["answers"][0]["samples"][0][0] == long + end


def test_memory_does_not_grow_with_the_cases(folder):
    long = "a long prompt of this case " * 800
    folder.requests = {f"{row:064x}": Generate(f"{long}{row}") for row in range(600)}
    folder.records = [folder.tin(f"tin-{row}", prompts=(f"{row:064x}",)) for row in range(600)]
    folder.manifest["planned"]["toy"] = {"tins": [f"tin-{row}" for row in range(600)]}
    run = read_run(folder.write())
    summary = summarise(run)
    tracemalloc.start()
    write_html(run, summary, folder.path / "report.html")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 9_000_000
    assert Page((folder.path / "report.html").read_text()).case("tin-599")["asks"] == [[f"{long}599"]]


def test_answers_of_another_count_than_the_request_are_numbered(folder):
    folder.change("moon-0", responses=(LogLikelihoods((-1.0, -2.0, -3.0), (1, 1, 1), (True, True, True)),))
    (run,) = Page(made(folder)).case("moon-0")["runs"]
    assert [choice[:2] for choice in run["answers"][0]["choices"]] == [
        ["0", "-1.000"],
        ["1", "-2.000"],
        ["2", "-3.000"],
    ]


def test_a_request_the_folder_lacks_is_said_to_be_missing(folder):
    folder.change("tin-0", prompts=("b" * 64,))
    page = Page(made(folder))
    assert page.case("tin-0")["asks"] == [[None]]
    assert page.case("tin-0")["ask"] == "not in prompts.jsonl"


def test_blocks_hold_the_cases_in_order(folder):
    names = [f"tin-{row}" for row in range(1100)]
    folder.records = [folder.tin(name, text=f" {name}") for name in names]
    folder.manifest["planned"]["toy"] = {"tins": names}
    page = Page(made(folder))
    assert [one["id"] for one in page.chunks["entries"]] == names
    assert [
        joined(*pair)["runs"][0]["answers"][0]["samples"][0][0] for pair in zip(*page.chunks.values(), strict=True)
    ] == [f" {name}" for name in names]
    starts = page.data["index"]["starts"]
    assert starts == list(range(0, 1100, 128))
    assert [len(json.loads(one)) for one in blocks(folder, "details")] == [128] * 8 + [76]
    assert [len(json.loads(one)) for one in blocks(folder, "entries")] == [1024, 76]


def test_long_texts_fill_a_block_sooner(folder):
    long = "word " * 50_000
    folder.records = [folder.tin(f"tin-{row}", text=f"{long}{row}") for row in range(12)]
    page = Page(made(folder))
    # half a million characters each, as an answer and as what was extracted
    assert page.data["index"]["starts"] == [0, 2, 4, 6, 8, 10, 12]
    assert page.case("tin-7")["runs"][0]["answers"][0]["samples"][0][0] == f"{long}7"


def blocks(folder, kind):
    """The packed texts of a kind."""
    raw = (folder.path / "report.html").read_text()
    found = re.findall(rf'class="{kind}">(.*?)</script>', raw)
    return [zlib.decompress(base64.b64decode(one)).decode() for one in found]


def test_the_libraries_are_those_their_authors_published():
    vendor = Path(harness.report.__file__).parent / "vendor"
    listed = json.loads((vendor / "versions.json").read_text())
    assert {path.name for path in vendor.glob("*.js")} == set(listed)
    for name, known in listed.items():
        content = (vendor / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == known["sha256"], name
        assert f"{known['package']}/ v{known['version']} Copyright".encode() in content
        assert b"</script" not in content
        assert b"<!--" not in content
    assert "Permission to use, copy, modify" in (vendor / "LICENSE").read_text()


def test_general_and_code_models_stand_area_by_area(folder):
    folder.add_model("other", {"tin-0": " 9", "tin-1": " 7"})
    for name, family in (("toy", "general"), ("other", "code")):
        folder.manifest["models"][name]["card"]["family"] = family
    raw = made(folder)
    part = raw[raw.index("General models and code models") :]
    assert cells(part)[next(place for place, row in enumerate(cells(part)) if row[:2] == ["math", "toy"])][:4] == [
        "math",
        "toy",
        "other",
        "\N{MINUS SIGN}16.7",
    ]
    assert "General models and code models" not in made_alone(folder)


def made_alone(folder):
    folder.manifest["models"]["other"]["card"]["family"] = "general"
    return made(folder)
