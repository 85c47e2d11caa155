"""Errors as records: class and message survive, whatever the class."""

from __future__ import annotations

import builtins
import inspect
from typing import Any

import pytest

from dynamic_workflows.shared import errors
from dynamic_workflows.shared.errors import NonRetryableError, StepError, exception_from, record_of
from dynamic_workflows.shared.limits import ERROR_TEXT

EXAMPLES: list[Exception] = [
    ValueError("no"),
    ValueError(),
    KeyError("a"),
    KeyError(("a", 1)),
    FileNotFoundError(2, "gone"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad byte"),
    NonRetryableError("stop"),
    errors.WorkflowTimeoutError(5),
    errors.NotAvailableError("A stream"),
    errors.NotAvailableError("A stream", "It flows."),
    errors.OutboundNotPermitted(),
    errors.TooManySubrequests(5),
    errors.CpuTimeExceeded(50),
    errors.InstanceNotFound(),
    errors.StoreTooNew(5, 1),
    errors.CodeError("expected ':'", file="a.py", line=3),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=repr)
def test_an_error_comes_back_as_its_class_with_its_message(error: Exception) -> None:
    back = exception_from(record_of(error))
    assert isinstance(back, type(error))
    assert type(back).__name__ == type(error).__name__
    assert str(back) == str(error)
    assert record_of(back) == record_of(error)


def test_every_exception_class_of_python_and_of_this_package_has_a_way_back() -> None:
    for kind in [*vars(builtins).values(), *vars(errors).values()]:
        if inspect.isclass(kind) and issubclass(kind, BaseException):
            back = exception_from({"name": kind.__name__, "message": "text"})
            assert isinstance(back, Exception)
            assert str(back) == "text"


def test_an_unknown_class_keeps_its_name() -> None:
    back = exception_from({"name": "PaymentError", "message": "declined", "module": "order"})
    assert isinstance(back, StepError)
    assert (back.name, str(back)) == ("PaymentError", "declined")
    assert record_of(back)["name"] == "PaymentError"


def test_a_class_of_the_tenants_is_looked_up_by_module() -> None:
    class PaymentError(Exception):
        def __init__(self, code: int, *, reason: str) -> None:
            super().__init__(f"{reason} ({code})")

    def find(module: str, name: str) -> object:
        return {("order", "PaymentError"): PaymentError}.get((module, name))

    record = {**record_of(PaymentError(5, reason="declined")), "module": "order"}
    back = exception_from(record, find)
    assert isinstance(back, PaymentError)
    assert str(back) == "declined (5)"
    assert isinstance(exception_from(record, lambda module, name: object), StepError)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NonRetryableError("stop"), {"name": "NonRetryableError", "message": "stop", "final": True}),
        (Exception("NonRetryableError: stop"), {"name": "NonRetryableError", "message": "stop", "final": True}),
        (Exception("NonRetryableError"), {"name": "NonRetryableError", "message": "", "final": True}),
        (Exception("a NonRetryableError"), {"name": "Exception", "message": "a NonRetryableError"}),
    ],
)
def test_what_is_not_retried(error: Exception, expected: dict[str, Any]) -> None:
    assert record_of(error) == expected


def test_texts_are_bounded_and_broken_ones_do_not_break() -> None:
    record = record_of(ValueError("x" * 1_000_000), traceback="y" * 1_000_000)
    assert len(record["message"]) < ERROR_TEXT + 100
    assert "characters left out" in record["message"]
    assert len(record["traceback"]) < 40_000

    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert record_of(Rude())["message"] == "<the error's text could not be made: RuntimeError>"
