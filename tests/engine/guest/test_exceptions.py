"""Exceptions on their way out of a step and back into code: attributes, groups, causes, and those that end programs."""

from __future__ import annotations

import pytest

from tests.engine.guest.driver import Host, flow

DECLINED = {
    "flow.py": """\
import asyncio
from workers import WorkflowEntrypoint
from workers.workflows import NonRetryableError

MADE = []


class Declined(Exception):
    def __init__(self, card, *, code):
        MADE.append(card)
        super().__init__(f"{card} was declined")
        self.code, self.card = code, card


class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("pay")
        async def pay():
            raise Declined("visa", code=51)
        try:
            await pay()
        except Declined as error:
            return [error.code, error.card, str(error), list(error.args), len(MADE)]
""",
}
GROUP = flow(
    """
    async def part(n):
        raise (ValueError, KeyError)[n](n)

    @step.do("both")
    async def both():
        async with asyncio.TaskGroup() as group:
            group.create_task(part(0))
            group.create_task(part(1))

    seen = []
    try:
        await both()
    except* ValueError as found:
        seen.append([type(found).__name__, [list(error.args) for error in found.exceptions]])
    except* KeyError as found:
        seen.append([type(found).__name__, [list(error.args) for error in found.exceptions]])
    return seen
    """
)


def test_attributes_survive_and_no_constructor_of_a_tenant_runs_again() -> None:
    host = Host()
    host.play(DECLINED)
    assert host.output == [51, "visa", "visa was declined", ["visa was declined"], 1]
    again = host.replay(DECLINED)
    assert again.output == [51, "visa", "visa was declined", ["visa was declined"], 0]


def test_a_group_of_errors_can_be_taken_apart_with_except_star() -> None:
    host = Host()
    host.play(GROUP)
    assert host.output == [["ExceptionGroup", [[0]]], ["ExceptionGroup", [[1]]]]
    assert host.replay(GROUP).output == host.output


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "asyncio.CancelledError"])
def test_what_ends_programs_ends_an_attempt_like_any_error(kind: str) -> None:
    host = Host()
    host.retries = 1
    host.play(
        flow(f"""
        @step.do("a")
        async def a(ctx):
            if ctx["attempt"] == 1:
                raise {kind}("enough")
            raise {kind}("again")
        try:
            await a()
        except Exception as error:
            return [error.name, str(error)]
    """)
    )
    assert host.output == [kind.rpartition(".")[2], "again"]


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "asyncio.CancelledError"])
def test_what_ends_programs_ends_a_run_as_errored(kind: str) -> None:
    host = Host()
    host.play(flow(f"raise {kind}('enough')"))
    assert host.error is not None
    assert (host.error["name"], host.error["message"]) == (kind.rpartition(".")[2], "enough")
    again = Host()
    again.play(flow("return 'the worker lives'"))
    assert again.output == "the worker lives"


def test_causes_contexts_and_notes_are_told_in_the_traceback() -> None:
    host = Host()
    host.play(
        flow("""
        @step.do("a")
        def a():
            try:
                try:
                    {}["lamp"]
                except KeyError:
                    1 / 0
            except ZeroDivisionError as error:
                fault = RuntimeError("outer")
                fault.add_note("while pricing")
                raise fault from error
        try:
            await a()
        except RuntimeError as error:
            return error.__notes__
        """)
    )
    assert host.output == ["while pricing"]
    (finish,) = [m for m in host.said if m["k"] == "finish"]
    text = finish["error"]["traceback"]
    assert text.index("KeyError: 'lamp'") < text.index("ZeroDivisionError") < text.index("RuntimeError: outer")
    assert "direct cause" in text
    assert "During handling" in text
    assert "while pricing" in text
