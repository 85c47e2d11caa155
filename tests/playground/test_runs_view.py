"""All runs: found, scrolled, selected, changed many at a time, kept up to date without moving under the pointer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import Open

READY = 120_000
STEP = 60_000
RUNS = 600
CREATE = """async ([count, first]) => {
    const files = {'flow.py': `from workers import WorkflowEntrypoint

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        if event["payload"] % 2:
            await step.wait_for_event("approval", "approve")
        await step.sleep("nap", "30 days")
`};
    for (let at = first; at < first + count; at += 100) {
        const batch = Array.from({length: Math.min(100, first + count - at)}, (_, i) => ({id: `order-${at + i}`, params: at + i}));
        await dynamicWorkflows.kernel.request('create_batch', {tenant: at % 200 ? 'globex' : 'acme', files, main: 'flow.py', batch});
    }
}"""
HELD = """() => {
    const {kernel} = dynamicWorkflows;
    const request = kernel.request;
    kernel.request = async function(verb, args) {
        if (verb === 'change') await new Promise((go) => { window.go = go; });
        return request.call(kernel, verb, args);
    };
}"""
pytestmark = pytest.mark.timeout(300)


def names(page: Page) -> list[str]:
    """Return the names that are drawn, from the top."""
    return page.locator(".runs-body .name").all_inner_texts()


def found(page: Page, text: str) -> None:
    expect(page.locator(".runs-view .found")).to_have_text(text, timeout=STEP)


def pick(page: Page, place: int, **how: object) -> None:
    """Press the box of the row with this number, from 1."""
    page.locator(f'.runs-body [aria-rowindex="{place + 1}"] .check').click(**how)  # type: ignore[arg-type]


def test_hundreds_of_runs_in_a_list_of_sixty_rows(open_page: Open) -> None:
    page = open_page("?world-delay=0&view=runs", kernel=True)
    expect(page.locator(".runs-empty")).to_have_text(
        "No runs yet. Press Run: a run appears here as soon as it is created.", timeout=READY
    )
    assert page.title() == "Runs in this browser · Dynamic Workflows"
    page.evaluate(CREATE, [RUNS, 0])
    grid = page.get_by_role("grid", name="Runs in this browser")
    found(page, "600 runs")
    expect(page.get_by_label("State", exact=True).locator("option")).to_have_text(
        ["Any state (600)", "Waiting (300)", "Sleeping (300)"], timeout=READY
    )
    expect(page.locator("#runs-button")).to_have_text("Runs 600")

    # As many rows in the document as fit, wherever one is.
    expect(grid).to_have_attribute("aria-rowcount", "601")
    expect(page.locator(".runs-body .name").first).to_have_text("order · 300")
    assert page.locator(".runs-row").count() <= 60
    grid.focus()
    page.keyboard.press("End")
    expect(page.locator(".runs-body .runs-row").last).to_have_attribute("aria-rowindex", "601")
    expect(page.locator(".runs-body .name").last).to_have_text("order · 1")
    assert page.locator(".runs-row").count() <= 60
    assert grid.get_attribute("aria-activedescendant") == page.locator(".runs-body .runs-row").last.get_attribute("id")
    page.keyboard.press("Home")
    expect(page.locator(".runs-body .name").first).to_have_text("order · 300")

    # By tenant, state and text.
    page.get_by_label("Tenant", exact=True).select_option("globex")
    found(page, "300 runs")
    page.get_by_label("State", exact=True).select_option("waiting")
    found(page, "150 runs")
    expect(page.locator(".runs-body .state").first).to_have_text('Waiting for "approve"')
    page.get_by_role("searchbox").fill("order-19")
    found(page, "5 runs")
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.locator(".runs-empty p")).to_have_text("No run fits this filter.")
    page.get_by_role("button", name="Clear the filter").click()
    found(page, "600 runs")

    # A range by mouse, more by keyboard, a verb for all of them, and what it left out.
    pick(page, 2)
    pick(page, 5, modifiers=["Shift"])
    bar = page.locator(".runs-bar")
    expect(bar.locator(".count")).to_have_text("4 selected")
    assert bar.get_by_role("button").all_inner_texts() == ["Pause", "Terminate", "Delete", "Clear"]
    page.keyboard.press("Shift+ArrowDown")
    expect(bar.locator(".count")).to_have_text("5 selected")
    bar.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-notice=changed]")).to_contain_text("5 runs are paused.")
    expect(page.locator(".runs-body .state", has_text="Paused")).to_have_count(5)
    page.keyboard.press("Control+a")
    expect(bar.locator(".count")).to_have_text("600 selected")
    bar.get_by_role("button", name="Resume").click()
    expect(page.locator("[data-notice=changed]")).to_contain_text("5 runs go on. 595 were not paused.", timeout=STEP)

    # Many at once go on in parts, can be stopped, and do not end with the list.
    page.evaluate(HELD)
    notice = page.locator("[data-notice=batch]")
    page.locator(".runs-grid").focus()
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Pause").click()
    expect(notice).to_contain_text("Pausing, 0 of 600")
    expect(bar.locator(".count")).to_have_text("Pausing, 0 of 600")
    notice.get_by_role("button", name="Stop").click()
    expect(notice).to_contain_text("Stopping after the next 500 runs.")
    page.evaluate("() => window.go()")
    expect(page.locator("[data-notice=changed]")).to_contain_text(
        "500 runs are paused. 100 were not reached.", timeout=STEP
    )
    expect(notice).to_have_count(0)
    expect(page.locator(".runs-grid")).to_be_focused()
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Resume").click()
    expect(notice).to_contain_text("Resuming, 0 of 600")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".runs-view")).to_have_count(0)
    page.evaluate("() => { const {go} = window; window.go = null; go(); }")
    expect(notice).to_contain_text("Resuming, 500 of 600", timeout=STEP)
    page.wait_for_function("() => window.go")
    page.evaluate("() => window.go()")
    expect(page.locator("[data-notice=changed]")).to_contain_text("500 runs go on. 100 were not paused.", timeout=STEP)
    page.evaluate("() => { delete dynamicWorkflows.kernel.request; }")
    page.locator("#runs-button").click()
    page.get_by_role("menuitem", name="All 600 runs").click()
    found(page, "600 runs")

    # New runs wait while somebody is in the list; deleting can be undone.
    page.locator(".runs-grid").hover()
    before = names(page)
    page.evaluate(CREATE, [2, RUNS])
    expect(page.get_by_role("button", name="Show 2 new runs")).to_be_visible()
    assert names(page)[: len(before)] == before
    page.get_by_role("button", name="Show 2 new runs").click()
    expect(page.locator(".runs-body .name").first).to_have_text("order · 302")
    pick(page, 1)
    pick(page, 2)
    bar.get_by_role("button", name="Delete").click()
    expect(page.locator(".runs-body .name").first).to_have_text("order · 300")
    expect(page.locator("#runs-button")).to_have_text("Runs 600")
    page.locator(".notice", has_text="2 runs are deleted.").get_by_role("button", name="Undo").click()
    found(page, "602 runs")
    expect(page.locator("#runs-button")).to_have_text("Runs 602")

    # Opened, and back to the list by the address.
    page.locator(".runs-grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("order · 302")
    expect(page.locator(".runs-view")).to_have_count(0)
    page.go_back()
    expect(page.locator(".runs-view")).to_be_visible()
    page.go_forward()
    expect(page.locator("#status")).to_contain_text("order · 302")

    # A run that is not among the newest opens by its address.
    page.goto(page.url.split("?")[0] + "?tenant=acme&run=order-0", wait_until="commit")
    expect(page.locator("#status")).to_contain_text("order · 1", timeout=READY)


def test_on_a_phone_the_list_fits_and_its_targets_are_large(open_page: Open) -> None:
    page = open_page("?world-delay=0&view=runs", kernel=True, size=(390, 844), has_touch=True)
    expect(page.locator(".runs-empty")).to_contain_text("No runs yet.", timeout=READY)
    page.evaluate(CREATE, [30, 0])
    found(page, "30 runs")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    pick(page, 1)
    sizes = page.locator(".runs-view :is(button, select, input), .runs-body .check").evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => [e.textContent.slice(0, 12), e.offsetWidth, e.offsetHeight])"
    )
    assert [one for one in sizes if one[1] < 44 or one[2] < 44] == []
    page.locator(".runs-body .name").nth(3).tap()
    expect(page.locator("#status")).to_contain_text("order · 27", timeout=STEP)
