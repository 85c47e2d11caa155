"""Finds the browsers that tests drive and installs missing ones where it may: `python -m tests.browser NAME`."""

from __future__ import annotations

import functools
import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

PATIENCE_MS = 30_000  # that a page may take to show what is expected of it: a busy machine is no fault of its
# A browser under test talks to nobody but the test's server.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OWN_CHROMIUM = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


class NoBrowserError(Exception):
    """Raised when a browser is missing and cannot be installed here."""


@functools.cache
def find_chromium() -> str:
    """Return the path of a Chromium: CHROMIUM=, Playwright's own, the system's; installed when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not _starts(named):
            raise NoBrowserError(f"CHROMIUM={named} is not a browser that starts.")
        return named
    return (
        _playwright_chromium()
        or _on_path("chromium", "chromium-browser", "google-chrome")
        or _downloaded_chromium()
        or _from_distribution(lambda: _on_path("chromium"), "Chromium", "chromium")
    )


@functools.cache
def find_firefox() -> str:
    """Return the path of a Firefox: FIREFOX=, the system's; installed when there is none."""
    named = os.environ.get("FIREFOX")
    if named:
        return named
    return _on_path("firefox-esr", "firefox") or _from_distribution(
        lambda: _on_path("firefox-esr"), "Firefox", "firefox-esr"
    )


@functools.cache
def find_webkit() -> tuple[str, str]:
    """Return the paths of WebKitGTK's driver and MiniBrowser; installed when there are none."""
    browser = _mini_browser() or _from_distribution(
        _mini_browser, "WebKitGTK's MiniBrowser", "libwebkit2gtk-4.1-0", "webkit2gtk-driver"
    )
    driver = _on_path("WebKitWebDriver") or _from_distribution(
        lambda: _on_path("WebKitWebDriver"), "WebKitWebDriver", "webkit2gtk-driver"
    )
    return driver, browser


@functools.cache
def find_xvfb() -> str:
    """Return the path of Xvfb, the screen of browsers that have no headless mode; installed when there is none."""
    return _on_path("Xvfb") or _from_distribution(lambda: _on_path("Xvfb"), "Xvfb", "xvfb")


def _mini_browser() -> str | None:
    found = glob.glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser") + glob.glob("/usr/libexec/webkit2gtk-4.1/MiniBrowser")
    return found[0] if found else None


def _on_path(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def _starts(path: str) -> bool:
    """Tell whether a browser can run here: a downloaded one may lack the system's libraries."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwright_chromium() -> str | None:
    asked = subprocess.run([sys.executable, "-c", _OWN_CHROMIUM], capture_output=True, text=True, check=False)
    path = asked.stdout.strip()
    return path if path and os.path.exists(path) and _starts(path) else None


def _downloaded_chromium() -> str | None:
    print("No Chromium found: downloading Playwright's.", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return None
    return _playwright_chromium() if done.returncode == 0 else None


def _from_distribution(find: Callable[[], str | None], title: str, *packages: str) -> str:
    """Install a browser with apt-get when this user may, and return what `find` then finds."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"No {title} found: installing {', '.join(packages)}.", file=sys.stderr, flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, stdout=sys.stderr, check=False)
        found = find()
        if found:
            return found
    raise NoBrowserError(
        f"{title} is not installed. Install the package {' and '.join(packages)}, then run this again."
    )


if __name__ == "__main__":
    finders: dict[str, Callable[[], object]] = {
        "chromium": find_chromium,
        "firefox": find_firefox,
        "webkit": find_webkit,
        "xvfb": find_xvfb,
    }
    for wanted in sys.argv[1:]:
        print(finders[wanted]())
