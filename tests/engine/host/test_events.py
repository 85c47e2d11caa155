"""The reference's log codes as a view of history (semantics B.12)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from dynamic_workflows.host.history.core import SELECT_HISTORY
from dynamic_workflows.host.history.events import View, log, rendered
from dynamic_workflows.host.history.instance import HistoryRow
from tests.engine.host.harness import House, flow
from tests.engine.host.test_subscription import FAILS, busy

Make = Callable[..., House]


async def rows(h: House, uid: int = 1) -> list[HistoryRow]:
    return [HistoryRow(*row) for row in await h.engine.core.submit(lambda tx: tx.query(SELECT_HISTORY, (uid,)))]


async def test_the_codes_of_a_busy_run(house: Make) -> None:
    async with house() as h:
        await busy(h)
        entries = log(await rows(h))
        assert [entry["event"] for entry in entries] == [
            0, 1, 5, 10, 12, 10, 11, 6, 5, 10, 11, 6, 8, 9, 14, 15, 14, 16, 2
        ]  # fmt: skip
        assert [entry["target"] for entry in entries[:3]] == [None, None, "flaky-1"]
        assert entries[2]["group"] == "do:flaky-1"
        by_code = {entry["event"]: entry["metadata"] for entry in reversed(entries)}
        assert by_code[0]["params"] == {"n": 1}
        assert by_code[0]["trigger"] == 1
        assert by_code[2] == {"result": [7]}
        assert by_code[6] == {"result": "[Uint8Array(2 bytes)]"}
        assert by_code[8] == {"durationMs": 2_000}
        assert by_code[12] == {"attempt": 1, "error": {"name": "ValueError", "message": "no"}, "retryDelayMs": 500}
        assert by_code[14] == {"event": "go"}
        assert {**by_code[15], "timestamp": 0} == {"timestamp": 0, "payload": 7, "type": "go"}
        assert by_code[16] == {"name": "WorkflowTimeoutError", "message": "Execution timed out after 1000ms"}
        assert [entry["metadata"].get("result") for entry in entries if entry["event"] == 6][1] == "[REDACTED]"
        json.dumps(entries)


async def test_a_failed_step_and_the_latest_life_only(house: Make) -> None:
    async with house() as h:
        run = await h.run(FAILS)
        await h.ask("restart", **run)
        await h.settle()
        entries = log(await rows(h))
        assert [entry["event"] for entry in entries] == [0, 1, 5, 10, 12, 7, 3]
        assert entries[5]["metadata"] == {}
        assert entries[6]["metadata"] == {"error": {"name": "ValueError", "message": "no"}}


async def test_any_prefix_says_the_same_as_the_whole(house: Make) -> None:
    async with house() as h:
        await busy(h)
        whole = await rows(h)
        entries = log(whole)
        for end in range(len(whole)):
            part = log(whole[:end])
            assert part == entries[: len(part)]


async def test_rollbacks_have_codes_and_types_of_their_own(house: Make) -> None:
    source = flow(
        """
        once = {"retries": {"limit": 0, "delay": 0}}
        def good(): pass
        def bad(): raise ValueError("stuck")
        for name, undo in {"c": good, "a": bad, "b": good}.items():
            await step.do(name, rollback=undo, rollback_config=once)(lambda: 1)()
        @step.do("fails", rollback=good, config=once)
        async def fails():
            raise ValueError("no")
        await fails()
        """
    )
    async with house() as h:
        await h.run(source)
        history = await rows(h)
        view = View()
        entries = [entry for item in history for entry in view.take(item)]
        own = [entry for entry in entries if "rollback" in entry.type]
        assert [(entry.code, entry.type, entry.target) for entry in own] == [
            (17, "rollback_started", None),
            (18, "rollback_step_started", "fails-1"), (19, "rollback_attempt_started", "fails-1"),
            (20, "rollback_attempt_completed", "fails-1"), (22, "rollback_step_completed", "fails-1"),
            (18, "rollback_step_started", "b-1"), (19, "rollback_attempt_started", "b-1"),
            (20, "rollback_attempt_completed", "b-1"), (22, "rollback_step_completed", "b-1"),
            (18, "rollback_step_started", "a-1"), (19, "rollback_attempt_started", "a-1"),
            (21, "rollback_attempt_errored", "a-1"), (23, "rollback_step_errored", "a-1"),
            (25, "rollback_errored", None),
        ]  # fmt: skip
        assert own[0].metadata == {"triggerError": {"name": "ValueError", "message": "no"}, "totalSteps": 4}
        assert own[4].fields == own[4].metadata == {}
        assert own[12].fields == {"error": {"name": "ValueError", "message": "stuck"}}
        assert own[-1].metadata == {"totalSteps": 4, "completedSteps": 2}
        assert entries[-1].type == "workflow_errored"
        noted = [entry.code for entry in entries if entry.metadata.get("hasRollback")]
        assert noted == [5, 6, 5, 6, 5, 6, 5, 7]
        assert [entry["event"] for entry in log(history)][-2:] == [25, 3]


async def test_a_rollback_that_succeeds_before_a_run_is_terminated(house: Make) -> None:
    source = flow(
        """
        await step.do("a", rollback=lambda: None)(lambda: 1)()
        await step.sleep("nap", "1 hour")
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        entries = log(await rows(h))
        assert [entry["event"] for entry in entries][-7:] == [17, 18, 19, 20, 22, 24, 4]
        assert entries[-2]["metadata"] == {"totalSteps": 1, "completedSteps": 1}


def test_values_are_rendered_as_json_can_show_them() -> None:
    assert rendered({"a": (b"xyz", {1}), "b": [datetime(2026, 11, 21)]}) == {
        "a": ["[Uint8Array(3 bytes)]", [1]],
        "b": ["2026-11-21T00:00:00"],
    }
