"""The page says when its memory for runs gets short, shows what takes room, and deletes what the reader chooses."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.axe import check
from tests.playground.conftest import Open, write
from tests.playground.test_storage import RUN, notice, press, ready

BIG = """from workers import WorkflowEntrypoint


class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("fill")
        async def fill():
            return "x" * 60_000

        await fill()
        if event["payload"].get("wait"):
            await step.wait_for_event("go", "go")
"""


SHOWN = "new URLSearchParams(location.search).get('run')"


def filled(page: Page, count: int, payload: str = "{}") -> None:
    """Start runs and wait until each has ended, or waits."""
    page.locator("#payload-text").fill(payload)
    for _ in range(count):
        known = int(page.locator("#runs-button").inner_text().split()[1])
        shown = page.evaluate(SHOWN)
        page.locator(RUN).click()
        expect(page.locator("#runs-button")).to_have_text(f"Runs {known + 1}", timeout=30_000)
        over = "Waiting" if "wait" in payload else "Complete"
        page.wait_for_function(f"shown => {SHOWN} !== shown", arg=shown, timeout=30_000)
        expect(page.locator("#run-pane")).to_contain_text(over, timeout=30_000)


def test_memory_that_gets_short_is_said_and_ended_runs_are_deleted_and_put_back(open_page: Open) -> None:
    page = ready(open_page("?world-delay=0&storage-budget=700000", kernel=True))
    write(page, BIG)
    crowded = notice(page, "crowded")
    filled(page, 1, '{"wait": true}')
    for _ in range(10):
        filled(page, 1)
        if crowded.count():
            break
    expect(crowded).to_contain_text("of the 700 kB that this page holds in memory. Delete ended runs")
    assert crowded.get_by_role("button").all_inner_texts() == ["Free space…", "Export"]
    check(page, "crowded")
    page.locator("#payload-text").fill("{}")
    for _ in range(4):
        page.locator(RUN).click()
        page.wait_for_function("!document.querySelector('[data-act=run]').getAttribute('aria-busy')")
        if "none can be started" in crowded.inner_text():
            break
        page.wait_for_timeout(300)
    expect(crowded).to_contain_text("Runs go on, but none can be started until ended ones are deleted.")
    follower = page.context.new_page()
    follower.goto(page.url)
    expect(notice(follower, "crowded")).to_contain_text("none can be started", timeout=60_000)
    press(follower, "Free space…")
    dialog = follower.get_by_role("dialog", name="Free space")
    expect(dialog).to_contain_text("runs are stored here.")
    remove = dialog.locator(".row .filled")
    expect(remove).to_be_disabled()
    expect(remove).to_have_text("Choose runs")
    single = dialog.get_by_label("order · 2")
    single.check()
    expect(remove).to_have_text("Delete 1 run")
    every = dialog.locator(".all input")
    every.check()
    expect(single).to_be_disabled()
    check(follower, "free-space")
    wanted = int(remove.inner_text().split()[1])
    assert wanted >= 5
    with follower.expect_download():
        press(follower, "Export everything")
    remove.click()
    removed = notice(follower, "removed")
    expect(removed).to_contain_text(f"{wanted} runs were deleted:")
    check(follower, "removed")
    for tab in (page, follower):
        expect(tab.locator("#runs-button")).to_have_text("Runs 1")
        expect(notice(tab, "crowded")).to_have_count(0)
    removed.get_by_role("button", name="Undo").click()
    for tab in (page, follower):
        expect(tab.locator("#runs-button")).to_have_text(f"Runs {wanted + 1}", timeout=60_000)
    press(follower, "Free space…")
    expect(dialog.get_by_label("order · 2")).to_be_visible()
    dialog.locator(".all input").check()
    remove.click()
    expect(follower.locator("#runs-button")).to_have_text("Runs 1")
    filled(page, 1)
