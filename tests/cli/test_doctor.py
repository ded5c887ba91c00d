"""`crosstask doctor`: one screen that says what this machine can do."""

from types import SimpleNamespace

from typer.testing import CliRunner

from harness.cli.main import app
from harness.sandbox.inside.probe import ATTEMPTS
from harness.sandbox.toolchains import versions


def test_one_screen_with_every_part():
    shown = CliRunner().invoke(app, ["doctor"])
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    said = versions()
    assert len(lines) <= 30 + sum(version != "not installed" for version in said.values())
    for part in ("sandbox", "toolchains", "devices", "Hub"):
        assert any(line.startswith(part) for line in lines)
    for name in (*ATTEMPTS, *said):
        assert any(name in line for line in lines)


def test_a_machine_without_a_jail_is_told_in_its_place(monkeypatch):
    # of that module alone: what is imported meanwhile must not take this machine for another
    monkeypatch.setattr("harness.sandbox.selftest.sys", SimpleNamespace(platform="darwin"))
    shown = CliRunner().invoke(app, ["doctor"])
    assert shown.exit_code == 0
    assert "sandbox: found darwin; expected Linux, or --unsandboxed to run programs without a jail" in shown.output
