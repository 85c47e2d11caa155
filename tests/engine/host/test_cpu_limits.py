"""CPU limits over scripted ports: who is blamed for a silent sandbox, and when."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dynamic_workflows.host.clocks import passes
from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.host.running.loader import EntrypointStub
from dynamic_workflows.shared.errors import CpuTimeExceeded, WorkflowTimeoutError
from tests.engine.host.test_ports import Bench, bench, start


def stub(b: Bench, limits: dict[str, int] | None = None, own: dict[str, int] | None = None) -> EntrypointStub:
    code = WorkerCode(main_module="main.py", modules={"main.py": ""}, limits=limits)
    return b.platform.engine.loader.get("main", lambda: code).get_entrypoint(limits=own)


@pytest.mark.parametrize(
    ("code", "call", "after"),
    [(None, 200, 200), (200, None, 200), (300, 200, 200), (200, 300, 200), (None, None, 1_000)],
)
async def test_a_call_that_is_silent_for_longer_than_the_lower_limit_is_ended(
    tmp_path: Path, code: int | None, call: int | None, after: int
) -> None:
    async with bench(tmp_path) as b:
        limits, own = ({"cpuMs": one} if one else None for one in (code, call))
        asked = asyncio.ensure_future(stub(b, limits, own).spin())
        await passes(200)
        await b.clock.advance(after - 1)
        assert not asked.done()
        await b.clock.advance(after + 300)
        kind, text = (WorkflowTimeoutError, "a call of it kept its sandbox busy") if after == 1_000 else (
            CpuTimeExceeded, "Worker exceeded CPU time limit: 200 ms without a pause")  # fmt: skip
        with pytest.raises(kind, match=text):
            await asked


async def test_a_call_that_answers_pings_may_take_its_time(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        asked = asyncio.ensure_future(stub(b, {"cpuMs": 200}).rest())
        await passes(200)
        port = b.ports.opened[-1]
        for _ in range(40):
            await b.clock.advance(50)
            port.say({"k": "pong", "re": 0})
        assert not asked.done()
        number = port.last("invoke")["n"]
        port.say({"k": "returned", "re": number, "value": "5"}, {"k": "done", "re": number})
        await passes(200)
        assert await asked == 5


async def test_a_run_is_not_blamed_for_a_call_beside_it(tmp_path: Path) -> None:
    async with bench(tmp_path, cpu_turn=10_000) as b:
        run, port, number = await b.start()
        port.say(start(number))
        await passes(200)
        [worker] = b.platform.engine.workers
        beside = b.platform.engine.loader.get(worker.loader_id, lambda: worker.code)
        asked = asyncio.ensure_future(beside.get_entrypoint(limits={"cpuMs": 200}).spin())
        await passes(200)
        await b.clock.advance(1_000)
        with pytest.raises(CpuTimeExceeded):
            await asked
        rows = (await b.ask("history", **run))["rows"]
        [failed] = [row["data"] for row in rows if row["kind"] == "step.failed"]
        assert '"interrupted":true' in failed
