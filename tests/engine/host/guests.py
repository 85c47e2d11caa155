"""Which guests the host's tests run over: all of them over guests in this process, and over processes but for these."""

from __future__ import annotations

GUEST_TIME = "tenant code sleeps on its guest's own clock, and a process has the machine's"
THIS_PROCESS = "the workflow is a class of this process, without source for another"
SEEDS = "many seeds, each with many sandboxes; what they crash at is the host's own"
LOOP_PASSES = "the test counts passes of the event loop while the sandbox starts"
MANY_STARTS = "the sandbox is ended, and started again, twenty times"

ONLY_IN_PROCESS: dict[str, str] = {
    "test_crashes": SEEDS,
    "test_rollback_crashes": SEEDS,
    "test_examples": SEEDS,
    "test_creation.test_the_object_form_tells_of_ids_that_are_taken_or_repeated": THIS_PROCESS,
    "test_creation.test_a_count_creates_so_many_alike": THIS_PROCESS,
    "test_retention.test_defaults_come_from_the_engine_the_workflow_and_the_instance_in_this_order": THIS_PROCESS,
    "test_retention.test_a_turn_deletes_no_more_than_200_and_only_when_it_is_idle": THIS_PROCESS,
    "test_delays.test_the_forms_it_may_have": GUEST_TIME,
    "test_delays.test_a_timeout_asks_too_and_the_callback_is_over": GUEST_TIME,
    "test_delays.test_after_a_crash_in_the_function_the_attempt_counts_as_cut_off": GUEST_TIME,
    "test_delays.test_code_that_has_no_function_any_more_waits_a_second": GUEST_TIME,
    "test_delays.test_a_pause_waits_for_the_function": GUEST_TIME,
    "test_loader.test_a_worker_that_answers_a_call_is_not_evicted_and_a_call_does_not_wait_for_ever": GUEST_TIME,
    "test_lifecycle.test_a_pause_that_is_called_off_goes_on_where_it_was": GUEST_TIME,
    "test_tenants_workflows.test_a_subscription_waits_for_what_happens_in_a_step_and_outside": GUEST_TIME,
    "test_tenants_workflows.test_a_subscription_ends_when_its_instance_is_deleted": GUEST_TIME,
    "test_events_and_restarts.test_a_restart_from_a_parallel_step_keeps_the_siblings_that_started_before_it": GUEST_TIME,
    "test_events_and_restarts.test_a_restart_counts_the_occurrences_of_a_name_and_takes_do_steps_unless_told": GUEST_TIME,
    "test_rollback.test_a_run_that_fails_is_undone_in_reverse_order_of_step_start": GUEST_TIME,
    "test_streams.test_a_chunk_that_is_lost_while_the_stream_is_read_is_the_same_error": GUEST_TIME,
    "test_invocations.test_what_wait_until_was_given_goes_on_behind_the_answer_and_the_tail_hears_of_it": GUEST_TIME,
    "test_invocations.test_a_call_after_the_end_of_its_request_is_refused": GUEST_TIME,
    "test_subscription.test_live_events_are_the_same_as_those_of_history": LOOP_PASSES,
    "test_runs.test_the_twentieth_interruption_in_a_row_fails_the_step": MANY_STARTS,
}


def only_in_process(module: str, test: str) -> bool:
    """Return whether a test runs over guests in this process only."""
    return module in ONLY_IN_PROCESS or f"{module}.{test}" in ONLY_IN_PROCESS
