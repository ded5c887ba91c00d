"""MTPB: a program written in several turns, each of which says what to add to what is there.

Nijkamp et al. 2022, "CodeGen: An Open Large Language Model for Code with Multi-Turn Program Synthesis",
arXiv:2203.13474: 115 problems of 3 turns or more, each with five inputs that are put into the turns. A problem and an
input are a case, the problem is its cluster, and the number of turns its stratum, so the score is the authors' pass
rate: the mean over problems of the share of inputs that are solved. Each problem's own is a group beside it.

A turn is a comment behind the program so far, which begins with the authors' import of NumPy; an answer is cut as their
`truncate` cuts it, and what a chat puts between fences is all it adds. The last statement's value is printed where it
does not print by itself, and the first argument of the last print is compared as by the authors' `check_equivalence`:
values of NumPy and pandas as lists, numbers within one millionth, other types turned into the expected one. What they
cannot compare, a mapping or None, is compared by equality. As there, what is raised after a print does not count.
"""

from collections.abc import Mapping
from dataclasses import replace

from harness.benchmark import Benchmark
from harness.code_tasks.extraction.quoted import added
from harness.code_tasks.problems import imported
from harness.code_tasks.problems import texts
from harness.core import Case
from harness.core import Completions
from harness.core import Generate
from harness.core import Request
from harness.core import Response
from harness.core import TimeLimit
from harness.core import Trial
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub

BEGIN = "# Import libraries.\n\nimport numpy as np\n\n"
STOP = ("\n#", "\n'''", '\n"""', "\n\n\n")
TOKENS = 256
"""A turn's, where the problem does not say: the authors' default."""
TIME = TimeLimit(call=20.0, times=1.0, whole=20.0)
LIBRARIES = {"pandas": "pandas", "sklearn": "sklearn", "scikit-learn": "sklearn", "torch": "torch", "scipy": "scipy"}
"""Words of a turn that name a library beside NumPy, and its module."""
JUDGE = '''
import ast
import builtins

import numpy as np


def printed(source):
    """The first argument of the last print of a program."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    value = getattr(last, "value", None)
    if isinstance(value, ast.expr) and not getattr(getattr(value, "func", None), "id", "").startswith("print"):
        last.value = ast.copy_location(ast.Call(ast.Name("print", ast.Load()), [value], []), value)
        ast.fix_missing_locations(tree)
    prints = []

    def note(*values, **options):
        prints.append(values)
        builtins.print(*values, **options)

    failure = None
    try:
        exec(compile(tree, "<solution>", "exec"), {"__name__": "__main__", "print": note})
    except Exception as error:
        failure = error
    if failure is not None and not prints:
        raise failure
    assert prints and prints[-1], "nothing printed"
    return prints[-1][0]


def equivalent(value, wanted):
    """Whether a value is the expected one, whatever its type."""
    if type(value).__name__ == "Series":
        return np.allclose(value.to_numpy(), np.array(wanted))
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        value = [list(item) for item in value]
    elif isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, np.ndarray):
        value = value.tolist()
    if type(value) is not type(wanted):
        value, wanted = (str(value), str(wanted)) if isinstance(wanted, bool) else (type(wanted)(value), wanted)
    return abs(value - wanted) < 1e-6 if isinstance(wanted, float) else value == wanted
'''


def inputs(row: Row) -> tuple[Row, ...]:
    """The row once for each of its inputs, with the turns that it is put into, and what is to be printed."""
    turns, given, wanted = texts(row, "prompts", least=1), row["inputs"], row["outputs"]
    if not isinstance(given, list) or not given or not all(isinstance(values, dict) for values in given):
        raise row.error("inputs", f"{given!r}; expected a list of mappings")
    if not isinstance(wanted, list) or len(wanted) < len(given):
        raise row.error("outputs", f"{wanted!r}; expected a value for each of the {len(given)} inputs")
    return tuple(
        row.variant(str(number), {"turns": _filled(row, turns, values), "output": output})
        for number, (values, output) in enumerate(zip(given, wanted, strict=False))
    )


def _filled(row: Row, turns: tuple[str, ...], values: Mapping[str, object]) -> list[str]:
    try:
        return [turn.format(**values) for turn in turns]
    except (KeyError, IndexError, ValueError) as error:
        raise row.error("inputs", f"no {error} in {values!r}; expected a value for each name in the turns") from error


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the first turn's code."""
    turns, output, problem = row["turns"], row["output"], row.text("id")
    tokens = row.index("max_gen_length", below=10**5) if "max_gen_length" in row else TOKENS
    said = " ".join(turns)
    imports = {module for word, module in LIBRARIES.items() if word in said.lower()}
    trial = Trial(
        "python",
        "turns",
        tests=(f"assert equivalent(printed(solution), {output!r})",),
        style="script",
        names=("solution",),
        context=JUDGE,
        libraries=("numpy", *sorted(imports - set(imported(BEGIN)))),
        time=TIME,
    )
    return Case(
        row.id,
        (_ask(BEGIN, turns[0], tokens),),
        {"turns": tuple(turns), "solution": repr(output)},
        cluster=problem,
        stratum=str(len(turns)),
        tags=(f"category:{row.text('category')}", f"problem:{problem}"),
        trial=trial,
    )


def follow_up(case: Case, responses: tuple[Response, ...]) -> Request | None:
    """The next turn, behind the program so far; None after the last."""
    turns = case.target["turns"]
    if len(responses) >= len(turns) or not all(isinstance(response, Completions) for response in responses):
        return None
    return _ask(_program(case, responses), turns[len(responses)], case.requests[0].max_tokens)


def trial_after(case: Case, responses: tuple[Response, ...]) -> Trial:
    """The trial of the last turn's answer, which goes on where the others ended; an only answer is all there is."""
    if len(responses) < len(case.target["turns"]):
        return case.trial
    before = _program(case, responses[:-1]) + _comment(case.target["turns"][-1])
    return replace(case.trial, prompt=before)


def _ask(before: str, turn: str, tokens: int) -> Generate:
    return Generate(before + _comment(turn), max_tokens=tokens, stop=STOP)


def _comment(turn: str) -> str:
    return f"# {turn}\n"


def _program(case: Case, responses: tuple[Response, ...]) -> str:
    """The program after so many answers."""
    parts = [
        f"{_comment(turn)}{added(response.completions[0].text)}\n\n"
        for turn, response in zip(case.target["turns"], responses, strict=False)
    ]
    return BEGIN + "".join(parts)


mtpb = Benchmark(
    name="mtpb",
    version=1,
    area="code",
    paper="arXiv:2203.13474",
    protocol="zero-shot, a greedy turn after the other, each of the problem's tokens at most; five inputs a problem",
    rows=from_hub("salesforce/mtpb", split="test", key="id"),
    spread=inputs,
    strata="turns",
    to_case=to_case,
    follow_up=follow_up,
    trial_after=trial_after,
    metrics=(PassAtK(1), SyntaxValid()),
    verified=(
        "turns, cuts and comparison by the authors' code, on examples; all rows of a mirror read; it has no solutions,"
        " and no log was compared"
    ),
    size=575,
)


@mtpb.cases
def test_mtpb(case, response, record):
    record(mtpb.score(case, response))
