"""report.html: self-contained, harmless whatever a model wrote, loud where results are missing."""

import base64
import hashlib
import re
import tracemalloc
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Score
from harness.core import fingerprint
from harness.report.folder import read_run
from harness.report.html import write_html
from harness.report.summary import summarise
from harness.report.visible import visible

ACTIVE = {"script", "img", "iframe", "object", "embed", "link", "form", "input", "base", "audio", "video", "button"}
HOSTILE = "</pre></td><script>alert(1)</script><img src=http://evil/x onerror=alert(1)>&amp;{{ 7 * 7 }}{% raw %}"


class Page(HTMLParser):
    """The tags, links and text of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.words = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def names(self):
        return {tag for tag, _ in self.tags}

    @property
    def text(self):
        return "".join(self.words)


def made(folder):
    run = read_run(folder.write())
    path = folder.path / "report.html"
    write_html(run, summarise(run), path)
    return path.read_text(encoding="utf-8")


def test_every_part_is_there(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "invalid", cause="nothing found by last_number"),))
    text = Page(made(folder)).text
    for part in ("91.7 [64.6, 98.5]", "100.0 [43.9, 100.0]", "exact|v:1", "tin-11", "Tin: 4 + 4 =", " 8", "correct"):
        assert part in text
    for part in ("invalid", "nothing found by last_number", "Is the moon a lamp?", " yes", "-2.250", "0123456789ab"):
        assert part in text


def test_the_few_shot_prompt_is_shown_by_turns(folder):
    page = made(folder)
    assert page.count('<p class="role">user</p>') == 2 * 12
    assert page.count('<p class="role">assistant</p>') == 12


def test_the_target_and_the_likeliest_choice_are_marked(folder):
    page = made(folder)
    best = re.search(r'<tr class="best">.*?</tr>', page, re.DOTALL).group()
    assert "-1.500" in best
    assert "target" in best


def test_choices_that_differ_in_their_context_are_told_apart_by_it(folder):
    request = LogLikelihood((("The tin is big", " and empty."), ("The tin is small", " and empty.")))
    folder.requests[fingerprint(request)] = request
    folder.change("moon-0", prompts=(fingerprint(request),))
    text = Page(made(folder)).text
    assert "big and empty." in text
    assert "small and empty." in text


def test_a_complete_run_carries_no_warning(folder):
    assert "INCOMPLETE" not in made(folder)


def test_an_incomplete_run_says_so_in_title_header_and_cases(folder):
    folder.drop("tin-4")
    page = made(folder)
    assert "<title>INCOMPLETE: toy" in page
    assert page.count("INCOMPLETE 14/15") == 2
    assert "planned, but the run has no record of it" in page
    assert '<span class="chip missing">11/12</span>' in page


def test_the_status_and_reason_of_a_case_without_scores_are_shown(folder):
    folder.change("tin-0", status="refused", reason="too long", responses=(Refusal("too long"),), scores=())
    folder.change("tin-1", status="error", reason="ValueError: it broke", scores=())
    page = made(folder)
    assert '<span class="chip missing">refused</span>' in page
    assert '<span class="chip missing">error</span>' in page
    assert page.count("too long") == 1
    assert "ValueError: it broke" in page


def test_sample_rows_are_marked(folder):
    folder.manifest["benchmarks"]["tins"]["data"] = [{"source": "sample"}]
    assert "Sample rows." in Page(made(folder)).text


def test_the_policy_allows_the_pages_own_style_sheet_and_nothing_else(folder):
    page = made(folder)
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL).group(1)
    policy = next(one["content"] for tag, one in Page(page).tags if tag == "meta" and "http-equiv" in one)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style


def test_nothing_is_loaded_and_nothing_runs(folder):
    page = Page(made(folder))
    assert not page.names & ACTIVE
    for _, attributes in page.tags:
        assert not {"src", "style", "srcset", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")


FIELDS = ("text", "thought", "extracted", "cause", "target", "case", "stratum", "prompt", "note", "reason", "model")


@pytest.mark.parametrize("field", FIELDS)
def test_a_hostile_text_stays_text_wherever_it_stands(folder, field):
    page = Page(made(planted(folder, field, HOSTILE)))
    assert not page.names & ACTIVE
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


def test_a_leading_line_feed_is_kept(folder):
    long = "\n" + "word " * 100
    folder.change("tin-0", responses=(Completions((Completion(long, "stop", 100),)),))
    assert f"\n\n{'word ' * 100}</pre>" in made(folder)


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
    assert (folder.path / "report.html").stat().st_size > 12_000_000
    assert peak < 6_000_000


def test_answers_of_another_count_than_the_request_are_numbered(folder):
    folder.change("moon-0", responses=(LogLikelihoods((-1.0, -2.0, -3.0), (1, 1, 1), (True, True, True)),))
    assert "-3.000" in made(folder)
