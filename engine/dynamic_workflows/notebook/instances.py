"""The handle of an instance in a notebook: the calls of a host's handle, its result, and how it is displayed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamic_workflows.notebook.errors import InstanceTerminated
from dynamic_workflows.notebook.pictures import html_of, is_busy, text_of
from dynamic_workflows.notebook.shown import Displays, shell_of_a_notebook
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import WorkflowError, exception_from
from dynamic_workflows.shared.limits import POLL_MS

if TYPE_CHECKING:
    from dynamic_workflows.notebook.connection import Connection
    from dynamic_workflows.notebook.deployments import Deployment

MIME = "application/vnd.dynamic-workflows.run+json"
ENDS = ["workflow_completed", "workflow_errored", "workflow_terminated"]
Row = Mapping[str, Any]


class Instance:
    """A handle of one instance. Displayed in a notebook it goes on by itself: a timeline in the site, else a table."""

    def __init__(self, connection: Connection, summary: Row, rows: Sequence[Row] = ()) -> None:
        self._connection = connection
        self._summary, self._rows = summary, list(rows)
        self.tenant, self.workflow, self.id = (str(summary[name]) for name in ("tenant", "workflow", "id"))
        self._displays = Displays(self)

    async def _ask(self, verb: str, **args: Any) -> Any:
        return await self._connection.ask(verb, tenant=self.tenant, workflow=self.workflow, id=self.id, **args)

    # -- reading ----------------------------------------------------------------------------------------------

    async def status(self) -> dict[str, Any]:
        """Return ``{"status", "output", "error", "rollback"}``; output is None until the instance is complete."""
        found = self._summary = await self._ask("status")
        error = found["error"]
        return {
            "status": found["status"],
            "output": None if found["output"] is None else values.decode(found["output"]),
            "error": None if error is None else {"name": error["name"], "message": error["message"]},
            "rollback": found["rollback"],
        }

    async def history(self) -> list[dict[str, Any]]:
        """Return the instance's history, oldest first; ``data`` is JSON text."""
        await self._look()
        return [dict(row) for row in self._rows]

    async def steps(self) -> list[str]:
        """Return the names of the steps that are finished, in the order in which they ended."""
        rows = await self.history()
        ended = (row["key"] for row in rows if row["kind"] in ("step.completed", "sleep.completed", "wait.completed"))
        return [key.partition(":")[2].rpartition("-")[0] for key in ended]

    async def ledger(self) -> list[dict[str, Any]]:
        """Return this instance's calls of ``env.WORLD``: what was asked for, and what was done."""
        return [call_of(row) for row in (await self._ask("history"))["ledger"]]

    async def deployment(self) -> Deployment:
        """Return the code this instance is pinned to, to run it again."""
        return await self._connection.deployment_of(self._summary)

    async def logs(self) -> list[dict[str, Any]]:
        """Return what the code printed and logged, oldest first."""
        rows: list[dict[str, Any]] = await self._ask("logs")
        return rows

    async def result(self, *, timeout: float | None = None) -> Any:
        """Wait until the instance has ended and return what ``run`` returned.

        Args:
            timeout: seconds; then TimeoutError is raised, and the instance goes on.

        Raises:
            InstanceTerminated: it was terminated.
            Exception: whatever ``run`` raised, with a note that shows where.
        """
        async with asyncio.timeout(timeout):
            while (await self._look())["ended"] is None:
                await self._ask("events", cursor=0, filter=ENDS, wait=POLL_MS)
        summary = self._summary
        if summary["status"] == "terminated":
            raise InstanceTerminated(self.id)
        if summary["status"] == "errored":
            raise self._connection.places.raised(exception_from(summary["error"]), summary)
        return values.decode(summary["output"])

    async def settled(self, *, timeout: float | None = None) -> Instance:
        """Wait until it can do nothing by itself but sleep: it sleeps, waits for an event, is paused or has ended.

        A step that is tried again later is waited for. Returns the handle.

        Args:
            timeout: seconds; then TimeoutError is raised, and the instance goes on.
        """
        cursor = 0
        async with asyncio.timeout(timeout):
            while is_busy(await self._look(), self._rows):
                cursor = (await self._ask("events", cursor=cursor, wait=POLL_MS))["cursor"]
        return self

    async def subscribe(self, options: Mapping[str, Any] | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the instance's events from the first one on, then as they happen, until it has ended.

        Args:
            options: ``{"cursor"?: the eventId of the last event seen, "filter"?: [event types]}``.
        """
        given = {**(options or {})}
        while True:
            batch = await self._ask("events", **given, wait=POLL_MS)
            for event in batch["events"]:
                yield event
            if batch["done"]:
                return
            given["cursor"] = batch["cursor"]

    # -- acting -----------------------------------------------------------------------------------------------

    async def send_event(self, event: Mapping[str, Any]) -> None:
        """Send ``{"type", "payload"?}``: delivered exactly once, or kept until the instance waits for it."""
        if not isinstance(event, Mapping) or "type" not in event:
            raise WorkflowError('send_event takes {"type": ..., "payload": ...}.')
        await self._ask("send_event", type=event["type"], payload=event.get("payload"))

    async def skip(self, key: str | None = None) -> int:
        """Move this instance's own clock to its next due time; return the milliseconds it skipped.

        Args:
            key: the step whose due time is meant; once that step is over, nothing moves and 0 is returned.

        Raises:
            NothingToSkip: it waits for no time, or not for that step's.
            InstanceFinished: it has ended.
        """
        return int((await self._ask("skip", **({} if key is None else {"key": key})))["by"])

    async def pause(self) -> None:
        """Let the attempts in flight finish and begin nothing else."""
        await self._ask("pause")

    async def resume(self) -> None:
        """Go on after a pause."""
        await self._ask("resume")

    async def terminate(self, options: Mapping[str, Any] | None = None) -> None:
        """End the instance; with ``{"rollback": True}`` undo first what it did."""
        await self._ask("terminate", **(options or {}))

    async def restart(self, options: Mapping[str, Any] | None = None) -> None:
        """Run the instance again; ``{"from": {"name": ...}}`` keeps what started before that step."""
        await self._ask("restart", **(options or {}))

    async def delete(self) -> None:
        """Remove the instance and everything stored of it."""
        await self._ask("delete")

    async def retry_now(self) -> list[str]:
        """End the retry delays of its steps; return the keys of those that are tried again at once."""
        return list((await self._ask("retry_now"))["keys"])

    # -- showing ----------------------------------------------------------------------------------------------

    @property
    def summary(self) -> dict[str, Any]:
        """What lists of runs show of it, as it was when this handle last asked: its state, its number, its times."""
        return dict(self._summary)

    async def _look(self) -> Row:
        """Read what there is to read, also for the next display."""
        state = await self._ask("history")
        self._summary, self._rows = state["run"], state["rows"]
        return self._summary

    @property
    def version(self) -> str:
        """The version of the code it is pinned to."""
        return str(self._summary["version"])

    def _ipython_display_(self) -> None:
        if self._connection.live or shell_of_a_notebook() is None:
            raise NotImplementedError  # so IPython shows what `_repr_mimebundle_` returns
        self._displays.add()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        run = {"tenant": self.tenant, "workflow": self.workflow, "id": self.id}
        return {MIME: run, "text/html": html_of(self._summary, self._rows), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return text_of(self._summary, self._rows)


def call_of(row: Row) -> dict[str, Any]:
    """Return a row of the ledger with what the call passed and got as values."""
    texts = ("args", "kwargs", "receipt")
    return {
        name: values.decode(text) if name in texts and isinstance(text, str) else text for name, text in row.items()
    }
