"""What tests make of a workflow: the example suite of the introspection API, and how its mocks combine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from dynamic_workflows.testing import Modifier, introspect_workflow, introspect_workflow_instance
from tests.conformance.case import Stage, case

MODERATOR = """
class Moderator(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("scan", config={"retries": {"limit": 3, "delay": "10 minutes", "backoff": "constant"}})
        async def scan():
            raise RuntimeError("no model here")

        @step.do("apply")
        async def apply(scan):
            return f"applied {scan['score']}"

        score = (await scan())["score"]
        await step.sleep("cool down", "1 day")
        if score < 10:
            return {"status": "auto_approved"}
        if score > 90:
            return {"status": "auto_rejected"}
        decision = await step.wait_for_event("decision", "moderation", timeout="7 days")
        await apply()
        return {"status": decision.payload["status"]}
"""
TO_PERSON = {"score": 50}


def hurried(score: int) -> Callable[[Modifier], Modifier]:
    """Return a modification that scans with this score and sleeps no time."""
    return lambda m: m.disable_sleeps().mock_step_result("scan", {"score": score})


@case(MODERATOR)
async def a_mocked_result_approves(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:

        async def modify(m: Modifier) -> None:
            await m.disableSleeps([{"name": "cool down"}])
            await m.mockStepResult({"name": "scan"}, {"score": 0})

        await one.modify(modify)
        await s.flow.create({"id": "one"})
        assert await one.wait_for_step_result({"name": "scan"}) == {"score": 0}
        await one.wait_for_status("complete")
        assert await one.get_output() == {"status": "auto_approved"}
        rows = await (await s.handle("one")).history()
        assert [row["kind"] for row in rows if row["kind"] != "engine_started"] == [
            "queued", "started", "step.started", "step.completed", "sleep.started", "sleep.completed", "completed",
        ]  # fmt: skip
        assert '"duration":86400000' in next(row["data"] for row in rows if row["kind"] == "sleep.started")


@case(MODERATOR)
async def two_mocked_failures_come_before_the_mocked_result(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(
            lambda m: (
                m.disable_sleeps()
                .disable_retry_delays()
                .mock_step_error("scan", {"name": "Busy", "message": "try later"}, 1)
                .force_step_timeout("scan", 1)
                .mock_step_result("scan", {"score": 5})
            )
        )
        run = await s.create(id="one")
        assert await one.get_output() == {"status": "auto_approved"}
        assert [kind for kind in await s.kinds(run) if "do:scan" in kind] == [
            "step.started do:scan-1 1", "step.failed do:scan-1 1",
            "step.started do:scan-1 2", "step.failed do:scan-1 2",
            "step.started do:scan-1 3", "step.completed do:scan-1 3",
        ]  # fmt: skip
        log = [row["data"] for row in await (await s.handle(run)).history() if row["kind"] == "step.failed"]
        assert "try later" in log[0]
        assert "Execution timed out after 0ms" in log[1]
        assert all('"delay":600000' in data for data in log), "the configured delay is what history has"


@case(MODERATOR)
async def a_mocked_result_rejects(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(hurried(99))
        await s.create(id="one")
        assert await one.get_output() == {"status": "auto_rejected"}


@case(MODERATOR)
async def a_mocked_event_approves(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(hurried(50))
        await one.modify(lambda m: m.mock_event({"type": "moderation", "payload": {"status": "moderated"}}))
        await s.create(id="one")
        assert await one.wait_for_step_result("apply", index=1) == "applied 50"
        assert await one.get_output() == {"status": "moderated"}


@case(MODERATOR)
async def disabled_retry_delays_leave_the_attempts(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(lambda m: m.disable_retry_delays([{"name": "scan", "index": 1}]))
        run = await s.create(id="one")
        assert await one.get_error() == {"name": "RuntimeError", "message": "no model here"}
        assert sum(kind.startswith("step.started") for kind in await s.kinds(run)) == 4


@case(MODERATOR)
async def a_forced_event_timeout_ends_the_instance_with_an_error(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(hurried(50))
        await one.modify(lambda m: m.force_event_timeout({"name": "decision"}))
        await one.modify(lambda m: m.mock_event({"type": "moderation", "payload": {"status": "never seen"}}))
        await s.create(id="one")
        await one.wait_for_status("errored")
        error = await one.get_error()
        assert error["name"] == "Error"
        assert "Execution timed out" in error["message"]


@case(MODERATOR)
async def a_session_modifies_every_instance_of_a_batch(s: Stage) -> None:
    async with introspect_workflow(s.flow) as session:
        await session.modify_all(hurried(50))
        await session.modify_all(lambda m: m.mock_event({"type": "moderation", "payload": {"status": "all"}}))
        await s.flow.create_batch([{"id": "a"}, {"id": "b"}, {"id": "c"}])
        instances = session.get()
        assert [one.id for one in instances] == ["a", "b", "c"]
        await asyncio.gather(*(one.wait_for_status("complete") for one in instances))
        assert [await one.get_output() for one in instances] == [{"status": "all"}] * 3
        assert session.get() == instances


@case(MODERATOR)
async def mocks_survive_a_restart_and_a_crash(s: Stage) -> None:
    one = await introspect_workflow_instance(s.flow, "one")
    await one.modify(hurried(50))
    await one.modify(lambda m: m.mock_event({"type": "moderation", "payload": {"status": "moderated"}}))
    run = await s.create(id="one")
    first = await s.kinds(run)
    await (await s.handle(run)).restart()
    await s.settle()
    assert await s.output(run) == {"status": "moderated"}
    assert [kind.replace("restarted", "queued") for kind in await s.kinds(run)] == first
    await s.crash()
    await (await s.handle(run)).restart({"from": {"name": "cool down", "type": "sleep"}})
    await s.settle()
    assert await s.output(run) == {"status": "moderated"}
    again = [kind.replace("restarted", "queued") for kind in await s.kinds(run)]
    assert sorted(again) == sorted(first)
    assert again.index("step.completed do:scan-1 1") < again.index("started"), "the scan was kept"


@case(MODERATOR)
async def an_introspected_instance_can_be_paused_resumed_and_terminated(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(lambda m: m.mock_step_result("scan", TO_PERSON))
        await s.flow.create({"id": "one"})
        await one.wait_for_step_result("scan")
        handle = await s.handle("one")
        await handle.pause()
        await one.wait_for_status("paused")
        await handle.resume()
        await one.wait_for_status("running")
        await handle.terminate()
        await one.wait_for_status("terminated")


@case("""
class Falsy(WorkflowEntrypoint):
    async def run(self, event, step):
        found = []
        for n in range(5):
            @step.do("value")
            async def value():
                return "real"

            found.append(await value())
        return found
""")
async def falsy_results_are_mocked_like_any_other(s: Stage) -> None:
    falsy = [0, "", False, None, []]
    async with introspect_workflow_instance(s.flow, "one") as one:

        def modify(m: Modifier) -> None:
            for index, value in enumerate(falsy, start=1):
                m.mock_step_result({"name": "value", "index": index}, value)

        await one.modify(modify)
        await s.create(id="one")
        output = await one.get_output()
        assert output == falsy
        assert [type(value) for value in output] == [type(value) for value in falsy]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("work", config={"retries": {"limit": 9, "delay": 0}})
        async def work(ctx):
            return ctx["attempt"]

        return await work()
""")
async def what_is_mocked_of_an_attempt_goes_by_error_timeout_result_callback(s: Stage) -> None:
    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(lambda m: m.mock_step_error("work", ValueError("one"), 1).force_step_timeout("work", 2))
        run = await s.create(id="one")
        failed = [row["data"] for row in await (await s.handle(run)).history() if row["kind"] == "step.failed"]
        assert ["one" in data or "0ms" in data for data in failed] == [True] * 3
        assert await one.get_output() == 4, "after the mocked attempts the callback runs"
    async with introspect_workflow_instance(s.flow, "two") as two:
        await two.modify(lambda m: m.force_step_timeout("work", 2).mock_step_error("work", ValueError("always")))
        await s.create(id="two")
        assert await two.get_error() == {"name": "ValueError", "message": "always"}
        failed = [row["data"] for row in await (await s.handle("two")).history() if row["kind"] == "step.failed"]
        assert len(failed) == 10
        assert all("always" in data for data in failed), "an error without times is every attempt's"


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("export")
        async def export():
            yield b"real"

        @step.do("count")
        async def count(export):
            return [len(piece) async for piece in export]

        return sum(await count())
""")
async def a_stream_is_mocked_by_a_stream(s: Stage) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for n in range(5):
            yield bytes([n]) * 100_000

    async with introspect_workflow_instance(s.flow, "one") as one:
        await one.modify(lambda m: m.mock_step_result("export", pieces()))
        await s.create(id="one")
        assert await one.get_output() == 500_000
        assert await one.wait_for_step_result("export") == b"".join([piece async for piece in pieces()])
