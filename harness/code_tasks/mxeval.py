"""Rows of MBXP and of its HumanEval: from a row to what is asked and how it is tested.

Athiwaratkun et al. 2022, "Multi-lingual Evaluation of Code Generation Models", arXiv:2210.14868. A program is the
prompt, the completion, a line break and the test, as upstream joins them (`mxeval/execution.py`). Python's rows have
the form of HumanEval's. The tests use packages that a bare compiler lacks, of each one function, which is lent here:
lodash's `isEqual` and `CompareLogic` of CompareNETObjects. Perl's `Compare` is lent where it is run.
"""

import re
from dataclasses import replace

from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.problems import completion
from harness.code_tasks.problems import text_or_nothing
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.languages import required
from harness.sources import Row

MBXP = (
    "cpp", "csharp", "go", "java", "javascript", "kotlin", "perl", "php", "python", "ruby", "scala", "swift",
    "typescript",
)  # fmt: skip
"""The languages of MBXP, by its names."""
MBXP_HUMANEVAL = tuple(name for name in MBXP if name != "cpp")
MAX_TOKENS = 512
_STOPS = {
    "cpp": ("\n/*", "\n#include", "\nint main"),
    "csharp": ("\n        public ", "\n        /// "),
    "go": ("\n//", "\nfunc "),
    "java": ("\nclass ", "\npublic ", "\n    public "),
    "javascript": ("\n/*", "\n//", "\nfunction ", "\nconst ", "\nconsole."),
    "kotlin": ("\n/*", "\nfun "),
    "perl": ("\nsub ", "\n#", "\nmy "),
    "php": ("\n/*", "\nfunction ", "\n//", "\n?>"),
    "ruby": ("\ndef ", "\n#", "\nputs "),
    "scala": ("\n    def ", "\n    /*", "\nobject "),
    "swift": ("\n/*", "\nfunc ", "\nprint("),
    "typescript": ("\n/*", "\n//", "\nfunction ", "\nconst ", "\nconsole."),
}
"""What begins a text that is no part of the function any more; extraction ends the function, and these save tokens."""
_LODASH = re.compile(r"^const _ = require\([\"']lodash[\"']\)", re.MULTILINE)
_IS_EQUAL = "const _ = { isEqual: require('node:util').isDeepStrictEqual };"
_COMPARE_LOGIC = """
namespace KellermanSoftware.CompareNetObjects
{
    public class ComparisonResult { public bool AreEqual; }
    public class CompareLogic
    {
        public ComparisonResult Compare(object left, object right)
        {
            return new ComparisonResult { AreEqual = Same(left, right) };
        }
        static bool Same(object left, object right)
        {
            if (left == null || right == null) return left == null && right == null;
            if (left.GetType() != right.GetType()) return false;
            if (left is string || !(left is System.Collections.IEnumerable)) return Parts(left, right);
            var first = ((System.Collections.IEnumerable)left).GetEnumerator();
            var second = ((System.Collections.IEnumerable)right).GetEnumerator();
            while (first.MoveNext())
                if (!second.MoveNext() || !Same(first.Current, second.Current)) return false;
            return !second.MoveNext();
        }
        static bool Parts(object left, object right)
        {
            var kind = left.GetType();
            if (!kind.IsGenericType || !kind.Name.StartsWith("KeyValuePair")) return left.Equals(right);
            foreach (var name in new[] { "Key", "Value" })
                if (!Same(kind.GetProperty(name).GetValue(left), kind.GetProperty(name).GetValue(right))) return false;
            return true;
        }
    }
}
"""
_TASK = re.compile(r"[^/]+/(\d+)")
_PACKAGE = re.compile(r"^import\s.*\sfrom\s+['\"]([\w@/-]+)['\"]", re.MULTILINE)


def mxeval(row: Row) -> Case:
    """The rest of a function; problems have one number in every language, by which they are clusters."""
    match = _TASK.fullmatch(row.text("task_id"))
    if match is None:
        raise row.error("task_id", f"{row['task_id']!r}; expected the number of a problem, as MBPHP/1")
    if row.config == "python":
        return replace(completion(row), cluster=match[1], stratum=row.config)
    language = required(row.config)
    asked, test = row.text("prompt"), row.text("test")
    trial = Trial(
        language.name,
        "foreign_whole",
        prompt=f"{asked}{HOLE}\n",
        tests=(_lent(row.config, test),),
        style="script",
        names=(row.text("entry_point"),),
        libraries=tuple(dict.fromkeys(_PACKAGE.findall(asked))),
    )
    request = Generate(asked, max_tokens=MAX_TOKENS, stop=_STOPS[row.config])
    known = row["canonical_solution"] is not None
    solution = (known and text_or_nothing(row, "canonical_solution")) or None
    return Case(row.id, (request,), solution, cluster=match[1], stratum=row.config, trial=trial)


def _lent(name: str, test: str) -> str:
    """The test with what it takes for granted."""
    if name == "javascript":
        return _LODASH.sub(lambda _: _IS_EQUAL, test)
    return test + _COMPARE_LOGIC if name == "csharp" else test
