"""Exclusion lists: read whole or refused, rows matched by id and content, nothing dropped."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.exclusions import digest
from harness.cases.exclusions import mark
from harness.cases.exclusions import read_lists
from harness.core import Case
from harness.errors import UsageError
from harness.sources import Row

HEAD = {"benchmark": "tins", "name": "ours", "version": "2", "source": "our own", "why": "wrong sums"}
THEIRS = {"name": "theirs", "version": "2024.06"}


def row(number, **fields):
    return Row(fields, "tins.jsonl", number, f"tins-{number}")


ROWS = {f"tins-{number}": row(number, question=f"{number} tins?", answer=str(number), note=None) for number in range(5)}
CASES = tuple(Case(name, (), None, tags=("level:1",)) for name in ROWS)


def entry(one, fields=("question", "answer")):
    return f'{{case = "{one.id}", digest = "{digest(one, fields)}", why = "the sum is wrong"}}'


def write(folder, *rows, fields='["question", "answer"]', file=None, **head):
    """A list below a folder of pages; the folder."""
    lines = [f'{key} = "{value}"' for key, value in (HEAD | head).items()]
    path = folder / "exclusions/tins" / (file or "{name}-{version}.toml".format(**(HEAD | head)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, f"fields = {fields}", f"rows = [{', '.join(rows)}]"]) + "\n")
    return folder


def test_a_listed_case_is_kept_and_tagged(tmp_path):
    (one,) = read_lists([write(tmp_path, entry(ROWS["tins-1"]), entry(ROWS["tins-3"]))], "tins")
    marked, facts = mark(CASES, ROWS, [one])
    assert [case.id for case in marked] == [case.id for case in CASES]
    tags = {case.id: case.tags for case in marked}
    assert tags["tins-1"] == tags["tins-3"] == ("level:1", "excluded by ours 2")
    assert tags["tins-0"] == ("level:1",)
    assert facts == [
        {
            "name": "ours",
            "version": "2",
            "source": "our own",
            "why": "wrong sums",
            "listed": 2,
            "excluded": 2,
            "changed": [],
        }
    ]


def test_a_row_that_changed_since_is_not_excluded_and_said(tmp_path):
    (one,) = read_lists([write(tmp_path, entry(ROWS["tins-1"]), entry(ROWS["tins-3"]))], "tins")
    repaired = ROWS | {"tins-3": row(3, question="3 tins?", answer="33")}
    marked, facts = mark(CASES, repaired, [one])
    assert [case.id for case in marked if len(case.tags) > 1] == ["tins-1"]
    assert (facts[0]["excluded"], facts[0]["changed"]) == (1, ["tins-3"])


def test_rows_that_are_not_there_are_only_counted(tmp_path):
    (one,) = read_lists([write(tmp_path, entry(ROWS["tins-1"]), entry(row(9, question="?")))], "tins")
    _, facts = mark(CASES, ROWS, [one])
    assert (facts[0]["listed"], facts[0]["excluded"], facts[0]["changed"]) == (2, 1, [])


def test_the_digest_is_sha256_of_the_canonical_fields():
    expected = hashlib.sha256(b'[{"answer":"1","question":"1 tins?"}]').hexdigest()
    assert digest(ROWS["tins-1"], ("question", "answer")) == expected


@given(st.dictionaries(st.sampled_from("abcd"), st.text(max_size=3), max_size=4), st.text(max_size=3))
def test_only_the_named_fields_matter(fields, other):
    one, two = row(0, **fields), row(1, **(fields | {"d": other}))
    assert digest(one, "abc") == digest(two, "cba")


def test_rows_joined_to_one_case_count_each():
    first, second = row(0, answer="1"), row(1, answer="2")
    joined = first.joined("key", [first, second])
    assert digest(joined, ("answer",)) != digest(first.joined("key", [second, first]), ("answer",))
    assert digest(joined, ("answer",)) == hashlib.sha256(b'[{"answer":"1"},{"answer":"2"}]').hexdigest()


def test_a_case_of_two_lists_has_both_tags(tmp_path):
    write(tmp_path, entry(ROWS["tins-1"]))
    write(tmp_path, entry(ROWS["tins-1"], ["note"]), fields='["note"]', **THEIRS)
    lists = read_lists([tmp_path], "tins")
    marked, facts = mark(CASES, ROWS, lists)
    assert marked[1].tags == ("level:1", "excluded by ours 2", "excluded by theirs 2024.06")
    assert [one["name"] for one in facts] == ["ours", "theirs"]


def test_a_benchmark_without_a_list_has_none(tmp_path):
    assert read_lists([write(tmp_path, entry(ROWS["tins-1"]))], "jars") == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"file": "other-1.toml"}, "found the list tins/ours-2.toml; expected a file of that name"),
        ({"benchmark": "jars"}, "found the list jars/ours-2.toml; expected a file of that name"),
        ({"why": " "}, "found why ' '; expected text"),
        ({"url": "x"}, "found an unknown key 'url'; expected benchmark, fields, name, rows, source, version, why"),
        ({"fields": "[]"}, "found fields []; expected names of a row's fields"),
        ({"rows": ()}, "found rows []; expected a list of {case, digest, why}"),
        ({"rows": ("{case = 'a'}",)}, "found the row {'case': 'a'}; expected case, digest and why, each a text"),
        ({"rows": (entry(ROWS["tins-1"]),) * 2}, "found case 'tins-1' twice; expected each once"),
        ({"rows": ("{",)}, "expected an exclusion list in TOML"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(change, sentence, tmp_path):
    rows = change.pop("rows", (entry(ROWS["tins-1"]),))
    with pytest.raises(UsageError) as caught:
        read_lists([write(tmp_path, *rows, **change)], "tins")
    assert str(caught.value).startswith(f"{tmp_path}/exclusions/tins/")
    assert sentence in str(caught.value)


def test_a_list_that_lacks_a_key_is_refused(tmp_path):
    path = write(tmp_path, entry(ROWS["tins-1"])) / "exclusions/tins/ours-2.toml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("source")))
    with pytest.raises(UsageError, match="found no key 'source'; expected benchmark, fields"):
        read_lists([tmp_path], "tins")


def test_two_folders_with_the_same_list_are_refused(tmp_path):
    folders = [write(tmp_path / name, entry(ROWS["tins-1"])) for name in ("one", "two")]
    with pytest.raises(UsageError, match=r"two/.* found a list that .*one/.* holds too; expected each list once"):
        read_lists(list(map(Path, folders)), "tins")
