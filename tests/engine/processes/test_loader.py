"""The loader's tests once more, with guests in processes, and a CPU limit that only a real process can run into."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.clocks import SeededEntropy, SystemClock
from dynamic_workflows.host.engine import Engine
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.shared.errors import CpuTimeExceeded
from dynamic_workflows.subprocesses import SubprocessSandboxes
from tests.engine.host import test_dynamic, test_invocations, test_loader, test_nested
from tests.engine.host.harness import House
from tests.engine.host.loading import Service, Tail, code

TESTS = [
    test_loader.test_l1_l2_default_and_named_entrypoints_and_props_of_each_stub,
    test_loader.test_l3_l23_packages_submodules_vendored_files_and_circular_imports,
    test_loader.test_l11_text_data_and_json_modules_are_files_beside_the_code,
    test_loader.test_long_code_travels_in_parts,
    test_loader.test_l5_l6_env_holds_data_and_bindings_and_siblings,
    test_loader.test_l14_l15_callbacks_may_be_async_and_their_exceptions_reach_the_caller,
    test_loader.test_l19_an_exception_at_the_start_reaches_the_caller_and_a_syntax_error_says_where,
    test_loader.test_l21_a_worker_that_was_evicted_or_died_is_loaded_again_by_the_next_call,
    test_loader.test_l16_a_worker_reaches_its_own_classes_by_exports,
    test_loader.test_an_exception_of_the_tenants_own_class_keeps_its_name_and_message,
    test_invocations.test_a_request_goes_in_and_a_response_comes_out,
    test_invocations.test_l7_every_fetch_goes_to_the_gateway_and_to_nothing_else_of_it,
    test_invocations.test_l7_without_a_gateway_there_is_no_network,
    test_invocations.test_calls_of_an_invocation_are_counted_by_the_host_and_the_lower_limit_counts,
    test_invocations.test_l8_a_tail_is_told_once_of_every_invocation,
    test_dynamic.test_a_tenants_fetch_creates_a_workflow_and_its_tail_hears_the_logs_of_all,
    test_dynamic.test_handles_of_a_tenant_lose_nothing_on_the_way,
    test_dynamic.test_p15_to_p18_options_converted_beforehand_work_as_they_are,
    test_dynamic.test_limits_of_the_stub_hold_in_a_run_too,
    test_nested.test_the_same_id_is_the_same_child_and_its_code_is_asked_for_once,
    test_nested.test_a_child_has_what_its_parent_passes_on_and_no_more,
]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__.removeprefix("test_"))
async def test_over_processes(house: Callable[..., House], test: Callable[..., Any]) -> None:
    assert inspect.iscoroutinefunction(test)
    await test(house)


SPINS = """
class Default(WorkerEntrypoint):
    async def spin(self):
        await self.env.HOST.greet()
        while True: pass
    async def rest(self):
        await self.env.WAIT.wait()
        return "rested"
"""


class Gate:
    """Opens when it is told to."""

    kind = "service"

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def wait(self) -> None:
        await self.opened.wait()


async def test_a_call_that_computes_for_too_long_is_ended_by_name_and_one_that_waits_is_not(tmp_path: Path) -> None:
    tail, service, gate = Tail(), Service(), Gate()
    async with Engine.open(
        sqlite_store(str(tmp_path / "store.sqlite")), clock=SystemClock(), entropy=SeededEntropy(),
        sandboxes=SubprocessSandboxes(),
    ) as engine:  # fmt: skip
        env = {"HOST": service, "WAIT": gate}
        stub = engine.loader.load(code(SPINS, env=env, tails=[tail], limits={"cpuMs": 5_000}))
        resting = asyncio.ensure_future(stub.get_entrypoint(limits={"cpuMs": 200}).rest())
        with pytest.raises(CpuTimeExceeded, match="Worker exceeded CPU time limit: 300 ms without a pause"):
            await engine.loader.load(code(SPINS, env=env, tails=[tail])).get_entrypoint(limits={"cpuMs": 300}).spin()
        assert service.asked == [[]]
        gate.opened.set()
        assert await resting == "rested"
        while len(tail.items) < 2:  # noqa: ASYNC110 - the tail is told right after the answer
            await asyncio.sleep(0)
        assert [item["outcome"] for item in tail.items] == ["exceededCpu", "ok"]
