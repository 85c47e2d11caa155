"""Every sentence of the dashboards."""

from __future__ import annotations

from .formats import counted, duration, size

STATES = {
    "running": "Running", "queued": "Queued", "retrying": "Retrying", "waiting": "Waiting", "sleeping": "Sleeping",
    "pausing": "Pausing", "paused": "Paused", "errored": "Errored", "terminated": "Terminated", "complete": "Complete",
}  # fmt: skip
ACTS = {
    "pause": "Pause", "resume": "Resume", "retry_now": "Retry now", "restart": "Restart", "terminate": "Terminate",
}  # fmt: skip
DUE = {"sleep": "Sleeps", "wait": "Timeouts", "retry": "Retries"}

FLEET, BACK = "Fleet", "All runs"
READING, LIVE, ONLY_READ = "Reading the store", "Live", "Live, read only"
NOW, PAST, COMING = "now", "{} ago", "in {}"
NO_RUNS = "No runs yet. They appear here as soon as they are created."
NO_MATCH = "No run is in this state."
NO_STEPS = "No attempt of a step has ended in this time."
NO_RETRIES = "No attempt failed in this time."
NO_LOGS = "Nothing was printed or logged."
NO_RUN = "This run is not here: it was deleted, or it lives in another store."
MORE = "Show more"

TENANTS, THROUGHPUT, LATENCY = "Runs by tenant and state", "Throughput", "Latency by step"
AHEAD, RETRIES, STORAGE, RUNS = "Wake-ups ahead", "Retries", "Storage", "Runs"
TENANT, STEP, RUN, STATE, STARTED, NEXT = "Tenant", "Step", "Run", "State", "Started", "Next wake"
WHEN, ALL, ATTEMPTS, LONGEST, FAILED, CUT = "When", "All", "Attempts", "Longest", "Failed", "Cut off"
STORED, ENDED, UNDER_WAY, STEPS = "Stored", "Ended", "Under way", "Steps finished"
LOGS, EVENTS, OUTPUT, ERROR = "Logs", "Events", "Output", "Error"
DRAWN = "Drawn"
LEVEL, TEXT, KIND, ATTEMPT, DATA = "Level", "Text", "Kind", "Attempt", "Data"
SEND, SEND_VERB, TYPE, PAYLOAD = "Send event…", "Send", "Type", "Payload, JSON"


def only_read(place: str) -> str:
    """Say that nothing can be changed here, and where it can."""
    return f"Another process runs {place}. What it does is shown as it happens; pause, resume and send events there."


def lost(why: object) -> str:
    """Say that an engine does not answer."""
    return f"The engine does not answer: {why} It is asked again every second; what is shown may be old."


def payload_error(why: object) -> str:
    """Say that what was typed as a payload is none."""
    return f"The payload is not JSON: {why}. Nothing was sent."


def throughput(began: int, ended: int, steps: int) -> str:
    """Say in a sentence what the chart of throughput shows."""
    return (
        f"{counted(began, '{n} run was created', '{n} runs were created')}, {ended:,} ended, "
        f"{counted(steps, '{n} step finished', '{n} steps finished')}."
    )


def rate(most: int) -> str:
    """Say what the height of the chart is."""
    return counted(most, "{n} run a minute at most", "{n} runs a minute at most")


def retries(waiting: int, failed: int, final: int) -> str:
    """Say how much is tried again."""
    return (
        f"{counted(waiting, '{n} run waits', '{n} runs wait')} for a next attempt. "
        f"{counted(failed, '{n} attempt was', '{n} attempts were')} followed by another, "
        f"{counted(final, '{n} step failed', '{n} steps failed')} for good."
    )


def since(minutes: int) -> str:
    """Say how long a window is."""
    return counted(minutes, "last minute", "last {n} minutes")


def within(length: int | None) -> str:
    """Name a span of due times."""
    return "Later" if length is None else f"In {duration(length)}"


def stored(total: int, free: int) -> str:
    """Say how much is stored."""
    return f"{size(total)}, {size(free)} of it free to be used again."


def runs(count: int) -> str:
    """Name a number of runs."""
    return counted(count, "{n} run", "{n} runs")


def some_of(shown: int, count: int) -> str:
    """Say how many are shown."""
    return f"{shown:,} of {count:,}"


def newest(shown: int, count: int) -> str:
    """Say that the oldest are left out."""
    return f"the newest {shown:,} of {count:,}"
