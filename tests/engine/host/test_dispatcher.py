"""The dispatcher, item by item of the conformance list E.5 of the semantics reference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dynamic_workflows.host.dispatcher import (
    DynamicWorkflowBinding,
    _dispatcher_binding_impl,
    create_dynamic_workflow_entrypoint,
    dispatch_workflow,
    wrap_workflow_binding,
)
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import MissingDispatcherMetadataError, WorkflowError

METADATA = {"tenantId": "acme", "deep": {"list": [1, {"x": None}]}}


class Recorder:
    """An underlying binding that records its calls and answers with ids."""

    def __init__(self, answer: str | None = None) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._answer = answer

    async def create(self, options: dict[str, Any]) -> Any:
        self.calls.append(("create", options))
        return SimpleNamespace(id=self._answer or options.get("id", "made-up"))

    async def create_batch(self, batch: Any) -> Any:
        self.calls.append(("create_batch", batch))
        return [SimpleNamespace(id=options["id"]) for options in batch] if isinstance(batch, list) else batch

    async def get(self, id: str) -> Any:
        self.calls.append(("get", id))
        return SimpleNamespace(id=id)

    async def delete_batch(self, ids: list[str]) -> Any:
        self.calls.append(("delete_batch", ids))
        return {"deleted": []}


def wrapped(recorder: Recorder) -> Any:
    return _dispatcher_binding_impl(lambda: recorder, METADATA)


def envelope(params: Any) -> dict[str, Any]:
    return {"__dispatcherMetadata": METADATA, "params": params}


async def test_1_create_wraps_params_and_keeps_the_id() -> None:
    real = Recorder()
    await wrapped(real).create({"id": "x", "params": {"a": 1}})
    assert real.calls == [("create", {"id": "x", "params": envelope({"a": 1})})]


async def test_2_create_without_options_still_carries_the_metadata() -> None:
    real = Recorder()
    await wrapped(real).create()
    assert real.calls == [("create", {"params": envelope(None)})]


async def test_3_create_without_params_keeps_the_id() -> None:
    real = Recorder()
    await wrapped(real).create({"id": "x"})
    assert real.calls == [("create", {"id": "x", "params": envelope(None)})]


async def test_4_metadata_of_any_shape_goes_through() -> None:
    real = Recorder()
    for metadata in (
        "text",
        5,
        None,
        [1, {"a": []}],
        {"tenantId": "acme", "deep": {"__dispatcherMetadata": {"params": 1}}},
    ):
        await _dispatcher_binding_impl(lambda: real, metadata).create({"params": {"a": 1}})
        assert real.calls.pop() == ("create", {"params": {"__dispatcherMetadata": metadata, "params": {"a": 1}}})


async def test_5_a_batch_is_one_call_with_every_item_wrapped_in_order() -> None:
    real = Recorder()
    made = await wrapped(real).create_batch([{"id": "a", "params": 1}, {"id": "b", "params": 2}, {"id": "c"}])
    assert real.calls == [
        ("create_batch", [{"id": i, "params": envelope(p)} for i, p in (("a", 1), ("b", 2), ("c", None))])
    ]
    assert [instance.id for instance in made] == ["a", "b", "c"]


async def test_6_get_passes_the_id_on() -> None:
    real = Recorder()
    assert (await wrapped(real).get("some-id")).id == "some-id"
    assert real.calls == [("get", "some-id")]


async def test_7_the_id_is_the_one_the_binding_returned() -> None:
    assert (await wrapped(Recorder("other")).create({"id": "asked"})).id == "other"


async def test_8_options_are_not_changed() -> None:
    options = {"id": "x", "params": {"a": 1}}
    await wrapped(Recorder()).create(options)
    assert options == {"id": "x", "params": {"a": 1}}


async def test_9_two_creates_do_not_wrap_twice() -> None:
    real = Recorder()
    binding = wrapped(real)
    for _ in range(2):
        await binding.create({"params": {"a": 1}})
    assert [call["params"]["params"] for _, call in real.calls] == [{"a": 1}, {"a": 1}]


async def test_10_the_real_binding_is_looked_up_at_every_call() -> None:
    env: dict[str, Any] = {}
    binding = wrap_workflow_binding(METADATA, env=env)
    assert isinstance(binding, DynamicWorkflowBinding)
    with pytest.raises(WorkflowError) as missing:
        await binding.create()
    assert str(missing.value) == (
        'dynamic-workflows: no Workflow binding named "WORKFLOWS" found on env. '
        "Make sure the dispatcher declares it in wrangler."
    )
    first, second = Recorder(), Recorder()
    for real in (first, second):
        env["WORKFLOWS"] = real
        await binding.create()
    assert [len(real.calls) for real in (first, second)] == [1, 1]


async def test_the_object_form_of_a_batch_is_wrapped_too() -> None:
    real = Recorder()
    await wrapped(real).create_batch({"instances": [{"id": "x", "params": 1}, {}]})
    assert real.calls[0][1] == {"instances": [{"id": "x", "params": envelope(1)}, {"params": envelope(None)}]}
    await wrapped(real).create_batch({"count": 2, "params": 1, "locationHint": "weur"})
    assert real.calls[1][1] == {"count": 2, "params": envelope(1), "locationHint": "weur"}


async def test_nothing_is_lost_in_forwarding() -> None:
    real = Recorder()
    await wrapped(real).create({"id": "x", "retention": {"successRetention": "1 day"}, "locationHint": "weur"})
    assert {"retention", "locationHint"} <= real.calls[0][1].keys()
    await wrapped(real).delete_batch(["x"])
    assert real.calls[1] == ("delete_batch", ["x"])


EVENT = {
    "payload": envelope({"a": 1}), "timestamp": 5, "instanceId": "i", "workflowName": "w",
    "schedule": {"cron": "* * * * *", "scheduledTime": 5},
}  # fmt: skip


async def dispatch(load_runner: Any, payload: Any = None, step: Any = "step") -> Any:
    event = {**EVENT, "payload": envelope({"a": 1}) if payload is None else payload}
    return await dispatch_workflow({"env": "ENV", "ctx": "CTX"}, event, step, load_runner)


async def test_11_12_the_loader_gets_metadata_env_and_ctx_and_the_result_returns() -> None:
    seen: list[Any] = []

    async def load(context: Any) -> Any:
        seen.append((context.metadata, context.env, context.ctx))
        return SimpleNamespace(run=answer)

    async def answer(event: Any, step: Any) -> str:
        return "result"

    assert await dispatch(load) == "result"
    assert seen == [(METADATA, "ENV", "CTX")]


async def test_13_14_17_the_runner_sees_the_inner_event_and_the_same_step() -> None:
    seen: list[Any] = []
    token = object()

    def load(context: Any) -> Any:
        return SimpleNamespace(run=lambda event, step: seen.append((event, step)))

    await dispatch(load, step=token)
    assert seen == [({**EVENT, "payload": {"a": 1}}, token)]
    assert seen[0][1] is token


@pytest.mark.parametrize("payload", [{"a": 1}, {"params": 1}, {"__dispatcherMetadata": 1}, [], "text", 0])
async def test_15_16_an_event_without_the_envelope_is_refused(payload: Any) -> None:
    with pytest.raises(MissingDispatcherMetadataError, match="lacks dispatcher metadata"):
        await dispatch(lambda context: None, payload=payload)


async def test_18_19_errors_of_loader_and_runner_come_through() -> None:
    def failing(context: Any) -> Any:
        raise LookupError("no such tenant")

    with pytest.raises(LookupError, match="no such tenant"):
        await dispatch(failing)

    async def broken(event: Any, step: Any) -> None:
        raise ValueError("tenant's own")

    with pytest.raises(ValueError, match="tenant's own"):
        await dispatch(lambda context: SimpleNamespace(run=broken))


async def test_20_the_loader_is_asked_for_every_run() -> None:
    calls: list[str] = []

    def load(context: Any) -> Any:
        calls.append(context.metadata["tenantId"])
        name = calls[-1]
        return SimpleNamespace(run=lambda event, step: name)

    results = [
        await dispatch(load, payload={"__dispatcherMetadata": {"tenantId": t}, "params": None}) for t in ("a", "b")
    ]
    assert results == calls == ["a", "b"]


def test_21_22_the_factory_makes_a_workflow_class_of_its_own() -> None:
    made = create_dynamic_workflow_entrypoint(lambda context: SimpleNamespace(run=None))
    assert issubclass(made, WorkflowEntrypoint)
    assert made.run is not WorkflowEntrypoint.run
