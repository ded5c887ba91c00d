"""A Hub of our own on the loopback device: as much of its API as `datasets` asks of it."""

import hashlib
import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote
from urllib.parse import urlsplit

import pytest

OLD, NEW = "a" * 40, "b" * 40


@dataclass
class Repo:
    """A dataset by commit, each a mapping of path to content; files of a `lost` commit cannot be had."""

    commits: Mapping[str, Mapping[str, bytes]]
    gated: bool = False
    lost: str | None = None


@dataclass
class LocalHub:
    """As much of the Hub's API as `datasets` asks of it: facts, trees and files of a commit."""

    repos: Mapping[str, Repo]
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, url: str) -> tuple[int, dict[str, str], bytes]:
        path = unquote(urlsplit(url).path)
        self.asked.append(f"{method} {path}")
        area, found = ("api", path.removeprefix("/api")) if path.startswith("/api/") else ("file", path)
        parts = found.strip("/").split("/")
        repo = self.repos.get("/".join(parts[1:3]))
        if repo is None or parts[0] != "datasets":
            return self.error("RepoNotFound", 401)
        verb, revision = parts[3:5] or ("revision", "main")
        commit = {"main": NEW, "v1": OLD}.get(revision, revision)
        if commit not in repo.commits:
            return self.error("RevisionNotFound")
        path = "/".join(parts[5:])
        if area == "file":
            return self.file(repo, commit, path)
        if verb == "revision":
            return self.json({"id": "/".join(parts[1:3]), "sha": commit, "private": False, "gated": repo.gated})
        return self.json(self.tree(repo.commits[commit], path, recursive="recursive=True" in url))

    def file(self, repo: Repo, commit: str, path: str) -> tuple[int, dict[str, str], bytes]:
        files = repo.commits[commit]
        if repo.gated or commit == repo.lost:
            return self.error("GatedRepo" if repo.gated else "Lost", 403)
        if path not in files:
            return self.error("EntryNotFound")
        return 200, {"ETag": f'"{self.oid(files[path])}"', "X-Repo-Commit": commit}, files[path]

    def tree(self, files: Mapping[str, bytes], under: str, *, recursive: bool) -> list[dict[str, Any]]:
        inside = {path: body for path, body in files.items() if path.startswith(f"{under}/" if under else "")}
        folders = {path.rpartition("/")[0] for path in inside} - {"", under}
        entries = [{"type": "directory", "path": folder, "oid": "0" * 40, "size": 0} for folder in sorted(folders)]
        return entries + [
            {"type": "file", "path": path, "oid": self.oid(body), "size": len(body)}
            for path, body in inside.items()
            if recursive or path.rpartition("/")[0] == under
        ]

    @staticmethod
    def oid(body: bytes) -> str:
        return hashlib.sha1(body, usedforsecurity=False).hexdigest()

    @staticmethod
    def error(code: str, status: int = 404) -> tuple[int, dict[str, str], bytes]:
        return status, {"X-Error-Code": code, "X-Error-Message": code}, b""

    @staticmethod
    def json(value: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Mapping[str, Mapping[str, Any]]], tuple[LocalHub, str]]]:
    """Start a Hub of these datasets, the fields of a Repo by id; the Hub and its address."""
    servers = []

    def start(repos: Mapping[str, Mapping[str, Any]]) -> tuple[LocalHub, str]:
        hub = LocalHub({name: Repo(**fields) for name, fields in repos.items()})

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self) -> None:
                status, headers, content = hub.answer(self.command, self.path)
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(content))}).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = serve  # noqa: N815 - the names http.server looks for

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return hub, f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
