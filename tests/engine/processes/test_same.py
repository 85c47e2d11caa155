"""A slice of the host's tests once more, with guests in processes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host import test_lifecycle, test_runs, test_streams, test_tenants
from tests.engine.host.harness import House

RUNS = [
    test_runs.test_an_order_runs_to_its_end,
    test_runs.test_a_kill_in_a_step_tries_that_step_again_and_no_other,
    test_runs.test_a_sleeper_wakes_at_its_time_and_not_before_also_after_a_crash,
    test_runs.test_sleep_until_a_past_moment_is_an_error_and_a_finished_one_replays,
    test_runs.test_events_go_to_the_oldest_waiter_in_order_of_arrival,
    test_runs.test_an_event_after_the_deadline_stays_buffered,
    test_runs.test_a_failing_step_is_tried_again_by_its_config,
    test_runs.test_a_retry_delay_goes_on_after_a_crash,
    test_runs.test_limit_0_means_at_most_once,
    test_runs.test_a_non_retryable_error_is_final_and_remembered,
    test_runs.test_an_uncaught_error_ends_the_run_with_its_name_and_message,
    test_runs.test_a_value_that_cannot_be_stored_ends_the_run,
    test_runs.test_parallel_steps_run_together_and_replay_in_order,
    test_runs.test_terminate_ends_a_run_at_once_and_for_good,
    test_runs.test_skip_moves_one_run_only,
    test_streams.test_it_is_over_a_mebibyte_and_survives_a_crash,
    test_streams.test_an_attempt_that_times_out_while_it_streams_is_retried_from_nothing,
    test_streams.test_a_stream_can_be_passed_on_by_a_step_that_returns_it,
    test_runs.test_watchers_hear_every_row_once_and_in_order,
]
LIFECYCLE = [
    test_lifecycle.test_a_pause_lets_the_attempt_in_flight_finish_and_begins_nothing_else,
    test_lifecycle.test_a_crash_while_pausing_leaves_the_run_paused,
    test_lifecycle.test_timers_are_later_by_as_long_as_the_pause_lasted,
    test_lifecycle.test_events_that_arrive_in_a_pause_are_kept_and_delivered_after_it,
    test_lifecycle.test_restart_runs_from_the_top_in_any_status,
    test_lifecycle.test_restart_of_a_running_instance_cuts_its_attempt_off,
    test_lifecycle.test_restart_from_a_step_keeps_what_started_before_it,
    test_lifecycle.test_delete_removes_every_trace_and_frees_the_id,
]
TENANTS = [
    test_tenants.test_two_tenants_run_different_code_under_one_workflow_name_and_never_meet,
    test_tenants.test_tenant_code_cannot_reach_an_instance_of_another_tenant,
    test_tenants.test_a_run_keeps_the_code_it_was_created_with,
    test_tenants.test_a_tenant_starts_instances_of_its_own_code,
    test_tenants.test_a_syntax_error_names_line_and_column,
    test_tenants.test_more_tenants_than_sandboxes_take_turns,
    test_tenants.test_world_fails_as_scripted_and_the_ledger_says_so,
    test_tenants.test_what_tenant_code_prints_is_kept_with_its_step,
]
MORE: dict[str, dict[str, Any]] = {
    "test_a_failing_step_is_tried_again_by_its_config": {"backoff": "linear", "delays": [1, 2, 3]},
}


@pytest.mark.parametrize("test", [*RUNS, *LIFECYCLE, *TENANTS], ids=lambda test: test.__name__.removeprefix("test_"))
async def test_over_processes(house: Callable[..., House], test: Callable[..., Any]) -> None:
    assert inspect.iscoroutinefunction(test)
    await test(house, **MORE.get(test.__name__, {}))
