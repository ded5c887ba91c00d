"""`crosstask rescore`: today's extraction and metrics on the stored answers of a run."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.cli.arguments import Evals
from harness.cli.arguments import GeneraliseOver
from harness.cli.arguments import RunFolder
from harness.cli.output import say
from harness.cli.output import say_report
from harness.errors import UsageError
from harness.report.rescore import copy_prompts
from harness.report.rescore import rescore
from harness.report.rescore import with_bertscore
from harness.report.rescore import with_similarity
from harness.report.score_rows import METRICS
from harness.results.folder import read_run
from harness.results.population import check_word
from harness.session.program_loop import Runner
from harness.session.program_loop import open_sandbox
from harness.store.atomic import unwritable
from harness.store.journal import Journal

Execute = Annotated[
    bool, typer.Option("--execute", help="Run programs that today's extraction finds and the run has not run.")
]

Unsandboxed = Annotated[
    bool, typer.Option("--unsandboxed", help="Run them without a sandbox; every verdict is marked.")
]

BertScoreOf = Annotated[
    str | None,
    typer.Option(
        "--bertscore",
        metavar="DIR:LAYER",
        help="Score explanations by BERTScore as well, with the encoder in this folder. Needs the extra bertscore; "
        "not verified here with an encoder that people use.",
    ),
]

Similarity = Annotated[
    bool,
    typer.Option(
        "--similarity",
        help="Score programs by their likeness to the reference as well: exact match, edit similarity, BLEU, ROUGE-L, "
        "CodeBLEU. Needs the extra codebleu.",
    ),
]


def rescore_command(  # noqa: PLR0913, PLR0917  # one parameter an option
    run: RunFolder,
    evals: Evals = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the scored run to a new folder and leave RUN as it is."),
    ] = None,
    generalise_over: GeneraliseOver = None,
    execute: Execute = False,
    unsandboxed: Unsandboxed = False,
    bertscore: BertScoreOf = None,
    similarity: Similarity = False,
) -> None:
    """Score the stored answers of a run again.

    Today's extraction and metrics are applied; no model is loaded, and no program is run but by --execute. The answers
    are kept; the scores, the benchmarks' versions and the report are made again.
    """
    benchmarks = load_pages(evals or evals_directories(Path.cwd()))
    if bertscore:
        benchmarks = with_bertscore(benchmarks, bertscore)
    folder = _new_folder(out) if out else run
    runner = Runner(open_sandbox(unsandboxed=unsandboxed)) if execute else None
    journal = None if out else _locked(run)
    try:
        stored = read_run(run)
        if similarity:
            benchmarks = with_similarity(benchmarks, stored)
        if generalise_over is not None:
            named = stored.manifest["benchmarks"]
            check_word(generalise_over, (benchmark.strata for name, benchmark in benchmarks.items() if name in named))
        changes = rescore(stored, benchmarks, folder, runner)
        if out:
            copy_prompts(stored, folder)
    finally:
        if journal is not None:
            journal.close()
        if runner is not None:
            runner.close()
    say(map(str, changes))
    say_report(folder, generalise_over, METRICS if similarity or bertscore else 0)


def _new_folder(path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"--out {path}: exists; expected a new or an empty folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def _locked(run: Path) -> Journal | None:
    """Hold the run's journal, so that no session writes to it meanwhile; None where there is nothing to hold."""
    records = run / "records.jsonl"
    return Journal(records) if records.exists() else None
