"""Finding a browser: one that is installed, or Playwright's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class NoBrowser(Exception):
    """No chromium is installed."""


def launch_chromium(playwright: Playwright) -> Browser:
    """Starts a chromium, which does nothing by itself. Raises NoBrowser."""
    return playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)


def find_chromium(playwright: Playwright) -> str:
    """The executable of a chromium. Raises NoBrowser, which says how to get one."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.executable_path
    raise NoBrowser(
        "The browser tests need chromium, and none is installed. Install it, by `apt-get install chromium` on Debian"
        " and Ubuntu, or by `.venv/bin/playwright install --with-deps chromium`, and run the tests again."
    )
