"""Half a surrogate pair has no UTF-8: whatever holds one, no tenant stops the engine with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynamic_workflows.shared.errors import ProtocolError, record_of
from dynamic_workflows.shared.protocol import check_guest_message
from dynamic_workflows.shared.texts import cleaned, storable
from tests.engine.host.harness import House, flow

Make = Callable[..., House]
HALF = '"a" + chr(0xD800)'


def test_what_can_be_stored() -> None:
    assert [storable(text) for text in ("", "a", "é😀", "\0", "a\ud800", "\udfff")] == [True] * 4 + [False] * 2
    assert cleaned("é\ud800") == "é\\ud800"
    assert record_of(ValueError("a\ud800"))["message"] == "a\\ud800"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (f"await step.do({HALF})(lambda: 1)()", "WorkflowFatalError: Step name \"a\\ud800\" exceeds max length "
         "(256 chars) or invalid characters found"),
        (f"await step.sleep({HALF}, 0)", "WorkflowFatalError: Step name"),
        (f"await step.wait_for_event({HALF}, 'go')", "WorkflowFatalError: Step name"),
        (f"await step.wait_for_event('a', {HALF})", "InvalidEventType: "),
        (f"raise ValueError({HALF})", "ValueError: a\\ud800"),
        (f"await getattr(self.env.WORLD, {HALF})()", "UnicodeEncodeError"),
        (f"await self.env.WORLD.work(key={HALF})", "UnicodeEncodeError"),
        (f"await self.env.WORKFLOWS.get({HALF})", "InstanceNotFound"),
        (f"await (await self.env.WORKFLOWS.get(event['instanceId'])).restart({{'from': {{'name': {HALF}}}}})",
         "InstanceCannotRestart"),
        (f"print({HALF}); raise ValueError('printed')", "ValueError: printed"),
    ],
)  # fmt: skip
async def test_no_tenant_stops_the_engine_with_half_a_character(house: Make, body: str, outcome: str) -> None:
    async with house() as h:
        run = await h.run(flow(body))
        error = (await h.status(run))["error"]
        assert f"{error['name']}: {error['message']}".startswith(outcome)
        assert await h.result(flow("return 1")) == 1


async def test_a_value_may_hold_it(house: Make) -> None:
    async with house() as h:
        assert await h.result(flow(f"return await step.do('a')(lambda: {HALF})()")) == "a\ud800"


@pytest.mark.parametrize(
    "message",
    [
        {"k": "start", "run": 1, "key": "do:\ud800-1", "name": "\ud800", "attempt": 1, "config": {}},
        {"k": "finish", "run": 1, "key": "do:a-1", "attempt": 1, "value": '"\ud800"'},
        {"k": "finish", "run": 1, "key": "do:a-1", "attempt": 1, "value": '"é"'},
        {"k": "call", "run": 1, "n": 3, "binding": "WORLD", "method": "charge", "args": '["\ud800"]', "kwargs": "{}"},
        {"k": "returned", "run": 1, "value": '"\ud800"'},
        {"k": "log", "run": 1, "level": "\ud800", "text": "x"},
    ],
)
def test_a_guest_cannot_send_it_where_text_is_stored(message: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        check_guest_message(message)
