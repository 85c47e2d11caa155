"""Rollbacks from the outside: what is undone, in which order, through retries, crashes, pauses and ends (B.10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from dynamic_workflows.host.engine import Limits
from tests.engine.host.harness import House, Refused, flow

Make = Callable[..., House]

SAGA = """
def saga(env, step):
    async def do(name, run=None, rollback=..., **options):
        async def work():
            return (await env.WORLD.act(name, key=name))["id"] if run is None else await run()
        async def undo(given):
            await env.WORLD.undo(given["stepName"])
        return await step.do(name, rollback=undo if rollback is ... else rollback, **options)(work)()
    return do
"""
ONCE = '{"retries": {"limit": 0, "delay": 0}}'
TWICE = '{"retries": {"limit": 1, "delay": "5 seconds", "backoff": "constant"}}'


def saga(body: str) -> str:
    """Return a workflow whose ``do(name)`` acts outside and can be undone."""
    return flow("do = saga(self.env, step)\nworld = self.env.WORLD\n" + dedent(body), head=SAGA)


async def calls(h: House, method: str) -> list[list[Any]]:
    """Return the arguments of the calls of a method, each as often as it was asked for."""
    rows = [call for call in await h.ask("ledger") if call["method"] == method]
    return [json.loads(call["args"]) for call in rows for _ in range(call["asked"])]


async def undone(h: House) -> list[str]:
    """Return what was undone, in order."""
    return [args[0] for args in await calls(h, "undo")]


async def tail(h: House, run: dict[str, Any]) -> list[str]:
    """Return the kinds from the start of the rollback on."""
    kinds = await h.kinds(run)
    return kinds[kinds.index("rollback.started") :]


async def row(h: House, run: dict[str, Any], kind: str) -> Any:
    """Return the data of the only row of a kind."""
    [data] = [row["data"] for row in (await h.ask("history", **run))["rows"] if row["kind"] == kind]
    return json.loads(data)


async def test_a_run_that_fails_is_undone_in_reverse_order_of_step_start(house: Make) -> None:
    source = saga(
        f"""
        async def slow():
            await asyncio.sleep(5)
            return "slow"
        await asyncio.gather(do("slow", slow), do("fast"))
        await do("plain", rollback=None)
        async def fails(): raise ValueError("no stock")
        await do("fails", fails, config={ONCE})
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(5_000)
        assert await undone(h) == ["fails-1", "fast-1", "slow-1"]
        assert await tail(h, run) == [
            "rollback.started", "step.started rollback:fails-1 1", "step.completed rollback:fails-1 1",
            "step.started rollback:fast-1 1", "step.completed rollback:fast-1 1",
            "step.started rollback:slow-1 1", "step.completed rollback:slow-1 1", "rollback.ended", "errored",
        ]  # fmt: skip
        started = await row(h, run, "rollback.started")
        assert (started["total"], started["then"]) == (3, "errored")
        assert (started["error"]["name"], started["error"]["message"]) == ("ValueError", "no stock")
        assert await row(h, run, "rollback.ended") == {"outcome": "complete", "completed": 3}
        status = await h.status(run)
        assert (status["status"], status["error"]["message"]) == ("errored", "no stock")
        assert status["rollback"] == {"outcome": "complete", "error": None}


async def test_handlers_get_the_context_the_error_and_the_output_of_their_step(house: Make) -> None:
    source = flow(
        """
        seen = []
        async def tell(given):
            error = given["error"]
            await self.env.WORLD.tell(
                given["ctx"], type(error).__name__, error.name, str(error), given.output, given.stepName
            )
            given["ctx"]["attempt"] = 99

        @step.do("made", rollback=tell, config={"retries": {"limit": 1, "delay": 0}, "timeout": "1 minute"})
        async def made(ctx):
            if ctx["attempt"] == 1:
                raise KeyError("first")
            return {"id": {7}}
        @step.do("failed", rollback=tell)
        async def failed():
            raise NonRetryableError("enough")
        await made()
        await failed()
        """
    )
    async with house() as h:
        await h.run(source)
        after, first = await calls(h, "tell")
        config = {"retries": {"limit": 1, "delay": 0, "backoff": "exponential"}, "timeout": "1 minute"}
        assert first[0] == {"step": {"name": "made", "count": 1}, "attempt": 2, "config": config}
        assert first[1:4] == ["NonRetryableError", "NonRetryableError", "enough"]
        assert first[4:] == [{"id": {"$": "set", "v": [7]}}, "made-1"]
        assert after[0]["step"] == {"name": "failed", "count": 1}
        assert after[4:] == [None, "failed-1"]


async def test_handlers_may_be_plain_functions_and_take_nothing(house: Make) -> None:
    source = flow(
        """
        seen = []
        def undo(): print("undone")
        step.do("a")
        await step.do("a", rollback=undo)(lambda: 1)()
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert [(line["key"], line["text"]) for line in await h.ask("logs", **run)] == [("rollback:a-1", "undone")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('await do("a")\nreturn 1', "complete"),
        (f'try: await do("a", fails, config={ONCE})\nexcept ValueError: return 1', "complete"),
        ('await do("a", rollback=None)\nraise ValueError("no")', "errored"),
        ('async def fatal(): return object()\nawait do("a")\nawait do("b", fatal)', "errored"),
    ],
)
async def test_nothing_is_undone(house: Make, body: str, status: str) -> None:
    """Success, a caught error, steps without a rollback, and a value that cannot be stored undo nothing."""
    async with house() as h:
        run = await h.run(saga(f'async def fails(): raise ValueError("no")\n{body}'))
        assert (await h.status(run))["status"] == status
        assert (await h.status(run))["rollback"] is None
        assert await undone(h) == []
        assert not [kind for kind in await h.kinds(run) if "rollback" in kind]


async def test_terminate_restart_and_delete_undo_nothing_by_themselves(house: Make) -> None:
    async with house() as h:
        run = await h.run(saga('await do("a")\nawait step.wait_for_event("go", "go")'))
        await h.ask("restart", **run)
        await h.settle()
        await h.ask("terminate", **run)
        assert (await h.status(run))["status"] == "terminated"
        await h.ask("restart", **run)
        await h.settle()
        await h.ask("delete", **run)
        await h.settle()
        assert await undone(h) == []


async def test_a_handler_has_retries_and_a_timeout_of_its_own(house: Make) -> None:
    source = saga(
        f"""
        async def hangs(given): await asyncio.sleep(3_600)
        async def shaky(given): await world.undo(given["stepName"], key="shaky", fail_first=1)
        await do("a")
        await do("b", rollback=shaky, rollback_config={TWICE})
        await do("c", rollback=hangs, rollback_config={{**{TWICE}, "timeout": "10 seconds"}})
        raise ValueError("no")
        """
    ).replace('"c", rollback=hangs', '"c", rollback=None if event["payload"] else hangs')
    async with house() as h:
        run = await h.run(source, payload=1)
        assert (await h.status(run))["status"] == "running"
        await h.advance(4_999)
        assert (await h.status(run))["status"] == "running"
        await h.advance(1)
        assert (await h.status(run))["rollback"] == {"outcome": "complete", "error": None}
        assert await undone(h) == ["b-1", "b-1", "a-1"]
        run = await h.run(source, id="hangs")
        await h.advance(10_000)
        assert (await h.kinds(run))[-1] == "step.failed rollback:c-1 1"
        await h.advance(15_000)
        status = await h.status(run)
        assert (status["status"], status["error"]["message"]) == ("errored", "no")
        error = {"name": "WorkflowTimeoutError", "message": "Execution timed out after 10000ms"}
        assert status["rollback"] == {"outcome": "failed", "error": error}
        assert await row(h, run, "rollback.ended") | {"error": None} == {
            "outcome": "failed", "completed": 0, "error": None,
        }  # fmt: skip


async def test_the_first_handler_that_fails_for_good_stops_the_chain(house: Make) -> None:
    source = saga(
        """
        async def gives_up(given): raise NonRetryableError("cannot be undone")
        await do("a")
        await do("b", rollback=gives_up)
        await do("c")
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert await undone(h) == ["c-1"]
        assert (await tail(h, run))[-4:] == [
            "step.started rollback:b-1 1", "step.failed rollback:b-1 1", "rollback.ended", "errored",
        ]  # fmt: skip
        status = await h.status(run)
        assert status["error"]["message"] == "no"
        error = {"name": "NonRetryableError", "message": "cannot be undone"}
        assert status["rollback"] == {"outcome": "failed", "error": error}
        assert (await row(h, run, "rollback.ended"))["completed"] == 1


async def test_handlers_do_not_count_toward_the_step_limit_and_run_by_the_defaults(house: Make) -> None:
    async with house(limits=Limits(steps=2)) as h:
        run = await h.run(saga('await do("a")\nawait do("b")\nawait do("c")'))
        assert (await h.status(run))["error"]["message"].startswith("The limit of 2 steps")
        assert await undone(h) == ["b-1", "a-1"]
        rows = (await h.ask("history", **run))["rows"]
        [data] = [row["data"] for row in rows if row["kind"] == "step.started" and row["key"] == "rollback:a-1"]
        retries = {"limit": 5, "delay": 10_000, "backoff": "exponential"}
        assert json.loads(data) == {"config": {"retries": retries, "timeout": "10 minutes"}}


@pytest.mark.parametrize("call", ['step.do("x")(work)()', 'step.wait_for_event("x", "x")', 'step.sleep("x", 5)'])
async def test_a_handler_can_make_no_steps(house: Make, call: str) -> None:
    source = flow(
        f"""
        async def undo(given):
            async def work(): return 1
            try:
                await {call}
            except Exception as error:
                await self.env.WORLD.told(type(error).__name__, str(error))
        await step.do("a", rollback=undo)(lambda: 1)()
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert await calls(h, "told") == [["WorkflowFatalError", "Cannot execute steps during rollback phase"]]
        assert (await h.status(run))["rollback"]["outcome"] == "complete"


WAITS = saga(
    """
    await do("a")
    async def long():
        await world.begin()
        await asyncio.sleep(60)
    other = asyncio.create_task(do("long", long))
    await do("b")
    await step.wait_for_event("go", "go")
    """
)
TERMINATED = {"name": "Terminated", "message": "Instance terminated during rollback"}


async def test_terminate_with_rollback_undoes_what_started_and_then_terminates(house: Make) -> None:
    async with house() as h:
        run = await h.run(WAITS)
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        assert await undone(h) == ["long-1", "b-1", "a-1"]
        assert (await h.kinds(run))[-10:-8] == ["step.failed do:long-1 1", "rollback.started"]
        started = await row(h, run, "rollback.started")
        assert started == {"error": TERMINATED, "total": 3, "then": "terminated"}
        status = await h.status(run)
        assert (status["status"], status["error"]) == ("terminated", None)
        assert status["rollback"] == {"outcome": "complete", "error": None}
        assert len(await calls(h, "begin")) == 1
        with pytest.raises(Refused, match="instance.cannot_terminate"):
            await h.ask("terminate", **run, rollback=True)


async def test_terminate_with_rollback_and_nothing_to_undo_terminates_at_once(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.wait_for_event("go", "go")'))
        await h.ask("terminate", **run, rollback=True)
        assert (await h.kinds(run))[-1] == "terminated"
        assert (await h.status(run))["rollback"] is None
