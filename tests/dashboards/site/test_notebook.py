"""The same views in a notebook: what a reader presses reaches Python, and what the engine does reaches every view."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.notebooks.site import START, Notebook

CELLS = 8  # up to the view of one run


@pytest.mark.timeout(600)
def test_a_view_in_a_notebook_acts_and_follows(page: Page, site: str) -> None:
    notebook = Notebook(page, site, "dashboards.ipynb")
    notebook.run_cells(CELLS)
    fleet, one = (page.locator(".jp-CodeCell").nth(cell) for cell in (2, 3))
    one.get_by_role("button", name='Send "approve"').first.click(timeout=START)
    for view in (one, fleet):
        expect(view.locator(".jp-OutputArea").get_by_text("Complete").first).to_be_visible(timeout=START)
