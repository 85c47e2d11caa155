"""Rollbacks of runs that are not there any more, and what crashes, pauses and other requests do to one (B.10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.dispatcher import create_dynamic_workflow_entrypoint, wrap_workflow_binding
from dynamic_workflows.host.running.code import WorkerCode
from tests.engine.host.harness import SECOND, House, Refused
from tests.engine.host.test_lifecycle import start
from tests.engine.host.test_rollback import ONCE, TERMINATED, TWICE, calls, row, saga, tail, undone

Make = Callable[..., House]

COLD = saga(
    f"""
    print("replayed")
    token = await do("a")
    async def undo(given): await world.undo(given["stepName"], token, str(given["error"]))
    try:
        await do("b", rollback=undo)
        async def fails(): raise ValueError("caught")
        await do("c", fails, config={ONCE})
    except ValueError:
        pass
    await step.sleep("nap", "1 day")
    await do("never")
    """
)


@pytest.mark.parametrize("how", ["parked", "paused", "crashed", "crashed and paused"])
async def test_a_cold_run_is_replayed_for_its_handlers_alone(house: Make, how: str) -> None:
    async with house() as h:
        run = await h.run(COLD)
        assert (await h.status(run))["status"] == "waiting"
        if "paused" in how:
            await h.ask("pause", **run)
            await h.settle()
        if "crashed" in how:
            await h.crash()
            await h.settle()
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        assert await calls(h, "undo") == [
            ["c-1"], ["b-1", "act-1", "Instance terminated during rollback"], ["a-1"],
        ]  # fmt: skip
        assert (await h.status(run))["status"] == "terminated"
        assert (await tail(h, run))[-1] == "terminated"
        assert [line["text"] for line in await h.ask("logs", **run)] == ["replayed"]


async def test_env_is_refused_in_a_replay_for_handlers(house: Make) -> None:
    source = saga(
        """
        await do("a")
        try:
            await world.outside()
        except Exception as error:
            seen = [type(error).__name__, str(error)]
            async def undo(given): await world.undo(given["stepName"], *seen)
            await do("b")
            await do("b", rollback=undo)
        await do("b")
        await do("b")
        await step.sleep("nap", "1 day")
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        text = "env.WORLD.outside() is refused while a rollback looks for its handlers."
        assert await calls(h, "undo") == [["b-2", "WorkflowFatalError", text], ["b-1"], ["a-1"]]
        assert await h.ledger() == {"act": (3, 2), "outside": (1, 1), "undo": (3, 3)}


async def test_a_handler_that_the_replay_does_not_reach_is_missing_and_stops_the_chain(house: Make) -> None:
    source = saga(
        """
        await do("a")
        if not hasattr(sys, "_seen_%s"):
            sys._seen_%s = True
            await do("b")
        await do("c")
        await step.sleep("nap", "1 day")
        """
    ).replace("import asyncio", "import asyncio, sys")
    source = source.replace("%s", str(id(source)))
    async with house() as h:
        run = await h.run(source)
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        assert await undone(h) == ["c-1"]
        status = await h.status(run)
        assert status["status"] == "terminated"
        error = {"name": "RollbackMissing", "message": "Rollback function not available in registry"}
        assert status["rollback"] == {"outcome": "failed", "error": error}
        assert await row(h, run, "rollback.ended") == {"outcome": "failed", "completed": 1, "error": error}


async def test_a_replay_that_only_its_own_timers_move_ends_and_goes_on(house: Make) -> None:
    source = saga(
        """
        async def beat():
            while True:
                await asyncio.sleep(1)
        heart = asyncio.create_task(beat())
        await do("a")
        if event["payload"]["n"] == 1:
            await step.wait_for_event("go", "go")
        event["payload"]["n"] = 1
        await do("b")
        """
    )
    async with house() as h:
        run = await h.run(source, {"n": 1})
        await h.crash()
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        assert await undone(h) == ["a-1"]
        assert (await h.status(run))["status"] == "terminated"


SLOW = saga('await do("a")\nawait do("b")\nraise ValueError("no")')


@pytest.mark.parametrize("times", [1, 3])
async def test_a_crash_in_the_middle_of_a_rollback_goes_on_where_it_was(house: Make, times: int) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(SLOW)
        await h.advance(1_000)
        await h.advance(1_000)
        assert (await h.kinds(run))[-1] == "step.started rollback:b-1 1"
        await h.advance(1_000)
        assert (await h.kinds(run))[-1] == "step.started rollback:a-1 1"
        for _ in range(times):
            await h.crash()
            assert (await h.status(run))["status"] == "running"
            await h.advance(500)
        await h.advance(1_000)
        assert (await tail(h, run))[3:] == [
            *(f"step.{kind} rollback:a-1 {n}" for n in range(1, times + 1) for kind in ("started", "failed")),
            f"step.started rollback:a-1 {times + 1}", f"step.completed rollback:a-1 {times + 1}",
            "rollback.ended", "errored",
        ]  # fmt: skip
        status = await h.status(run)
        assert (status["status"], status["error"]["message"]) == ("errored", "no")
        assert status["rollback"] == {"outcome": "complete", "error": None}


async def test_a_crash_in_a_handler_that_may_run_once_stops_the_chain(house: Make) -> None:
    source = saga(f'await do("a")\nawait do("b", rollback_config={ONCE})\nraise ValueError("no")')
    async with house(world_delay=1_000) as h:
        run = await h.run(source)
        await h.advance(1_000)
        await h.advance(1_500)
        await h.crash()
        await h.settle()
        assert not list(h.engine.workers)  # no sandbox is needed for that
        assert (await tail(h, run))[-3:] == ["step.failed rollback:b-1 1", "rollback.ended", "errored"]
        assert (await h.status(run))["rollback"]["outcome"] == "failed"
        await h.advance(60_000)
        assert await undone(h) == ["b-1"]


async def test_a_crash_in_a_handlers_retry_delay_waits_for_what_is_left_of_it(house: Make) -> None:
    source = saga(
        f"""
        async def shaky(given): await world.undo(given["stepName"], key="shaky", fail_first=1)
        await do("a", rollback=shaky, rollback_config={TWICE})
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(3 * SECOND)
        await h.crash()
        await h.advance(2 * SECOND - 1)
        assert await undone(h) == ["a-1"]
        assert (await h.status(run))["status"] == "running"
        await h.advance(1)
        assert await undone(h) == ["a-1", "a-1"]
        assert (await h.status(run))["status"] == "errored"


async def test_the_delay_of_a_handler_can_be_skipped(house: Make) -> None:
    source = saga(
        f"""
        async def shaky(given): await world.undo(given["stepName"], key="shaky", fail_first=1)
        await do("a", rollback=shaky, rollback_config={TWICE})
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert await h.ask("skip", **run) == {"by": 5_000}
        await h.settle()
        assert (await h.status(run))["status"] == "errored"


async def test_pause_and_events_do_not_reach_a_rollback(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(SLOW)
        await h.advance(1_000)
        await h.advance(1_500)
        await h.ask("pause", **run)
        assert (await h.status(run))["status"] == "running"
        assert "pausing" not in await h.kinds(run)
        await h.ask("send_event", **run, type="go", payload=1)
        await h.ask("terminate", **run, rollback=True)  # it is under way
        await h.advance(2_000)
        assert await undone(h) == ["b-1", "a-1"]
        assert (await h.status(run))["status"] == "errored"


async def test_a_plain_terminate_cuts_a_rollback_off(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(SLOW)
        await h.advance(1_000)
        await h.advance(1_500)
        await h.ask("terminate", **run)
        assert (await tail(h, run))[-3:] == ["step.failed rollback:b-1 1", "rollback.ended", "terminated"]
        assert (await h.status(run))["rollback"] == {"outcome": "failed", "error": TERMINATED}
        await h.advance(5_000)
        assert await undone(h) == ["b-1"]


async def test_a_restart_in_a_rollback_begins_anew(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(SLOW)
        await h.advance(1_000)
        await h.advance(1_500)
        await h.ask("restart", **run)
        assert (await h.status(run))["rollback"] is None
        await h.advance(1_000)
        await h.advance(1_000)
        await h.advance(1_000)
        await h.advance(1_000)
        assert (await h.status(run))["rollback"] == {"outcome": "complete", "error": None}
        with pytest.raises(Refused, match="not found in execution history"):
            await h.ask("restart", **run, **start("a", type="rollback"))
        await h.ask("restart", **run, **start("b"))
        await h.advance(1_000)
        await h.advance(1_000)
        await h.advance(1_000)
        assert (await h.kinds(run))[-1] == "errored"
        assert (await row(h, run, "rollback.started"))["total"] == 2


async def test_delete_in_a_rollback_removes_everything(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(SLOW)
        await h.advance(1_000)
        await h.advance(1_500)
        await h.ask("delete", **run)
        await h.advance(5_000)
        with pytest.raises(Refused, match="instance.not_found"):
            await h.status(run)
        assert await h.engine.core.submit(lambda tx: tx.query("select kind from history where uid > 0")) == []


async def test_a_sandbox_that_ends_in_a_rollback_is_replaced(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(SLOW)
        await h.advance(1_000)
        await h.advance(1_500)
        for worker in h.engine.workers:
            worker.destroy("crashed")
        await h.advance(1_000)
        await h.advance(1_000)
        assert (await h.status(run))["rollback"] == {"outcome": "complete", "error": None}
        assert await undone(h) == ["b-1", "b-1", "a-1"]


async def test_a_replay_for_handlers_that_raises_or_returns_is_no_failure(house: Make) -> None:
    source = saga(
        """
        await do("a")
        try:
            await world.outside()
        except Exception:
            if event["payload"]:
                return 5
            raise
        await step.wait_for_event("go", "go")
        """
    )
    async with house() as h:
        for payload in (0, 1):
            run = await h.run(source, payload, id=f"run-{payload}")
            await h.crash()
            await h.ask("terminate", **run, rollback=True)
            await h.settle()
            assert (await h.status(run))["rollback"] == {"outcome": "complete", "error": None}


COLD_BODY = 'await do("a")\nawait step.sleep("nap", "1 day")'


class Silent:
    """A world that does nothing."""

    kind = "service"

    async def act(self, *args: Any, **options: Any) -> dict[str, str]:
        """Answer."""
        return {"id": "1"}

    async def undo(self, *args: Any, **options: Any) -> None:
        """Answer."""


class Returns:
    """A runner that runs nothing."""

    def run(self, event: Any, step: Any) -> str:
        """Return at once."""
        return "nothing"


@pytest.mark.parametrize(
    ("second", "error"),
    [
        ("return", {"name": "RollbackMissing", "message": "Rollback function not available in registry"}),
        ("raise", {"name": "RuntimeError", "message": "the code is gone"}),
        ("run", None),
    ],
)
async def test_a_dispatcher_that_cannot_load_the_code_again_ends_the_rollback(
    house: Make, second: str, error: Any
) -> None:
    code = WorkerCode(main_module="flow.py", modules={"flow.py": saga(COLD_BODY)}, env={"WORLD": Silent()})
    modes = ["run", second]
    async with house() as h:

        def load(context: Any) -> Any:
            mode = modes.pop(0)
            if mode == "raise":
                raise RuntimeError("the code is gone")
            stub = h.engine.loader.get("acme/1", lambda: code)
            return Returns() if mode == "return" else stub.get_entrypoint("Flow")

        binding = h.engine.bind("dispatched", create_dynamic_workflow_entrypoint(load))
        env = {"WORKFLOWS": binding}
        instance = await wrap_workflow_binding({"tenantId": "acme"}, env=env).create()
        await h.settle()
        assert (await instance.status())["status"] == "waiting"
        await instance.terminate({"rollback": True})
        await h.settle()
        outcome = "complete" if error is None else "failed"
        assert await instance.status() == {
            "status": "terminated", "output": None, "error": None, "rollback": {"outcome": outcome, "error": error},
        }  # fmt: skip


async def test_a_dispatcher_that_takes_the_error_leaves_nothing_to_undo(house: Make) -> None:
    code = WorkerCode(main_module="flow.py", modules={"flow.py": SLOW}, env={"WORLD": Silent()})

    class Takes:
        def __init__(self, runner: Any) -> None:
            self.runner = runner

        async def run(self, event: Any, step: Any) -> str:
            with pytest.raises(Exception, match="no"):
                await self.runner.run(event, step)
            return "taken"

    async with house() as h:
        stub = h.engine.loader.get("acme/1", lambda: code)
        entrypoint = create_dynamic_workflow_entrypoint(lambda context: Takes(stub.get_entrypoint("Flow")))
        env = {"WORKFLOWS": h.engine.bind("dispatched", entrypoint)}
        instance = await wrap_workflow_binding({"tenantId": "acme"}, env=env).create()
        await h.settle()
        assert await instance.status() == {"status": "complete", "output": "taken", "error": None, "rollback": None}
        assert not [worker for worker in h.engine.workers if worker.activations]
