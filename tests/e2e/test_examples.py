"""Every example runs to its end in the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.playground import Playground

pytestmark = pytest.mark.timeout(300)
EXAMPLES = {
    "order": ['Send "approve"', "Skip 30 days"],
    "order-globex": ["Skip 3 days"],
    "ci-pipeline": ['Send "release"'],
    "agent-plan": ['Send "approve"'],
    "onboarding": ["Skip 3 days"],
    "onboarding-umbrella": ['Send "signed"', "Skip 3 days"],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_to_its_end(page: Page, site: str, name: str) -> None:
    p = Playground(page, site, f"?example={name}&world-delay=50")
    p.ready()
    p.run()
    for press in EXAMPLES[name]:
        p.button(press).click()
    p.expect_status("Complete")
    expect(page.locator("#summary")).to_contain_text("Every outside call was done once.")
    assert all(done == 1 for _, done in p.ledger().values())


def test_the_flaky_shard_is_tried_three_times(page: Page, site: str) -> None:
    p = Playground(page, site, "?example=ci-pipeline&world-delay=50")
    p.ready()
    p.run()
    p.expect_status('Waiting for "release"')
    assert p.ledger()["test api"] == (3, 1)
    assert "step.started do:test api-1 3" in p.kinds()
    expect(page.locator("workflow-timeline")).to_contain_text(re.compile("test browser"))
