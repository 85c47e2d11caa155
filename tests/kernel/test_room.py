"""What a full disk makes the kernel give up, give back, and hold ready: every limit here is the browser's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page

from tests.kernel.conftest import ready
from tests.kernel.filler import FILL
from tests.kernel.test_kernel import address, ask, ended
from tests.kernel.test_storage import LARGE
from tests.kernel.workflows import order

numbers = itertools.count()
Limit = Callable[[int | None], None]


@pytest.fixture
def limited(page: Page, site: str) -> Iterator[tuple[str, Limit]]:
    """Yield the address of a page on an origin of its own, and what sets how much the browser lets that store."""
    host = f"room{next(numbers)}.localhost"
    root = site.replace("127.0.0.1", host)
    page.goto(f"{root}pages/block.html")
    session: CDPSession = page.context.new_cdp_session(page)

    def limit(quota: int | None) -> None:
        size = {} if quota is None else {"quotaSize": quota}
        session.send("Storage.overrideQuotaForOrigin", {"origin": page.evaluate("location.origin"), **size})

    yield f"{root}pages/kernel.html?database=room", limit
    limit(None)


def opened(browser: BrowserContext, where: str, stage: str = "ready") -> Page:
    tab = browser.new_page()
    tab.on("console", lambda message: print("console:", message.text))
    tab.goto(where)
    return ready(tab, stage)


def completed(page: Page, run: dict[str, Any]) -> int:
    return len([row for row in ask(page, "history", **run)["rows"] if row["kind"] == "step.completed"])


@pytest.mark.timeout(200)
def test_deleting_on_a_disk_without_a_kilobyte_left_lets_the_runs_go_on(
    browser: BrowserContext, page: Page, limited: tuple[str, Limit]
) -> None:
    where, limit = limited
    limit(5_200_000)
    leader = opened(browser, where)
    old = [address(ended(leader, ask(leader, "run", **order(LARGE, payload=6)))) for _ in range(2)]
    large = address(ask(leader, "run", **order(LARGE, payload=10)))
    leader.wait_for_function("kernel.state.readOnly && kernel.state.stage === 'ready'")
    stored = completed(leader, large)
    assert stored < 10
    page.evaluate(FILL)
    follower = opened(browser, where, "follower")
    assert follower.evaluate("kernel.state.readOnly")
    assert ask(follower, "delete_ended", runs=old, shrink=False) == {"deleted": 2, "left": 0}
    assert ended(follower, large)["status"] == "complete", "what was deleted is the browser's to give again"
    assert not leader.evaluate("kernel.state.readOnly")
    assert [run["id"] for run in ask(leader, "runs")] == [large["id"]]
    leader.evaluate("kernel.kill('engine')")
    leader.wait_for_function("kernel.state.stage === 'ready' && kernel.state.epoch > 2")
    assert completed(leader, large) == 10, "the next owner reads the same"
    leader.close()
    follower.close()
