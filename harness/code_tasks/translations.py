"""Problems in other languages: from a row of HumanEval-X or MultiPL-E to what is asked and how it is tested.

What a language's tests take for granted, and a bare compiler lacks, is lent here: a `console.assert` that throws, a
`Pair` of javatuples, the `assert` of testify, and Rust's `rand`. What ends a test, as luaunit does, is lent where its
language is run.
"""

import re
from dataclasses import dataclass

from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.foreign import CLASS_END
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.languages import required
from harness.languages.building.sources import Syntax
from harness.languages.building.sources import blanked
from harness.languages.building.sources import defined
from harness.sources import Row

MAX_TOKENS = 1024
_CPP_HELPERS = "stdlib.h algorithm math.h stdio.h vector string climits cstring iostream"
_JS_ASSERT = (
    "console.assert = (held, ...said) => { if (!held) throw new Error(['Assertion failed', ...said].join(': ')); };"
)
_GO_ASSERT = """
type crosstaskAssert struct{ t *testing.T }

func (crosstaskAssert) New(t *testing.T) crosstaskAssert { return crosstaskAssert{t} }

func (a crosstaskAssert) Equal(wanted, found interface{}, _ ...interface{}) bool {
	same := reflect.DeepEqual(wanted, found)
	if !same {
		a.t.Errorf("expected %v, found %v", wanted, found)
	}
	return same
}

var assert crosstaskAssert
"""
_JAVA_PAIR = """
record Pair<A, B>(A value0, B value1) {
    public static <A, B> Pair<A, B> with(A value0, B value1) { return new Pair<>(value0, value1); }
    public A getValue0() { return value0; }
    public B getValue1() { return value1; }
    public <C> Pair<C, B> setAt0(C value) { return new Pair<>(value, value1); }
    public <C> Pair<A, C> setAt1(C value) { return new Pair<>(value0, value); }
}
"""
_RUST_RAND = """
mod rand {
    use std::cell::Cell;
    thread_local!(static STATE: Cell<u64> = Cell::new(1));
    pub trait Drawn: Copy { fn drawn(bits: u64) -> Self; fn between(bits: u64, low: Self, high: Self) -> Self; }
    macro_rules! drawn { ($($kind:ty),*) => { $(impl Drawn for $kind {
        fn drawn(bits: u64) -> Self { bits as $kind }
        fn between(bits: u64, low: Self, high: Self) -> Self {
            (low as i128 + (bits as i128).rem_euclid(high as i128 - low as i128)) as $kind
        }
    })* } }
    drawn!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
    pub struct ThreadRng;
    pub trait Rng {
        fn bits(&mut self) -> u64 {
            STATE.with(|state| {
                state.set(state.get().wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407));
                state.get() >> 31
            })
        }
        fn gen<T: Drawn>(&mut self) -> T { T::drawn(self.bits()) }
        fn gen_range<T: Drawn>(&mut self, low: T, high: T) -> T { T::between(self.bits(), low, high) }
    }
    impl Rng for ThreadRng {}
    pub fn thread_rng() -> ThreadRng { ThreadRng }
    pub fn random<T: Drawn>() -> T { ThreadRng.gen() }
}
"""
_NO_TEST = "\n#[cfg(test)]\nmod compiles {\n    #[test]\n    fn it_does() {}\n}\n"
_JAVATUPLES = re.compile(r"^import org\.javatuples\.\*;\n", re.MULTILINE)
_CLOSES = re.compile(r"[ \t]*\}")
_TASK = re.compile(r"(?:[^/]+/|HumanEval_|mbpp_)(\d+)(?:_.*)?")


@dataclass(frozen=True, slots=True)
class Lent:
    """What HumanEval-X's pages know of a language: its name, where continuations end, what its tests are lent.

    The stops begin what cannot be part of the function: CodeGeeX stops by counting braces, which no stop string can, so
    extraction ends the function and the stops only save tokens.
    """

    name: str
    stop: tuple[str, ...] = ()
    context: str = ""
    behind: str = ""
    libraries: tuple[str, ...] = ()

    @property
    def syntax(self) -> Syntax:
        """How the language's source is read."""
        return required(self.name).syntax


LANGUAGES = {
    "cpp": Lent(
        "cpp",
        ("\n/*", "\n#include", "\nint main"),
        context="".join(f"#include<{name}>\n" for name in _CPP_HELPERS.split()),
        libraries=("boost", "openssl"),
    ),
    "go": Lent("go", ("\n//", "\nfunc "), behind=_GO_ASSERT),
    "java": Lent("java", ("\n    /*", "\n    public ", "\npublic ", "\nclass ")),
    "js": Lent(
        "javascript",
        ("\n/*", "\n//", "\nconst ", "\nfunction ", "\nconsole."),
        context=_JS_ASSERT,
        libraries=("js-md5",),
    ),
    "rust": Lent("rust", ("\n/*", "\n#[cfg", "\nmod ", "\nfn main"), context=_RUST_RAND, libraries=("md5", "regex")),
}
"""By HumanEval-X's names."""
MULTIPL_E = (
    "cpp",
    "cs",
    "d",
    "go",
    "java",
    "jl",
    "js",
    "lua",
    "php",
    "pl",
    "r",
    "rb",
    "rkt",
    "rs",
    "scala",
    "sh",
    "swift",
    "ts",
)
"""The languages in which MultiPL-E has HumanEval, by its names."""
MULTIPL_MBPP = tuple(sorted((*MULTIPL_E, "elixir", "hs", "ml", "py")))
"""Those in which it has MBPP."""


def problem(row: Row, name: str) -> str:
    """The number of a problem of HumanEval or MBPP, the same in every language."""
    match = _TASK.fullmatch(row.text(name))
    if match is None:
        raise row.error(name, f"{row[name]!r}; expected the number of a problem, as Java/0 or HumanEval_0_name")
    return match[1]


def humaneval_x(row: Row) -> Case:
    """The rest of a function whose declaration and comment are the prompt; Rust's comment stands before both."""
    language = LANGUAGES[row.config]
    asked, solution = row.text("prompt"), row.text("canonical_solution")
    if language.name == "rust":
        asked += row.text("declaration")
    entry = _entry(row, "declaration" if language.name == "rust" else "prompt", language.syntax)
    trial = Trial(
        language.name,
        "foreign",
        prompt=asked + (CLASS_END if language.name == "java" else ""),
        tests=(_test(row, language),),
        style="script",
        names=(entry,),
        context=language.context,
        libraries=language.libraries,
    )
    request = Generate(asked, max_tokens=MAX_TOKENS, stop=language.stop)
    return Case(row.id, (request,), solution, cluster=problem(row, "task_id"), stratum=row.config, trial=trial)


def _test(row: Row, language: Lent) -> str:
    """The row's test with what it is lent; a Rust one that is a comment, as one upstream, has only to compile."""
    test = row.text("test")
    if language.name == "rust" and "#[test]" not in blanked(test, language.syntax):
        test += _NO_TEST
    return test + language.behind


def multipl_e(row: Row) -> Case:
    """The rest of a function as MultiPL-E has it: prompt, completion, a line break and the tests are the program.

    Where the tests begin with the brace that closes the function, it is taken to the program. Python's are asked from
    outside, as those of other pages are.
    """
    short = row.config.rpartition("-")[2]
    language = required(short)
    asked, tests, stop = row.text("prompt"), row.text("tests"), _stops(row)
    names = (_entry(row, "prompt", language.syntax),)
    if language.warm:
        trial = Trial(language.name, "python", prompt=asked, tests=(tests,), names=names)
    else:
        closes = _CLOSES.match(tests)
        begun, tail = (tests[closes.end() :], f"\n{closes[0]}") if closes else (tests, "\n")
        trial = Trial(
            language.name,
            "foreign_whole",
            prompt=_JAVATUPLES.sub("", asked) + HOLE + tail,
            tests=(begun + (_JAVA_PAIR if language.name == "java" else ""),),
            style="script",
            names=names,
        )
    request = Generate(asked, max_tokens=MAX_TOKENS, stop=stop)
    return Case(row.id, (request,), None, cluster=problem(row, "name"), stratum=short, trial=trial)


def _stops(row: Row) -> tuple[str, ...]:
    stops = row["stop_tokens"]
    if not isinstance(stops, list) or not stops or not all(isinstance(stop, str) and stop.strip(" ") for stop in stops):
        raise row.error("stop_tokens", f"{stops!r}; expected a list of texts")
    return tuple(stops)


def _entry(row: Row, name: str, syntax: Syntax) -> str:
    """The last function of a declaration."""
    names = [function for function, _, _ in defined(row.text(name), syntax)]
    if not names:
        raise row.error(name, f"{row[name]!r}; expected the beginning of a function")
    return names[-1]
