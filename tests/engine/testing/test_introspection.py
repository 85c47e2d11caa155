"""What introspectors refuse, wait for and clear away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from dynamic_workflows.host.dispatcher import create_dynamic_workflow_entrypoint, wrap_workflow_binding
from dynamic_workflows.host.running.loader import WorkerCode
from dynamic_workflows.in_process import InProcessSandboxes
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import InstanceNotFound, InvalidEventType, InvalidOptions, NotSerialisable
from dynamic_workflows.testing import (
    IntrospectionError,
    Modifier,
    TestEngine,
    introspect_workflow,
    introspect_workflow_instance,
    introspectWorkflow,
    introspectWorkflowInstance,
    open_engine,
)

ran: list[str] = []


class Order(WorkflowEntrypoint):
    """Charges, waits for a parcel and says so; counts what really ran."""

    async def run(self, event: Any, step: Any) -> Any:
        @step.do("charge", config={"retries": {"limit": 1, "delay": "1 hour"}})  # type: ignore[untyped-decorator]
        async def charge() -> str:
            ran.append("charge")
            if event["payload"].get("fail"):
                raise KeyError("card")
            return "real"

        paid = await charge()
        parcel = await step.wait_for_event("parcel", "parcel", timeout="30 days")
        return [paid, parcel["payload"]]


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    """Forget what ran before."""
    ran.clear()


def test_what_is_missing_is_named() -> None:
    for arguments in ((None, "id"), (object(), "")):
        with pytest.raises(IntrospectionError) as error:
            introspect_workflow_instance(*arguments)
        assert str(error.value) == "[WorkflowIntrospector] Workflow binding and instance id are required."
    with pytest.raises(IntrospectionError) as error:
        introspect_workflow(None)
    assert str(error.value) == "[WorkflowIntrospector] Workflow binding is required."
    with pytest.raises(InvalidOptions, match="int is no workflow binding"):
        introspect_workflow(7)
    assert (introspectWorkflow, introspectWorkflowInstance) == (introspect_workflow, introspect_workflow_instance)


async def test_a_mocked_callback_never_runs_and_what_is_not_mocked_does() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        async with introspect_workflow_instance(orders, "a") as a:
            assert await a.modify(lambda m: m.mock_step_result("charge", None).mock_event({"type": "parcel"})) is a
            await orders.create({"id": "a"})
            await a.wait_for_status("complete")
            assert (await a.get_output(), ran) == ([None, None], [])
        await orders.create({"id": "b"})
        await engine.settle()
        assert ran == ["charge"]


def after_a_result(wrong: Callable[[Modifier], Modifier], m: Modifier) -> None:
    """Do what comes too late once a step's result is mocked."""
    wrong(m.disable_sleeps().mock_step_result("charge", 1))


async def test_a_mocked_callback_does_not_run_in_guests_that_go_ahead_either() -> None:
    async with open_engine(sandboxes=lambda clock: InProcessSandboxes(clock, effects="mediated")) as engine:
        orders = engine.bind("order", Order)
        async with introspect_workflow_instance(orders, "a") as a:
            await a.modify(lambda m: m.mock_step_result("charge", "mocked").force_event_timeout("parcel"))
            await orders.create({"id": "a"})
            await a.wait_for_status("errored")
            assert (await a.wait_for_step_result("charge"), ran) == ("mocked", [])


async def test_a_mocked_event_that_a_kept_wait_has_taken_is_not_there_again() -> None:
    class Twice(WorkflowEntrypoint):
        async def run(self, event: Any, step: Any) -> Any:
            return [(await step.wait_for_event(name, "go"))["payload"] for name in ("one", "two")]

    async with open_engine() as engine:
        twice = engine.bind("twice", Twice)
        async with introspect_workflow_instance(twice, "a") as a:
            await a.modify(lambda m: m.mock_event({"type": "go", "payload": 1}))
            handle = await twice.create({"id": "a"})
            await engine.settle()
            await handle.restart({"from": {"name": "two", "type": "waitForEvent"}})
            await engine.settle()
            assert (await handle.status())["status"] == "waiting"
            await handle.send_event({"type": "go", "payload": 2})
            await a.wait_for_status("complete")
            assert await a.get_output() == [1, 2]


async def test_deleting_an_instance_ends_its_mocks() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        await introspect_workflow_instance(orders, "a").modify(lambda m: m.mock_step_result("charge", 1))
        await (await orders.create({"id": "a"})).delete()
        assert engine.engine.core.mocks == {}


async def test_ordering_errors_have_their_texts_and_undo_the_whole_modification() -> None:
    async with open_engine() as engine, introspect_workflow_instance(engine.bind("order", Order), "a") as a:
        cases: dict[str, Callable[[Modifier], Modifier]] = {
            "[WorkflowIntrospector] Trying to mock step 'charge' multiple times!": lambda m: m.mock_step_result(
                {"name": "charge", "index": 1}, 2
            ),
            "[WorkflowIntrospector] Trying to mock error on step 'charge' after mocking its result!": lambda m: (
                m.mockStepError({"name": "charge"}, ValueError("x"), times=1)
            ),
            "[WorkflowIntrospector] Trying to force timeout on step 'charge' after mocking its result!": lambda m: (
                m.forceStepTimeout("charge")
            ),
        }
        for text, wrong in cases.items():
            with pytest.raises(IntrospectionError) as error:
                await a.modify(partial(after_a_result, wrong))
            assert str(error.value) == text
        assert engine.engine.core.mocks == {}
        await a.modify(lambda m: m.mock_step_result("charge", 1))
        with pytest.raises(IntrospectionError, match="multiple times"):
            await a.modify(lambda m: m.mock_step_result("charge", 1))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda m: m.mock_step_result("charge", object()), NotSerialisable),
        (lambda m: m.mock_step_result("charge", "x" * (1 << 20)), InvalidOptions),
        (lambda m: m.mock_step_result({"nam": "charge"}, 1), InvalidOptions),
        (lambda m: m.mock_step_result({"name": "charge", "index": 0}, 1), InvalidOptions),
        (lambda m: m.disable_sleeps([7]), InvalidOptions),
        (lambda m: m.mock_step_error("charge", "boom"), InvalidOptions),
        (lambda m: m.mock_step_error("charge", ValueError(), 0), InvalidOptions),
        (lambda m: m.force_step_timeout("charge", True), InvalidOptions),
        (lambda m: m.mock_event({"payload": 1}), InvalidOptions),
        (lambda m: m.mock_event({"type": "a.b"}), InvalidEventType),
    ],
)
async def test_what_cannot_be_mocked_is_refused_at_once(wrong: Any, error: type[Exception]) -> None:
    async with open_engine() as engine, introspect_workflow_instance(engine.bind("order", Order), "a") as a:
        with pytest.raises(error):
            await a.modify(wrong)
        assert engine.engine.core.mocks == {}


async def test_a_step_that_failed_for_good_raises_its_error_and_one_to_come_is_waited_for() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        async with introspect_workflow_instance(orders, "a") as a:
            waiting = asyncio.create_task(a.wait_for_step_result({"name": "charge"}))
            await engine.settle()
            assert not waiting.done()
            await orders.create({"id": "a", "params": {"fail": True}})
            for _ in range(2):
                with pytest.raises(KeyError, match="card"):
                    await (waiting if not waiting.done() else a.wait_for_step_result("charge"))
            assert ran == ["charge", "charge"]
            await a.wait_for_status({"status": "errored"})
            assert await a.get_error() == {"name": "KeyError", "message": "'card'"}


async def test_a_sensitive_result_is_mocked_and_shown_to_nobody_but_the_workflow() -> None:
    class Secret(WorkflowEntrypoint):
        async def run(self, event: Any, step: Any) -> Any:
            @step.do("key", config={"sensitive": "output"})  # type: ignore[untyped-decorator]
            async def key() -> str:
                return "real"

            return len(await key())

    async with open_engine() as engine:
        secrets = engine.bind("secret", Secret)
        async with introspect_workflow_instance(secrets, "a") as a:
            await a.modify(lambda m: m.mock_step_result("key", "mocked"))
            handle = await secrets.create({"id": "a"})
            assert await a.wait_for_step_result("key") == "[REDACTED]"
            await a.wait_for_status("complete")
            assert await a.get_output() == 6
            assert "mocked" not in str(await handle.history())


async def test_statuses_that_cannot_come_any_more_are_errors_and_queued_is_always_there() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        a = await introspect_workflow_instance(orders, "a")
        await a.wait_for_status("queued")
        with pytest.raises(InvalidOptions, match="There is no status 'done'"):
            await a.wait_for_status("done")
        with pytest.raises(IntrospectionError) as error:
            await a.get_output()
        assert str(error.value) == (
            'Cannot retrieve output: Workflow instance is in status "queued" '
            'but must be "complete" to have an output available'
        )
        handle = await orders.create({"id": "a"})
        await a.wait_for_status("running")
        with pytest.raises(IntrospectionError, match='must be "errored" to have error information available'):
            await a.get_error()
        await handle.terminate()
        with pytest.raises(IntrospectionError) as error:
            await a.wait_for_status("complete")
        assert str(error.value) == (
            "[WorkflowIntrospector] The Workflow instance a has reached status 'terminated'. This is a finite status "
            "that prevents it from ever reaching the expected status of 'complete'."
        )
        paused = asyncio.create_task(a.wait_for_status("paused"))
        await engine.settle()
        assert not paused.done(), "a restart could still bring it about"
        await handle.restart()
        await engine.settle()
        await handle.pause()
        await paused


async def test_dispose_ends_the_instance_and_leaves_nothing_of_it() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        async with introspect_workflow_instance(orders, "a") as a:
            await a.modify(lambda m: m.mock_step_result("charge", 1))
            await orders.create({"id": "a"})
            await a.wait_for_step_result("charge")
        await a.dispose()
        with pytest.raises(InstanceNotFound):
            await orders.get("a")
        assert engine.engine.core.mocks == {}
        rows = await engine.engine.core.submit(
            lambda tx: tx.query(
                "select key from meta where key like 'mocks:%' union all select key from history where uid > 0"
            )
        )
        assert rows == []
        await orders.create({"id": "a"})
        await engine.settle()
        assert ran == ["charge"]


async def test_a_session_is_one_per_workflow_and_ends_with_its_instances() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        session = introspect_workflow(orders)
        for early in (session.get, lambda: asyncio.ensure_future(session.modify_all(lambda m: None))):
            with pytest.raises(IntrospectionError) as error:
                await early()
            assert str(error.value) == "Workflow introspection has not started."
        before = await orders.create({"id": "before"})
        await session
        with pytest.raises(IntrospectionError) as error:
            await introspect_workflow(orders)
        assert str(error.value) == ('Workflow "order" already has an active introspection session for binding "order".')
        await orders.create({"id": "plain"})
        await session.modify_all(lambda m: m.mock_step_error("charge", {"name": "Error", "message": "no"}))
        await session.modifyAll(lambda m: m.disableRetryDelays())
        await orders.create({"id": "mocked"})
        plain, mocked = await session.get()
        assert (plain.id, mocked.id) == ("plain", "mocked")
        assert session.get()[1] is mocked
        await engine.settle()
        assert await mocked.get_error() == {"name": "Error", "message": "no"}
        assert await plain.wait_for_step_result("charge") == "real"
        await session.dispose()
        await session.dispose()
        for id in ("plain", "mocked"):
            with pytest.raises(InstanceNotFound):
                await orders.get(id)
        assert (await before.status())["status"] == "waiting", "it was there before the session"
        with pytest.raises(IntrospectionError, match="does not have an active introspection session"):
            session.get()
        async with introspect_workflow(orders):
            pass


async def test_what_an_instance_was_given_for_itself_goes_before_its_sessions_mocks() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        async with introspect_workflow(orders) as session, introspect_workflow_instance(orders, "own") as own:
            await session.modify_all(lambda m: m.mock_step_result("charge", "all").mock_event({"type": "parcel"}))
            await own.modify(lambda m: m.mock_step_result("charge", "own"))
            await orders.create_batch([{"id": "own"}, {"id": "other"}])
            await engine.settle()
            assert [await one.get_output() for one in session.get()] == [["own", None], ["all", None]]


TENANT = """
from workers import WorkflowEntrypoint
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("who")
        async def who():
            return "%s"
        return await who()
"""


def dispatching(engine: TestEngine) -> Any:
    """Bind a dispatcher whose tenants run their own text."""

    def load(context: Any) -> Any:
        tenant = context.metadata["tenantId"]
        code = WorkerCode(main_module="flow.py", modules={"flow.py": TENANT % tenant})
        return engine.engine.loader.get(f"{tenant}/1", lambda: code).get_entrypoint("Flow")

    return engine.bind("flows", create_dynamic_workflow_entrypoint(load))


async def test_a_tenants_binding_sees_its_own_instances_and_the_hosts_sees_all() -> None:
    async with open_engine() as engine:
        flows = dispatching(engine)
        acme, globex = (
            wrap_workflow_binding({"tenantId": name}, binding_name="flows", env={"flows": flows})
            for name in ("acme", "globex")
        )
        async with introspect_workflow_instance(acme, "one") as one:
            await one.modify(lambda m: m.mock_step_result("who", "mocked"))
            await acme.create({"id": "one"})
            other = await globex.create({"id": "one"})
            await one.wait_for_status("complete")
            await engine.settle()
            assert (await one.get_output(), (await other.status())["output"]) == ("mocked", "globex")
        async with introspect_workflow(acme) as session:
            await acme.create({"id": "two"})
            await globex.create({"id": "two"})
            assert len(session.get()) == 1
        async with introspect_workflow(flows) as session:
            await session.modify_all(lambda m: m.mock_step_result("who", "anybody"))
            await acme.create({"id": "three"})
            await globex.create({"id": "three"})
            await engine.settle()
            assert [await one.get_output() for one in session.get()] == ["anybody", "anybody"]


async def test_an_instance_that_runs_is_modified_from_its_next_step_on() -> None:
    async with open_engine() as engine:
        orders = engine.bind("order", Order)
        await orders.create({"id": "a"})
        await engine.settle()
        async with introspect_workflow_instance(orders, "a") as a:

            async def modify(m: Modifier) -> None:
                await m.mock_event({"type": "parcel", "payload": 1})

            await a.modify(modify)
            await a.wait_for_status("complete")
            assert await a.get_output() == ["real", 1]
            await (await orders.get("a")).restart()
            await engine.settle()
            assert await a.get_output() == ["real", 1]


async def test_a_closed_engine_ends_every_wait() -> None:
    async with open_engine() as engine:
        a = introspect_workflow_instance(engine.bind("order", Order), "a")
        waiting = asyncio.ensure_future(a.wait_for_status("complete"))
        await engine.settle()
    with pytest.raises(Exception, match="closed"):
        await waiting
