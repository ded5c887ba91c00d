# ruff: noqa: E501 - programs in one line each
"""MultiPL-E in the languages of few machines, and its MBPP: what is asked, and what a right and an empty body come to."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.code_tasks.rules import execute
from harness.core import Execution
from harness.core import Refusal
from harness.languages import language
from harness.languages import required
from harness.languages.building.tools import find
from harness.sandbox import open_sandbox
from harness.sandbox.pool import Sandbox
from harness.sources.open import Opener
from harness.sources.open import parse_data

SMALL = ("js", "lua", "php", "pl", "py", "rb", "sh")
"""Those that a bare machine has, or one small package brings, and whose programs take little time."""
FULLEST = {
    "cs": "        return books.Count == 0 ? -1 : books.IndexOf(books.Max());",
    "d": "{\n    import std.algorithm;\n    return books.length == 0 ? -1 : books.maxIndex;\n}\n",
    "jl": "    isempty(books) ? -1 : argmax(books) - 1\nend\n",
    "lua": "    local place = -1\n    for i, one in ipairs(books) do\n        if place < 0 or one > books[place + 1] then place = i - 1 end\n    end\n    return place\nend\n",
    "php": "    return count($books) === 0 ? -1 : array_search(max($books), $books);\n}\n",
    "pl": "    my $place = -1;\n    for my $i (0 .. $#$books) { $place = $i if $place < 0 || $books->[$i] > $books->[$place] }\n    return $place;\n}\n",
    "r": "\n    if (length(books) == 0) return(-1)\n    which.max(books) - 1\n}\n",
    "rb": "  books.empty? ? -1 : books.index(books.max)\nend\n",
    "rkt": "  (if (null? books) -1 (index-of books (apply max books))))\n",
    "scala": "        books.indexOf(if (books.isEmpty) 0L else books.max)",
    "sh": '    local place=-1 i=0 most one\n    for one in $1; do\n        if [[ $place == -1 || $one -gt $most ]]; then place=$i most=$one; fi\n        i=$((i + 1))\n    done\n    echo "$place"',
    "swift": "    return books.isEmpty ? -1 : books.firstIndex(of: books.max()!)!",
    "ts": "  return books.indexOf(Math.max(...books));\n}\n",
}
ABOVE = {
    "cpp": "    long sum = 0;\n    for (long one : numbers) if (one > limit) sum += one;\n    return sum;",
    "cs": "        return numbers.Where(one => one > limit).Sum();",
    "d": "{\n    long sum = 0;\n    foreach (one; numbers) if (one > limit) sum += one;\n    return sum;\n}\n",
    "elixir": "    numbers |> Enum.filter(&(&1 > limit)) |> Enum.sum()\n  end\nend\n",
    "go": "    sum := 0\n    for _, one := range numbers {\n        if one > limit {\n            sum += one\n        }\n    }\n    return sum\n}\n",
    "hs": " sum (filter (> limit) numbers)",
    "java": "        return numbers.stream().filter(one -> one > limit).mapToLong(one -> one).sum();",
    "jl": "    sum([one for one in numbers if one > limit]; init=0)\nend\n",
    "js": "  return numbers.filter(one => one > limit).reduce((sum, one) => sum + one, 0);\n}\n",
    "lua": "    local sum = 0\n    for _, one in ipairs(numbers) do\n        if one > limit then sum = sum + one end\n    end\n    return sum\nend\n",
    "ml": " List.fold_left (+) 0 (List.filter (fun one -> one > limit) numbers)",
    "php": "    return array_sum(array_filter($numbers, fn($one) => $one > $limit));\n}\n",
    "pl": "    my $sum = 0;\n    for my $one (@$numbers) { $sum += $one if $one > $limit }\n    return $sum;\n}\n",
    "py": "    return sum(one for one in numbers if one > limit)\n",
    "r": "\n    sum(numbers[numbers > limit])\n}\n",
    "rb": "  numbers.select { |one| one > limit }.sum\nend\n",
    "rkt": "  (apply + (filter (lambda (one) (> one limit)) numbers)))\n",
    "rs": "    numbers.into_iter().filter(|&one| one > limit).sum()",
    "scala": "        numbers.filter(one => one > limit).sum",
    "sh": '    local sum=0 one\n    for one in $1; do\n        if [[ $one -gt $2 ]]; then sum=$((sum + one)); fi\n    done\n    echo "$sum"',
    "swift": "    return numbers.filter { $0 > limit }.reduce(0, +)",
    "ts": "  return numbers.filter(one => one > limit).reduce((sum, one) => sum + one, 0);\n}\n",
}
THROWS = {
    "cpp": "    throw 1;",
    "cs": '        throw new Exception("no");',
    "d": '{\n    throw new Exception("no");\n}\n',
    "elixir": '\n    raise "no"\n  end\nend\n',
    "go": "    panic(1)\n}\n",
    "hs": ' error "no"',
    "java": "        throw new RuntimeException();",
    "jl": '    error("no")\nend\n',
    "js": "  throw new Error('no');\n}\n",
    "lua": "    error('no')\nend\n",
    "ml": ' failwith "no"',
    "php": "    throw new Exception('no');\n}\n",
    "pl": "    die 'no';\n}\n",
    "py": "    raise ValueError\n",
    "r": "\n    stop('no')\n}\n",
    "rb": "  raise 'no'\nend\n",
    "rkt": '  (error "no"))\n',
    "rs": "    panic!();",
    "scala": '        throw new Exception("no")',
    "sh": "    return 3",
    "swift": '    fatalError("no")',
    "ts": "  throw new Error('no');\n}\n",
}
"""A body that only throws, up to the stops."""
PAGES = {"code/multipl_e": ("humaneval", FULLEST), "code/multipl_mbpp": ("mbpp", ABOVE)}
ASKED = [(page, short) for page, (_, texts) in PAGES.items() for short in texts]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox(2)
    yield opened
    opened.close()


def rare(short: str, *more: str):
    """A language, behind the mark `toolchains` where few machines have it."""
    return pytest.param(*more, short, marks=() if short in SMALL else pytest.mark.toolchains)


def lacks(short: str) -> bool:
    """Whether a tool of the language is not installed here."""
    return any(find(tool) is None for tool in required(short).tools)


def cases_of(page, name: str, short: str, data: str, **more: Path):
    config = f"{PAGES[name][0]}-{short}"
    opener = Opener(parse_data(data, **more))
    benchmark = page(name)
    (rows,) = (rows for rows in benchmark.tables if rows.config == config)
    return [benchmark.to_case(row, ()) for row in opener.open(rows).rows]


def tag(short: str) -> str:
    """What a turn puts on the fence around a prompt."""
    return required(short).title.lower()


@pytest.mark.parametrize(("name", "short"), ASKED)
def test_a_body_alone_in_a_fence_is_the_same_program(page, samples, name, short):
    case = cases_of(page, name, short, "sample", samples=samples)[0]
    text = PAGES[name][1][short]
    bare, fenced = (execute(case.trial, answer).code for answer in (text, f"Sure:\n\n```{tag(short)}\n{text}\n```\n"))
    assert "".join(bare.split()) == "".join(fenced.split())


@pytest.mark.parametrize(("name", "short"), [rare(short, name) for name, short in ASKED])
def test_the_right_body_of_a_sample_row_passes_and_another_does_not(page, samples, sandbox, name, short):
    """With its prompt in a fence under the turn's tag, as a chat writes it, too."""
    case = cases_of(page, name, short, "sample", samples=samples)[0]
    text = PAGES[name][1][short]
    closes = case.trial.prompt.partition("<completion>")[2] if case.trial.language != "python" else ""
    closes += "\n}\n" if short in {"cs", "java", "scala"} else ""  # the class around it
    whole = f"Here:\n\n```{tag(short)}\n{case.requests[0].prompt}{text}{closes}```\nDone."
    running = [sandbox.submit(execute(case.trial, answer)) for answer in (text, whole, THROWS[short])]
    came = [future.result(300) for future in running]
    if lacks(short):
        assert all(isinstance(result, Refusal) for result in came)
        pytest.skip(f"not run: {language(case.trial.language).tools[0].package} is not installed")
    assert [result.verdict for result in came[:2]] == ["passed", "passed"], came
    assert came[2].verdict in {"failed", "exception", "crash"}, came[2]


@pytest.mark.shared
@pytest.mark.toolchains
@pytest.mark.parametrize(("name", "short"), [(name, short) for name, (_, texts) in PAGES.items() for short in texts])
def test_a_body_that_throws_is_no_syntax_of_ours(page, shared, sandbox, name, short):
    """A seeded 30 rows a language; what does not compile is wrong by the row's own tests, and is named."""
    if lacks(short):
        pytest.skip(f"not run: {required(short).tools[0].package} is not installed")
    cases = cases_of(page, name, short, str(shared / "data/mirror"))
    drawn = random.Random(0).sample(cases, 30)
    running = [(case, sandbox.submit(execute(case.trial, THROWS[short]))) for case in drawn]
    came = [(case, future.result(600)) for case, future in running]
    assert all(isinstance(result, Execution) for _, result in came)
    counts = Counter(result.verdict for _, result in came)
    assert not counts["passed"]
    others = {case.id: result.detail for case, result in came if result.verdict not in {"failed", "exception", "crash"}}
    assert len(others) <= ALLOWED.get((name, short), 0), others


ALLOWED = {
    ("code/multipl_e", "cpp"): 1,
    ("code/multipl_e", "js"): 1,
    ("code/multipl_e", "php"): 1,
    ("code/multipl_mbpp", "cpp"): 3,
    ("code/multipl_mbpp", "cs"): 2,
    ("code/multipl_mbpp", "elixir"): 30,
    ("code/multipl_mbpp", "hs"): 2,
    ("code/multipl_mbpp", "java"): 3,
    ("code/multipl_mbpp", "ml"): 6,
    ("code/multipl_mbpp", "php"): 2,
    ("code/multipl_mbpp", "pl"): 2,
    ("code/multipl_mbpp", "r"): 1,
    ("code/multipl_mbpp", "rb"): 2,
    ("code/multipl_mbpp", "scala"): 5,
    ("code/multipl_mbpp", "ts"): 1,
}
"""How many of the rows, at most, do not compile by what their own tests or prompts say: a type that the translation got
wrong, a name that the language has taken, and in Elixir a function that is no variable."""
