import subprocess
import sys

LATER = (
    "datasets",
    "harness.code_tasks.extraction",
    "harness.compare",
    "harness.diagnostics.quality",
    "harness.gate",
    "harness.importers",
    "harness.report.html",
    "harness.sandbox",
    "harness.statistics",
    "huggingface_hub",
    "jinja2",
    "numpy",
    "rich",
    "scipy",
    "ssl",
    "torch",
    "transformers",
)
"""What no session needs before a page, an option or the end of the run asks for it."""


def test_the_plugin_imports_nothing_that_a_session_may_not_need():
    code = f"import sys, harness.plugin; print(*[name for name in {LATER} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not found.stdout.split()
