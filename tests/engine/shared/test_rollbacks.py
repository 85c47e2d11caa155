"""The options of a rollback: what is refused, in which words, and what they come to."""

from __future__ import annotations

from typing import Any

import pytest

from dynamic_workflows.shared.checks import DEFAULT_CONFIG
from dynamic_workflows.shared.errors import WorkflowFatalError
from dynamic_workflows.shared.rollbacks import is_rollback, rollback_config, rollback_key, rollback_options


def undo() -> None:
    """Undo nothing."""


def test_keys_name_the_step_that_is_undone() -> None:
    assert rollback_key("do:a:b-2") == "rollback:a:b-2"
    assert is_rollback("rollback:a-1")
    assert not is_rollback("do:rollback:a-1")


def test_a_step_without_options_has_no_rollback() -> None:
    assert rollback_options("a", None, None) is None


def test_a_config_is_merged_over_the_defaults_of_steps() -> None:
    assert rollback_options("a", undo, None) == DEFAULT_CONFIG
    config = {"retries": {"limit": 1, "delay": "1 second"}, "timeout": 5}
    retries = {"limit": 1, "delay": "1 second", "backoff": "exponential"}
    assert rollback_options("a", undo, config) == {"retries": retries, "timeout": 5}


@pytest.mark.parametrize(("rollback", "config"), [(5, None), ({"rollback": undo}, None), (None, {"timeout": 5})])
def test_a_rollback_is_a_function(rollback: Any, config: Any) -> None:
    with pytest.raises(WorkflowFatalError, match=r'^Rollback for "a" must be a function$'):
        rollback_options("a", rollback, config)


@pytest.mark.parametrize("config", [5, [], {"limit": 1}, {"retries": {"limit": 1}}, {"sensitive": "output"}])
def test_a_config_has_retries_and_a_timeout_alone(config: Any) -> None:
    text = (
        'Rollback config for "a" is in a invalid format. '
        "See https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/"
    )
    with pytest.raises(WorkflowFatalError) as caught:
        rollback_options("a", undo, config)
    assert str(caught.value) == text


def test_the_delay_of_a_rollback_may_be_a_function() -> None:
    merged = rollback_options("a", undo, {"retries": {"limit": 1, "delay": undo}})
    assert merged is not None
    assert merged["retries"]["delay"] == "[dynamic]"
    assert rollback_config("a", merged, recorded=True) == merged
    with pytest.raises(WorkflowFatalError):
        rollback_config("a", merged)
