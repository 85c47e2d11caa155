"""Every sentence of the dashboards."""

from __future__ import annotations

from .formats import counted, duration, size

STATES = {
    "running": "Running", "queued": "Queued", "retrying": "Retrying", "waiting": "Waiting", "sleeping": "Sleeping",
    "pausing": "Pausing", "paused": "Paused", "errored": "Errored", "terminated": "Terminated", "complete": "Complete",
}  # fmt: skip
FLEET = "Fleet"
READING = "Reading the store."
LIVE = "Live"
READ_ONLY = "Another process runs this store. What is shown is live; pause, resume and send events where it runs."
NO_RUNS = "No runs yet. They appear here as soon as they are created."
NO_MATCH = "No run is in this state."
TENANTS = "Runs by tenant and state"
THROUGHPUT = "Throughput"
LATENCY = "Latency by step"
AHEAD = "Wake-ups ahead"
RETRIES = "Retries"
STORAGE = "Storage"
RUNS = "Runs"
TENANT, STEP, RUN, STATE, STARTED, NEXT, WHEN = "Tenant", "Step", "Run", "State", "Started", "Next wake", "When"
ALL, ATTEMPTS, FAILED, CUT = "All", "Attempts", "Failed", "Cut off"
BACK = "All runs"
LOGS, EVENTS, OUTPUT, ERROR, PAYLOAD = "Logs", "Events", "Output", "Error", "Payload"
NO_LOGS = "Nothing was printed or logged."
NO_RUN = "This run is not here: it was deleted, or it lives in another store."
LOST = "The engine does not answer: {why} It is asked again."
SEND, TYPE, SEND_PAYLOAD = "Send event", "Type", "Payload, JSON"
ACTS = {
    "pause": "Pause", "resume": "Resume", "retry_now": "Retry now", "skip": "Skip", "terminate": "Terminate",
    "restart": "Restart",
}  # fmt: skip
KINDS = {"sleep": "Sleep", "wait": "Wait ends", "retry": "Retry"}


def skip_of(length: int) -> str:
    """Name the button that moves a run's clock on."""
    return f"Skip {duration(length)}"


def minutes(count: int) -> str:
    """Say how long a window is."""
    return counted(count, "last minute", "last {n} minutes")


def throughput(began: int, ended: int, steps: int) -> str:
    """Say in a sentence what the chart of throughput shows."""
    return (
        f"{counted(began, '{n} run was created', '{n} runs were created')}, "
        f"{counted(ended, '{n} ended', '{n} ended')}, "
        f"{counted(steps, '{n} step finished', '{n} steps finished')} in the last 60 minutes."
    )


def within(length: int | None) -> str:
    """Name a span of due times."""
    return "later" if length is None else f"in {duration(length)}"


def stored(total: int, free: int) -> str:
    """Say how much is stored."""
    return f"{size(total)}, {size(free)} of it free to be used again"
