"""Python, in a fork of the warm interpreter."""

import re

from harness.core import Execute
from harness.sandbox.languages import Language
from harness.sandbox.languages import Program

_IMPORTS = re.compile(
    r"^[ \t]*(?:import|from)[ \t]+(numpy|pandas|torch|scipy|sklearn|matplotlib|seaborn|statsmodels)\b", re.MULTILINE
)


def libraries(*sources: str, named: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The libraries to have imported before the fork: one of the sets (), numpy, numpy and pandas, torch."""
    found = {match for source in sources for match in _IMPORTS.findall(source)} | set(named)
    if "torch" in found:
        return ("torch",)
    if found & {"pandas", "seaborn", "statsmodels"}:
        return ("numpy", "pandas")
    return ("numpy",) if found & {"numpy", "scipy", "sklearn", "matplotlib"} else ()


def _calls(request: Execute) -> Program:
    wanted = libraries(request.code, named=request.libraries)
    return Program("candidate", {"code": request.code}, libraries=wanted)


def _script(request: Execute, _test: str) -> Program:
    wanted = libraries(request.context, request.code, *request.tests, named=request.libraries)
    return Program("script", {"code": request.code, "context": request.context}, libraries=wanted)


LANGUAGE = Language("python", calls=_calls, script=_script)
