"""Notebooks in the browsers that are not Chromium: the quickstart, a run that is alive in its cell, a kernel that is restarted."""

from __future__ import annotations

from typing import Any, cast

import pytest
from playwright.sync_api import Page

from tests.browsers.driver import Driver
from tests.browsers.firefox import Firefox
from tests.browsers.page import DriverPage
from tests.notebooks.site import START, Notebook
from tests.notebooks.test_notebooks import expected, told

pytestmark = pytest.mark.timeout(900)
STATE = "document.querySelector('workflow-run .status .state')?.innerText.includes({})"
SHOWN = 4  # cells of the quickstart, up to the first run


def shows(driver: Driver, words: str) -> None:
    """Wait until the first run of the notebook is in a state."""
    driver.wait(STATE.format(repr(words)), seconds=START / 1000)


def test_the_quickstart_says_the_same_and_its_run_outlives_the_kernel(driver: Driver, site: str) -> None:
    page: Any = DriverPage(driver)
    notebook = Notebook(cast(Page, page), site, "quickstart.ipynb")
    notebook.run_cells(SHOWN)
    shows(driver, "Waiting for")
    notebook.restart()
    driver.click("workflow-run button", text='Send "approve"', seconds=60)  # no kernel is needed for that
    shows(driver, "Sleeping until")
    assert told(notebook.run_all(restart=True)).splitlines() == expected("quickstart").splitlines()
    if isinstance(driver, Firefox):
        assert driver.foreign_requests() == []
