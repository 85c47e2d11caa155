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
RETENTION_MAX_MS = 30 * 86_400_000
RETENTION_TURN = 200  # instances whose time is over, deleted in one idle turn
SLEEP_MAX_MS = 365 * 86_400_000
WAIT_MIN_MS = 1_000
WAIT_MAX_MS = 365 * 86_400_000
WAIT_DEFAULT_MS = 86_400_000
CODE_BYTES = 64 << 20
ENV_BYTES = 1 << 20
CODE_INLINE = 1 << 20  # characters of code in one message; what is longer is sent in parts
CODE_PART = 256 << 10  # characters of a module of a module in one part
MODULE_NAME_LENGTH = 512
LOADER_ID_LENGTH = 400
ANSWER_TEXT = 4_000_000  # characters of what a call answers: quoted once more it still fits a frame
INVOCATION_TAIL_MS = 30_000  # what waitUntil may take after the answer
ROOM_MS = 30_000  # how long a call waits for a sandbox when all are busy
FRAME_BYTES = 8 << 20  # a legal 1 MiB result must fit after encoding
MEMO_BYTES = 256 << 10
DELAY_BUDGET_MS = 5_000  # what a function given as the delay of retries may take
DELAY_DEFAULT_MS = 1_000  # the delay where that function cannot be asked
INTERRUPTIONS_MAX = 20  # in a row, then the step fails
CPU_TURN_MS = 10_000  # a sandbox silent for longer is hung
SLOTS = 64
REBUILD_MS = 10_000  # the longest replay for handlers of a rollback, where only timers of its own still move it
REQUESTS_KEPT = 10_000
REQUESTS_KEPT_MS = 3_600_000
LOG_TEXT = 8_192
LOG_ROWS = 1_000  # per instance
MESSAGES_MAX = 20_000  # in one frame
FRAME_DEPTH = 32  # nesting of a frame: a record in a memo entry is six deep
VALUE_DEPTH = 200  # nesting of a wire value; twice that, with tags, stays far below Python's recursion limit
ERROR_TEXT = 16_384  # characters of an error's message
TRACEBACK_TEXT = 32_768  # characters of a traceback, its middle left out beyond
