"""Every run stores a version; versions are compared and restored; undo and payloads reach over a reload."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror, editor_text, write
from tests.playground.test_files import menu
from tests.playground.test_projects import saved, snapshot

HEAD = "from workers import WorkflowEntrypoint\n\n\nclass Order(WorkflowEntrypoint):\n    async def run(self, event, step):\n"
RUN = "#toolbar .run-button"


def run(page: Page, n: int) -> None:
    """Press Run and wait for the end of the run of this number."""
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text(f"order · {n}", timeout=60_000)
    expect(page.locator("#summary")).to_contain_text("Complete.", timeout=60_000)


def test_every_run_stores_a_version_that_is_compared_and_restored(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    page.wait_for_selector("#kernel-state[data-stage=ready]", timeout=90_000)
    write(page, HEAD + '        return "first"')
    page.locator("#payload-text").fill('{"n": 1}')
    run(page, 1)
    run(page, 2)  # the same code: one version for both
    write(page, HEAD + '        return "second"')
    page.locator("#payload-text").fill('{"n": 2}')
    run(page, 3)
    write(page, HEAD + '        return "third"')
    saved(page)

    menu(page, "Versions…")
    options = page.locator(".version-list [role=option]")
    expect(options).to_have_count(2)
    expect(options.nth(0).locator(".why")).to_have_text("order · 3")
    expect(options.nth(1).locator(".why")).to_have_text("order · 2 and 2 runs in all")
    difference = page.locator(".difference")
    expect(difference.locator(".cm-changedLine")).to_contain_text("second")
    expect(difference.locator(".cm-deletedChunk")).to_contain_text("third")
    page.keyboard.press("ArrowDown")
    expect(difference.locator(".cm-changedLine")).to_contain_text("first")
    page.locator(".thatcode").get_by_role("button", name="Restore").click()
    assert '"first"' in editor_text(page)
    assert snapshot(page)["payload"] == '{"n": 1}'
    page.locator(".notice").get_by_role("button", name="Undo").click()
    assert '"third"' in editor_text(page)
    menu(page, "Versions…")
    expect(options).to_have_count(4)  # what was replaced by the restored text, and the restored one by the undo
    page.keyboard.press("Escape")
    expect(page.locator(".thatcode")).to_have_count(0)
    expect(page.locator("#tenant-button")).to_be_focused()

    # Payloads that were run are offered again, also after a reload.
    page.reload(wait_until="commit")
    codemirror(page)
    page.locator("#payload-history").click()
    items = page.get_by_role("menuitemradio")
    expect(items).to_have_count(2)
    expect(items.nth(0)).to_contain_text('{"n": 2}')
    items.nth(1).click()
    expect(page.locator("#payload-text")).to_have_value('{"n": 1}')


KEPT = """(end) => new Promise(done => {
  const open = indexedDB.open('dynamic-workflows-drafts');
  open.onsuccess = () => {
    const all = open.result.transaction('undo').objectStore('undo').getAll();
    all.onsuccess = () => { open.result.close(); done(all.result.some(one => one.doc.endsWith(end))); };
  };
})"""


def kept(page: Page, end: str) -> None:
    """Wait until the undo history of a text is stored."""
    saved(page)
    page.wait_for_function(KEPT, arg=end)


def undone(page: Page, times: int) -> str:
    """Undo so many times; return the text it ends at."""
    page.locator(".cm-content").click()
    for _ in range(times):
        page.keyboard.press("ControlOrMeta+z")
    return editor_text(page)


def test_undo_reaches_over_a_reload_for_each_file(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    written = editor_text(page)
    write(page, "one")
    page.keyboard.type("\ntwo")
    page.keyboard.press("Enter")
    page.keyboard.type("three")
    kept(page, "three")
    menu(page, "Add a file…")
    page.locator("#file-name").fill("other.py")
    page.locator("#file-name").press("Enter")
    for _ in range(210):  # apart from each other, so that each is a change of its own
        page.keyboard.press("Home")
        page.keyboard.press("x")
    kept(page, "x" * 210)
    page.reload(wait_until="commit")
    codemirror(page)
    assert undone(page, 0) == "x" * 210
    assert undone(page, 205) == "x" * 10  # the oldest text that is kept
    kept(page, "x" * 10)
    page.locator("[data-path='order.py']").click()
    assert undone(page, 0) == "one\ntwo\nthree"
    assert undone(page, 10) == written
    kept(page, written)

    # What was undone can be done again after the next reload.
    page.reload(wait_until="commit")
    codemirror(page)
    page.locator(".cm-content").click()
    for _ in range(10):
        page.keyboard.press("ControlOrMeta+Shift+Z")
    assert editor_text(page) == "one\ntwo\nthree"
    page.locator("[data-path='other.py']").click()
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+Shift+Z")
    assert editor_text(page) == "x" * 11
