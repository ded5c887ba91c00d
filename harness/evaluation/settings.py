"""What the user chose, as the plan and the manifest keep it, and what a reader of the numbers must know."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.engines.options import ADAPTER
from harness.engines.options import ALLOW_PICKLE
from harness.engines.options import GENERATION_CONFIG
from harness.engines.options import LOAD_IN
from harness.engines.options import TRUST_REMOTE_CODE
from harness.evaluation.declared import of_shipped_engines
from harness.evaluation.options import Options
from harness.evaluation.subjects import Subjects
from harness.models.adapters import adapter_hashes
from harness.models.hashes import sha256_of


def _sequential(options: Options, subjects: Subjects) -> dict[str, Any]:
    """What decides how many cases are asked, where the gate may stop early."""
    gate = options.gate
    if gate is None or not gate.sequential:
        return {}
    from harness.gate.verdicts import digest

    return {"sequential": {"margins": gate.margins.written(), "baseline": digest(subjects.baseline)}}


def settings(options: Options, subjects: Subjects, more: list[str]) -> dict[str, Any]:
    """What the user chose that can change a number: part of the plan's hash and of the manifest.

    `more` are notes on rows, beside those on the options.
    """
    recipe = options.recipe
    return {
        "recipe": {
            "name": recipe.name,
            "description": recipe.description,
            "source": recipe.source,
            "metrics": recipe.metrics,
        },
        "engine": options.engine,
        **_of_engine(options),
        "data": options.data,
        "limit": options.limit,
        "limits": options.limits,
        "shots": options.shots,
        "chat_template": options.choice.chat_template,
        "seed": options.seed,
        "short_answers": options.short_answers,
        **_period(options),
        **_sampling(options),
        **_sequential(options, subjects),
        "notes": [*notes(options), *more],
    }


def _period(options: Options) -> dict[str, Any]:
    """The dates that bound the cases, where any does."""
    return {name: day for name, day in asdict(options.period).items() if day is not None}


def _sampling(options: Options) -> dict[str, Any]:
    """What stands in place of the pages' own sampling, and of the sandbox."""
    wish = options.sampling
    return {
        "samples": wish.samples,
        "temperatures": list(wish.temperatures) or None,
        "top_p": wish.top_p,
        "k": list(wish.ks) or None,
        "unsandboxed": options.unsandboxed,
    }


def _of_engine(options: Options) -> dict[str, Any]:
    """What was chosen for the engine, and the files it reads by name and content.

    The options of all engines of the suite stand there, so that the same command finds the folder of its older run.
    """
    chosen: dict[str, Any] = {}
    for option in dict.fromkeys((*of_shipped_engines(), *options.choice.descriptor.options)):
        value = options.choice[option]
        if option.secret:
            continue
        if option.manifest == "always" or (option.manifest == "chosen" and value != option.default):
            chosen[option.key] = value.name if isinstance(value, Path) else value
        if option.kind == "adapter" and value is not None:
            chosen[f"{option.hashed_under}_sha256"] = sorted(adapter_hashes(value).values())
        if option.kind == "file":
            hashes = chosen.setdefault(f"{option.hashed_under or option.key}_sha256", [])
            hashes += [sha256_of(value)] if value is not None and value.is_file() else []
    return chosen


def notes(options: Options) -> Iterator[str]:
    """What a reader of any number of this run must know."""
    yield from _notes_on_origins(options)
    yield from options.overridden()
    if options.limit is not None:
        yield f"At most {options.limit} cases a benchmark; --limit all lifts it."
    if options.limits:
        yield f"The recipe limits {', '.join(f'{name} to {most}' for name, most in options.limits.items())} cases."
    if options.few_shots is not None:
        yield f"At most {options.few_shots} solved examples, fewer than the recipe's; --shots K asks for more."
    if options.short_answers is not None:
        yield f"Answers are cut to {options.short_answers} tokens; --limit all lifts it."
    if options.gate is not None and options.gate.sequential:
        yield "Cases were asked until the gate had decided (--sequential): scores of fewer cases lean its way."
    yield from _notes_on_programs(options)
    yield from _notes_on_models(options)


def _notes_on_models(options: Options) -> Iterator[str]:
    choice = options.choice
    if choice[GENERATION_CONFIG] == "model":
        yield "What a model's generation config asks beyond greedy decoding was applied (--generation-config model)."
    if choice[ADAPTER] is not None:
        yield f"Models were asked with the adapter {choice[ADAPTER].name} (--adapter)."
    if choice[LOAD_IN] is not None:
        yield f"Weights were quantised as they were loaded (--load-in {choice[LOAD_IN]})."
    if choice[ALLOW_PICKLE]:
        yield "Pickled weights were allowed (--allow-pickle)."
    if choice[TRUST_REMOTE_CODE]:
        yield "Code from the model's repository was allowed (--trust-remote-code)."


def _notes_on_origins(options: Options) -> Iterator[str]:
    if options.data == "sample":
        yield "Rows are the bundled sample, written for this suite: the scores say nothing about the benchmarks."
    yield from options.choice.descriptor.notes(options.choice)


def _notes_on_programs(options: Options) -> Iterator[str]:
    if len(options.sampling.temperatures) > 1:
        named = ", ".join(f"{temperature:g}" for temperature in options.sampling.temperatures)
        yield f"Generations are asked at temperatures {named}: scores are over all of them, parts below of each."
    if options.unsandboxed:
        yield "Programs that models wrote were run without a sandbox (--unsandboxed)."
