"""A notebook beside the playground: what is started there is seen here, whatever ends, and an output may do nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.playground import Playground
from tests.notebooks.site import MIME, START, Notebook, shown

# A second on a quiet machine; what is measured is printed. A busy one may take ten times as long, and no longer.
SOON_MS = 10_000
DELAY = "?world-delay=2500"  # ms: a call is under way long enough to be met in the middle
CONNECT = "from dynamic_workflows.notebook import connect\nplatform = await connect()"
FIRST_RUN = """import asyncio
while not (runs := await platform.runs("acme")):
    await asyncio.sleep(0.02)
runs[0]"""
RESULT = "await runs[0].result()"
AGAIN = f"""{CONNECT}
run = (await platform.runs("acme"))[0]
print(await run.steps(), [(row["method"], row["asked"], row["done"]) for row in await run.ledger()])"""
SAVE = """async ([path, content]) => {
  await window.dynamicWorkflows.app.serviceManager.contents.save(path, {type: 'notebook', format: 'json', content});
}"""
WATCH = """() => {
  window.seen = new Promise(done => {
    const look = () => document.querySelector('workflow-run .status .state') && done(Date.now());
    new MutationObserver(look).observe(document, {subtree: true, childList: true});
  });
}"""
BEGIN = """n => {
  const {app} = window.dynamicWorkflows;
  app.shell.currentWidget.content.activeCellIndex = n;
  void app.commands.execute('notebook:run-cell');
}"""
ASK = "([verb, args]) => window.dynamicWorkflows.kernel.request(verb, args)"
TRUSTED = "() => [...window.dynamicWorkflows.app.shell.currentWidget.content.model.cells].every(cell => cell.trusted)"


def cell(source: str, outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    count = 1 if outputs else None
    body = {"source": source, "outputs": outputs or [], "execution_count": count}
    return {"cell_type": "code", "metadata": {}, "id": f"c{abs(hash(source)) % 10**8}", **body}


def opened(page: Page, site: str, name: str, cells: list[dict[str, Any]]) -> Notebook:
    """Write a notebook into the site's contents, as a file that was copied there, and open it."""
    kernel = {"kernelspec": {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    Notebook(page, site, "quickstart.ipynb").page.evaluate(SAVE, [name, content])
    return Notebook(page, site, name, query="")


@pytest.mark.timeout(900)
def test_a_run_of_the_playground_is_seen_at_once_and_outlives_a_kernel_that_waits_for_it(
    page: Page, browser: BrowserContext, site: str
) -> None:
    playground = Playground(page, site, DELAY)
    playground.ready()
    before = playground.ask("runs")
    for run in before:
        playground.ask("delete", **{name: run[name] for name in ("tenant", "workflow", "id")})
    notebook = opened(
        browser.new_page(), site, "shared.ipynb", [cell(one) for one in (CONNECT, FIRST_RUN, RESULT, AGAIN)]
    )
    notebook.run_cells(1)
    notebook.page.evaluate(WATCH)
    notebook.page.evaluate(BEGIN, 1)
    run = {"tenant": "acme", "workflow": "order", "id": playground.run()}
    seen = notebook.page.evaluate("window.seen")
    took = seen - playground.ask("history", **run)["rows"][0]["at"]
    print(f"a run of the playground is drawn in an open notebook after {took} ms")
    assert took < SOON_MS

    state = notebook.page.locator("workflow-run .status .state")
    rows = notebook.page.locator("workflow-run .tl-row")
    notebook.page.evaluate(BEGIN, 2)  # the kernel waits for the result
    expect(rows).to_have_count(2, timeout=START)  # "charge card" is under way
    notebook.restart()
    expect(state).to_contain_text('Waiting for "approve"', timeout=START)
    notebook.page.evaluate("window.dynamicWorkflows.app.shell.currentWidget.content.activeCellIndex = 3")
    notebook.page.evaluate("window.dynamicWorkflows.app.commands.execute('notebook:run-cell')")
    assert shown(notebook.outputs()[3]) == "['reserve stock', 'charge card'] [('reserve', 1, 1), ('charge', 1, 1)]"

    hostile = {
        **run,
        "verb": "terminate",
        "actions": ["terminate"],
        "tenant": "acme",
        "html": "<img src=x onerror=pwn()>",
    }
    markup = "<img src=x onerror='window.pwned = 1'><script>window.pwned = 1</script>"
    output = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {MIME: hostile, "text/html": markup},
    }
    others = {**output, "data": {"text/html": markup}}
    history = len(playground.ask("history", **run)["rows"])
    copied = opened(notebook.page, site, "copied.ipynb", [cell("1 + 1", [output]), cell("2 + 2", [others])])
    expect(copied.page.locator("workflow-run .status .state")).to_contain_text('Waiting for "approve"', timeout=START)
    assert not copied.page.evaluate(TRUSTED), "nobody has run this notebook here, so it is not trusted"
    assert copied.page.evaluate("window.pwned === undefined")
    assert len(playground.ask("history", **run)["rows"]) == history, "to be shown changes nothing"
    assert json.dumps(playground.ask("status", **run)["status"]) == '"waiting"'
    copied.page.close()
