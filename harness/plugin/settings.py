"""What the user chose, as the plan and the manifest keep it, and what a reader of the numbers must know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.models.hashes import sha256_of
from harness.plugin.options import Options
from harness.plugin.state import State


def _sequential(state: State) -> dict[str, Any]:
    """What decides how many cases are asked, where the gate may stop early."""
    wish = state.options.gate
    if wish is None or not wish.sequential:
        return {}
    from harness.gate.verdicts import digest

    return {"sequential": {"margins": wish.margins.written(), "baseline": digest(state.baseline)}}


def settings(state: State, cached: list[str]) -> dict[str, Any]:
    """What the user chose that can change a number: part of the plan's hash and of the manifest."""
    options = state.options
    recipe = options.recipe
    return {
        "recipe": {
            "name": recipe.name,
            "description": recipe.description,
            "source": recipe.source,
            "metrics": recipe.metrics,
        },
        "engine": options.engine,
        "answers": None if options.answers is None else options.answers.name,
        "answers_sha256": _hashes(options.answers, options.answers_map),
        "as_is": options.as_is,
        "device": options.device,
        "dtype": options.dtype,
        "data": options.data,
        "limit": options.limit,
        "limits": options.limits,
        "shots": options.shots,
        "chat_template": options.chat_template,
        "seed": options.seed,
        "truncate": options.truncate,
        "think_tokens": options.think_tokens,
        "short_answers": options.short_answers,
        "allow_pickle": options.allow_pickle,
        "trust_remote_code": options.trust_remote_code,
        # left out where nobody asked: the same command finds the folder of its older run
        **({} if options.generation_config == "benchmark" else {"generation_config": options.generation_config}),
        **_sampling(options),
        **_sequential(state),
        "notes": [*notes(state), *cached],
    }


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


def _hashes(*paths: Path | None) -> list[str]:
    return [sha256_of(path) for path in paths if path is not None and path.is_file()]


def notes(state: State) -> Iterator[str]:
    """What a reader of any number of this run must know."""
    options = state.options
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
    if options.generation_config == "model":
        yield "What a model's generation config asks beyond greedy decoding was applied (--generation-config model)."
    if options.allow_pickle:
        yield "Pickled weights were allowed (--allow-pickle)."
    if options.trust_remote_code:
        yield "Code from the model's repository was allowed (--trust-remote-code)."


def _notes_on_origins(options: Options) -> Iterator[str]:
    if options.data == "sample":
        yield "Rows are the bundled sample, written for this suite: the scores say nothing about the benchmarks."
    if options.engine == "scripted":
        yield "Answers are scripted: no model was asked."
    if options.as_is:
        yield "Answers are scored as they stand in the file: stops and thoughts are left in (--as-is)."


def _notes_on_programs(options: Options) -> Iterator[str]:
    if len(options.sampling.temperatures) > 1:
        named = ", ".join(f"{temperature:g}" for temperature in options.sampling.temperatures)
        yield f"Generations are asked at temperatures {named}: scores are over all of them, parts below of each."
    if options.unsandboxed:
        yield "Programs that models wrote were run without a sandbox (--unsandboxed)."
