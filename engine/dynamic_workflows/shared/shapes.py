"""The dicts that tenant code is given, key by key: editors and the reference read them here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class StepContext(TypedDict):
    """What a step's function gets as ``ctx``.

    Args:
        step: ``{"name", "count"}``: which step this is; ``count`` tells steps of one name apart.
        attempt: which attempt this is, from 1.
        config: the step's config, merged over the defaults.
    """

    step: dict[str, Any]
    attempt: int
    config: dict[str, Any]


class WorkflowEvent(TypedDict):
    """What ``run`` gets as ``event``: how the instance was started. It is the same in every replay.

    Args:
        payload: the ``params`` given to ``create``; in the playground, the payload below the code.
        timestamp: when the instance was created.
        instanceId: the instance's id; a good key for calls outside.
        workflowName: the workflow's name.
        schedule: ``{"cron", "scheduledTime"}`` of an instance that a schedule started.
    """

    payload: Any
    timestamp: datetime
    instanceId: str
    workflowName: str
    schedule: NotRequired[dict[str, Any]]
