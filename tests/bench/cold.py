"""How long a reader waits who comes for the first time: to live dashboards, and to the first result of a notebook.

Each round has a profile of its own, so that nothing is in a cache; the second visit of the same profile is told too.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, sync_playwright

from playground.serve import open_server
from tests.browser import FLAGS, find_chromium
from tests.notebooks.site import START, Notebook

ROUNDS = 3
FIRST = """() => {
  const {cells} = window.dynamicWorkflows.app.shell.currentWidget.content.model.toJSON();
  return cells.some(cell => cell.cell_type === 'code' && cell.outputs.length > 0);
}"""


@contextmanager
def visitor() -> Iterator[tuple[BrowserContext, str]]:
    """Yield a browser that has never been here, and the address of the built site."""
    with tempfile.TemporaryDirectory() as profile, open_server(0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = playwright.chromium.launch_persistent_context(profile, executable_path=find_chromium(), args=FLAGS)
        yield context, f"http://127.0.0.1:{server.server_address[1]}/"
        context.close()
        server.shutdown()


def to_dashboards(page: Page, site: str) -> float:
    """Return seconds until the dashboards are live."""
    began = time.monotonic()
    page.goto(f"{site}dashboard/index.html")
    page.wait_for_function("() => (window.dynamicWorkflows?.live ?? null) !== null", timeout=START)
    return time.monotonic() - began


def to_figures(page: Page, site: str) -> float:
    """Return seconds until the page of the dashboards has its first figures, which need the engine alone."""
    began = time.monotonic()
    page.goto(f"{site}dashboard/index.html")
    page.wait_for_selector('#first[aria-busy="false"]', timeout=START)
    return time.monotonic() - began


def to_result(page: Page, site: str) -> float:
    """Return seconds until the first cell of the first notebook shows what it is connected to."""
    began = time.monotonic()
    notebook = Notebook(page, site, "quickstart.ipynb")
    notebook.run_cells(2)
    page.wait_for_function(FIRST, timeout=START)
    return time.monotonic() - began


def tell(title: str, measure: Callable[[Page, str], float]) -> None:
    """Measure rounds, each a first and a second visit, and print their medians."""
    first: list[float] = []
    second: list[float] = []
    for _ in range(ROUNDS):
        with visitor() as (context, site):
            for times in (first, second):
                page = context.new_page()
                times.append(measure(page, site))
                page.close()
    cells = f"{statistics.median(first):8.1f} s cold{statistics.median(second):8.1f} s second visit"
    print(f"{title:40}{cells}   ({', '.join(f'{each:.1f}' for each in first)})", flush=True)


def dashboard() -> None:
    """Navigation to live dashboards, engine and Panel's Python included."""
    print(f"\nDashboards in Chromium, {ROUNDS} rounds, medians")
    tell("to the first figures", to_figures)
    tell("to live dashboards", to_dashboards)


def notebook() -> None:
    """Navigation to the first result of a notebook."""
    print(f"\nNotebook in Chromium, {ROUNDS} rounds, medians")
    tell("to the first result", to_result)
