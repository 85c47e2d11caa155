"""A function as the delay of a step's retries (semantics B.6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.host.harness import SECOND, House, flow
from tests.engine.host.test_ports import CONFIG, Bench, Port, bench, start

Make = Callable[..., House]
RECORD = {"name": "ValueError", "message": "no"}
DYNAMIC = {"retries": {"limit": 2, "delay": "[dynamic]", "backoff": "constant"}, "timeout": "10 minutes"}


def failing(delay: str, *, limit: int = 2, backoff: str = "constant", timeout: str = "'1 hour'", times: int = 9) -> str:
    """Return a workflow with one step that fails ``times`` times and has this delay function."""
    lines = delay.strip().splitlines()
    return flow(
        f"""
        {(chr(10) + " " * 8).join(lines)}
        @step.do("pay", config={{"retries": {{"limit": {limit}, "delay": delay, "backoff": "{backoff}"}}, "timeout": {timeout}}})
        async def pay(ctx):
            if ctx["attempt"] <= {times}:
                raise ValueError("no " + str(ctx["attempt"]))
            return ctx["config"]
        return await pay()
        """
    )


async def failures(h: House, run: dict[str, Any]) -> list[dict[str, Any]]:
    rows = (await h.ask("history", **run))["rows"]
    return [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]


@pytest.mark.parametrize(
    ("backoff", "waits"), [("constant", [7, 14, 21]), ("linear", [7, 28, 63]), ("exponential", [7, 28, 84])]
)
async def test_its_answer_is_multiplied_by_the_backoff(house: Make, backoff: str, waits: list[int]) -> None:
    source = failing("def delay(ctx, error): return 7 * ctx['attempt']", limit=3, backoff=backoff)
    async with house() as h:
        run = await h.run(source)
        for wait in waits:
            await h.advance(wait - 1)
            before = len(await h.kinds(run))
            await h.advance(1)
            assert len(await h.kinds(run)) > before
        assert [failure.get("delay") for failure in await failures(h, run)] == [*waits, None]
        assert (await h.status(run))["error"]["message"] == "no 4"


@pytest.mark.parametrize(
    "delay",
    [
        "def delay(ctx, error): return '3 seconds' if str(error) == 'no 1' else 0",
        "async def delay(*, error, ctx):\n    await asyncio.sleep(1)\n    return '3 seconds' if ctx['attempt'] == 1 else 0",
        "def delay(given): return 3_000 if isinstance(given.error, ValueError) and given['ctx']['step']['count'] else 0",
        "def delay(): return 3_000.0",
        "from datetime import timedelta\ndelay = lambda error: timedelta(seconds=3)",
    ],
)
async def test_the_forms_it_may_have(house: Make, delay: str) -> None:
    async with house() as h:
        run = await h.run(failing(delay, times=1))
        await h.advance(1 * SECOND)
        assert [failure["delay"] for failure in await failures(h, run)] == [3_000]
        await h.advance(3 * SECOND)
        status = await h.status(run)
        assert status["status"] == "complete"
        assert json.loads(status["output"]) == {"retries": {"limit": 2, "backoff": "constant"}, "timeout": "1 hour"}


async def test_history_holds_a_marker_and_the_delay_is_asked_only_before_a_retry(house: Make) -> None:
    async with house() as h:
        run = await h.run(failing("def delay(): print('asked')", limit=0))
        rows = (await h.ask("history", **run))["rows"]
        config = next(json.loads(row["data"])["config"] for row in rows if row["kind"] == "step.started")
        assert config["retries"] == {"limit": 0, "delay": "[dynamic]", "backoff": "constant"}
        assert await h.ask("logs", **run) == []
        assert (await h.status(run))["error"]["message"] == "no 1"


@pytest.mark.parametrize(
    ("delay", "reason"),
    [
        ("def delay(): raise KeyError('x')", "threw an error: 'x'"),
        ("async def delay(): raise ValueError('y')", "threw an error: y"),
        *[
            (
                f"def delay(): return {bad}",
                'returned an invalid delay value (expected a number of ms or a duration string like "30 seconds")',
            )
            for bad in ("None", "-1", "float('nan')", "float('inf')", "'soon'", "True", "[5]")
        ],
        ("async def delay(): await asyncio.sleep(6)", "did not return within 5 seconds"),
    ],
)
async def test_its_failure_ends_the_step_for_good(house: Make, delay: str, reason: str) -> None:
    async with house() as h:
        run = await h.run(failing(delay))
        await h.advance(4_999)
        if "within" in reason:
            assert (await h.status(run))["status"] == "running"
        await h.advance(1)
        error = (await h.status(run))["error"]
        assert error["name"] == "NonRetryableDelayError"
        assert error["message"] == f'The delay function for step "pay-1" {reason}'
        (failure,) = await failures(h, run)
        assert failure["final"] is True


async def test_its_failure_can_be_caught_and_is_replayed(house: Make) -> None:
    source = failing("def delay(): raise ValueError('y')").replace(
        "return await pay()",
        "try:\n            await pay()\n        except Exception as error:\n"
        "            await step.sleep('nap', 1000)\n            return type(error).__name__",
    )
    async with house() as h:
        run = await h.run(source)
        await h.crash()
        await h.advance(SECOND)
        assert (await h.status(run))["output"] == '"NonRetryableDelayError"'
        assert (await h.kinds(run)).count("step.started do:pay-1 1") == 1


async def test_a_timeout_asks_too_and_the_callback_is_over(house: Make) -> None:
    source = flow(
        """
        async def delay(error):
            await asyncio.sleep(2)
            return "10 seconds" if "Execution timed out after 500ms" in str(error) else 0
        @step.do("slow", config={"retries": {"limit": 1, "delay": delay}, "timeout": 500})
        async def slow(ctx):
            if ctx["attempt"] == 1:
                await asyncio.sleep(1)
                print("still here")
            return "done"
        return await slow()
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(2_500)
        assert [failure["delay"] for failure in await failures(h, run)] == [10_000]
        await h.advance(10 * SECOND)
        assert (await h.status(run))["output"] == '"done"'
        assert await h.ask("logs", **run) == []


async def test_after_a_crash_in_the_function_the_attempt_counts_as_cut_off(house: Make) -> None:
    source = failing("async def delay():\n    await asyncio.sleep(3)\n    return '1 minute'", limit=1, times=2)
    async with house() as h:
        run = await h.run(source)
        await h.advance(2 * SECOND)
        await h.crash()
        await h.settle()
        kinds = await h.kinds(run)
        assert kinds[-2:] == ["step.failed do:pay-1 1", "step.started do:pay-1 2"]
        assert (await failures(h, run))[0]["interrupted"] is True
        await h.advance(3 * SECOND)
        assert (await failures(h, run))[1]["delay"] == 60_000
        await h.advance(20 * SECOND)
        await h.crash()
        await h.advance(40 * SECOND)  # what was left of the delay
        assert (await h.kinds(run))[-2:] == ["step.completed do:pay-1 3", "completed"]


async def test_code_that_has_no_function_any_more_waits_a_second(house: Make) -> None:
    changed = flow(
        """
        import builtins
        delay = getattr(builtins, "_no_delay", None)
        if delay is None:
            builtins._no_delay = 5
            delay = lambda: 60_000
        @step.do("pay", config={"retries": {"limit": 2, "delay": delay, "backoff": "constant"}})
        async def pay(ctx):
            if ctx["attempt"] <= 2:
                raise ValueError("no")
            del builtins._no_delay
            return ctx["config"]["retries"]
        return await pay()
        """
    )
    async with house() as h:
        run = await h.run(changed)
        assert [failure["delay"] for failure in await failures(h, run)] == [60_000]
        await h.crash()
        await h.advance(60 * SECOND)
        assert [failure["delay"] for failure in await failures(h, run)] == [60_000, 1_000]
        await h.advance(SECOND)
        assert json.loads((await h.status(run))["output"]) == {"limit": 2, "backoff": "constant"}


async def test_a_pause_waits_for_the_function(house: Make) -> None:
    source = failing("async def delay():\n    await asyncio.sleep(3)\n    return 500", times=1)
    async with house() as h:
        run = await h.run(source)
        await h.ask("pause", **run)
        assert (await h.status(run))["status"] == "waitingForPause"
        await h.advance(3 * SECOND)
        assert (await h.status(run))["status"] == "paused"
        await h.ask("resume", **run)
        await h.advance(500)
        assert (await h.status(run))["status"] == "complete"


def failed(run: int, attempt: int = 1) -> dict[str, Any]:
    return {"k": "finish", "run": run, "key": "do:a-1", "attempt": attempt, "error": RECORD}


async def test_a_sandbox_that_ends_while_asked_leaves_the_default_delay(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, config=DYNAMIC), failed(number))
        assert await b.kinds(run) == ["queued", "started", "step.started"]
        assert port.last("delay")["error"] == RECORD
        port.listener.closed("crashed")
        assert (await b.kinds(run))[-1] == "step.failed"
        rows = (await b.ask("history", **run))["rows"]
        assert json.loads(rows[-1]["data"]) == {"error": RECORD, "retry_at": b.clock.now() + 1_000, "delay": 1_000}


async def test_answers_that_were_not_asked_for_are_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        delayed = {"k": "delayed", "run": number, "key": "do:a-1", "attempt": 1, "delay": 5}
        port.say(start(number, config=DYNAMIC), delayed)
        await b.kinds(run)
        assert b.core.refused == 1
        port.say(failed(number), {**failed(number), "error": {**RECORD, "message": "again"}}, {**delayed, "attempt": 2})
        await b.kinds(run)
        assert b.core.refused == 3
        port.say(delayed, delayed)
        assert await b.kinds(run) == ["queued", "started", "step.started", "step.failed"]
        assert b.core.refused == 4
        assert port.last("settle")["retry"] == 1


async def test_a_config_without_a_function_asks_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, config=CONFIG), failed(number))
        assert await b.kinds(run) == ["queued", "started", "step.started", "step.failed"]
        assert "delay" not in port.kinds()


async def hung(b: Bench, port: Port) -> None:
    """Let time pass until the watchdog ends a sandbox that says nothing any more."""
    for _ in range(20):
        await b.clock.advance(200)
    assert port.destroyed


async def test_a_function_that_hangs_its_sandbox_fails_its_step_and_not_the_run(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, config=DYNAMIC), start(number, "do:b-1"), failed(number))
        await hung(b, port)
        other = b.ports.opened[-1]
        memo = {key: outcome for key, _, outcome in other.last("memo")["entries"]}
        assert memo["do:a-1"]["e"]["name"] == "NonRetryableDelayError"
        assert memo["do:a-1"]["e"]["message"].startswith(
            'The delay function for step "a-1" threw an error: Execution timed out after 1000ms: it kept'
        )
        assert memo["do:b-1"]["a"] == 1  # cut off, not failed: it will be tried again
        assert [row.get("interrupted") for row in await port_failures(b, run)] == [None, True]


async def test_one_that_was_late_before_its_sandbox_is_ended_has_failed_its_step_already(tmp_path: Path) -> None:
    async with bench(tmp_path, cpu_turn=10_000) as b:
        run, port, number = await b.start()
        port.say(start(number, config=DYNAMIC), failed(number))
        for _ in range(20):
            await b.clock.advance(2_000)
        assert port.destroyed
        entries = b.ports.opened[1].last("memo")["entries"]
        assert entries[0][2]["e"]["message"] == 'The delay function for step "a-1" did not return within 5 seconds'
        assert len(await port_failures(b, run)) == 1


async def test_one_that_was_late_in_a_sandbox_that_lives_is_not_to_blame_later(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, config=DYNAMIC), failed(number))
        for _ in range(50):
            await b.clock.advance(200)
            if "ping" in port.kinds():
                port.say({"k": "pong", "re": 0})
        assert len(await port_failures(b, run)) == 1
        await hung(b, port)
        assert "run() outside its steps" in (await b.ask("status", **run))["error"]["message"]
        assert b.ports.opened == [port]  # the run was blamed at once


async def test_one_that_uses_up_a_limit_of_its_sandbox_fails_its_step(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, config=DYNAMIC), failed(number))
        await b.kinds(run)
        port.listener.closed("limit: its CPU time")
        await b.kinds(run)
        (failure,) = await port_failures(b, run)
        assert failure["final"] is True
        assert failure["error"]["message"].endswith("it used up its CPU time")


async def test_nobody_is_asked_any_more_once_a_run_rolls_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, config=DYNAMIC, rollback=True), failed(number))
        await b.ask("terminate", **run, rollback=True)
        await b.kinds(run)
        port.say({"k": "delayed", "run": number, "key": "do:a-1", "attempt": 1, "delay": 5})
        await b.kinds(run)
        assert b.core.refused == 1
        assert "delay" not in port.last("rollback")["ctx"]["config"]["retries"]
        await hung(b, port)
        rows = (await b.ask("history", **run))["rows"]
        assert [row["key"] for row in rows if row["kind"] == "step.failed"] == ["do:a-1"]


async def port_failures(b: Bench, run: dict[str, Any]) -> list[dict[str, Any]]:
    rows = (await b.ask("history", **run))["rows"]
    return [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]
