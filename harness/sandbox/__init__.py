"""Programs that models wrote, run and judged: in a jail, by a judge outside of it.

`open_sandbox` gives a `Sandbox`; it answers each `Execute` with an `Execution`, or a `Refusal` where nothing can be
said of the program. docs/sandbox.md tells what is closed, what is not, and what it costs.
"""

from harness.sandbox.pool import Sandbox
from harness.sandbox.pool import open_sandbox

__all__ = ["Sandbox", "open_sandbox"]
