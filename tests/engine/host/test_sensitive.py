"""Steps with a sensitive output: the workflow's code gets it, nobody else sees it (semantics B.8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host.harness import SECOND, House, flow
from tests.engine.host.test_lifecycle import start

Make = Callable[..., House]
SECRET = "hunter2"
LOGIN = flow(
    """
    @step.do("login", config={"sensitive": "output"})
    async def login(ctx):
        return {"token": "hunter" + str(2), "sensitive": ctx["config"]["sensitive"], "raw": b"x"}

    @step.do("use")
    async def use(login):
        return len(login["token"])

    token = await login()
    await step.sleep("nap", "1 hour")
    return [await use(), len(token["token"]), token["sensitive"], token["raw"] == b"x"]
    """
)
OUTPUT = [7, 7, "output", True]


async def seen(h: House, run: dict[str, Any]) -> str:
    """Return everything the outside can see of a run, as text."""
    answers = [await h.ask(verb, **run) for verb in ("status", "history", "logs")]
    return json.dumps([answers, h.events, await h.ask("runs"), await h.ask("ledger")])


async def sealed(h: House) -> list[tuple[Any, ...]]:
    return await h.engine.core.submit(lambda tx: tx.query("select uid, seq, value from sealed order by seq"))


async def test_its_value_is_in_the_sealed_table_only_and_everybody_else_sees_it_redacted(house: Make) -> None:
    source = flow(
        """
        @step.do("login", config={"sensitive": "output"})
        async def login():
            return "hunter" + str(2)
        await login()
        await step.sleep("nap", 1000)
        return len(await login())
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(SECOND)
        rows = (await h.ask("history", **run))["rows"]
        assert [row["data"] for row in rows if row["kind"] == "step.completed"] == ['"[REDACTED]"'] * 2
        told = [row for event in h.events for row in event.get("rows", [])]
        assert [row["data"] for row in told if row["kind"] == "step.completed"] == ['"[REDACTED]"'] * 2
        assert SECRET not in await seen(h, run)
        stored = await h.engine.core.submit(
            lambda tx: tx.query("select data from history where kind = 'step.completed'")
        )
        assert stored == [(None,), (None,)]
        assert [value for _, _, value in await sealed(h)] == [f'"{SECRET}"'] * 2
        instance = await h.engine.workflow("flow").scoped("acme").get(run["id"])
        assert [row["data"] for row in await instance.history() if row["kind"] == "step.completed"] == [
            '"[REDACTED]"'
        ] * 2


async def test_it_is_passed_downstream_and_survives_a_crash(house: Make) -> None:
    async with house() as h:
        run = await h.run(LOGIN)
        await h.crash()
        await h.advance(3_600 * SECOND)
        assert json.loads((await h.status(run))["output"]) == OUTPUT
        assert (await h.kinds(run)).count("step.started do:login-1 1") == 1


async def test_it_is_kept_over_a_restart_from_a_later_step(house: Make) -> None:
    async with house() as h:
        run = await h.run(LOGIN)
        await h.advance(3_600 * SECOND)
        await h.ask("restart", **run, **start("use"))
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == OUTPUT
        await h.crash()
        await h.ask("restart", **run, **start("nap", type="sleep"))
        await h.advance(3_600 * SECOND)
        assert json.loads((await h.status(run))["output"]) == OUTPUT
        assert len(await sealed(h)) == 3
        assert SECRET not in await seen(h, run)
        await h.ask("delete", **run)
        assert await sealed(h) == []


async def test_its_errors_are_not_redacted(house: Make) -> None:
    source = flow(
        """
        @step.do("login", config={"sensitive": "output"})
        async def login():
            raise NonRetryableError("wrong password")
        await login()
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert (await h.status(run))["error"]["message"] == "wrong password"
        assert "wrong password" in await seen(h, run)


async def test_what_the_first_attempt_recorded_wins_over_what_code_says_later(house: Make) -> None:
    source = flow(
        """
        config = {"retries": {"limit": 1, "delay": "1 hour"}}
        if event["payload"]["first"]:
            event["payload"]["first"] = False
            config["sensitive"] = "output"
        @step.do("login", config=config)
        async def login(ctx):
            if ctx["attempt"] == 1:
                raise ValueError("no")
            return "hunter" + str(2)
        return len(await login())
        """
    )
    async with house() as h:
        run = await h.run(source, {"first": True})
        await h.advance(3_600 * SECOND)
        assert (await h.status(run))["output"] == "7"
        assert SECRET not in await seen(h, run)


async def test_a_missing_sealed_value_is_a_corrupt_output(house: Make) -> None:
    async with house() as h:
        run = await h.run(LOGIN)
        await h.engine.core.submit(lambda tx: tx.execute("delete from sealed"))
        await h.crash()
        await h.advance(3_600 * SECOND)
        error = (await h.status(run))["error"]
        assert error["message"] == "Stored output for login-1 is corrupt or incomplete."


@pytest.mark.parametrize("crashes", [False, True])
@pytest.mark.parametrize("ends", ["raises", "terminated"])
async def test_its_rollback_gets_it_and_nobody_else_does(house: Make, ends: str, crashes: bool) -> None:
    source = flow(
        """
        async def undo(given):
            await self.env.WORLD.undone(len(given.output["token"]), given["ctx"]["config"]["retries"])
        config = {"sensitive": "output", "retries": {"limit": 1, "delay": lambda: 5}}
        @step.do("login", rollback=undo, config=config)
        async def login():
            return {"token": "hunter" + str(2)}
        await login()
        await step.sleep("nap", "1 hour")
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        if crashes:
            await h.crash()
        if ends == "raises":
            await h.advance(3_600 * SECOND)
        else:
            await h.ask("terminate", **run, rollback=True)
            await h.settle()
        assert (await h.status(run))["rollback"] == {"outcome": "complete", "error": None}
        (call,) = await h.ask("ledger")
        assert json.loads(call["args"]) == [7, {"limit": 1, "backoff": "exponential"}]
        assert SECRET not in await seen(h, run)
