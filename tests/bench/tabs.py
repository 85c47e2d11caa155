"""How long nobody answers when the tab that leads ends, seen by a tab that asks every few milliseconds."""

from __future__ import annotations

import statistics

from tests.bench.load import a_tab
from tests.crash.tab import Tab
from tests.kernel.hand_over import KNOCK, end

ROUNDS = 5


def handover() -> None:
    """The leader's tab is closed, crashes, or ends before the next one has Python ready."""
    with a_tab() as (tab, _):
        for how in ("close", "crash", "close, Python not ready"):
            gaps = [_once(tab, how) for _ in range(ROUNDS)]
            middle = statistics.median(gaps)
            print(f"hand-over, leader's tab ends by {how}: {middle:,.0f} ms (longest {max(gaps):,.0f})", flush=True)


def _once(tab: Tab, how: str) -> float:
    """Let the tab that leads end, and return the milliseconds until the other one is answered."""
    heir = tab.context.new_page()
    heir.goto(tab.address)
    heir.wait_for_function("kernel.state.stage === 'follower'")
    if "not ready" not in how:
        heir.wait_for_function("kernel.host.standby?.booted")
    heir.evaluate(KNOCK)
    heir.wait_for_function("longest > 0")
    end(tab.page, how)
    heir.wait_for_function("kernel.state.stage === 'ready'")
    tab.page = heir
    return float(heir.evaluate("new Promise(done => setTimeout(() => done(longest), 100))"))
