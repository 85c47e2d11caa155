"""Tenants side by side in their sandboxes, and code that is wrong, hangs or asks for too much."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.playground import Playground

pytestmark = pytest.mark.timeout(300)

HEAD = "from workers import WorkflowEntrypoint\n\n\nclass Order(WorkflowEntrypoint):\n    async def run(self, event, step):\n"


def code(body: str) -> str:
    """Return a workflow whose run has this body."""
    return HEAD + "".join(f"        {line}\n" for line in body.strip("\n").splitlines())


def test_two_tenants_run_different_code_under_one_name_and_a_third_disturbs_nobody(page: Page, site: str) -> None:
    p = Playground(page, site, "?world-delay=50")
    p.ready()
    acme = p.run()
    p.expect_status('Waiting for "approve"')
    page.goto(f"{site}?example=order-globex&world-delay=50")
    p.ready()
    globex = p.run()
    p.expect_status("Sleeping until")
    assert [run["id"] for run in p.ask("runs", tenant="globex")] == [globex]
    assert [run["id"] for run in p.ask("runs", tenant="acme")] == [acme]
    assert {run["workflow"] for run in p.ask("runs")} == {"order"}
    page.goto(f"{site}?example=onboarding&world-delay=50")
    p.ready()
    p.write("class Onboarding\n    pass\n")
    page.locator("[data-act=run] >> visible=true").first.click()
    expect(page.locator("#problem")).to_contain_text("onboarding.py, line 1: expected ':'")
    assert len(p.ask("runs")) == 2
    assert {run["status"] for run in p.ask("runs")} == {"waiting"}


def test_code_that_never_yields_times_out_by_name_and_leaves_everyone_else_alone(page: Page, site: str) -> None:
    p = Playground(page, site, "?example=order-globex&world-delay=50")
    p.ready()
    p.run()
    p.expect_status("Sleeping until")
    page.goto(f"{site}?world-delay=50")
    p.ready()
    p.write(
        code(
            """
@step.do("spin", config={"retries": {"limit": 1, "delay": 0, "backoff": "constant"}})
async def spin(ctx):
    while ctx["attempt"] == 1:
        pass
    return ctx["attempt"]

return await spin()
"""
        )
    )
    p.run()
    page.evaluate(
        "() => { window.longest = 0; let last = performance.now();"
        " const look = () => { const now = performance.now(); window.longest = Math.max(window.longest, now - last);"
        " last = now; requestAnimationFrame(look); }; look(); }"
    )
    assert p.ask("skip", tenant="globex", workflow="order", id=p.ask("runs", tenant="globex")[0]["id"])["by"] > 0
    page.wait_for_function(
        "window.dynamicWorkflows.kernel.request('runs', {tenant: 'globex'}).then(runs => runs[0].status === 'complete')"
    )
    p.expect_status("Complete")
    assert p.output() == 2
    failed = next(row for row in p.rows() if row["kind"] == "step.failed")
    assert "WorkflowTimeoutError" in failed["data"]
    assert 'step \\"spin\\" kept its sandbox busy without a pause' in failed["data"]
    assert page.evaluate("window.longest") < 1_000


WRONG = [
    ("", "{}", "order.py is empty"),
    ("x = 1\n", "{}", "order.py has no class based on WorkflowEntrypoint."),
    ("import nothing_here\n", "{}", "No module named 'nothing_here'"),
    (code("return 1"), '{\n  "a": 1\n  "b": 2}', "Payload, line 3, column 3: expected a comma."),
]


@pytest.mark.parametrize(("source", "payload", "words"), WRONG, ids=["empty", "no class", "import", "payload"])
def test_what_cannot_run_says_why_and_keeps_every_letter(
    page: Page, site: str, source: str, payload: str, words: str
) -> None:
    p = Playground(page, site)
    p.ready()
    p.write(source)
    p.pay(payload)
    page.locator("[data-act=run] >> visible=true").first.click()
    expect(page.locator("#problem")).to_contain_text(words)
    assert p.ask("runs") == []
    text = p.source()
    expect(page.locator("#saved")).to_have_text("Saved")
    page.reload()
    p.ready()
    assert p.source() == text


def test_a_result_of_two_megabytes_fails_its_step_by_name(page: Page, site: str) -> None:
    p = Playground(page, site)
    p.ready()
    p.write(
        code(
            """
@step.do("big", config={"retries": {"limit": 0, "delay": 0}})
async def big():
    return "x" * 2 * 1024 * 1024

await big()
"""
        )
    )
    p.run()
    p.expect_status("Errored")
    expect(page.locator("#run-pane")).to_contain_text("Step big-1 output is too large. Maximum allowed size is 1MiB.")


def test_a_second_tab_works_through_the_first(page: Page, site: str) -> None:
    p = Playground(page, site, "?world-delay=50")
    p.ready()
    other = page.context.new_page()
    q = Playground(other, site, "?world-delay=50")
    expect(other.locator("#kernel-state")).to_have_text("Connected through another tab.", timeout=60_000)
    id = q.run()
    q.expect_status('Waiting for "approve"')
    assert [run["id"] for run in p.ask("runs")] == [id]
    page.close()
    q.ready()
    q.button('Send "approve"').click()
    q.expect_status("Sleeping until")
