"""Programming problems as benchmarks of one family share them: from a row to what is asked and how it is tested."""

import ast
import builtins
import sys
from collections.abc import Mapping
from collections.abc import Sequence

from harness.code_tasks.checks import Checks
from harness.code_tasks.checks import by_use
from harness.code_tasks.checks import helpers
from harness.code_tasks.checks import made
from harness.code_tasks.checks import own_names
from harness.code_tasks.checks import parted
from harness.code_tasks.checks import shown_first
from harness.code_tasks.extraction.definitions import bindings
from harness.code_tasks.extraction.definitions import longest_prefix
from harness.core import Case
from harness.core import Generate
from harness.core import TimeLimit
from harness.core import Trial
from harness.languages.building.syntax import parse
from harness.prompts import few_shot
from harness.sources import Row

HUMANEVAL_STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""Chen et al. 2021, arXiv:2107.03374, section 2.1."""
LIBRARY_STOP = ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif")
"""Zan et al. 2022, arXiv:2206.06888: where their `eval_cert.py` cuts."""
EVALPLUS_TIME = TimeLimit(call=4.0, times=4.0, whole=60.0)
"""EvalPlus 0.3.1: 4 s for each input or four times the reference's time, and 60 s for all (`evalplus/config.py`)."""
SCRIPT = "none"
MBPP_STOP = ("[DONE]",)
SHOWN = 3
"""How many of its tests an MBPP problem shows."""


def completion(row: Row, time: TimeLimit | None = None) -> Case:
    """HumanEval's form: the rest of a function whose signature and docstring are the prompt.

    Each statement of its `check` that judges is a test; those whose calls the docstring shows come first. `time` is the
    benchmark's own limit.
    """
    prompt, entry = row.text("prompt"), row.text("entry_point")
    try:
        context = helpers(prompt, entry)
    except SyntaxError as error:
        raise row.error("prompt", f"{error}; expected Python up to the function's docstring") from error
    try:
        checks = parted(row.text("test"), entry)
    except ValueError as error:
        raise row.error("test", f"{error}; expected a function check(candidate) in Python") from error
    context = f"{context}\n{checks.context}".strip()
    if entry in bindings(context)[0]:
        raise row.error("test", f"{entry!r} bound by what the tests need; expected the program alone to define it")
    solution = row.text("canonical_solution")
    tests, examples = shown_first(checks.tests, prompt, entry)
    trial = Trial(
        "python",
        "python",
        prompt=prompt,
        tests=tests,
        names=(entry,),
        context=context,
        reference=prompt + solution,
        examples=examples,
        time=time,
    )
    return Case(row.id, (Generate(prompt, max_tokens=1024, stop=HUMANEVAL_STOP),), solution, trial=trial)


def library_line(row: Row, *libraries: str) -> Case:
    """The form of NumpyEval and PandasEval: the rest of a function, or of a script whose variables the check reads.

    The problem with an entry point "none" is a script. Of several solutions the first is the reference. A check that
    is no Python, as one upstream is not, is one test that cannot pass.
    """
    prompt, entry = row.text("prompt"), row.text("entry_point")
    solution, source = texts(row, "canonical_solution", least=1)[0], row.text("test")
    indentation = prompt.rpartition("\n")[2]
    if not indentation.strip() and solution.startswith(indentation):  # the prompt ends with it already
        solution = solution.removeprefix(indentation)
    checks = _library_checks(row, source, entry)
    trial = Trial(
        "python",
        "python_script",
        prompt=prompt,
        tests=checks.tests,
        style="script",
        names=(entry,) if entry != SCRIPT else _variables(row, prompt, solution, checks.tests),
        context=checks.context,
        reference=prompt + solution,
        libraries=libraries,
    )
    return Case(row.id, (Generate(prompt, max_tokens=256, stop=LIBRARY_STOP),), solution, trial=trial)


def _library_checks(row: Row, source: str, entry: str) -> Checks:
    try:
        return parted(source, "" if entry == SCRIPT else entry, whole="assert" not in source)
    except SyntaxError:
        return Checks("", (source,))
    except ValueError as error:
        raise row.error("test", f"{error}; expected a function check in Python") from error


def _variables(row: Row, prompt: str, solution: str, tests: Sequence[str]) -> tuple[str, ...]:
    """What a script's tests read and its solution makes; where it changes what the prompt made, all they read of it."""
    try:
        names, before = made(prompt + solution).defines, made(longest_prefix(prompt)).defines
    except SyntaxError as error:
        raise row.error("canonical_solution", f"{error}; expected the rest of the prompt in Python") from error
    try:
        read = bindings("\n".join(tests))[1]
    except SyntaxError:
        read = frozenset(names)
    tested = tuple(name for name in names if name in read)
    if not tested and read <= {*dir(builtins), *names}:
        raise row.error("test", f"{tests[0]!r}; expected a use of what the solution defines")
    # a test that reads a name there is not, as one upstream, cannot pass, whatever a program defines
    names = tested or names
    return tuple(name for name in names if name not in before) or names


def from_sentence(row: Row, shots: Sequence[Row], sentence: str, hidden: str | None = None) -> Case:
    """MBPP's form: a sentence in the field `sentence` and three assertions, as lm-evaluation-harness 0.4.13 puts them.

    All assertions are shown, so all are examples, but for those of the field `hidden`, which are EvalPlus's, as the
    limit of time then is.
    """
    solved = [(_asked(shot, sentence), f"{shot.text('code')}\n[DONE]") for shot in shots]
    request = Generate(few_shot(solved, _asked(row, sentence)), max_tokens=512, stop=MBPP_STOP)
    return Case(row.id, (request,), row.text("code"), trial=_assertions(row, hidden))


def texts(row: Row, field: str, least: int = 0) -> tuple[str, ...]:
    """A field as a list of texts, so many at least."""
    items = row[field]
    if (
        not isinstance(items, list)
        or len(items) < least
        or not all(isinstance(text, str) and text.strip() for text in items)
    ):
        raise row.error(field, f"{items!r}; expected a list of {f'at least {least} ' if least else ''}texts")
    return tuple(items)


def text_or_nothing(row: Row, field: str) -> str:
    """A field as text that may be empty."""
    value = row[field]
    if not isinstance(value, str):
        raise row.error(field, f"{value!r}; expected text, if empty")
    return value


def third_party(modules: Sequence[str]) -> tuple[str, ...]:
    """The top-level modules that are not Python's own, in order, each once."""
    tops = (module.partition(".")[0] for module in modules)
    return tuple(dict.fromkeys(top for top in tops if top and top not in sys.stdlib_module_names))


def imported(source: str) -> tuple[str, ...]:
    """The modules a source imports, wherever in it; none where it is no Python."""
    try:
        tree = parse(source)
    except SyntaxError:
        return ()
    modules: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.append(node.module)
    return tuple(modules)


def _asked(row: Row, sentence: str) -> str:
    tests = "\n".join(texts(row, "test_list", SHOWN)[:SHOWN])
    task = f"You are an expert Python programmer, and here is your task: {row.text(sentence)}"
    return f"{task} Your code should pass these tests:\n\n{tests}\n[BEGIN]\n"


def _assertions(row: Row, hidden: str | None) -> Trial:
    """The trial of an MBPP problem; what its tests need made beforehand stands in each of them, imports before all."""
    shown, code = texts(row, "test_list", SHOWN), row.text("code")
    setup = text_or_nothing(row, "test_setup_code") if "test_setup_code" in row else ""
    imports = texts(row, "test_imports") if "test_imports" in row else ()
    sources = {"test_imports": imports, "test_setup_code": (setup,), "test_list": shown}
    if hidden is not None:
        sources[hidden] = (row.text(hidden),)
    names, borrowed = _tested(row, code, sources)
    tests = tuple(f"{setup}\n{test}".strip() for test in shown)
    context = [*imports, borrowed]
    if hidden is not None:
        try:
            checks = by_use(row.text(hidden), names)
        except ValueError as error:
            raise row.error(hidden, f"{error}; expected Python that tests {', '.join(names)}") from error
        tests, context = tests + checks.tests, [*context, checks.context]
    return Trial(
        "python",
        "python",
        tests=tests,
        names=names,
        context="\n".join(filter(None, context)),
        reference=code,
        examples=len(shown),
        time=None if hidden is None else EVALPLUS_TIME,
    )


def _tested(row: Row, code: str, sources: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], str]:
    """What the tests, by the fields they are of, want of the solution: the task's own names, and imports as context."""
    try:
        solution = made(code)
    except SyntaxError as error:
        raise row.error("code", f"{error}; expected a solution in Python") from error
    read: set[str] = set()
    bound: set[str] = set()
    for field, parts in sources.items():
        try:
            scopes = [bindings(part) for part in parts]
        except SyntaxError as error:
            raise row.error(field, f"{error}; expected assertions in Python") from error
        bound |= {name for binds, _ in scopes for name in binds}
        read |= {name for _, uses in scopes for name in uses}
    names, borrowed = own_names(solution, frozenset(read - bound))
    if not names:
        of = ", ".join(solution.defines) or "what the code defines"
        raise row.error("test_list", f"{sources['test_list'][-1]!r}; expected a use of {of}")
    return names, borrowed
