"""Carries the pages and the sample rows into the wheel, so that they are there wherever the suite is installed."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLED = ("evals", "fixtures/samples")


class BuildWithPages(build_py):
    """Copy the folders into `harness/bundled`; a checkout that is installed in place has them beside the package."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if self.editable_mode:
            return
        for folder in BUNDLED:
            target = Path(self.build_lib) / "harness" / "bundled" / folder
            shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithPages})
