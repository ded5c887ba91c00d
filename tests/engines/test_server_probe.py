"""What a server is found to honour before any case is asked, and what follows from it."""

import json

import pytest
from toy_server import KEY
from toy_server import Fault
from toy_server import Toy
from toy_server import ToyServer
from toy_server import status

from harness.engines.descriptor import Choice
from harness.engines.openai import ENGINE
from harness.engines.openai import prepare
from harness.engines.openai import resolve
from harness.engines.openai.server import checked_url
from harness.engines.openai.server import key_of
from harness.errors import CrosstaskError
from harness.errors import UsageError


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def serve():
    """Serves a toy; gives its server."""
    servers = []

    def begin(toy, port=0):
        servers.append(ToyServer(toy, port))
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def choose(url, template="auto", **options):
    given = {"base-url": url, "tries": 2, "server-wait": 1, "request-timeout": 20, **options}
    return Choice("openai", ENGINE, given, template)


def prepared(server, model="toy", template="auto", **options):
    return prepare(resolve(model), choose(server.url, template, **options))


def findings(server, **options):
    return prepared(server, **options).findings["findings"]


def test_a_server_that_does_all_lacks_but_what_comes_before_a_text(serve):
    found = prepared(serve(Toy()))
    assert list(found.lacks) == ["rolling"]
    assert found.weights.note is None
    known = found.findings["findings"]
    assert (known["completions"], known["chat"], known["echo"], known["spent"]) == ("", "", "", 0)
    assert [known[name] for name in ("max_tokens", "stop", "seed", "n", "token_ids", "neutral")] == [True] * 6


def test_a_bos_lets_whole_texts_be_scored(serve):
    assert not prepared(serve(Toy(bos="<s>"))).lacks


@pytest.mark.parametrize(
    ("toy", "reason"),
    [
        ({"echo": False}, "ignores echo"),
        ({"logprobs": False}, "ignores echo"),
        ({"tops": False}, "gives no log-probs of a prompt"),
        ({"constant": True}, "gives the same log-prob to every token of a prompt"),
        ({"shifted": True}, "gives a prompt log-probs that are not those of its own answers"),
    ],
)
def test_log_probs_that_are_none_are_not_believed(serve, toy, reason):
    server = serve(Toy(**toy))
    found = prepared(server)
    assert found.lacks["log-likelihoods"] == f"{server.url} {reason}; expected one that scores its prompt, as vLLM does"
    assert found.lacks["rolling"] == found.lacks["log-likelihoods"]


def test_a_server_that_writes_one_token_at_least_still_scores(serve):
    known = findings(serve(Toy(zero=False)))
    assert (known["echo"], known["spent"]) == ("", 0)  # how many it wrote is in its own count


def test_a_server_that_ignores_the_budget_generates_nothing(serve):
    server = serve(Toy(max_tokens=False))
    assert prepared(server).lacks["generate"].startswith(f"{server.url} ignores max_tokens; expected")


@pytest.mark.parametrize("name", ["stop", "seed"])
def test_what_can_be_done_without_the_server_is_a_note(serve, name):
    found = prepared(serve(Toy(**{name: False})))
    assert found.findings["findings"][name] is False
    assert "generate" not in found.lacks
    assert f"the server ignores {name}" in found.weights.note


def test_what_is_ignored_in_silence_is_found(serve):
    known = findings(serve(Toy(several=False, ids=False)))
    assert (known["n"], known["token_ids"]) == (False, False)


def test_a_server_that_refuses_strange_fields_is_not_sent_them(serve):
    found = prepared(serve(Toy(strict=True)))
    assert found.findings["findings"]["neutral"] is False
    assert "cannot be turned off" in found.weights.note


def test_a_server_of_turns_alone_is_asked_turns(serve):
    found = prepared(serve(Toy(completions=False)))
    assert found.settings.template
    assert found.findings["findings"]["endpoint"] == "chat"
    assert "404" in found.lacks["log-likelihoods"]
    assert "generate" not in found.lacks


def test_texts_are_asked_as_turns_where_the_user_or_the_card_says_so(serve):
    assert not prepared(serve(Toy())).settings.template
    assert prepared(serve(Toy()), template="on").settings.template
    assert prepared(serve(Toy(listed=("smollm2-135m",))), "smollm2-135m").settings.template


def test_an_endpoint_that_is_wished_and_not_there_is_lacking(serve):
    server = serve(Toy(chat=False))
    assert prepared(server, template="on").lacks["chat"].startswith(f"{server.url} has no chat (404: no /v1/chat")
    server = serve(Toy(completions=False))
    assert "expected --chat-template on" in prepared(server, template="off").lacks["generate"]


def test_a_server_without_either_endpoint_is_none(serve):
    server = serve(Toy(completions=False, chat=False))
    with pytest.raises(CrosstaskError, match=r"neither completions .404: .* nor chat .* as --base-url names it"):
        prepared(server)


def test_the_other_name_of_the_budget_is_found(serve):
    assert findings(serve(Toy(budget="max_completion_tokens")), template="on")["budget"] == "max_completion_tokens"


def test_a_model_that_thinks_gets_a_budget_for_it(serve):
    found = prepared(serve(Toy(thinks="hm")), template="on", **{"think-tokens": 50})
    assert found.findings["findings"]["thinks"]
    assert found.settings.think_tokens == 50


def test_equal_servers_have_one_identity_and_others_another(serve):
    first, second = prepared(serve(Toy())), prepared(serve(Toy()))
    assert first.identity.digest == second.identity.digest
    for other in ({"fingerprint": "fp-2"}, {"stop": False}, {"echo": False}):
        assert prepared(serve(Toy(**other))).identity.digest != first.identity.digest
    facts = first.identity.facts["engine"]
    assert (facts["served"], facts["owner"], facts["version"]) == ("toy", "toys", "1.2.3")
    assert facts["heard"] == {"fingerprint": ["fp-1"], "name of the model": ["toy"]}
    assert "127.0.0.1" not in json.dumps(facts)


def test_answers_are_for_this_run_unless_they_are_wished_for_all(serve):
    assert prepared(serve(Toy())).kept == "run"
    assert prepared(serve(Toy()), **{"cache-server": True}).kept == "always"


def test_a_wrong_name_lists_what_is_served(serve):
    server = serve(Toy())
    with pytest.raises(CrosstaskError) as caught:
        prepared(server, "nope")
    assert str(caught.value) == f"--model: found 'nope', which {server.url} does not serve; expected toy, other/model"
    assert prepared(server, "other/model").findings["served"] == "other/model"
    assert prepared(server, "short=other/model").weights.card.name == "short"


def test_a_server_that_keeps_no_list_is_believed(serve):
    assert prepared(serve(Toy(listed=None)), "any").findings["served"] == "any"


@pytest.mark.parametrize(
    ("name", "shown", "served"),
    [
        ("toy", "toy", "toy"),
        ("owner/model", "owner--model", "owner/model"),
        ("/models/llama", "llama", "/models/llama"),
        ("mine=/models/llama", "mine", "/models/llama"),
    ],
)
def test_a_name_is_what_the_server_calls_the_model(name, shown, served):
    card = resolve(name)
    assert (card.name, card.path) == (shown, served)


def test_a_server_that_loads_is_waited_for(serve):
    server = serve(Toy(loading=3))
    assert prepared(server, **{"server-wait": 60}).findings["served"] == "toy"


def test_a_server_that_never_loads_is_waited_for_no_longer_than_said(serve):
    server = serve(Toy(loading=10**6))
    with pytest.raises(CrosstaskError, match=r"503: Loading model; expected a server that answers"):
        prepared(server, **{"server-wait": 1})


def test_a_silent_server_is_waited_for_no_longer_than_said(serve):
    server = serve(Toy())
    server.toy.poison[""] = Fault("silence")
    with pytest.raises(CrosstaskError, match="no answer in 1 s; expected a server that answers"):
        prepared(server, **{"server-wait": 1, "request-timeout": 1, "tries": 1})


def test_no_server_is_one_sentence(serve):
    server = serve(Toy())
    server.close()
    with pytest.raises(CrosstaskError, match=rf"^{server.url}: no answer: .*; expected a server that answers"):
        prepared(server, **{"server-wait": 0})


def test_a_key_comes_from_the_environment_and_shows_nowhere(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = prepared(serve(Toy(key=KEY)))
    assert KEY not in json.dumps([found.findings, found.identity.facts, str(found.weights), str(found.settings)])
    with pytest.raises(CrosstaskError, match="401: found a key that it does not take") as caught:
        prepared(serve(Toy(key="sk-another")))
    assert KEY not in str(caught.value)


def test_a_text_of_a_server_that_holds_the_key_is_shown_without_it(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = serve(Toy(completions=False, chat=False, fingerprint=KEY))
    server.toy.poison[""] = status(400, f"I heard {KEY}")
    with pytest.raises(CrosstaskError, match=r"I heard \*\*\*") as caught:
        prepared(server)
    assert KEY not in str(caught.value)
    assert KEY not in str(prepared(serve(Toy(fingerprint=KEY))).findings)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (None, "found none"),
        ("localhost:8000", "found 'localhost:8000'"),
        ("ftp://host/v1", "found 'ftp://host/v1'"),
        ("http://user:secret@host/v1", "a password or a query"),
        ("http://host/v1?key=secret", "a password or a query"),
        ("http://[half", "an address that is none"),
    ],
)
def test_an_address_that_is_none_is_refused_and_a_secret_in_it_is_not_shown(url, found):
    with pytest.raises(UsageError) as caught:
        checked_url(url)
    assert found in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_key_that_no_header_takes_is_refused_and_not_shown():
    assert key_of({"OPENAI_API_KEY": " sk-1\n"}) == "sk-1"
    for key in ("sk-1\nsk-2", "sk-ü"):
        with pytest.raises(UsageError) as caught:
            key_of({"OPENAI_API_KEY": key})
        assert "sk-" not in str(caught.value)
