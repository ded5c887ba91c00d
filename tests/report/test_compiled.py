import sys

import pytest
from jinja2 import Environment
from jinja2 import FileSystemLoader

from harness.report.compiled import CompiledTemplates


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "greeting.jinja").write_text("Hello {{ name }}")
    (tmp_path / "module.py").write_text("trim_blocks = True\n")
    return tmp_path / "page"


def filled(folder):
    """The filled template, and whether it was compiled for that."""

    class Counting(Environment):
        def _generate(self, *arguments, **options):
            noted.append(arguments)
            return super()._generate(*arguments, **options)

    noted = []
    cache = CompiledTemplates(folder, folder.parent / "module.py")
    environment = Counting(loader=FileSystemLoader(folder), bytecode_cache=cache)
    return environment.get_template("greeting.jinja").render(name="you"), bool(noted)


def test_a_template_is_compiled_once(folder):
    assert filled(folder) == ("Hello you", True)
    assert filled(folder) == ("Hello you", False)


def test_it_is_compiled_again_where_its_text_or_its_module_changed(folder):
    filled(folder)
    (folder / "greeting.jinja").write_text("Good day {{ name }}")
    assert filled(folder) == ("Good day you", True)
    (folder.parent / "module.py").write_text("trim_blocks = False\n")
    assert filled(folder) == ("Good day you", True)


@pytest.mark.parametrize("broken", [lambda _: b"", lambda text: text[:60], lambda text: text[:40] + b"\0" * 40])
def test_a_broken_file_is_replaced(folder, broken):
    filled(folder)
    (kept,) = (folder / "__pycache__").iterdir()
    kept.write_bytes(broken(kept.read_bytes()))
    assert filled(folder) == ("Hello you", True)
    assert filled(folder) == ("Hello you", False)


def test_nothing_is_kept_where_nothing_may_be_written(folder, monkeypatch):
    (folder / "__pycache__").write_text("a file, so that no folder can be made")
    assert filled(folder) == ("Hello you", True)
    (folder / "__pycache__").unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert filled(folder) == ("Hello you", True)
    assert not (folder / "__pycache__").exists()
