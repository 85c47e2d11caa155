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


class Declined(ValueError):
    calls = 0

    def __init__(self, card: str, *, code: int) -> None:
        type(self).calls += 1
        super().__init__(f"{card} declined with {code}")
        self.code = code
        self.lock = object()


class Told(Exception):
    def __init__(self, part: str, count: int) -> None:
        self.part, self.count = part, count

    def __str__(self) -> str:
        return f"{self.count} of {self.part}"


class Shop(OSError):
    def __init__(self, number: int) -> None:
        super().__init__(number, "closed")


def here(module: str, name: str) -> object:
    return globals().get(name)


def test_arguments_and_attributes_come_back_and_no_constructor_runs() -> None:
    error = Declined("visa", code=5)
    error.add_note("tried twice")
    back = exception_from(record_of(error), here)
    assert isinstance(back, Declined)
    assert (str(back), back.args, back.code, back.__notes__) == (str(error), error.args, 5, ["tried twice"])
    assert not hasattr(back, "lock"), "what is no value stays behind"
    assert Declined.calls == 1

    told = exception_from(record_of(Told("lamp", 3)), here)
    assert isinstance(told, Told)
    assert (str(told), told.args, told.part, told.count) == ("3 of lamp", ("lamp", 3), "lamp", 3)

    shop = exception_from(record_of(Shop(13)), here)
    assert isinstance(shop, Shop)
    assert (shop.errno, shop.strerror, str(shop)) == (13, "closed", "[Errno 13] closed")

    unknown = exception_from(record_of(Told("lamp", 3)))
    assert isinstance(unknown, StepError)
    assert (unknown.name, str(unknown), unknown.__dict__["part"]) == ("Told", "3 of lamp", "lamp")


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "gone", "a.txt"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad byte"),
              SystemExit(3), ValueError(1, 2), KeyError("a"), ValueError()]
)  # fmt: skip
def test_pythons_own_errors_keep_their_arguments(error: BaseException) -> None:
    back = exception_from(record_of(error))
    if isinstance(error, Exception):
        assert (type(back), back.args, str(back)) == (type(error), error.args, str(error))
    else:
        assert isinstance(back, StepError), "what is no Exception comes back as one that can be caught"
        assert (back.name, str(back)) == ("SystemExit", "3")


def test_groups_come_back_as_groups() -> None:
    inner = ExceptionGroup("inner", [KeyError("a")])
    back = exception_from(record_of(ExceptionGroup("outer", [Declined("visa", code=5), inner])), here)
    assert isinstance(back, ExceptionGroup)
    assert (back.message, str(back)) == ("outer", "outer (2 sub-exceptions)")
    found, rest = back.split(Declined)
    assert found is not None
    assert rest is not None
    assert (found.exceptions[0].code, rest.exceptions[0].exceptions[0].args) == (5, ("a",))  # type: ignore[union-attr]


def test_a_group_with_an_error_that_is_not_retried_is_not_retried() -> None:
    assert record_of(ExceptionGroup("g", [ValueError(), NonRetryableError("stop")]))["final"] is True
    assert "final" not in record_of(ExceptionGroup("g", [ValueError()]))


def test_a_state_that_is_too_long_or_foreign_is_left_out() -> None:
    error = ValueError("no")
    error.__dict__.update(big="x" * 20_000, small=1)
    record = record_of(error)
    assert record["state"] == '{"attributes":{"small":1}}'
    for state in ("", "[]", '{"args":1,"attributes":[]}', "[" * 10_000):
        back = exception_from({"name": "ValueError", "message": "no", "state": state})
        assert (type(back), str(back)) == (ValueError, "no")


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


def test_every_error_of_ours_names_its_page_and_a_tenants_class_that_of_its_base() -> None:
    class Declined(NonRetryableError):
        pass

    page = errors.page_of
    assert errors.InstanceNotFound().page == page(record_of(errors.InstanceNotFound())) == "errors/InstanceNotFound"
    assert Declined("no").page == "errors/NonRetryableError"
    assert "docs" not in str(errors.InstanceNotFound())
    assert page(record_of(ValueError())) is page({"name": "InstanceNotFound", "module": "order"}) is None
