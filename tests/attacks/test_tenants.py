"""Tenants that attack the engine and those beside them: each run ends as its rule says, and nobody else notices."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Playwright

from tests.attacks import floods, forgery
from tests.attacks.probe import Attack
from tests.attacks.town import FINAL, Town, town

ALL = [*forgery.ATTACKS, *floods.ATTACKS]


@pytest.fixture(scope="module")
def shared(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Yield the page that all attackers share with one victim."""
    with town(playwright, tmp_path_factory.mktemp("tenants")) as t:
        yield t
        t.check_victim_completes()


@pytest.mark.parametrize("attack", ALL, ids=[attack.name for attack in ALL])
def test_an_attack_ends_as_its_rule_says_and_nobody_else_notices(shared: Town, attack: Attack) -> None:
    before = shared.ask("refused")["messages"]
    run = shared.attack(attack)
    summary = shared.wait(run, *FINAL)
    told = shared.told(run)
    print(told[:5_000])
    assert summary["status"] == attack.status
    assert re.search(attack.says, told)
    if attack.refused:
        wanted = before + attack.refused
        shared.until(lambda: shared.ask("refused")["messages"] >= wanted, f"{attack.refused} messages are refused")
    shared.check_untouched()


def test_sandboxes_that_fall_silent_are_ended_and_the_rest_goes_on(
    shared: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = {attack.name: shared.attack(attack) for attack in floods.SILENT}
    with capsys.disabled():
        print(f"\n{len(ALL) + len(floods.SILENT)} attacks by tenants, each to end as its rule says")
    for attack in floods.SILENT:
        assert shared.wait(runs[attack.name], *FINAL)["status"] == attack.status
        assert re.search(attack.says, shared.told(runs[attack.name]))
    shared.check_untouched()


def test_code_that_ends_every_sandbox_waits_for_the_next_and_costs_nobody_else_one(shared: Town) -> None:
    run = shared.attack(Attack("exits", "os._exit(1)"))
    shared.until(lambda: len(shared.ask("logs", **run)) >= 4, "four sandboxes have ended")
    shared.page.wait_for_timeout(300)  # for a fifth, which would be too early
    assert [line["text"] for line in shared.ask("logs", **run)] == ["The sandbox of this run ended: crashed"] * 4
    shared.ask("terminate", **run)
    assert shared.wait(run, *FINAL)["status"] == "terminated"
    shared.check_untouched()


# What another page of this origin, an embedding page or a broken script could post, to every receiver there is.
POST_NONSENSE = """async () => {
    postMessage({kind: 'ready'}, '*');
    postMessage(null, '*');
    for (const frame of document.querySelectorAll('iframe')) {
        for (const data of [{kind: 'nonsense'}, {kind: ['kill']}, null, 'kill', 5]) frame.contentWindow.postMessage(data, '*');
    }
    const locks = (await navigator.locks.query()).held.map(lock => lock.name);
    const channel = new BroadcastChannel(locks.find(name => name.includes('#session/')));
    for (const data of [null, 5, {}, {kind: 'nonsense', client: 'x'}, {kind: 'request'}]) channel.postMessage(data);
}"""


def test_unexpected_messages_are_counted_where_they_arrive_and_refused(shared: Town) -> None:
    before = shared.page.evaluate("dynamicWorkflows.kernel.refused()").get("page", 0)  # attacks before this one
    run = shared.attack(
        Attack("forged", "for _ in range(7):\n    js.self.postMessage(new(kind='ready'))\nawait asyncio.sleep(3)")
    )
    shared.page.evaluate(POST_NONSENSE)
    counts: dict[str, int] = {}

    def told() -> bool:  # the frames tell with their next signs of life
        counts.update(shared.page.evaluate("dynamicWorkflows.kernel.refused()"))
        return counts.get("worker", 0) >= 7 and counts.get("frame", 0) >= 5

    shared.until(told, "worker and frame have refused what they were sent")
    print(counts)
    assert counts["page"] - before == 2
    assert counts["reception"] == 5
    assert counts["protocol"] >= 0
    shared.wait(run, *FINAL)
    shared.check_untouched()


def test_a_dead_frame_process_is_rebuilt_and_its_runs_go_on(playwright: Playwright, tmp_path: Path) -> None:
    with town(playwright, tmp_path) as t:
        assert isinstance(t.page, Page)
        body = 'await step.do("one")(lambda: 1)()\nawait asyncio.sleep(4)\nreturn await step.do("two")(lambda: 2)()'
        run = t.attack(Attack("bystander", body))
        watcher = t.page.context.new_page()  # Playwright takes the crash of a frame's process for one of its page
        watcher.goto(t.site)
        watcher.wait_for_function("window.dynamicWorkflows?.kernel.state.stage === 'follower'")
        crash = t.page.context.new_cdp_session(t.page.frames[-1])
        with contextlib.suppress(Error):
            crash.send("Page.crash")
        ended = watcher.evaluate(
            """async run => {
                const ask = () => dynamicWorkflows.kernel.request('status', run);
                for (let n = 0; n < 600 && (await ask()).status !== 'complete'; ++n) await new Promise(r => setTimeout(r, 50));
                return [await ask(), (await dynamicWorkflows.kernel.request('history', run)).rows.map(row => row.kind + row.key)];
            }""",
            run,
        )
        assert ended[0]["output"] == "2"
        assert ended[1].count("step.completeddo:one-1") == 1


def test_what_one_run_may_log_is_kept_and_no_more(shared: Town) -> None:
    run = shared.attack(next(attack for attack in floods.ATTACKS if attack.name == "logs"))
    shared.wait(run, *FINAL)
    assert len(shared.ask("logs", **run)) == 1_000
