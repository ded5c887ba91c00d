"""Options: what the command line, `[tool.crosstask]` and the recipe say, as one frozen value.

Every option of the group can be set in `[tool.crosstask]` of the root's pyproject.toml under its own
name (`chat-template = "off"`); the command line wins, then the table, then the recipe.
"""

import shutil
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from harness.cases.dates import Period
from harness.cases.dates import parse_period
from harness.cases.recipes import TEMPLATES
from harness.cases.recipes import Recipe
from harness.cases.recipes import load
from harness.cases.sampling import Sampling
from harness.cases.sampling import parse_ks
from harness.cases.sampling import parse_samples
from harness.cases.sampling import parse_temperatures
from harness.cases.sampling import parse_top_p
from harness.cases.shards import Shard
from harness.cases.shards import parse_shard
from harness.cases.subsample import parse_limit
from harness.cases.subsample import parse_share
from harness.diagnostics.options import DiagnosticsOptions
from harness.diagnostics.options import check
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineDescriptor
from harness.engines.options import Option
from harness.engines.registry import DEFAULT
from harness.engines.registry import find
from harness.engines.registry import names
from harness.engines.registry import shipped
from harness.errors import UsageError
from harness.evaluation import declared
from harness.evaluation.gate_options import GATE
from harness.evaluation.gate_options import GateOptions
from harness.evaluation.gate_options import read_gate
from harness.results.population import CASES

_SETTINGS = ("evals", "sample", "gate", "parity")
"""Keys of the table that are no options."""

_MODEL = Option(
    "model",
    "a card's name, a Hub id, a folder in the Hub's format, a `.gguf` file, or `NAME=PATH`; may be repeated",
    "NAME",
    repeatable=True,
)
_RECIPE = Option(
    "recipe",
    "benchmarks and protocol: `all` (default), `overview` (set in this repository), `paper`, `open-llm-v1`, `nl2code`, "
    "`mbpp-3-shot`, or a `.toml` file of one's own; `crosstask recipes` says what each is",
    "NAME",
)
_ENGINE = Option(
    "engine",
    f"what answers: {', '.join(f'`{name}`' + ' (default)' * (name == DEFAULT) for name in names())}, "
    "or `module:callable` of one's own",
    "NAME",
)
_ENGINE_PYTHON = Option(
    "engine-python", "the interpreter of the engine's process, where its libraries are installed in another one", "PATH"
)
_BEFORE = (_MODEL, _RECIPE, _ENGINE, _ENGINE_PYTHON)
_AFTER = (
    Option(
        "data",
        "rows: `sample` (bundled), `hub`, or the folder of a mirror (default: `hub`, `sample` where no model is named)",
        "WHERE",
    ),
    Option(
        "limit",
        "at most N cases a benchmark, or `all`; seeded, stratified by subject, the same for every model",
        "N",
        "count",
    ),
    Option(
        "shard",
        "part K of N of the selected cases, stratified; `crosstask merge` makes one run of the parts; see "
        "[docs/scale.md](docs/scale.md)",
        "K/N",
    ),
    Option("after", "the cases of this date or later, of pages whose cases have dates", "DATE"),
    Option("before", "the cases of this date or earlier, likewise", "DATE"),
    Option(
        "shots",
        "solved examples before each question, where the page names a split to draw them from",
        "K",
        "number",
    ),
    Option(
        "chat-template",
        "`auto` (for chat models), `on` or `off`; for generations alone, log-likelihoods are never asked as turns; the "
        "recipe `paper` says `off`",
        choices=TEMPLATES,
    ),
    Option(
        "samples",
        "samples a case, where its answers are programs that are run (default: as the page says)",
        "N",
        "count",
    ),
    Option("temperature", "of what is generated; several, as `0.2,0.8`, ask each case once at each", "T", "fraction"),
    Option("top-p", "the share of probability that samples are drawn from", "P", "fraction"),
    Option("k", "the k of pass@k, as `1,10,100` (default: those of 1, 10 and 100 there are samples for)", "K", "count"),
    Option(
        "counterexample",
        "search a smaller input that shows the first wrong program of each case to be wrong; shown with the case",
        kind="switch",
    ),
    Option(
        "quality",
        "describe passing programs: security findings, complexity, time and memory beside the reference",
        kind="switch",
    ),
    Option("unsandboxed", "run programs that models wrote without a sandbox; every verdict is marked", kind="switch"),
    Option("seed", "of all that is drawn (default 0)", "N", "number"),
    Option(
        "generalise-over",
        "what intervals generalise over, and so draw: `cases` (default), or a benchmark's strata by their word, "
        "`subject` for MMLU",
        "WORD",
    ),
    *GATE,
    Option(
        "certify",
        "ask a seeded share of the cases, as `2%`, again in other batches, and say how many scores change; see "
        "[docs/scale.md](docs/scale.md#answers-and-their-batches)",
        "SHARE",
        "fraction",
    ),
    Option("run-dir", "the run's folder (default `reports/<model>-<plan>`)", "DIR", "file"),
    Option("fail-wrong", "a wrong answer fails its test", kind="switch"),
    Option("refresh", "ask again what was answered before", kind="switch"),
    Option("dry-run", "say what would be asked and downloaded; load no model", kind="switch"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the user wants, with every default resolved.

    Attributes:
        models: Cards' names, Hub ids, folders or files, as the user gave them.
        recipe: The benchmarks and the protocol that hold where no option says otherwise.
        choice: The engine, and what was chosen for it.
        data: Where rows come from: `sample`, `hub`, or the folder of a mirror.
        limit: The most cases of a benchmark; None for all.
        limits: The recipe's own for single benchmarks.
        shard: The part of the selected cases that is asked; None for all.
        period: The dates of the cases that are asked, of pages whose cases have dates.
        short_answers: The sample's cap on answers, in tokens; None where nothing is cut.
        shots: Solved examples: one number, or one for each benchmark named and 0 for the others.
        few_shots: The sample's cap on solved examples; None where nothing is cut.
        sampling: Samples, temperatures and top-p in place of the pages' own.
        diagnostics: What is looked at in programs beside their verdicts.
        unsandboxed: Whether programs run without a sandbox.
        seed: The seed of all that is drawn.
        generalise_over: What intervals generalise over: `cases`, or the word of a benchmark's strata.
        gate: The baseline that scores are held against; None for no gate.
        certify: The share of the answered cases that is asked again; None for none.
        run_dir: The run's folder; None for the one that models and plan name.
        fail_wrong: Whether a wrong answer fails its test.
        refresh: Whether what was answered before is asked again.
        dry_run: Whether to say only what would be asked.
        evals: The folders of the pages.
        sample: The folder of the bundled sample.
        command: What the command line gave, by option.
    """

    models: tuple[str, ...]
    recipe: Recipe
    choice: Choice
    data: str
    limit: int | None
    limits: dict[str, int]
    shard: Shard | None
    period: Period
    short_answers: int | None
    shots: int | dict[str, int]
    few_shots: int | None
    sampling: Sampling
    diagnostics: DiagnosticsOptions
    unsandboxed: bool
    seed: int
    generalise_over: str
    gate: GateOptions | None
    certify: Fraction | None
    run_dir: Path | None
    fail_wrong: bool
    refresh: bool
    dry_run: bool
    evals: tuple[Path, ...]
    sample: Path | None
    command: Mapping[str, Any]

    @property
    def engine(self) -> str:
        """What `--engine` names."""
        return self.choice.engine

    def shots_for(self, benchmark: str) -> int:
        """Solved examples before each question of a benchmark."""
        return self.shots if isinstance(self.shots, int) else self.shots.get(benchmark, 0)

    def overridden(self) -> Iterator[str]:
        """What was chosen in place of the recipe's protocol, and what a choice does not reach."""
        if self.shots is not None and self.shots != self.recipe.shots:
            yield f"--shots {self.shots} stands for the solved examples of recipe {self.recipe.name}."
        template = self.choice.chat_template
        if template != self.recipe.chat_template:
            yield f"--chat-template {template} stands for what recipe {self.recipe.name} says."
        if template == "on":
            yield "The chat template is for generations; log-likelihoods are asked without it."


def every() -> tuple[Option, ...]:
    """The options of every session and of the engines that come with the suite, in the order of the help."""
    return (*_BEFORE, *declared.of_shipped_engines(), *_AFTER)


def own(descriptor: EngineDescriptor) -> tuple[Option, ...]:
    """The options that an engine has beside those; raises UsageError where it takes a name for another thing."""
    return declared.own(descriptor.options, every())


def read(command: Mapping[str, Any], table: Mapping[str, Any], root: Path, dist: str = "no") -> Options:
    """The options of a run: what `command` gives by name, then `[tool.crosstask]` of the root, then the recipe.

    `dist` is how xdist hands out tests. Raises UsageError on a value that cannot be.
    """
    engine = declared.value(_ENGINE, command, table) or DEFAULT
    descriptor = find(engine, root)
    known = (*every(), *own(descriptor))
    declared.check_keys(table, known, _SETTINGS)
    declared.check_names(command, known)
    given = {option.name: declared.value(option, command, table) for option in (*_BEFORE, *_AFTER)}
    recipe = load(given["recipe"] or "all")
    choice = Choice(
        engine,
        descriptor,
        _of_engine(engine, descriptor, command, table),
        given["chat-template"] or recipe.chat_template,
        _interpreter(given["engine-python"]),
    )
    gate = read_gate(given, command, table.get("gate"), dist)
    return _options(Given(given, command, table, root), recipe, choice, gate)


@dataclass(frozen=True, slots=True)
class Given:
    """What is given: `values` of the options by name, those of the command line alone, the table, the root."""

    values: Mapping[str, Any]
    command: Mapping[str, Any]
    table: Mapping[str, Any]
    root: Path


def _options(inputs: Given, recipe: Recipe, choice: Choice, gate: GateOptions | None) -> Options:
    given, table = inputs.values, inputs.table
    data = given["data"] or _default_data(given, table, choice)
    sampled = data == "sample" and given["limit"] is None
    few = recipe.sample_shots if data == "sample" and given["shots"] is None else None
    shots = recipe.shots if given["shots"] is None else given["shots"]
    return Options(
        models=tuple(given["model"] or ()),
        recipe=recipe,
        choice=choice,
        data=data,
        limit=recipe.sample_limit if sampled else parse_limit("all" if given["limit"] is None else str(given["limit"])),
        limits={} if given["limit"] is not None else recipe.limits,
        shard=_shard(given["shard"], gate),
        period=parse_period(given["after"], given["before"]),
        short_answers=recipe.sample_tokens if sampled else None,
        shots=(fewer := _at_most(shots, few)),
        few_shots=few if fewer != shots else None,
        sampling=_sampling(given, choice),
        diagnostics=_diagnostics(given),
        unsandboxed=bool(given["unsandboxed"]),
        seed=given["seed"] or 0,
        generalise_over=given["generalise-over"] or CASES,
        gate=gate,
        certify=_certify(given, choice),
        run_dir=given["run-dir"],
        fail_wrong=bool(given["fail-wrong"]),
        refresh=bool(given["refresh"]),
        dry_run=bool(given["dry-run"]),
        evals=_folders(inputs.root, table),
        sample=inputs.root / str(table["sample"]) if "sample" in table else None,
        command=inputs.command,
    )


def _of_engine(
    engine: str, descriptor: EngineDescriptor, command: Mapping[str, Any], table: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of an engine's options; raises UsageError where the command line has another engine's."""
    comes_with_us = engine in names()
    for option in declared.of_shipped_engines():
        asked = command.get(option.name) is not None or (comes_with_us and option.is_switch and table.get(option.name))
        if asked and option not in descriptor.options:
            takers = " or ".join(name for name, other in shipped().items() if option in other.options)
            raise UsageError(f"--{option.name}: found engine {engine}; expected --engine {takers}")
    # what the table has for another engine of the suite has always been part of the plan's hash
    taken = dict.fromkeys((*descriptor.options, *(declared.of_shipped_engines() if comes_with_us else ())))
    given = {option: declared.value(option, command, table) for option in taken}
    return {option.name: option.default if value is None else _plain(option, value) for option, value in given.items()}


def _plain(option: Option, value: Any) -> Any:
    """One form of a number, whether the table or the command line gives it."""
    try:
        return float(value) if option.kind == "fraction" else value
    except ValueError:
        return value


def _interpreter(named: str | None) -> str | None:
    """The interpreter of the engine's process; raises UsageError where there is no such program."""
    if named is None:
        return None
    path = shutil.which(Path(named).expanduser())
    if path is None:
        raise UsageError(f"--engine-python: found {named}; expected a Python interpreter")
    return path


def _default_data(given: Mapping[str, Any], table: Mapping[str, Any], choice: Choice) -> str:
    """The bundled sample where there is one and nothing of one's own is measured, else the Hub."""
    own = bool(given["model"]) or choice.descriptor.recorded is not None
    return "sample" if "sample" in table and not own else "hub"


def _sampling(given: Mapping[str, Any], choice: Choice) -> Sampling:
    """How samples are drawn; raises UsageError where all of a case would be the same, or a k is above their number."""
    sampling = Sampling(
        parse_samples(given["samples"]),
        parse_temperatures(given["temperature"]),
        parse_top_p(given["top-p"]),
        parse_ks(given["k"]),
    )
    recorded = choice.descriptor.recorded is not None
    if (sampling.samples or 1) > 1 and 0 in sampling.temperatures and not recorded:
        raise UsageError(
            f"--temperature: found 0 with --samples {sampling.samples}, all the same; expected temperatures above 0"
        )
    if recorded and len(sampling.temperatures) > 1:
        raise UsageError(
            f"--temperature: found several with --engine {choice.engine}; expected one, as its answers name none"
        )
    if sampling.samples is not None:
        sampling.ks_of("every benchmark", sampling.samples)
    return sampling


def _shard(given: str | None, gate: GateOptions | None) -> Shard | None:
    """The shard; raises UsageError where a gate would decide by a part of the cases."""
    shard = parse_shard(given)
    if shard is not None and gate is not None:
        raise UsageError(f"--shard {shard}: found --gate; expected the gate on the merged run, as it is of all cases")
    return shard


def _certify(given: Mapping[str, Any], choice: Choice) -> Fraction | None:
    """The share that is asked again; raises UsageError where nothing is asked."""
    share = parse_share(given["certify"])
    if share is not None and choice.descriptor.recorded is not None:
        raise UsageError(f"--certify: found --engine {choice.engine}; expected one that asks a model")
    return share


def _diagnostics(given: Mapping[str, Any]) -> DiagnosticsOptions:
    """What is to be found out about programs; raises UsageError where a library for it is missing."""
    options = DiagnosticsOptions(bool(given["counterexample"]), bool(given["quality"]))
    check(options)
    return options


def _at_most(shots: int | dict[str, int], most: int | None) -> int | dict[str, int]:
    if most is None:
        return shots
    return min(shots, most) if isinstance(shots, int) else {name: min(k, most) for name, k in shots.items()}


def _folders(root: Path, table: Mapping[str, Any]) -> tuple[Path, ...]:
    """The folders of the pages; raises UsageError where one that is named is not there."""
    named = table.get("evals", ["evals"])
    if not isinstance(named, list) or not all(isinstance(folder, str) for folder in named):
        raise UsageError(f"[tool.crosstask] evals: found {named!r}; expected a list of folders")
    missing = [folder for folder in named if not (root / folder).is_dir()]
    if missing and "evals" in table:
        raise UsageError(f"[tool.crosstask] evals: found no folder {missing[0]!r}; expected folders below {root.name}")
    return tuple(root / folder for folder in named)
