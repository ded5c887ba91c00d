"""Makes the pictures of the documentation from a seeded run: `python docs/pictures.py [RUN]`.

Without RUN it first runs `pytest evals/` with the models of `MODELS`, greedily and with seed 0, on the bundled sample
rows, so that the same weights give the same pictures. Needs `chromium`, `chromedriver` and the package selenium.
"""

import argparse
import base64
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parents[1]
MODELS = ("smollm2-135m",)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its file, the part of the page at its top, the window in CSS pixels, light or dark."""

    name: str
    part: str
    width: int
    height: int
    scheme: str = "light"


PICTURES = (
    Picture("report.png", "", 1440, 1000),
    Picture("report-dark.png", "", 1024, 900, "dark"),
    Picture("report-cases.png", "#cases?show=wrong", 1440, 900),
    Picture("report-phone.png", "", 390, 844),
)


def main() -> None:
    """Run where no run is named, then take each picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path, nargs="?", metavar="RUN", help="the folder of a run that is there already")
    parser.add_argument("--model", action="append", help=f"models of the run (default: {', '.join(MODELS)})")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or made(Path(folder) / "run", options.model or MODELS)
        take((run / "report.html").resolve().as_uri())


def made(run: Path, models: list[str] | tuple[str, ...]) -> Path:
    """A run of the default recipe on the sample rows."""
    asked = [part for model in models for part in ("--model", model)]
    command = [sys.executable, "-m", "pytest", "evals/", "--data", "sample", "--run-dir", run, *asked]
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT)  # noqa: S603 - our own command
    return run


def take(page: str) -> None:
    """Photograph the page at every size."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        for picture in PICTURES:
            features = [{"name": "prefers-color-scheme", "value": picture.scheme}]
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            size = {"width": picture.width, "height": picture.height, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            browser.get("about:blank")
            browser.get(page + picture.part)
            taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
            (ROOT / "docs" / picture.name).write_bytes(base64.b64decode(taken))
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
