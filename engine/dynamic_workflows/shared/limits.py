"""Every limit, by name. Figures are Cloudflare's published ones where they exist (semantics reference, section G)."""

from __future__ import annotations

STEPS_DEFAULT = 10_000
STEPS_MAX = 25_000
STEP_NAME_LENGTH = 256
WORKFLOW_NAME_LENGTH = 64
INSTANCE_ID_LENGTH = 100
EVENT_TYPE_LENGTH = 100
RETRIES_MAX = 10_000
RESULT_BYTES = 1 << 20  # a step's result, an event's payload, an instance's params
BATCH = 100
CRON_LENGTH = 256
SCHEDULES_MAX = 100  # cron expressions of one engine
RETENTION_MAX_MS = 30 * 86_400_000
RETENTION_TURN = 200  # instances whose time is over, deleted in one idle turn
SLEEP_MAX_MS = 365 * 86_400_000
WAIT_MIN_MS = 1_000
WAIT_MAX_MS = 365 * 86_400_000
WAIT_DEFAULT_MS = 86_400_000
CODE_BYTES = 64 << 20
ENV_BYTES = 1 << 20
FRAME_BYTES = 8 << 20  # a legal 1 MiB result must fit after encoding
MEMO_BYTES = 256 << 10
DELAY_BUDGET_MS = 5_000  # what a function given as the delay of retries may take
DELAY_DEFAULT_MS = 1_000  # the delay where that function cannot be asked
INTERRUPTIONS_MAX = 20  # in a row, then the step fails
CPU_TURN_MS = 10_000  # a sandbox silent for longer is hung
SLOTS = 64
SANDBOXES = 4  # open at once; twice that while attempts keep all of them
SANDBOX_TURN_MS = 5_000  # what a tenant keeps its sandbox for while others wait, and all are kept before there are more
REBUILD_MS = 10_000  # the longest replay for handlers of a rollback, where only timers of its own still move it
POLL_MS = 30_000  # the longest that a question for events waits for one
REQUESTS_KEPT = 10_000
REQUESTS_KEPT_MS = 3_600_000
LOG_TEXT = 8_192
LOG_ROWS = 1_000  # per instance
MESSAGES_MAX = 20_000  # in one frame
FRAME_DEPTH = 32  # nesting of a frame: a record in a memo entry is six deep
VALUE_DEPTH = 200  # nesting of a wire value; twice that, with tags, stays far below Python's recursion limit
ERROR_TEXT = 16_384  # characters of an error's message
TRACEBACK_TEXT = 32_768  # characters of a traceback, its middle left out beyond
