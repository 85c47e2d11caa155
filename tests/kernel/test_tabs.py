"""Several tabs over one database: one leads, the others work through it, and no end of a leader loses or doubles anything."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route

from tests.browser import FLAGS, find_chromium
from tests.kernel.conftest import ready
from tests.kernel.hand_over import KNOCK, end
from tests.kernel.test_kernel import address, ask, ended
from tests.kernel.workflows import WAIT, order
from tests.processes import stopped, with_workers

databases = itertools.count()
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: BrowserContext, site: str) -> Iterator[Open]:
    """Yield a function that opens a page on a database of this test's own, on an origin of its own when asked."""
    pages: list[Page] = []
    name = f"tabs{next(databases)}"

    def open_(stage: str = "", origin: str = "127.0.0.1", query: str = "") -> Page:
        page = browser.new_page()
        pages.append(page)
        page.on("console", lambda message: print("console:", message.text))
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"{site.replace('127.0.0.1', origin)}pages/kernel.html?database={name}{query}")
        return ready(page, stage) if stage else page

    yield open_
    for page in pages:
        if not page.is_closed():
            page.close()


def leads(page: Page) -> bool:
    return bool(page.evaluate("kernel.state.leads"))


def led_by_one(tabs: list[Page], epoch: int) -> Page:
    """Wait until one tab leads an engine younger than ``epoch`` and all others follow it; return that one."""
    for tab in tabs:
        tab.wait_for_function(
            "epoch => ['ready', 'follower'].includes(kernel.state.stage) && kernel.state.epoch > epoch", arg=epoch
        )
    (leader,) = [tab for tab in tabs if leads(tab)]
    assert {tab.evaluate("kernel.state.epoch") for tab in tabs} == {leader.evaluate("kernel.state.epoch")}
    return leader


def send(page: Page, name: str, verb: str, **args: Any) -> None:
    """Ask without waiting; the answer comes into ``window.<name>``."""
    script = "([name, verb, args]) => { (window[name] ??= []); kernel.request(verb, args).then(ok => window[name].push(ok)); }"
    page.evaluate(script, [name, verb, args])


def test_followers_do_everything_through_the_leader(open_page: Open) -> None:
    leader, first, second = open_page("ready"), open_page("follower"), open_page("follower")
    run = ask(first, "run", **order())
    assert ended(second, run)["status"] == "complete"
    assert not first.evaluate("kernel.host.leading")
    first.evaluate("kernel.kill('engine', {at: 'after-effect'})")
    cut = ask(second, "run", **order())
    assert ended(first, cut)["status"] == "complete"
    kinds = [row["kind"] for row in ask(second, "history", **address(cut))["rows"]]
    assert "engine_started" in kinds, "it was killed at the point that a follower named"
    second.evaluate("kernel.kill('engine')")
    for page in (leader, first, second):
        page.wait_for_function("kernel.state.epoch === 3 && ['ready', 'follower'].includes(kernel.state.stage)")
    waiting = ask(second, "run", **order(WAIT))
    assert second.evaluate("run => kernel.kill('sandbox', run)", address(waiting)) == {"interrupted": 1}
    ask(first, "send_event", **address(waiting), type="approve", payload=1)
    assert ended(second, waiting)["status"] == "complete"
    assert second.evaluate("kernel.storage('durability', {wanted: 'relaxed'})") == "relaxed"
    assert leader.evaluate("kernel.storage('facts')")["durability"] == "relaxed"
    counts = first.evaluate(
        "kernel.storage('copy').then(async bytes => [bytes.length, await kernel.storage('merge', {bytes})])"
    )
    assert counts[0] > 4096
    assert counts[1] == {"added": 0, "kept": 3}
    assert led_by_one([leader, first, second], 3) is leader
    for page in (leader, first):
        page.evaluate("() => { kernel.addEventListener('left', () => { window.left = true; }); }")
    second.evaluate("kernel.erase()")
    for page in (leader, first):
        page.wait_for_function("window.left")
    assert second.evaluate("indexedDB.databases().then(all => all.filter(({name}) => name.startsWith('tabs')))") == []


@pytest.mark.parametrize("how", ["close", "crash"])
def test_one_of_two_followers_takes_over_at_once(open_page: Open, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    leader, first, second = open_page("ready"), open_page("follower"), open_page("follower")
    run = ask(leader, "run", **order(WAIT))
    first.wait_for_function("kernel.host.standby?.booted")
    assert not second.evaluate("kernel.host.standby?.booted"), "one Python waits, not one in every tab"
    for page in (first, second):
        page.evaluate(KNOCK)
    end(leader, how)
    heir = led_by_one([first, second], 1)
    assert heir is first, "the one that has Python ready"
    gaps = [page.evaluate("longest") for page in (first, second)]
    with capsys.disabled():
        print(f"\nhand-over when the leader's tab ends by a {how}: {max(gaps):,.0f} ms without an answer")
    assert max(gaps) < 10_000
    ask(second, "send_event", **address(run), type="approve", payload=1)
    assert ended(first, run)["status"] == "complete"
    second.wait_for_function("kernel.host.standby?.booted")


def test_a_frozen_leader_is_called_silent_and_replaced_and_follows_when_it_wakes(open_page: Open) -> None:
    before = with_workers()
    leader = open_page("ready")
    run = ask(leader, "run", **order(WAIT))
    leader.evaluate("() => { window.heard = []; kernel.addEventListener('replaced', () => heard.push('replaced')); }")
    frozen = with_workers() - before
    first, second = open_page("follower"), open_page("follower")
    with stopped(frozen):
        began = first.evaluate("performance.now()")
        for number in range(5):
            send(first, "made", "run", **order(WAIT, id=f"made{number}"))
        ready(first, "silent")
        ready(second, "silent")
        assert first.evaluate("performance.now()") - began > 4_000, "a short pause is not silence"
        newcomer = open_page("silent")
        second.evaluate("kernel.takeOver()")
        assert led_by_one([first, second, newcomer], 1) is second
        first.wait_for_function("window.made?.length === 5")
    leader.wait_for_function("heard.length")
    assert led_by_one([leader, first, second, newcomer], 1) is second
    assert leader.evaluate("heard") == ["replaced"]
    known = sorted(found["id"] for found in ask(leader, "runs"))
    assert known == sorted([run["id"], *(f"made{number}" for number in range(5))])
    ask(leader, "send_event", **address(run), type="approve", payload=1)
    assert ended(first, run)["status"] == "complete"


def test_a_leader_that_freezes_before_its_engine_answers_is_called_silent(
    browser: BrowserContext, open_page: Open
) -> None:
    before = with_workers()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)  # the leader's never arrives

    browser.route("**/runtime/*/engine.zip", hold)
    leader = open_page("python")
    leader.wait_for_function("kernel.host.leading")
    while not held:  # its engine's worker has begun
        leader.wait_for_timeout(50)
    frozen = with_workers() - before
    follower = open_page("python")
    follower.wait_for_function("performance.now() > 7_500")
    stages = {state["stage"] for state in follower.evaluate("states")}
    assert stages == {"python"}, "a slow start is not silence"
    with stopped(frozen):
        ready(follower, "silent")
        follower.evaluate("kernel.takeOver()")
        ready(follower)
    leader.wait_for_function("kernel.state.stage === 'follower'")
    browser.unroute("**/runtime/*/engine.zip")


@pytest.mark.parametrize("seed", [int(os.environ.get("SEED", "1"))])
def test_requests_are_carried_out_once_across_hand_overs(open_page: Open, seed: int) -> None:
    dice = random.Random(seed)
    print("seed", seed)
    before = with_workers()
    tabs = [open_page("ready"), open_page("follower"), open_page("follower")]
    wait = address(ask(tabs[1], "run", **order(MANY, payload=12)))
    asked = {"runs": 0, "events": 0}
    answered = 0
    epoch = 1
    for _ in range(4):
        leader = next(tab for tab in tabs if leads(tab))
        others = [tab for tab in tabs if tab is not leader]
        for tab in others:
            tab.evaluate("() => { window.made = []; window.sent = []; }")
        counts = [dice.randrange(1, 4) for _ in others]
        for tab, count in zip(others, counts, strict=True):
            for _ in range(count):
                send(tab, "made", "run", **order(WAIT))
            if asked["events"] < 12:
                send(tab, "sent", "send_event", **wait, type="go", payload=asked["events"])
                asked["events"] += 1
        how = dice.choice(["close", "crash", "engine"])
        leader.wait_for_timeout(dice.choice([0, 5, 20, 60]))  # real time: what is in the air is what this is about
        if how == "engine":
            others[0].evaluate("kernel.kill('engine')")
        else:
            end(leader, how)
            tabs = others
        led_by_one(tabs, epoch)
        epoch = tabs[0].evaluate("kernel.state.epoch")
        for tab, count in zip(others, counts, strict=True):
            tab.wait_for_function("count => made.length === count", arg=count)
            answered += len({run["id"] for run in tab.evaluate("made")})
        asked["runs"] += sum(counts)
        if len(tabs) < 3:
            tabs.append(open_page("follower"))
    runs = [run for run in ask(tabs[0], "runs", limit=1000) if run["workflow"] == "wait"]
    assert len(runs) == answered == asked["runs"]
    while asked["events"] < 12:
        ask(tabs[0], "send_event", **wait, type="go", payload=asked["events"])
        asked["events"] += 1
    assert sorted(json.loads(ended(tabs[0], wait)["output"])) == list(range(12))
    assert with_workers() != before


MANY = """
from workers import WorkflowEntrypoint

class Many(WorkflowEntrypoint):
    async def run(self, event, step):
        return [(await step.wait_for_event(f"go {n}", "go"))["payload"] for n in range(event["payload"])]
"""


# -- nothing is silently empty ----------------------------------------------------------------------------------------


def test_a_database_that_the_browser_made_anew_is_not_taken_for_a_first_visit(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    """A browser that finds its database damaged deletes it, makes an empty one and tells nobody."""

    def opened() -> BrowserContext:
        context = playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=find_chromium(), headless=True, args=FLAGS
        )
        context.set_default_timeout(30_000)
        return context

    with contextlib.closing(opened()) as context:
        page = context.new_page()
        page.goto(f"{site}pages/kernel.html?database=damaged")
        ready(page)
        assert not page.evaluate("kernel.state.erased"), "a first visit"
        ended(page, ask(page, "run", **order()))
        page.evaluate("kernel.close()")
    damage(tmp_path)
    with contextlib.closing(opened()) as context:
        page = context.new_page()
        page.goto(f"{site}pages/kernel.html?database=damaged")
        ready(page)
        assert ask(page, "runs") == []
        assert page.evaluate("[kernel.state.erased, kernel.state.salvage]") == [True, 0]
        page.reload()
        ready(page)
        assert not page.evaluate("kernel.state.erased"), "said once"


def damage(profile: Path) -> None:
    """Overwrite what the browser has stored of its databases, as a failing disk does."""
    files = [path for path in (profile / "Default" / "IndexedDB").rglob("*") if path.is_file()]
    assert files
    for path in files:
        path.write_bytes(b"\xff" * max(path.stat().st_size, 64))


def test_everything_is_erased_although_a_tab_is_frozen(open_page: Open) -> None:
    origin = "stuck.localhost"
    before = with_workers()
    leader = open_page("ready", origin)
    ended(leader, ask(leader, "run", **order()))
    leader.evaluate("() => { kernel.addEventListener('left', () => { window.left = true; }); }")
    frozen = with_workers() - before
    follower = open_page("follower", origin)
    name = follower.evaluate("kernel.host.names.database")
    with stopped(frozen):
        follower.evaluate("kernel.erase()")
        assert follower.evaluate("localStorage.length") == 0
    leader.wait_for_function("window.left")
    follower.wait_for_function(
        "async name => !(await indexedDB.databases()).some(found => found.name === name)", arg=name
    )


# -- without locks ----------------------------------------------------------------------------------------------------


def test_where_tabs_cannot_find_each_other_the_newest_owns_the_database(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    """A page over plain http from another machine has no Web Locks."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), headless=True,
        args=[*FLAGS, "--host-resolver-rules=MAP plain.test 127.0.0.1"],
    )  # fmt: skip
    with contextlib.closing(context):
        context.set_default_timeout(30_000)
        old, new = context.new_page(), context.new_page()
        where = f"{site.replace('127.0.0.1', 'plain.test')}pages/kernel.html?database=plain"
        old.goto(where)
        ready(old)
        assert old.evaluate("navigator.locks === undefined")
        run = ask(old, "run", **order(WAIT))
        new.goto(where)
        ready(new)
        assert [found["id"] for found in ask(new, "runs")] == [run["id"]]
        assert old.evaluate("kernel.state.epoch") == 1, "it did not change to an engine whose end it would not notice"
        send(old, "made", "run", **order(WAIT, id="late"))
        ready(old, "failed")
        assert old.evaluate("kernel.state.error.name") == "Fenced"
        assert [found["id"] for found in ask(new, "runs")] == [run["id"]]
        old.evaluate("kernel.takeOver()")
        ready(old)
        old.wait_for_function("window.made?.length === 1")
        assert sorted(found["id"] for found in ask(old, "runs")) == sorted([run["id"], "late"])
