"""Below a sub-path, and after the first visit without a network: a notebook opens and runs, on the engine of its page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.served import served
from tests.notebooks.site import Notebook, shown

KEPT = "window.dynamicWorkflows.kept"


@pytest.mark.timeout(600)
def test_a_notebook_runs_again_when_the_network_is_gone(
    browser: BrowserContext, allowed: set[str], tmp_path: Path
) -> None:
    with served(tmp_path / "served") as site:
        allowed.add(urlsplit(site.address).netloc)
        notebook = Notebook(browser.new_page(), site.address, "quickstart.ipynb")
        first = [shown(one) for one in notebook.run_all()]
        assert notebook.page.evaluate(KEPT), "a service worker keeps what the page and its kernel consist of"
        site.stop()
        again = Notebook(notebook.page, site.address, "quickstart.ipynb")
        assert [shown(one) for one in again.run_all()] == first
        again.page.close()
