"""Problems appear within a second of the last key, are listed, marked and fixed; names are completed and explained."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror, editor_text, write
from tests.playground.test_projects import LINKED, opened, snapshot

SOURCE = (
    "from workers import WorkflowEntrypoint\n\n\nclass Flow(WorkflowEntrypoint):\n"
    "    async def run(self, event, step):\n        await step.sleep('nap', 5)"
)
READY = "#kernel-state[data-stage=ready]"
STORED = """() => performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"""


def at_the_end(page: Page, keys: str) -> None:
    """Type at the end of the code."""
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(keys)


def test_problems_are_counted_listed_marked_and_fixed(open_page: Open) -> None:
    page = open_page(kernel=True)
    write(page, SOURCE)
    page.wait_for_selector(READY, timeout=90_000)
    expect(page.locator(".problems-waiting")).to_have_text("")
    expect(page.locator("#problems-button")).to_be_hidden()
    at_the_end(page, "\nstep.sleep('é', '5 Minutes')")
    expect(page.locator("#problems-button")).to_have_text("2 problems", timeout=60_000)
    at_the_end(page, "\nreturn lambda: 1")
    began = time.monotonic()
    expect(page.locator("#problems-button")).to_have_text("3 problems")
    assert time.monotonic() - began < 10  # ten times slower than promised: other work shares this machine
    expect(page.locator(".cm-lintRange")).not_to_have_count(0)

    page.locator("#problems-button").click()
    rows = page.locator(".problem-row")
    expect(rows).to_have_count(3)
    assert rows.evaluate_all("rows => rows.map(row => row.dataset.rule)") == [
        "not-awaited", "unknown-duration", "not-storable",
    ]  # fmt: skip
    link = rows.nth(0).get_by_role("link", name="Explain not-awaited, in a new tab")
    rows.nth(0).get_by_role("button").first.focus()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    with page.expect_popup() as opened_beside:
        page.keyboard.press("Enter")
    expect(opened_beside.value.locator("#not-awaited")).to_be_in_viewport()
    assert opened_beside.value.url.endswith("/docs/concepts/lint.html#not-awaited")
    opened_beside.value.close()
    rows.nth(1).get_by_role("button").first.click()
    assert page.evaluate("getSelection().toString()") == "'5 Minutes'"
    rows.nth(1).get_by_role("button", name='Write "5 minutes"').click()
    expect(rows).to_have_count(2)
    page.locator(".cm-lintRange").first.hover()
    page.locator(".cm-tooltip").get_by_role("button", name="Await it").click()
    expect(rows).to_have_count(1)
    assert "await step.sleep('é', \"5 minutes\")" in editor_text(page)
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+z")
    expect(rows).to_have_count(2)
    page.locator("#problems").get_by_role("button", name="Close").click()
    expect(page.locator("#problems")).to_be_hidden()
    expect(page.locator("#problems-button")).to_be_focused()

    # In a project of several files each problem names its own.
    opened(page, {**LINKED, "tenant": "mine", "main": "flow.py", "files": {"flow.py": SOURCE, "part.py": "x ="}}, "own")
    expect(page.locator("[data-path='part.py'] .count")).to_have_text("1", timeout=30_000)
    page.locator("#problems-button").click()
    page.locator(".problem-row .link-row").click()
    expect(page.locator("#file")).to_have_text("part.py")
    # Code that nests too deeply for a parser ends a sandbox at most: the page and the next look go on.
    write(page, "(" * 90 + "[" * 90_000)
    at_the_end(page, "\n")
    write(page, "x ==")
    expect(page.locator(".problem-row")).to_contain_text("line 1", timeout=60_000)
    assert snapshot(page)["files"]["part.py"] == "x =="


def test_who_types_before_python_is_there_is_told_when_problems_appear(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    expect(page.locator(".problems-waiting")).to_have_text("")
    at_the_end(page, "\nx")
    expect(page.locator(".problems-waiting")).to_have_text("Problems appear once Python is ready.")


def test_an_error_links_the_page_that_explains_it(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    page.wait_for_selector(READY, timeout=90_000)
    write(page, "print(1)")
    page.locator("#toolbar .run-button").click()
    link = page.locator("#problem").get_by_role("link", name="Explain NoEntrypoint, in a new tab")
    assert link.get_attribute("href") == page.evaluate(
        "new URL('docs/errors/NoEntrypoint.html', document.baseURI).href"
    )
    write(page, SOURCE + "\n        await step.sleep('nap', '5 Minutes')")
    page.locator("#toolbar .run-button").click()
    link = page.locator("#failure").get_by_role("link", name="Explain", exact=False)
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_popup() as beside:
        link.click()
    name = str(page.locator("#failure bdi").first.text_content()).partition(":")[0]
    expect(beside.value.locator("h1")).to_have_text(name)
    beside.value.close()


def test_the_step_api_env_and_ctx_are_completed_and_explained(open_page: Open) -> None:
    page = open_page()
    write(page, SOURCE)
    page.wait_for_function(
        r"() => performance.getEntriesByType('resource').some(one => /\/api-\w+\.json$/.test(one.name))"
    )
    at_the_end(page, "\nawait step.sl")
    options = page.locator(".cm-tooltip-autocomplete li")
    expect(options).to_contain_text(["sleep", "sleep_until"])
    expect(page.locator(".cm-completionInfo")).to_contain_text("Sleep durably")
    options.first.click()
    assert editor_text(page).endswith("await step.sleep")
    for before, names in (
        ("\nself.env.", ["WORKFLOWS", "WORLD"]),
        ("\nevent['", ["instanceId", "payload"]),
        ("\nctx['", ["attempt", "config", "step"]),
    ):
        page.keyboard.press("Escape")
        at_the_end(page, before)
        expect(options.filter(has_text=names[0])).to_have_count(1)
        shown = options.evaluate_all("all => all.map(one => one.querySelector('.cm-completionLabel').textContent)")
        assert set(names) <= set(shown)
    page.keyboard.press("Escape")
    page.locator(".cm-line", has_text="await step.sleep('nap', 5)").get_by_text("sleep").first.hover()
    line = page.locator(".cm-line").nth(5)
    box = line.bounding_box()
    assert box
    page.mouse.move(box["x"] + 22 * 7.8, box["y"] + 10)  # over "sleep"
    expect(page.locator(".doc-tip")).to_contain_text("sleep(name, duration)")
