"""The command line and `[tool.crosstask]`: one frozen Options.

Every option of the group can be set in `[tool.crosstask]` of the root's pyproject.toml under its own
name (`chat-template = "off"`); the command line wins, then the table, then the recipe.
"""

import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.cases.recipes import TEMPLATES
from harness.cases.recipes import Recipe
from harness.cases.recipes import Template
from harness.cases.recipes import load
from harness.cases.sampling import Sampling
from harness.cases.sampling import parse_ks
from harness.cases.sampling import parse_samples
from harness.cases.sampling import parse_temperatures
from harness.cases.sampling import parse_top_p
from harness.cases.subsample import parse_limit
from harness.diagnostics.options import DiagnosticsOptions
from harness.diagnostics.options import check
from harness.entry import read_tool
from harness.errors import UsageError
from harness.plugin.wish import Wish as GateWish
from harness.plugin.wish import read_wish
from harness.results.population import CASES

_SETTINGS = {"evals", "sample", "gate"}
_NUMBERS = {"limit", "samples", "k"}
_FRACTIONS = {"temperature", "top-p"}


@dataclass(frozen=True, slots=True)
class _Flag:
    """One option: its name, its help, and what kind of value it takes."""

    name: str
    text: str
    metavar: str | None = None
    choices: tuple[str, ...] | None = None
    repeatable: bool = False
    number: bool = False
    configurable: bool = True

    @property
    def attribute(self) -> str:
        return "crosstask_" + self.name.replace("-", "_")

    @property
    def is_switch(self) -> bool:
        return self.metavar is None and self.choices is None


_FLAGS = (
    _Flag(
        "model",
        "a card's name, a Hub id, a folder in the Hub's format, a .gguf file, or NAME=PATH; may be repeated",
        "NAME",
        repeatable=True,
    ),
    _Flag("recipe", "protocol and benchmarks: a recipe's name or a .toml file", "NAME"),
    _Flag("engine", "what answers: transformers (default), scripted, replay, or module:callable", "NAME"),
    _Flag("answers", "answers generated elsewhere (replay), or a script (scripted)", "FILE"),
    _Flag("answers-map", "TOML field map that reads another tool's answers file", "FILE"),
    _Flag("as-is", "score replayed answers as they stand: not cut at the page's stops, thoughts left in"),
    _Flag("device", "auto, cpu, cuda, cuda:N or mps (default auto)", "NAME"),
    _Flag(
        "dtype",
        "weights in memory; auto is float32 on CPU, bfloat16 on GPU",
        choices=("auto", "float32", "bfloat16", "float16"),
    ),
    _Flag(
        "data",
        "rows: sample (bundled), hub, or the folder of a mirror (default: hub, sample where no model is named)",
        "WHERE",
    ),
    _Flag("limit", "cases per benchmark, seeded and stratified by subject, or all", "N"),
    _Flag("shots", "solved examples before each question", "K", number=True),
    _Flag("chat-template", "ask for generations as turns: auto is on for chat models", choices=TEMPLATES),
    _Flag("samples", "samples a case, where its answers are programs that are run (default: as the page says)", "N"),
    _Flag("temperature", "of what is generated; several, as 0.2,0.8, ask each case once at each", "T"),
    _Flag("top-p", "share of probability that samples are drawn from, above 0, up to 1", "P"),
    _Flag("k", "the k of pass@k, as 1,10,100 (default: those of 1, 10, 100 there are samples for)", "K"),
    _Flag("counterexample", "search a smaller input that shows the first wrong program of each case to be wrong"),
    _Flag("quality", "describe passing programs: security findings, complexity, time and memory beside the reference"),
    _Flag("unsandboxed", "run programs that models wrote without a sandbox; every verdict is marked"),
    _Flag("seed", "of all that is drawn (default 0)", "N", number=True),
    _Flag("batch-tokens", "tokens of a batch (default: chosen by the device)", "N", number=True),
    _Flag(
        "truncate", "prompts longer than the context: refuse them, or drop their left end", choices=("refuse", "left")
    ),
    _Flag(
        "generation-config",
        "what a model's repository asks beyond greedy decoding: leave it out (benchmark, default), or apply it",
        choices=("benchmark", "model"),
    ),
    _Flag("think-tokens", "budget of a reasoning model before its answer (default 4096)", "N", number=True),
    _Flag(
        "generalise-over",
        "what intervals generalise over, and so draw: cases (default), or a benchmark's strata by their word (subject)",
        "WORD",
    ),
    _Flag("gate", "decide by exit status whether each benchmark has kept what --baseline had", configurable=False),
    _Flag("baseline", "what the gate compares with: a run's folder, RUN:MODEL, or a baseline file", "RUN"),
    _Flag(
        "margin",
        "the drop the gate tolerates, in points: 2pt (default), or gsm8k=1pt for one benchmark; may be repeated",
        "POINTS",
        repeatable=True,
    ),
    _Flag("sequential", "ask cases in random order, and no more of a benchmark once the gate has decided it"),
    _Flag("run-dir", "the run's folder (default reports/<model>-<plan>)", "DIR"),
    _Flag("fail-wrong", "a wrong answer fails its test"),
    _Flag("refresh", "ask again what was answered before"),
    _Flag("dry-run", "say what would be asked and downloaded, load no model"),
    _Flag("allow-pickle", "load pickled weights, which can run code"),
    _Flag("trust-remote-code", "run the code that a model's repository brings"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the user wants, with every default resolved.

    `limit` is None for all cases, `limits` the recipe's for single benchmarks; `shots` is one number, or one for each
    benchmark named and 0 for the others. `few_shots` and `short_answers` are the sample's caps, on solved examples and
    on answers in tokens, None where nothing is cut. `sample` is the folder of the bundled sample, `evals` those of the
    pages.
    """

    models: tuple[str, ...]
    recipe: Recipe
    engine: str
    answers: Path | None
    answers_map: Path | None
    as_is: bool
    device: str
    dtype: str
    data: str
    limit: int | None
    limits: dict[str, int]
    short_answers: int | None
    shots: int | dict[str, int]
    few_shots: int | None
    chat_template: Template
    sampling: Sampling
    diagnostics: DiagnosticsOptions
    unsandboxed: bool
    seed: int
    batch_tokens: int
    truncate: str
    generation_config: str
    think_tokens: int
    generalise_over: str
    gate: GateWish | None
    run_dir: Path | None
    fail_wrong: bool
    refresh: bool
    dry_run: bool
    allow_pickle: bool
    trust_remote_code: bool
    evals: tuple[Path, ...]
    sample: Path | None

    def shots_for(self, benchmark: str) -> int:
        """Solved examples before each question of a benchmark."""
        return self.shots if isinstance(self.shots, int) else self.shots.get(benchmark, 0)

    def overridden(self) -> Iterator[str]:
        """What was chosen in place of the recipe's protocol, and what a choice does not reach."""
        if self.shots is not None and self.shots != self.recipe.shots:
            yield f"--shots {self.shots} stands for the solved examples of recipe {self.recipe.name}."
        if self.chat_template != self.recipe.chat_template:
            yield f"--chat-template {self.chat_template} stands for what recipe {self.recipe.name} says."
        if self.chat_template == "on":
            yield "The chat template is for generations; log-likelihoods are asked without it."


def add(parser: pytest.Parser) -> None:
    """Add the group to the parser."""
    group = parser.getgroup("crosstask", "evaluation of language models (crosstask)")
    for flag in _FLAGS:
        settings: dict[str, Any] = {"dest": flag.attribute, "default": None, "help": flag.text}
        if flag.is_switch:
            settings["action"] = "store_true"
        else:
            settings |= {"metavar": flag.metavar} if flag.choices is None else {"choices": flag.choices}
            settings |= {"action": "append"} if flag.repeatable else {}
        group.addoption(f"--{flag.name}", **settings)


def read(config: pytest.Config) -> Options:
    """The options of this session; raises UsageError on a value that cannot be."""
    table = read_tool(config.rootpath).get("crosstask", {})
    _check(table)
    given = {flag.name: _value(flag, config, table) for flag in _FLAGS}
    recipe = load(given["recipe"] or "all")
    data = given["data"] or _default_data(given, table)
    sampled = data == "sample" and given["limit"] is None
    few = recipe.sample_shots if data == "sample" and given["shots"] is None else None
    shots = recipe.shots if given["shots"] is None else given["shots"]
    return Options(
        models=tuple(given["model"] or ()),
        recipe=recipe,
        engine=given["engine"] or "transformers",
        answers=_path(given["answers"]),
        answers_map=_path(given["answers-map"]),
        as_is=_as_is(given),
        device=given["device"] or "auto",
        dtype=given["dtype"] or "auto",
        data=data,
        limit=recipe.sample_limit if sampled else parse_limit("all" if given["limit"] is None else str(given["limit"])),
        limits={} if given["limit"] is not None else recipe.limits,
        short_answers=recipe.sample_tokens if sampled else None,
        shots=(fewer := _at_most(shots, few)),
        few_shots=few if fewer != shots else None,
        chat_template=given["chat-template"] or recipe.chat_template,
        sampling=_sampling(given),
        diagnostics=_diagnostics(given),
        unsandboxed=bool(given["unsandboxed"]),
        seed=given["seed"] or 0,
        batch_tokens=given["batch-tokens"] or 0,
        truncate=given["truncate"] or "refuse",
        generation_config=given["generation-config"] or "benchmark",
        think_tokens=4096 if given["think-tokens"] is None else given["think-tokens"],
        generalise_over=given["generalise-over"] or CASES,
        gate=read_wish(config, given, table.get("gate")),
        run_dir=_path(given["run-dir"]),
        fail_wrong=bool(given["fail-wrong"]),
        refresh=bool(given["refresh"]),
        dry_run=bool(given["dry-run"]),
        allow_pickle=bool(given["allow-pickle"]),
        trust_remote_code=bool(given["trust-remote-code"]),
        evals=_folders(config.rootpath, table),
        sample=config.rootpath / str(table["sample"]) if "sample" in table else None,
    )


def _default_data(given: dict[str, Any], table: dict[str, Any]) -> str:
    """The bundled sample where there is one and nothing of one's own is measured, else the Hub."""
    own = bool(given["model"]) or given["engine"] == "replay"
    return "sample" if "sample" in table and not own else "hub"


def _as_is(given: dict[str, Any]) -> bool:
    """Whether replayed answers are scored as they stand; raises UsageError where none are replayed."""
    if given["as-is"] and given["engine"] != "replay":
        raise UsageError(f"--as-is: found engine {given['engine'] or 'transformers'}; expected --engine replay")
    return bool(given["as-is"])


def _sampling(given: dict[str, Any]) -> Sampling:
    """How samples are drawn; raises UsageError where all of a case would be the same, or a k is above their number."""
    found = Sampling(
        parse_samples(given["samples"]),
        parse_temperatures(given["temperature"]),
        parse_top_p(given["top-p"]),
        parse_ks(given["k"]),
    )
    replayed = given["engine"] == "replay"
    if (found.samples or 1) > 1 and 0 in found.temperatures and not replayed:
        raise UsageError(
            f"--temperature: found 0 with --samples {found.samples}, all the same; expected temperatures above 0"
        )
    if replayed and len(found.temperatures) > 1:
        raise UsageError("--temperature: found several with --engine replay; expected one, as its answers name none")
    if found.samples is not None:
        found.ks_of("every benchmark", found.samples)
    return found


def _diagnostics(given: dict[str, Any]) -> DiagnosticsOptions:
    """What is to be found out about programs; raises UsageError where a library for it is missing."""
    options = DiagnosticsOptions(bool(given["counterexample"]), bool(given["quality"]))
    check(options)
    return options


def _at_most(shots: int | dict[str, int], most: int | None) -> int | dict[str, int]:
    if most is None:
        return shots
    return min(shots, most) if isinstance(shots, int) else {name: min(k, most) for name, k in shots.items()}


def _folders(root: Path, table: dict[str, Any]) -> tuple[Path, ...]:
    """The folders of the pages; raises UsageError where one that is named is not there."""
    named = table.get("evals", ["evals"])
    if not isinstance(named, list) or not all(isinstance(folder, str) for folder in named):
        raise UsageError(f"[tool.crosstask] evals: found {named!r}; expected a list of folders")
    missing = [folder for folder in named if not (root / folder).is_dir()]
    if missing and "evals" in table:
        raise UsageError(f"[tool.crosstask] evals: found no folder {missing[0]!r}; expected folders below {root.name}")
    return tuple(root / folder for folder in named)


def _check(table: dict[str, Any]) -> None:
    known = _SETTINGS | {flag.name for flag in _FLAGS if flag.configurable}
    for key in table:
        if key not in known:
            raise UsageError(f"[tool.crosstask]: found the key {key!r}; expected one of {', '.join(sorted(known))}")


def _value(flag: _Flag, config: pytest.Config, table: dict[str, Any]) -> Any:
    value = config.getoption(flag.attribute)
    if value is None and flag.configurable:
        value = table.get(flag.name)
        _check_type(flag, value)
        if flag.choices and value is not None and value not in flag.choices:
            raise UsageError(f"[tool.crosstask] {flag.name}: found {value!r}; expected {', '.join(flag.choices)}")
    if flag.repeatable and isinstance(value, str):
        return [value]
    return _number(flag, value) if flag.number and value is not None else value


def _check_type(flag: _Flag, value: Any) -> None:
    """Raise UsageError where a value of the table is of another type than the option's."""
    if value is None:
        return
    kinds: Any = str
    if flag.is_switch:
        kinds = bool
    elif flag.number or flag.name in _NUMBERS:
        kinds = int | str
    elif flag.name in _FRACTIONS:
        kinds = int | float | str
    values = value if flag.repeatable and isinstance(value, list) else [value]
    if not all(isinstance(one, kinds) and (flag.is_switch or not isinstance(one, bool)) for one in values):
        expected = "true or false" if flag.is_switch else "a number" if flag.number else "text"
        raise UsageError(f"[tool.crosstask] {flag.name}: found {value!r}; expected {expected}")


def _number(flag: _Flag, value: Any) -> int:
    if not re.fullmatch(r"\d+", str(value)):
        raise UsageError(f"--{flag.name}: found {value!r}; expected a whole number from 0")
    return int(value)


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value).expanduser()


def flags() -> Sequence[str]:
    """The names of the group's options, for the test that keeps the README true."""
    return [f"--{flag.name}" for flag in _FLAGS]
