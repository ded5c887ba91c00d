"""The forms a run's scores can be printed in: for a page of Markdown, a spreadsheet, a paper."""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.report.latex import latex
from harness.report.markdown import markdown
from harness.report.spreadsheet import comma_separated

Form: TypeAlias = Literal["markdown", "csv", "latex"]
FORMATS: Mapping[Form, Callable[[Mapping[str, Any]], str]] = {
    "markdown": markdown,
    "csv": comma_separated,
    "latex": latex,
}
