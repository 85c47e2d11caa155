"""Long values of a memo: named there, and sent when code asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from dynamic_workflows.shared.protocol import decode_frame
from tests.engine.host.harness import SECOND, House, flow

Make = Callable[..., House]


@pytest.mark.parametrize("sensitive", [False, True])
async def test_a_run_that_goes_on_asks_for_the_long_values_it_reads(
    house: Make, sensitive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = flow(
        f"""
        @step.do("long", config={{"sensitive": "output"}} if {sensitive} else None)
        async def long(ctx):
            return "x" * 500_000 + str(ctx["step"]["count"])
        one = await long()
        await step.sleep("nap", "1 hour")
        two = await long()
        return [len(one), one[-1], two[-1]]
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.crash()
        posted: list[str] = []
        opened = h.sandboxes.open

        async def spy(*args: object) -> object:
            sandbox = await opened(*args)  # type: ignore[arg-type]
            post = sandbox.post
            sandbox.post = lambda text: (posted.append(text), post(text))[1]  # type: ignore[method-assign, func-returns-value]
            return sandbox

        monkeypatch.setattr(h.sandboxes, "open", spy)
        await h.advance(3_600 * SECOND)
        assert json.loads((await h.status(run))["output"]) == [500_001, "1", "2"]
        messages = [message for text in posted for message in decode_frame(text).messages]
        (memo,) = [message["entries"] for message in messages if message["k"] == "memo"]
        assert memo[0] == ["do:long-1", memo[0][1], {"r": 500_003}]
        assert [len(message["value"]) for message in messages if message["k"] == "value"] == [500_003]
