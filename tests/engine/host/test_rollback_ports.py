"""What the engine believes of a port in a rollback: races, missing handlers, and guests that say what they must not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.engine.host.test_ports import CONFIG, Bench, Port, bench, finish, start

ERROR = {"name": "ValueError", "message": "no"}
UNDO = "rollback:a-1"


async def started(b: Bench, *keys: str, finished: bool = True) -> tuple[dict[str, Any], Port, int]:
    """Start a run with steps that can be undone."""
    run, port, number = await b.start()
    for key in keys or ("do:a-1",):
        port.say(start(number, key, rollback=True), *([finish(number, key)] if finished else []))
    await b.kinds(run)
    return run, port, number


def raised(number: int, **fields: Any) -> dict[str, Any]:
    return {"k": "raised", "run": number, "error": ERROR, **fields}


def undo(number: int, key: str = UNDO, attempt: int = 1, **fields: Any) -> dict[str, Any]:
    return start(number, key, attempt, name=key[9:].rpartition("-")[0], **fields)


def runs(port: Port) -> list[dict[str, Any]]:
    """Return the runs a port was asked for."""
    return [message for message in port.got if message["k"] == "run"]


async def end(b: Bench, run: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """Return how a run ended: its status, the rollback's outcome, and the name of the rollback's error."""
    status = await b.ask("status", **run)
    rollback = status["rollback"] or {"outcome": None, "error": None}
    return status["status"], rollback["outcome"], rollback["error"] and rollback["error"]["name"]


async def test_a_run_that_raised_is_undone_by_the_handlers_it_keeps(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        await b.kinds(run)
        context = {"step": {"name": "a", "count": 1}, "attempt": 1, "config": CONFIG}
        assert port.last("rollback") == {
            "k": "rollback", "run": number, "key": UNDO, "attempt": 1, "error": ERROR, "ctx": context, "output": "1",
        }  # fmt: skip
        port.say(undo(number), finish(number, UNDO, value="null"))
        assert (await b.kinds(run))[-5:] == [
            "rollback.started", "step.started", "step.completed", "rollback.ended", "errored",
        ]  # fmt: skip
        assert (len(runs(port)), port.kinds()[-1]) == (1, "drop")


async def test_a_run_that_keeps_handlers_nobody_needs_is_dropped(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(raised(number, rollbacks=True))
        assert (await b.kinds(run))[-1] == "errored"
        assert port.got[-1] == {"k": "drop", "run": number}
        assert not [worker for worker in b.platform.engine.workers if worker.activations]


@pytest.mark.parametrize(
    "last",
    [
        {"k": "raised", "error": ERROR}, {"k": "returned", "value": "1"}, {"k": "parked"}, {"k": "missing", "key": UNDO},
    ],
)  # fmt: skip
async def test_a_run_without_the_handlers_is_replayed_once_for_them(tmp_path: Path, last: dict[str, Any]) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        await b.ask("terminate", **run, rollback=True)
        assert port.last("rollback")["run"] == number
        port.say({**last, "run": number})
        await b.kinds(run)
        first, second = runs(port)
        assert ("mode" in first, second["mode"]) == (False, "rollback")
        assert port.last("memo")["entries"] == [["do:a-1", 4, {"v": "1", "u": True}]]
        assert port.last("rollback")["run"] == second["run"]
        port.say({**last, "run": second["run"]})
        await b.kinds(run)
        name = "ValueError" if last["k"] == "raised" else "RollbackMissing"
        assert await end(b, run) == ("terminated", "failed", name)
        assert len(runs(port)) == 2


async def test_a_run_that_raised_while_it_was_asked_to_roll_back_keeps_its_handlers(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        await b.ask("terminate", **run, rollback=True)
        port.say(raised(number, rollbacks=True), undo(number), finish(number, UNDO, value="null"))
        await b.kinds(run)
        assert await end(b, run) == ("terminated", "complete", None)
        assert len(runs(port)) == 1


@pytest.mark.parametrize("last", [{"k": "raised", "error": ERROR, "rollbacks": True}, {"k": "returned", "value": "1"}])
async def test_a_rollback_that_is_asked_for_while_the_run_ends_goes_first(tmp_path: Path, last: dict[str, Any]) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say({**last, "run": number})
        await b.ask("terminate", **run, rollback=True)
        await b.kinds(run)
        number = port.last("rollback")["run"]
        port.say(undo(number), finish(number, UNDO, value="null"))
        await b.kinds(run)
        assert await end(b, run) == ("terminated", "complete", None)
        assert len(runs(port)) == (1 if last["k"] == "raised" else 2)


@pytest.mark.parametrize("verb", ["terminate", "restart", "delete", "pause"])
async def test_what_is_asked_for_while_a_run_ends_that_keeps_its_handlers(tmp_path: Path, verb: str) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        await b.ask(verb, **run)
        await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0)
        assert {"k": "drop", "run": number} in port.got
        assert "rollback" not in port.kinds()
        assert len(runs(port)) == 1 + (verb == "restart")
        if verb == "pause":
            assert (await b.kinds(run))[-1] == "paused"


async def test_a_sandbox_that_ends_while_its_run_ends_is_replaced(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        port.listener.closed("crashed")
        await b.kinds(run)
        assert runs(b.ports.opened[-1])[0]["mode"] == "rollback"


async def test_an_attempt_in_flight_is_cut_off_and_has_no_output(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b, finished=False)
        port.say(raised(number, rollbacks=True))
        assert (await b.kinds(run))[-2:] == ["step.failed", "rollback.started"]
        assert "output" not in port.last("rollback")


async def test_a_guest_that_rolls_back_can_do_nothing_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b, "do:a-1", "do:b-1")
        port.say(raised(number, rollbacks=True))
        await b.kinds(run)
        before, refused = await b.kinds(run), b.core.refused
        port.say(
            start(number, "do:c-1"), {"k": "sleep", "run": number, "key": "sleep:a-1", "duration": 5},
            {"k": "wait", "run": number, "key": "wait:a-1", "type": "go", "timeout": 500},
            {"k": "call", "run": number, "n": 7, "binding": "WORLD", "method": "charge", "args": "[]", "kwargs": "{}"},
        )  # fmt: skip
        port.say(
            undo(number), undo(number, "rollback:b-1", 2), finish(number, "rollback:b-1"),
            {"k": "missing", "run": number, "key": UNDO}, {**undo(number, "rollback:b-1"), "name": "other"},
        )  # fmt: skip
        assert await b.kinds(run) == before
        assert b.core.refused == refused + 5
        answers = [m["error"]["message"] for m in port.got if m["k"] == "refused"]
        assert answers == ["Cannot execute steps during rollback phase"] * 3
        assert port.last("result")["error"]["message"] == "env is refused while a rollback looks for its handlers."
        fatal = {"k": "finish", "run": number, "key": "rollback:b-1", "attempt": 1, "fatal": ERROR}
        port.say(undo(number, "rollback:b-1"), fatal)
        assert await b.kinds(run) == [*before, "step.started"]
        port.say(finish(number, "rollback:b-1"))
        assert (await b.kinds(run))[-1] == "step.completed"
        assert port.last("rollback")["key"] == UNDO


async def test_nobody_asked_a_run_for_a_handler_that_does_not_roll_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        refused = b.core.refused
        port.say({"k": "missing", "run": number, "key": UNDO}, undo(number))
        await b.kinds(run)
        assert b.core.refused == refused + 2


async def test_a_config_that_the_guest_should_have_refused_ends_the_rollback(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        await b.kinds(run)
        port.say({**undo(number), "config": {"limit": 1}})
        await b.kinds(run)
        assert await end(b, run) == ("errored", "failed", "WorkflowFatalError")


async def test_an_attempt_before_its_delay_is_over_does_not_exist(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        await b.kinds(run)
        config = {"retries": {"limit": 1, "delay": 500, "backoff": "constant"}, "timeout": 1_000}
        fails = {"k": "finish", "run": number, "key": UNDO, "attempt": 1, "error": ERROR}
        port.say({**undo(number), "config": config}, fails, undo(number, attempt=2))
        assert (await b.kinds(run))[-1] == "step.failed"
        assert port.last("settle") == {"k": "settle", "run": number, "key": UNDO, "retry": 1}
        await b.clock.advance(500)
        assert port.last("rollback")["attempt"] == 2


async def test_a_sandbox_that_ends_in_a_handler_that_may_run_once_ends_the_rollback(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        await b.kinds(run)
        config = {"retries": {"limit": 0, "delay": 0}, "timeout": 1_000}
        port.say({**undo(number), "config": config})
        await b.kinds(run)
        port.listener.closed("crashed")
        await b.kinds(run)
        assert await end(b, run) == ("errored", "failed", "WorkflowInternalError")
        assert len(b.ports.opened) == 1


async def test_a_run_that_hangs_outside_its_steps_is_undone_and_a_replay_that_hangs_ends_that(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, _, _ = await started(b)
        for _ in range(20):
            await b.clock.advance(200)
        status = await b.ask("status", **run)
        assert status["error"]["message"].startswith("Execution timed out after 1000ms: run() outside its steps")
        assert await end(b, run) == ("errored", "failed", "WorkflowTimeoutError")
        assert [runs(port)[0].get("mode") for port in b.ports.opened] == [None, "rollback"]


async def test_each_attempt_of_a_handler_is_asked_for_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await started(b)
        port.say(raised(number, rollbacks=True))
        await b.kinds(run)
        port.say(undo(number), {"k": "finish", "run": number, "key": UNDO, "attempt": 1, "error": ERROR})
        assert (await b.kinds(run))[-1] == "step.failed"
        assert [message["attempt"] for message in port.got if message["k"] == "rollback"] == [1, 2]
