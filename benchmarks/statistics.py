"""The statistics measured: errors, coverage, power, the gate, looks before the end, and speed beside sacrebleu.

    python benchmarks/statistics.py [PART ...] [--quick] [--write]

Parts: coverage, comparison, few, bounded, candidates, problems, unbounded, family, detects, pitfalls, gate, sequential,
languages, parity, beside, speed (all, where none is named). `--write` puts the
tables between their markers in docs/statistics.md; status 1 where a goal is missed. Seeds are fixed; the parts are in
`simulations/`.
"""

import importlib.util
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent / "simulations")
    sys.exit(importlib.import_module("everything").main())
else:
    # a script's folder leads sys.path, so its neighbours' `import statistics` finds this file: it means the library's
    spec = importlib.util.spec_from_file_location(__name__, Path(os.__file__).with_name("statistics.py"))
    if spec is None or spec.loader is None:
        raise ImportError("statistics: the standard library's file was not found; expected it beside os.py")
    sys.modules[__name__] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[__name__])
