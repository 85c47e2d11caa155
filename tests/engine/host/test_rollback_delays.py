"""A function as the delay of a rollback's retries (semantics B.6, B.10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host.harness import SECOND, House, flow

Make = Callable[..., House]


def undoing(delay: str, *, times: int = 2) -> str:
    """Return a workflow that fails, and whose step can be undone at the third attempt."""
    return flow(
        f"""
        {delay}
        tried = []
        async def undo(given):
            await self.env.WORLD.undo(given["ctx"]["step"]["name"])
            tried.append(1)
            if len(tried) <= {times}:
                raise ValueError("not yet " + str(len(tried)))
        retries = {{"limit": 2, "delay": delay, "backoff": "linear"}}
        @step.do("pay", rollback=undo, rollback_config={{"retries": retries, "timeout": 1000}})
        async def pay():
            return "paid"
        await pay()
        raise RuntimeError("no stock")
        """
    )


async def failures(h: House, run: dict[str, Any]) -> list[dict[str, Any]]:
    rows = (await h.ask("history", **run))["rows"]
    return [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]


async def test_it_says_when_the_handler_is_tried_again(house: Make) -> None:
    delay = "def delay(ctx, error): print(ctx, error); return 1000 * ctx['attempt']"
    async with house() as h:
        run = await h.run(undoing(delay))
        await h.advance(SECOND - 1)
        assert len(await failures(h, run)) == 1
        await h.advance(1)
        assert [failure["delay"] for failure in await failures(h, run)] == [1_000, 4_000]
        await h.advance(4 * SECOND)
        status = await h.status(run)
        assert (status["status"], status["rollback"]) == ("errored", {"outcome": "complete", "error": None})
        step = "{'name': 'pay', 'count': 1}"
        config = "{'retries': {'limit': 2, 'backoff': 'linear'}, 'timeout': 1000}"
        assert [row["text"] for row in await h.ask("logs", **run)] == [
            f"{{'step': {step}, 'attempt': {n}, 'config': {config}}} not yet {n}" for n in (1, 2)
        ]


async def test_it_is_found_again_after_a_crash(house: Make) -> None:
    async with house() as h:
        run = await h.run(undoing("delay = lambda ctx: '3 seconds'", times=1))
        assert [failure["delay"] for failure in await failures(h, run)] == [3_000]
        await h.crash()
        await h.advance(3 * SECOND)
        assert [failure["delay"] for failure in await failures(h, run)] == [3_000, 6_000]
        await h.crash()
        await h.advance(6 * SECOND)
        assert (await h.status(run))["rollback"]["error"] == {"name": "ValueError", "message": "not yet 1"}


@pytest.mark.parametrize(
    ("delay", "reason"),
    [
        ("def delay(): raise KeyError('rate')", "threw an error: 'rate'"),
        ("delay = lambda: -1",
         'returned an invalid delay value (expected a number of ms or a duration string like "30 seconds")'),
        ("async def delay(): await asyncio.sleep(6)", "did not return within 5 seconds"),
    ],
)  # fmt: skip
async def test_one_that_fails_ends_the_rollback(house: Make, delay: str, reason: str) -> None:
    async with house() as h:
        run = await h.run(undoing(delay))
        await h.advance(5 * SECOND)
        text = f'The delay function for step "pay-1" {reason}'
        error = {"name": "NonRetryableDelayError", "message": text}
        assert (await h.status(run))["rollback"] == {"outcome": "failed", "error": error}
        assert (await h.status(run))["error"]["message"] == "no stock"
        assert await h.ledger(tenant="acme") == {"undo": (1, 1)}
