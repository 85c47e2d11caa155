"""Sandboxes that end by their own code's doing: the rule is named in the history, and repeat offenders wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.clocks import TestClock, passes
from dynamic_workflows.host.running.offences import Offences
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import SandboxUnavailable
from tests.engine.host.test_ports import CONFIG, Bench, bench, finish, start

FLOOD = "abuse: more than 2000 frames a second"


async def told(b: Bench, run: dict[str, Any]) -> tuple[list[str], list[str]]:
    rows = (await b.ask("history", **run))["rows"]
    failed = [json.loads(row["data"])["error"]["message"] for row in rows if row["kind"] == "step.failed"]
    return failed, [line["text"] for line in await b.ask("logs", **run)]


async def test_abuse_fails_the_attempt_by_the_name_of_the_rule_and_is_retried(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number))
        await passes(50)
        port.listener.closed(FLOOD)
        await passes(300)
        failed, logs = await told(b, run)
        assert failed == ['Execution was ended for abuse by step "a": more than 2000 frames a second']
        assert logs == [f"The sandbox of this run ended: {FLOOD}"]
        replaced = b.ports.opened[-1]
        again = replaced.last("run")["run"]
        replaced.say(start(again, attempt=2), finish(again, attempt=2))
        assert (await b.kinds(run))[-1] == "step.completed"


async def test_an_attempt_that_ends_its_sandbox_within_its_first_frame_has_begun(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say({**start(number), "config": {**CONFIG, "retries": {"limit": 0, "delay": 0}}}, more=True)
        port.listener.closed("crashed")
        assert await b.kinds(run) == ["queued", "started", "step.started", "step.failed"]


async def test_abuse_outside_of_steps_ends_the_run_instead_of_going_round_for_ever(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, _ = await b.start()
        other, _, _ = await b.start("globex")
        port.listener.closed(FLOOD)
        await passes(300)
        status = await b.ask("status", **run)
        assert status["status"] == "errored"
        assert status["error"]["name"] == "ResourceLimitError"
        assert "run() outside its steps: more than 2000 frames" in status["error"]["message"]
        assert await b.kinds(other) == ["queued", "started"]
        assert len(b.ports.opened) == 2


async def test_a_run_whose_code_ends_every_sandbox_waits_longer_each_time_and_is_ended_after_twenty(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as b:
        run, port, _ = await b.start()
        waits: list[int] = []
        for _ in range(limits.INTERRUPTIONS_MAX):
            assert (await b.ask("status", **run))["status"] == "running"
            began, opened = b.clock.elapsed(), len(b.ports.opened)
            port.listener.closed("crashed")
            for _ in range(70):
                await passes(100)
                if len(b.ports.opened) > opened or (await b.ask("status", **run))["status"] == "errored":
                    break
                await b.clock.advance(1_000)
            waits.append((b.clock.elapsed() - began) // 1_000)
            port = b.ports.opened[-1]
        assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, *[60] * 10, 0]
        status = await b.ask("status", **run)
        assert status["error"]["message"] == "run() outside its steps was cut off 20 times in a row"


@pytest.mark.parametrize("reason", ["killed", "frame lost", "evicted", "closed"])
async def test_what_others_do_to_a_sandbox_is_no_offence(tmp_path: Path, reason: str) -> None:
    async with bench(tmp_path) as b:
        run, port, _ = await b.start()
        for n in range(30):
            port.listener.closed(reason)
            await passes(300)
            assert len(b.ports.opened) == n + 2
            port = b.ports.opened[-1]
        assert (await b.ask("status", **run))["status"] == "running"


async def test_offences_are_forgiven_after_ten_quiet_minutes() -> None:
    clock = TestClock()
    offences = Offences(clock)
    for _ in range(limits.OFFENCES_FREE + 1):
        offences.note("acme/1", FLOOD)
    with pytest.raises(
        SandboxUnavailable, match=r"acme/1 ended 4 times in a row \(abuse: more .* the next one in 1000"
    ):
        offences.check("acme/1")
    offences.check("acme/2")
    await clock.advance(limits.OFFENCES_FORGIVEN_MS)
    assert offences.note("acme/1", FLOOD) == 1
    offences.check("acme/1")
