"""The step checks and their texts, as the reference documents them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dynamic_workflows.shared import checks
from dynamic_workflows.shared.errors import (
    InvalidEventType,
    InvalidInstanceId,
    InvalidWorkflowName,
    WorkflowFatalError,
)

DEFAULTS = {"retries": {"limit": 5, "delay": 10_000, "backoff": "exponential"}, "timeout": "10 minutes"}


@pytest.mark.parametrize("name", ["", " ", "a" * 256, "é" * 256, "😀" * 128, "reserve stock", "a\x7fb", "a\u2028b"])
def test_step_names_that_are_allowed(name: str) -> None:
    checks.step_name(name)


@pytest.mark.parametrize("name", ["a" * 257, "😀" * 129, "a\nb", "\x00", "tab\t"])
def test_step_names_that_are_not(name: str) -> None:
    with pytest.raises(WorkflowFatalError) as caught:
        checks.step_name(name)
    assert str(caught.value) == f'Step name "{name}" exceeds max length (256 chars) or invalid characters found'


@pytest.mark.parametrize("name", [None, 5, b"x", ["a"]])
def test_a_step_name_is_text(name: Any) -> None:
    with pytest.raises(WorkflowFatalError, match="invalid characters found"):
        checks.step_name(name)


def test_the_step_limit() -> None:
    checks.step_limit(3, 3)
    with pytest.raises(WorkflowFatalError) as caught:
        checks.step_limit(4, 3)
    assert str(caught.value) == (
        "The limit of 3 steps has been reached. This limit can be changed in your worker configuration."
    )


@pytest.mark.parametrize(
    ("config", "merged"),
    [
        (None, DEFAULTS),
        ({}, DEFAULTS),
        ({"timeout": "5 minutes"}, {**DEFAULTS, "timeout": "5 minutes"}),
        ({"timeout": 500, "retries": None}, {**DEFAULTS, "timeout": 500}),
        ({"timeout": timedelta(seconds=2)}, {**DEFAULTS, "timeout": 2_000}),
        (
            {"retries": {"limit": 0, "delay": "1 second"}},
            {**DEFAULTS, "retries": {"limit": 0, "delay": "1 second", "backoff": "exponential"}},
        ),
        (
            {"retries": {"limit": 10_000, "delay": 0, "backoff": "linear"}},
            {**DEFAULTS, "retries": {"limit": 10_000, "delay": 0, "backoff": "linear"}},
        ),
    ],
)
def test_configs_are_merged_in_the_form_they_were_written(config: Any, merged: dict[str, Any]) -> None:
    assert checks.step_config("a", config) == merged


@pytest.mark.parametrize(
    "config",
    [
        [], "x", {"retry": {}}, {"timeout": 0}, {"timeout": "0 seconds"}, {"timeout": "soon"}, {"timeout": -5},
        {"timeout": True}, {"retries": {}}, {"retries": {"limit": 1}}, {"retries": {"delay": 1}}, {"retries": 3},
        {"retries": {"limit": -1, "delay": 0}}, {"retries": {"limit": float("inf"), "delay": 0}},
        {"retries": {"limit": 10_001, "delay": 0}}, {"retries": {"limit": "1", "delay": 0}},
        {"retries": {"limit": True, "delay": 0}}, {"retries": {"limit": 1, "delay": -1}},
        {"retries": {"limit": 1, "delay": "5 Minutes"}}, {"retries": {"limit": 1, "delay": 0, "backoff": "fast"}},
        {"retries": {"limit": 1, "delay": 0, "jitter": 1}}, {"sensitive": "input"},
    ],
)  # fmt: skip
def test_configs_that_are_refused(config: Any) -> None:
    with pytest.raises(WorkflowFatalError) as caught:
        checks.step_config("pay", config)
    assert str(caught.value) == (
        'Step config for "pay" is in a invalid format. '
        "See https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/"
    )


def test_a_sensitive_output_is_part_of_the_config() -> None:
    assert checks.step_config("a", {"sensitive": "output"}) == {**DEFAULTS, "sensitive": "output"}
    assert checks.step_config("a", {"sensitive": None}) == DEFAULTS


def test_a_function_as_delay_becomes_a_marker_that_only_a_recorded_config_may_hold() -> None:
    merged = checks.step_config("a", {"retries": {"limit": 1, "delay": lambda: 5, "backoff": "linear"}})
    assert merged["retries"] == {"limit": 1, "delay": "[dynamic]", "backoff": "linear"}
    assert checks.step_config("a", merged, recorded=True) == merged
    with pytest.raises(WorkflowFatalError):
        checks.step_config("a", merged)
    resolved = checks.resolve(merged)
    assert (resolved.dynamic, resolved.delay) == (True, 1_000)
    assert checks.context_config(merged) == {**merged, "retries": {"limit": 1, "backoff": "linear"}}
    assert [checks.retry_delay(resolved, n, 30) for n in (1, 2, 3)] == [30, 60, 90]


@pytest.mark.parametrize(
    ("backoff", "delays"), [("constant", [10, 10, 10]), ("linear", [10, 20, 30]), ("exponential", [10, 20, 40])]
)
def test_delays_grow_by_backoff(backoff: str, delays: list[int]) -> None:
    config = checks.resolve(checks.step_config("a", {"retries": {"limit": 9, "delay": 10, "backoff": backoff}}))
    assert [checks.retry_delay(config, failures) for failures in (1, 2, 3)] == delays
    assert checks.retry_delay(config, 10_000) <= 365 * 86_400_000


def test_a_config_in_numbers() -> None:
    assert checks.resolve(checks.step_config("a")) == checks.ResolvedConfig(5, 10_000, "exponential", 600_000)


def test_sleeps() -> None:
    assert checks.sleep_duration("nap", 0) == 0
    assert checks.sleep_duration("nap", "365 days") == 365 * 86_400_000
    with pytest.raises(WorkflowFatalError, match='sleep "nap" is longer than 365 days'):
        checks.sleep_duration("nap", "366 days")
    with pytest.raises(WorkflowFatalError, match="sleep \"nap\": 'soon' is not a duration"):
        checks.sleep_duration("nap", "soon")
    with pytest.raises(WorkflowFatalError, match="invalid characters"):
        checks.sleep_duration("n\n", 1)


def test_moments() -> None:
    assert checks.wake_time("nap", 1_700_000_000_000) == 1_700_000_000_000
    assert checks.wake_time("nap", datetime(2024, 1, 1)) == 1_704_067_200_000
    assert checks.wake_time("nap", datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == 1_704_067_200_000
    assert checks.wake_time("nap", datetime(2024, 1, 1, 0, 0, 0, 1)) == 1_704_067_200_001
    assert checks.wake_time("nap", datetime(1, 1, 1)) == 0
    for bad in ("2024-01-01", None, float("nan"), True, 2**60):
        with pytest.raises(WorkflowFatalError, match='sleep "nap" cannot end at'):
            checks.wake_time("nap", bad)


def test_waits() -> None:
    assert [checks.wait_timeout("w", given) for given in (None, 0, "", "24 hours")] == [86_400_000] * 4
    assert checks.wait_timeout("w", 500) == 500
    with pytest.raises(WorkflowFatalError, match='wait "w" is longer than 365 days'):
        checks.wait_timeout("w", "2 years")


@pytest.mark.parametrize("bad", ["", "-a", "a.b", "a b", "a\n", None, 5, "é", "x" * 101])
def test_names_that_are_refused(bad: Any) -> None:
    with pytest.raises(InvalidEventType, match=r"\(workflow.invalid_event_type\)"):
        checks.event_type(bad)
    with pytest.raises(InvalidInstanceId, match="Workflow instance has invalid id"):
        checks.instance_id(bad)
    with pytest.raises(InvalidWorkflowName):
        checks.workflow_name(bad)


@pytest.mark.parametrize("good", ["a", "_", "0-a_B", "x" * 64])
def test_names_that_are_allowed(good: str) -> None:
    checks.event_type(good)
    checks.instance_id(good)
    checks.workflow_name(good)


def test_texts_of_outputs() -> None:
    assert checks.not_serialisable("a") == 'Value returned from step "a" is not serialisable'
    assert checks.output_too_large("a-1") == "Step a-1 output is too large. Maximum allowed size is 1MiB."
    assert checks.not_serialisable_instance("a") == (
        'The execution of the Workflow instance was terminated, as the step "a" returned a value which is not '
        "serialisable"
    )
