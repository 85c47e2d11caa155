"""Between playground and notebook, and what ends a kernel or a page: the same run, alive, wherever it is shown."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.notebooks.site import OPENED, START, Notebook, shown

NAME = "acme-order.ipynb"


def opened_from_the_playground(page: Page, site: str) -> Page:
    """Open the code of the playground in a notebook by its menu."""
    page.goto(f"{site}?world-delay=0")
    expect(page.locator("#kernel-state")).to_have_text(re.compile("Ready|Connected"), timeout=START)
    page.locator("#more-button").click()
    with page.context.expect_page() as opened:
        page.get_by_role("menuitem", name="Open in a notebook").click()
    opened.value.wait_for_function(OPENED, timeout=START)
    return opened.value


def test_a_run_is_the_same_in_the_playground_and_in_a_notebook(page: Page, browser: BrowserContext, site: str) -> None:
    notebook = Notebook.on(opened_from_the_playground(page, site))
    assert notebook.cells()[2]["source"].startswith("%%workflow tenant=acme file=order.py payload={")
    notebook.run_cells(3)
    card = notebook.page.locator("workflow-run")
    state = card.locator(".status .state")
    expect(state).to_contain_text('Waiting for "approve"', timeout=START)

    notebook.restart()  # the run does not live in the kernel
    card.get_by_role("button", name='Send "approve"', exact=True).click()
    expect(state).to_contain_text("Sleeping until", timeout=START)

    with browser.expect_page() as other:
        card.get_by_role("link", name="Open in the playground").click()
    expect(other.value.locator("#status")).to_contain_text("Sleeping until", timeout=START)
    other.value.get_by_role("button", name="Skip").locator("visible=true").first.click()
    expect(state).to_contain_text("Complete", timeout=START)
    other.value.close()

    notebook.page.evaluate("window.dynamicWorkflows.app.commands.execute('docmanager:save')")
    page.close()  # the page that led: the notebook's own takes over
    notebook.page.reload()
    expect(notebook.page.locator("workflow-run .status .state")).to_contain_text("Complete", timeout=START)
    assert shown(notebook.outputs()[1]) == "<run of acme/order>", (
        "drawn anew from what was saved, without a kernel's doing"
    )
    notebook.page.close()
