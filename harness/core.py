"""The few types every room of the house speaks, and their JSON form.

A Case asks Requests, an engine (of a program, the sandbox) answers each with a Response, a metric turns the last
Response into a Score, and one Record a case is all a report needs. Frozen; nothing here imports other rooms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.encoding import PLAIN
from harness.encoding import encode
from harness.encoding import names_of
from harness.encoding import sha256

Json: TypeAlias = "str | int | float | bool | tuple[Json, ...] | Mapping[str, Json] | None"
"""What JSON can hold, arrays as tuples (so that a frozen value stays hashable)."""

Role: TypeAlias = Literal["system", "user", "assistant"]
Finish: TypeAlias = Literal["stop", "length"]
Verdict: TypeAlias = Literal["correct", "wrong", "invalid"]
Outcome: TypeAlias = Literal["passed", "failed", "syntax", "import", "name", "type", "exception", "timeout", "memory",
    "output", "crash", "unjudgeable"]  # fmt: skip
"""What becomes of a program: its tests hold, an assertion fails, an error ends it, or a limit does."""
Style: TypeAlias = Literal["calls", "script", "query", "stdio"]
Status: TypeAlias = Literal["measured", "refused", "not_run", "error"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Generate:
    """A request for text that continues a prompt.

    Attributes:
        prompt: Plain text, or the turns of a conversation. With a chat template the engine renders the turns (plain
            text counts as one user turn); without, `prompts.flat` joins them.
        max_tokens: The bound of the answer, in tokens of the model.
        stop: Strings that end a completion and are not part of it.
        temperature: 0 is greedy decoding.
        top_p: The share of probability that is drawn from, 0..1.
        samples: How many answers; sample i draws from a generator seeded by (`seed`, i) alone.
        seed: The seed of all samples.
        suffix: What follows the text that is asked for, as in a gap.
        answer_language: The programming language that turns name; no hash has it.
        source: Whether turns fence the prompt as a program; no hash has it.
    """

    prompt: str | tuple[Message, ...]
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0
    suffix: str | None = None
    answer_language: str | None = None
    source: bool = False


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """A request for log P(continuation | context) of each (context, continuation) pair.

    Many continuations of one context are the choices of a question; many contexts with one continuation are
    Winogrande's partial evaluation. An empty context means the model's BOS (else EOS) token. White space at the end of
    a context is moved to the continuation.
    """

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rolling:
    """A request for the log P of a whole text, each token given all before it."""

    text: str


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A benchmark's own CPU time in seconds: `call`, or `times` the reference's slowest, for one; `whole` for all."""

    call: float
    times: float
    whole: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How a program is judged: what the request to run it and the trial of a case both say.

    Of the styles, "calls" runs each test in a trusted process where `names` stand for what the program defines:
    arguments go into the jail and values come back, the tests never do. "script" runs program and tests together inside
    the jail, for tests that cannot be parted from the program. "query" compares the rows of the program's query and of
    the test's, or of any of several parted by semicolons, "stdio" what the program prints and what a test expects: a
    JSON object of the texts `input`, `output` and `compare`, a rule. `context` is trusted source that the tests need
    (imports, what a prompt defines), or with "stdio" the program; `reference` a solution known to be right, whose own
    time scales the limit. The first `examples` of the tests are those the problem shows. `files` are (name in the
    program's folder, sha256) of data it reads, `libraries` the packages it imports. `time` is the benchmark's limit.
    """

    style: Style = "calls"
    names: tuple[str, ...] = ()
    context: str = ""
    reference: str = ""
    examples: int = 0
    files: tuple[tuple[str, str], ...] = ()
    libraries: tuple[str, ...] = ()
    time: TimeLimit | None = None


@dataclass(frozen=True, slots=True)
class Execute(Judging):
    """A request to run a program against its tests, for the sandbox; `language` is a module of `harness.languages`."""

    language: str
    code: str
    tests: tuple[str, ...]


Request: TypeAlias = Generate | LogLikelihood | Rolling | Execute


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled answer: its text without the stop string, why it ended, its length in tokens.

    `finish` is "length" where the budget ended it (truncated). `thought` is what a reasoning model wrote inside
    `<think>`; an unfinished thought leaves `text` empty and `finish` "length". Its first token came after `first_token`
    seconds, all of it after `latency`, waiting in the engine included; None where that is not known.
    """

    text: str
    finish: Finish
    tokens: int
    thought: str | None = None
    first_token: float | None = field(default=None, compare=False)
    latency: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Completions:
    """The answer to Generate: one completion per sample; `dropped` prompt tokens cut from the left."""

    completions: tuple[Completion, ...]
    prompt_tokens: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class LogLikelihoods:
    """The answer to LogLikelihood (one entry a pair) or Rolling (one entry).

    `values` are sums of log P in nats, `tokens` the scored tokens of each continuation, `greedy` whether each of these
    tokens was the most likely one. `apart` counts those tokenised apart from their context. `latency`: see Completion.
    """

    values: tuple[float, ...]
    tokens: tuple[int, ...]
    greedy: tuple[bool, ...]
    dropped: int = 0
    apart: int = 0
    latency: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The engine could not answer, for this reason: counted and shown, never scored as wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class Execution:
    """The answer to Execute: what became of the program, and of each test in order.

    `verdict` is "passed" where all tests did, otherwise what ended the first that did not; "unjudgeable" where a value
    could not be brought out of the jail, which is no pass. A missing tool or a sandbox that cannot be had is a Refusal.
    `judged` says where the tests ran; "unsandboxed" marks every verdict got without a jail. `detail` is the error's
    last line; `output` the beginning of what the program printed. `cpu` and `wall` (seconds) and `memory` (peak
    resident bytes) are the program's own; 0 where the tier cannot measure them.
    """

    verdict: Outcome
    passed: tuple[bool, ...]
    judged: Literal["outside", "in-jail", "unsandboxed"] = "outside"
    detail: str | None = None
    output: str = ""
    cpu: float = 0.0
    wall: float = 0.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """Completions with what became of their programs, one entry a sample: what a case with a trial is scored on.

    A program is None where nothing could be extracted, and then its execution is too. `ks` are the k of the metrics
    that depend on one (pass@k), none where they are as the page has them. It is not stored: a record keeps the parts.
    """

    completions: Completions
    programs: tuple[str | None, ...]
    executions: tuple[Execution | None, ...]
    ks: tuple[int, ...] = ()


Response: TypeAlias = Completions | LogLikelihoods | Refusal | Execution | Judged


@dataclass(frozen=True, slots=True)
class Trial(Judging):
    """How a completion becomes a program that is run: plain data, so that any process can do it.

    `language` is a module of `harness.languages`, `extract` a rule of `harness.code_tasks.rules.RULES`, and `prompt`
    what the rule may need of the case's prompt.
    """

    language: str
    extract: str
    prompt: str = ""
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One benchmark item as asked: what pytest parametrises over.

    `id` is the Hub's own key, else `<config>-<row>`. `requests` are asked in order, later turns come from the
    benchmark's `follow_up`. Cases of one `cluster` are resampled together (a passage); `stratum` is a fixed part (a
    subject), `date` (ISO 8601) that of publication. With a `trial` the last response's completions are run as programs.
    """

    id: str
    requests: tuple[Request, ...]
    target: Json
    cluster: str | None = None
    stratum: str | None = None
    tags: tuple[str, ...] = ()
    trial: Trial | None = None
    date: str | None = None

    @property
    def digest(self) -> str:
        """sha256 of what is asked and what is expected: two runs' cases align on it."""
        return hashes(self)[0]


@dataclass(frozen=True, slots=True)
class Score:
    """What one metric observed on one case.

    `stats` are the additive statistics its reducer sums over cases; `verdict` is None for metrics that are not right or
    wrong; `invalid` means no answer could be extracted (it counts against accuracy); `cause` names why (a "timeout").
    """

    metric: str
    stats: tuple[float, ...]
    verdict: Verdict | None = None
    extracted: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One case as measured, or why not: a line of `records.jsonl`.

    Attributes:
        model: The model's name.
        benchmark: The benchmark's name.
        version: The benchmark's version.
        case: The case's id.
        node: The id of the pytest item.
        attempt: Which attempt at the case it is, from 1.
        status: What became of the case.
        digest: The case's digest.
        target: What the case's answer is compared with.
        identity: The digest of the model's identity.
        reason: Why the case has no score; None where it has one.
        cluster: What the case shares with others, as a text that several questions are about.
        stratum: The part of the benchmark that the case is of.
        tags: Further words for groups that the case is in.
        prompts: The fingerprints of the requests, whose text stands once in `prompts.jsonl`.
        responses: The model's answers in the same order, then the executions of the distinct programs.
        scores: What each metric made of the case.
        seconds: The time its test took, waiting included.
        trial: The fingerprint of the case's trial, which stands in `prompts.jsonl` too.
        programs: The program of each sample; None where nothing could be extracted.
        readings: By which rule each program was found; records of older runs have none.
    """

    model: str
    benchmark: str
    version: int
    case: str
    node: str
    attempt: int
    status: Status
    digest: str
    target: Json
    identity: str | None = None
    reason: str | None = None
    cluster: str | None = None
    stratum: str | None = None
    tags: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    responses: tuple[Response, ...] = ()
    scores: tuple[Score, ...] = ()
    seconds: float = 0.0
    trial: str | None = None
    programs: tuple[str | None, ...] = ()
    readings: tuple[str | None, ...] = ()

    @property
    def answers(self) -> tuple[Response, ...]:
        """The model's responses, turn by turn."""
        return tuple(response for response in self.responses if not isinstance(response, Execution))

    @property
    def answer(self) -> Response | None:
        """The model's last response, None where there is none."""
        return next((response for response in reversed(self.responses) if not isinstance(response, Execution)), None)

    @property
    def asked(self) -> tuple[str, ...]:
        """The fingerprints of what the model was asked; those of the programs are left out."""
        return self.prompts[: len(self.prompts) - len(self.responses) + len(self.answers)]

    @property
    def executions(self) -> tuple[Execution | None, ...]:
        """What became of the program of each sample; None where there is none, or it was not run."""
        made = tuple(response for response in self.responses if isinstance(response, Execution))
        by_code = dict(zip(dict.fromkeys(code for code in self.programs if code is not None), made, strict=False))
        return tuple(None if code is None else by_code.get(code) for code in self.programs)


KINDS = {
    kind.__name__: kind
    for kind in (
        Message, Generate, LogLikelihood, Rolling, TimeLimit, Execute, Completion, Completions, LogLikelihoods,
        Execution, Judged, Refusal, Trial, Case, Score, Record,
    )
}  # fmt: skip


def decode(value: Any) -> Any:
    """The inverse of `encode`; raises ValueError on an unknown kind or field."""
    if isinstance(value, list):
        return tuple([item if type(item) in PLAIN else decode(item) for item in value])
    if not isinstance(value, dict):
        return value
    content = {key: item if type(item) in PLAIN else decode(item) for key, item in value.items()}
    if "kind" not in content:
        return content
    kind = KINDS.get(name := content.pop("kind"))
    if kind is None:
        raise ValueError(f"kind: found {name!r}; expected one of {', '.join(KINDS)}")
    try:
        return kind(**content)
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}; expected the fields {', '.join(names_of(kind) or ())}") from error


def fingerprint(request: Request | Trial) -> str:
    """sha256 (hex) of a request, or a trial: equal ones share it, those that differ anywhere do not."""
    return sha256(_hashed(request))


def hashes(case: Case) -> tuple[str, tuple[str, ...]]:
    """A case's digest and the fingerprints of its requests, each request encoded once."""
    requests = [_hashed(request) for request in case.requests]
    content = [requests, encode(case.target)]
    return sha256(content if case.trial is None else [*content, encode(case.trial)]), tuple(map(sha256, requests))


def _hashed(value: Request | Trial) -> Any:
    """The JSON form without what turns alone show: a text keeps its hash, and a model's identity has the template."""
    return encode(replace(value, answer_language=None, source=False) if isinstance(value, Generate) else value)
