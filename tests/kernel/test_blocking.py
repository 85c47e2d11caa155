"""Tenant code that is not async and needs an answer: its Python stack stands still (JSPI), or a clear error says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.kernel.conftest import ready
from tests.kernel.test_kernel import address, ask, ended
from tests.kernel.workflows import order

HEAD = """
import asyncio, time
from pyodide.ffi import can_run_sync, run_sync
from workers import WorkflowEntrypoint

class Blocking(WorkflowEntrypoint):
    async def run(self, event, step):
"""
# Plain functions that wait inside C code, beside each other, for calls, for steps and for time.
EVERYWHERE = (
    HEAD
    + """
        @step.do("sorted")
        def in_sorted():
            def answer(n):
                return run_sync(self.env.WORLD.ask(n, key=str(n)))["id"]
            return sorted([1, 2, 3], key=answer, reverse=True)

        def block(n):
            @step.do(f"block {n}")
            def one():
                print("before", n)
                id = run_sync(self.env.WORLD.pay(n, key=f"pay {n}"))["id"]
                time.sleep((20 - n) / 1000)
                print("after", n)
                return [n, id, can_run_sync()]
            return one()

        def helper():
            run_sync(step.sleep("nap", 10))
            return run_sync(step.do("inner")(lambda: "inner")())

        beside = await asyncio.gather(*(block(n) for n in range(20)))
        return [await in_sorted(), helper(), beside, can_run_sync()]
"""
)
WAITS = (
    HEAD
    + """
        @step.do("once")
        def once():
            return run_sync(self.env.WORLD.once())["id"]
        first = await once()
        said = run_sync(step.wait_for_event("go", "go"))["payload"]
        @step.do("slow", config={"retries": {"limit": 0, "delay": 0}, "timeout": 300})
        def slow():
            run_sync(asyncio.sleep(3600))
        try:
            await slow()
        except Exception as error:
            return [first, said, type(error).__name__]
"""
)
PLAIN = (
    HEAD
    + """
        @step.do("block", config={"retries": {"limit": 0, "delay": 0}})
        def block():
            time.sleep(0.001)
            return run_sync(self.env.WORLD.reserve("lamp"))
        assert not can_run_sync()
        return await block()
"""
)


@pytest.fixture
def kernel(page: Page, site: str, database: str) -> Page:
    page.goto(f"{site}pages/kernel.html?database={database}")
    return ready(page)


def logged(page: Page, run: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lines of each step."""
    found: dict[str, list[str]] = {}
    for line in ask(page, "logs", **address(run)):
        found.setdefault(line["key"], []).append(line["text"])
    return found


def test_plain_functions_wait_for_answers_beside_each_other(kernel: Page) -> None:
    run = ask(kernel, "run", **order(EVERYWHERE))
    summary = ended(kernel, run)
    assert summary["status"] == "complete", summary
    in_sorted, helped, beside, could = json.loads(summary["output"])
    assert (in_sorted, helped, could) == ([3, 2, 1], "inner", True)
    assert [(n, can) for n, _, can in beside] == [(n, True) for n in range(20)]
    lines = logged(kernel, run)  # what each wrote is its own, however they took turns
    assert {n: lines[f"do:block {n}-1"] for n in range(20)} == {n: [f"before {n}", f"after {n}"] for n in range(20)}
    assert [(row["asked"], row["done"]) for row in ask(kernel, "ledger")] == [(1, 1)] * 23


def test_who_stands_still_is_let_go_replayed_and_timed_out_like_others(kernel: Page) -> None:
    run = ask(kernel, "run", **order(WAITS))
    kernel.wait_for_function("events.some(event => event.rows?.some(row => row.kind === 'wait.started'))")
    kernel.evaluate("run => kernel.kill('sandbox', run)", address(run))
    ask(kernel, "send_event", **address(run), type="go", payload=7)
    assert json.loads(ended(kernel, run)["output"]) == ["once-1", 7, "WorkflowTimeoutError"]
    after = ask(kernel, "run", **order(WAITS))  # in the same sandbox, with nobody standing still in it any more
    ask(kernel, "send_event", **address(after), type="go", payload=8)
    assert json.loads(ended(kernel, after)["output"])[1:] == [8, "WorkflowTimeoutError"]


def test_without_a_way_to_stand_still_the_error_says_to_await(page: Page, site: str, database: str) -> None:
    def deprive(route: Route) -> None:
        body = f"delete WebAssembly.Suspending;{route.fetch().text()}"
        route.fulfill(body=body, content_type="text/javascript")

    page.route("**/runtime/*/sandbox-worker.js", deprive)
    page.goto(f"{site}pages/kernel.html?database={database}")
    ready(page)
    failed = ended(page, ask(page, "run", **order(PLAIN)))
    assert failed["status"] == "errored"
    assert (
        "run_sync() cannot wait here: this sandbox has no way to let Python stand still" in failed["error"]["message"]
    )
    assert "Make the function async def, and await." in failed["error"]["message"]
