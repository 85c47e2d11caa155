"""What a run prints and logs is told by step, and from where a reader stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.host.harness import House, Refused, flow

Make = Callable[..., House]
TALKS = flow(
    """
    import logging
    print("before")
    for n in range(2):
        @step.do("talk")
        async def talk():
            logging.getLogger("tenant").warning("in step %d", n)
        await talk()
    """
)


async def test_logs_are_told_whole_by_step_and_after_a_position(house: Make) -> None:
    async with house() as h:
        run = await h.run(TALKS)
        rows = await h.ask("logs", **run)
        assert [(row["key"], row["attempt"], row["level"], row["text"]) for row in rows] == [
            (None, None, "info", "before"),
            ("do:talk-1", 1, "warning", "in step 0"),
            ("do:talk-2", 1, "warning", "in step 1"),
        ]
        assert await h.ask("logs", **run, key="do:talk-2") == rows[2:]
        assert await h.ask("logs", **run, after=rows[0]["pos"]) == rows[1:]
        assert await h.ask("logs", **run, key="do:talk-1", after=rows[1]["pos"]) == []


async def test_a_position_or_key_of_another_kind_is_refused(house: Make) -> None:
    async with house() as h:
        run = await h.run(TALKS)
        for wrong in ("1", True):
            with pytest.raises(Refused, match=f"after is the pos of a log row, not {wrong!r}"):
                await h.ask("logs", **run, after=wrong)
        for verb in ("logs", "skip", "retry_now"):
            with pytest.raises(Refused, match="key is the key of a step, like do:charge card-1, not 3"):
                await h.ask(verb, **run, key=3)
