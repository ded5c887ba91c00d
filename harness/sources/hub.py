"""Rows from the Hugging Face Hub by its `datasets` library, from a commit that is known.

The commit is asked for once a dataset, with a deadline, before anything is loaded. Where the Hub does
not answer, only a copy in the library's own cache serves, of the pinned commit where one is pinned.
Dataset scripts are never run, download counts never reported. The libraries are imported only
here, and do not bring torch.
"""

from collections.abc import Callable
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from logging import CRITICAL
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UnreachableError
from harness.extras import require
from harness.sources import Rows

if TYPE_CHECKING:
    from datasets import DatasetBuilder  # type: ignore[import-untyped]

DEADLINE = 8.0
"""Seconds the Hub has to say which commit a dataset is at."""

OTHER_WAYS = "use --data sample, or --data DIR made by `crosstask data fetch DIR` on a connected machine"
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a commit; `cached` where the Hub was not there to ask, so a newer commit may exist."""

    rows: list[dict[str, Any]]
    revision: str | None
    cached: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """What the Hub says of a dataset: the commit's sha, and whether access must be asked for."""

    sha: str
    gated: bool


@dataclass
class Hub:
    """The Hub as seen by one session: each dataset's commit is asked once, a Hub that is away only once at all."""

    deadline: float = DEADLINE
    _commits: dict[tuple[str, str | None], Commit] = field(default_factory=dict)
    _away: str | None = None

    def open(self, rows: Rows) -> Found:
        """The rows of a table; raises SourceError where they cannot be had, UnreachableError where the Hub is away.

        Raises UsageError where the extra `hub` is not installed.
        """
        require("rows of the Hub (--data hub)", "hub")
        rows = rows.on_hub
        _quiet()
        commit = None if self._away else self._commit(rows)
        builder = _cached(rows, self._away or "") if commit is None else _builder(rows, commit)
        if commit is not None and builder.hash != commit.sha:
            raise UnreachableError(f"{rows.name}: the Hub broke off while commit {commit.sha} was read; {OTHER_WAYS}")
        return Found(_read(rows, builder), builder.hash, commit is None)

    def _commit(self, rows: Rows) -> Commit | None:
        """The commit that `rows.revision` (or the main branch) stands for; None where the Hub is away."""
        asked = (rows.path, rows.revision)
        if asked not in self._commits:
            try:
                self._commits[asked] = _within(self.deadline, lambda: _ask(rows, self.deadline))
            except TimeoutError:
                self._away = f"no answer within {self.deadline:g} s"
            except _AwayError as error:
                self._away = str(error)
        return self._commits.get(asked)


class _AwayError(Exception):
    """The Hub cannot be reached, for this reason."""


def _quiet() -> None:
    """No progress bars, no log lines beside the error raised, no telemetry: neither in headers nor to a third host."""
    import datasets
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
    from huggingface_hub.utils import logging

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(CRITICAL)
    disable_progress_bars()
    logging.set_verbosity(CRITICAL)
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    constants.HF_HUB_DISABLE_TELEMETRY = True


def _ask(rows: Rows, timeout: float) -> Commit:
    from huggingface_hub import HfApi
    from huggingface_hub import errors

    try:
        info = HfApi().dataset_info(rows.path, revision=rows.revision, timeout=timeout)
    except errors.RepositoryNotFoundError as error:
        raise SourceError(
            f"{rows.path}: no such dataset on the Hub, or a private one; expected a public id, or `hf auth login` first"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise SourceError(
            f"{rows.path}: no revision {rows.revision!r} on the Hub; expected a commit, tag or branch"
        ) from error
    except errors.HFValidationError as error:
        raise SourceError(f"{rows.path}: not a dataset id of the Hub; expected owner/name") from error
    except errors.OfflineModeIsEnabled as error:
        raise _AwayError("HF_HUB_OFFLINE is set") from error
    except (_http_error(), OSError) as error:
        raise _AwayError(_first_line(error)) from error
    return Commit(str(info.sha), bool(info.gated))


def _builder(rows: Rows, commit: Commit) -> "DatasetBuilder":
    """The dataset's builder with its files fetched and converted (once; the library caches both)."""
    import datasets

    try:
        # the prefix keeps a directory of that name beside the user from being read instead
        builder = datasets.load_dataset_builder(f"hf://datasets/{rows.path}", rows.config, revision=commit.sha)
        builder.download_and_prepare()
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError, _http_error()) as error:
        raise _explained(rows, commit, error) from error
    return builder


def _explained(rows: Rows, commit: Commit, error: Exception) -> SourceError:
    import datasets
    from huggingface_hub import constants

    if commit.gated and isinstance(error, datasets.exceptions.DatasetNotFoundError):
        return SourceError(
            f"{rows.path}: a gated dataset; ask for access at {constants.ENDPOINT}/datasets/{rows.path} "
            "and run `hf auth login`"
        )
    if "scripts are no longer supported" in str(error):
        return SourceError(f"{rows.path}: a dataset script, which is never run; {OTHER_WAYS}")
    if isinstance(error, ValueError) and "Available: " in str(error):
        configs = str(error).rpartition("Available: ")[2]
        return SourceError(f"{rows.path}: no config {rows.config!r}; expected one of {configs.strip('[]')}")
    return SourceError(f"{rows.name}: cannot be read from the Hub ({_first_line(error)}); {OTHER_WAYS}")


def _cached(rows: Rows, away: str) -> "DatasetBuilder":
    """The dataset as the library's cache holds it: the pinned commit, else the newest there."""
    import datasets
    from datasets.naming import camelcase_to_snakecase  # type: ignore[import-untyped]
    from datasets.packaged_modules.cache.cache import Cache  # type: ignore[import-untyped]

    *owner, name = rows.path.split("/")
    folder = Path(datasets.config.HF_DATASETS_CACHE) / "___".join([*owner, camelcase_to_snakecase(name)]) / rows.config
    made = [path.parent for path in folder.glob(f"*/{rows.revision or '*'}/dataset_info.json")]
    if not made:
        raise UnreachableError(
            f"{rows.name}: the Hub cannot be reached ({away}) and its cache has no copy; {OTHER_WAYS}"
        )
    newest = max(made, key=lambda path: path.stat().st_mtime)
    return Cache(
        dataset_name=name, repo_id=rows.path, config_name=rows.config, version=newest.parent.name, hash=newest.name
    )


def _read(rows: Rows, builder: "DatasetBuilder") -> list[dict[str, Any]]:
    splits = list(builder.info.splits or ())
    if rows.split not in splits:
        raise SourceError(f"{rows.name}: no split {rows.split!r}; expected one of {', '.join(map(repr, splits))}")
    table = builder.as_dataset(split=rows.split)
    return [
        {name: _plain(value, f"{rows.name} row {number}, field {name!r}") for name, value in row.items()}
        for number, row in enumerate(table)
    ]


def _plain(value: Any, where: str) -> Any:
    """The value as JSON holds it: dates as ISO text; NaN and infinities as null, like the Hub's own viewer."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(item, where) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    raise RowError(f"{where}: a {type(value).__name__}; expected what JSON can hold")


def _within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """The call's result; TimeoutError after `seconds`, since looking up a host's name knows no deadline."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread, whatever it is
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(seconds)


def _http_error() -> type[Exception]:
    """The base of what the Hub's HTTP client raises, by whichever client this version of the library uses."""
    from huggingface_hub import errors

    return errors.HTTPError  # type: ignore[attr-defined]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
