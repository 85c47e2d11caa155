"""The platform as a notebook sees it: what to deploy, run and find again, over a line to an engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dynamic_workflows.host.clocks import SystemEntropy
from dynamic_workflows.notebook.deployments import Deployment, Source
from dynamic_workflows.notebook.errors import NoEngine, error_of
from dynamic_workflows.notebook.instances import Instance, call_of
from dynamic_workflows.notebook.lines import Line, open_line
from dynamic_workflows.notebook.places import Places
from dynamic_workflows.shared.errors import CodeError, InstanceNotFound, InvalidOptions, NotSerialisable
from dynamic_workflows.shared.limits import POLL_MS
from dynamic_workflows.shared.names import workflow_name

VERSION = 1
TIMEOUT = 60.0

# A file has one engine at a time, so that a cell that connects, run again, must find the connection it made before.
_open: dict[tuple[str, bool], Connection] = {}


async def connect(store: str | Path | None = None, *, timeout: float = TIMEOUT, read_only: bool = False) -> Connection:
    """Attach to the engine of this site; on CPython, open one over a SQLite file.

    Called again it returns the same connection. In IPython it also brings ``%%workflow``.

    Args:
        store: the file, on CPython only; ``workflows.sqlite`` beside the notebook when none is given.
        timeout: seconds to wait for the engine of this site.
        read_only: on CPython only: open no engine, but read what the file says while another process runs it, or none.

    Raises:
        NoEngine: no page of this site hosts one.
        StoreLost: another process runs the file, and it is not ``read_only``; or it cannot be read.
    """
    name = _name(store), read_only
    known = _open.get(name)
    if known is None or known.closed:
        line = await open_line(None if store is None else Path(store), timeout, read_only=read_only)
        known = _open[name] = Connection(line)
    if read_only:
        return known
    from dynamic_workflows.notebook.magic import register  # the magic connects by itself

    register(known)
    return known


class Connection:
    """The platform over a line to its engine. Its runs belong to tenants; everybody attached sees the same ones."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._entropy = SystemEntropy()
        self._deployed: dict[str, Deployment] = {}
        self.places = Places()

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked any more: ``connect`` makes another one."""
        return self._line.closed

    @property
    def live(self) -> bool:
        """Whether what is displayed of a run follows it by itself."""
        return self._line.live

    @property
    def read_only(self) -> bool:
        """Whether runs can be seen and not changed: another process runs them."""
        return self._line.read_only

    @property
    def place(self) -> str:
        """Where runs are stored, in words."""
        return self._line.place

    async def ask(self, verb: str, /, **args: Any) -> Any:
        """Make one request at the engine's desk and return its answer.

        Raises:
            WorkflowError: the engine's, as it raised it.
            NoEngine: this connection is closed.
            NotSerialisable: the arguments are not JSON.
        """
        if self.closed:
            raise NoEngine("This platform is closed: await connect() opens it again.")
        id = self._entropy.instance_id()
        try:
            text = json.dumps({"v": VERSION, "id": id, "verb": verb, "args": args}, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise NotSerialisable(f"What is sent to an engine is JSON: {error}.") from None
        answer = json.loads(await self._line.request(id, text))
        if "error" in answer:
            raise error_of(answer["error"])
        return answer["ok"]

    # -- code and runs ----------------------------------------------------------------------------------------

    async def deploy(
        self, tenant: str, code: Source, *, main: str | None = None, entrypoint: str | None = None
    ) -> Deployment:
        """Load a tenant's code in a sandbox and keep it, for this connection, as what ``create`` runs.

        Args:
            code: the text of one module, or several files by name.
            main: which file holds the workflow class; needed with several.
            entrypoint: the name of that class; needed when there are several.

        Raises:
            CodeError: it does not load; a note shows the line.
        """
        files, main = _files(code, main)
        try:
            checked = await self.ask("check", tenant=tenant, files=files, main=main, entrypoint=entrypoint)
        except CodeError as error:
            raise self.places.noted(error, files) from None
        deployment = Deployment(self, tenant, files, main, checked["entrypoint"], checked["version"])
        self._deployed[tenant] = deployment
        self.places.deployed(deployment.version, files)
        return deployment

    async def deployment_of(self, summary: Mapping[str, Any]) -> Deployment:
        """Return the code that a run, given by its summary, is pinned to."""
        tenant, version = str(summary["tenant"]), str(summary["version"])
        found = await self.ask("files", tenant=tenant, version=version)
        return Deployment(self, tenant, found["files"], found["main"], summary["entrypoint"], version)

    async def create(self, tenant: str, payload: Any = None, *, id: str | None = None) -> Instance:
        """Create an instance of the code that was deployed last for a tenant, and return its handle.

        Raises:
            InvalidOptions: nothing was deployed for this tenant by this connection.
            InstanceAlreadyExists: the id is taken.
        """
        deployment = self._deployed.get(tenant)
        if deployment is None:
            raise InvalidOptions(
                f'Nothing is deployed for {tenant!r:.80}: await platform.deploy("{tenant}", code) first.'
            )
        return await deployment.create(payload, id=id)

    async def run(
        self,
        tenant: str,
        code: Source,
        payload: Any = None,
        *,
        id: str | None = None,
        main: str | None = None,
        entrypoint: str | None = None,
    ) -> Instance:
        """Deploy code and create an instance of it. With an ``id`` that exists, return that one: it goes on as it is.

        Args:
            payload: JSON; what ``event["payload"]`` is.

        Raises:
            CodeError: it does not load; a note shows the line.
        """
        deployment = await self.deploy(tenant, code, main=main, entrypoint=entrypoint)
        if id is not None:
            try:
                return await self.get(tenant, deployment.workflow, id)
            except InstanceNotFound:
                pass
        return await deployment.create(payload, id=id)

    async def get(self, tenant: str, workflow: str, id: str) -> Instance:
        """Return the handle of an existing instance.

        Args:
            workflow: the name of its class in small letters with hyphens: ``CiPipeline`` is ``ci-pipeline``.

        Raises:
            InstanceNotFound: there is none.
        """
        state = await self.ask("history", tenant=tenant, workflow=workflow_name(workflow), id=id)
        return Instance(self, state["run"], state["rows"])

    async def runs(self, tenant: str | None = None, *, limit: int = 100) -> list[Instance]:
        """Return the instances of a tenant, or of all, newest first."""
        found = await self.ask("runs", limit=limit, **({} if tenant is None else {"tenant": tenant}))
        return [Instance(self, summary) for summary in found]

    async def find(
        self,
        tenant: str | None = None,
        *,
        states: Sequence[str] | None = None,
        search: str | None = None,
        limit: int = 100,
        skip: int = 0,
    ) -> list[Instance]:
        """Return the instances that fit, newest first, ``limit`` of them behind the first ``skip``.

        Args:
            states: as lists of runs show them: ``sleeping``, ``waiting``, ``retrying``, ``errored`` ...
            search: text in the id, the name or the workflow.
            limit: 1,000 at most.
        """
        wanted = {"tenant": tenant, "states": None if states is None else list(states), "search": search}
        uids = (await self.ask("find_runs", **wanted))["uids"][skip : skip + limit]
        return [Instance(self, summary) for summary in await self.ask("runs", uids=uids, limit=limit)]

    # -- all runs together ------------------------------------------------------------------------------------

    async def overview(self, *, within: Sequence[int] = ()) -> dict[str, Any]:
        """Return how many runs there are by tenant and state, what is due next, and the bytes that are stored.

        Returns:
            ``now`` and three parts, all times in epoch milliseconds. ``runs`` lists how many ``runs`` a ``tenant`` has
            in a ``state``. ``due`` has ``within`` (``kind``, ``within``, ``timers``) and ``next``, the due times that
            come first (``tenant``, ``workflow``, ``id``, ``name``, ``number``, ``entrypoint``, ``kind``, ``key``,
            ``at``). ``storage`` has ``bytes``, and how many of them are ``free`` to be used again.

        Args:
            within: milliseconds; due times are counted by the first of them that covers them, the others by None.
        """
        found: dict[str, Any] = await self.ask("overview", within=list(within))
        return found

    async def activity(self, *, after: int = 0, since: int = 0, limit: int = 5_000) -> dict[str, Any]:
        """Return when runs and the attempts of their steps began and ended, oldest first.

        Returns:
            ``{"now", "rows": [{"pos", "uid", "tenant", "workflow", "id", "at", "kind", "key", "life", "attempt",
            "final", "interrupted"}], "pos", "gap"}``.

        Args:
            after: the ``pos`` of the last answer: only what came later is returned.
            since: epoch milliseconds; nothing before them is returned.
            limit: rows, 5,000 at most; of more, the newest come, and ``gap`` is true.
        """
        found = await self.ask("activity", after=after, since=since, limit=limit)
        rows = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
        return {**{name: found[name] for name in ("now", "pos", "gap")}, "rows": rows}

    async def usage(self) -> dict[str, Any]:
        """Return the bytes of the store, of each tenant's runs, and of the ended runs that take most.

        It reads everything that is stored: ask now and then.
        """
        found: dict[str, Any] = await self.ask("usage")
        return found

    async def schedules(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return what the clock starts, of a tenant or of all; ``next`` is when, in epoch milliseconds."""
        found: list[dict[str, Any]] = await self.ask("schedules", **({} if tenant is None else {"tenant": tenant}))
        return found

    async def subscribe(self) -> AsyncGenerator[None, None]:
        """Yield at once, then whenever a run has changed; what changes while the caller is at work is one change."""
        cursor = None
        while True:
            found = (await self.ask("changes", cursor=cursor, wait=POLL_MS))["cursor"]
            if found != cursor:
                cursor = found
                yield

    # -- the rest ---------------------------------------------------------------------------------------------

    async def tenants(self) -> list[str]:
        """Return the names of the tenants that have run anything."""
        found: list[str] = await self.ask("tenants")
        return found

    async def ledger(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return the calls of ``env.WORLD``: what was asked for, and what was done."""
        return [call_of(row) for row in await self.ask("ledger", **({} if tenant is None else {"tenant": tenant}))]

    async def settings(self, *, world_delay: int | None = None) -> dict[str, Any]:
        """Set how many milliseconds an answer of ``env.WORLD`` takes, for everybody; return the settings."""
        given = {} if world_delay is None else {"world_delay": world_delay}
        found: dict[str, Any] = await self.ask("settings", **given)
        return found

    async def close(self) -> None:
        """Let go of the engine. On CPython it stops in order; a later ``connect`` goes on with its runs."""
        if not self.closed:
            await self._line.close()

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.shield(self.close())

    def __repr__(self) -> str:
        return f"<platform, {'closed' if self.closed else f'runs in {self._line.place}'}>"


def _name(store: str | Path | None) -> str:
    return "" if store is None else str(Path(store).absolute())


def _files(code: Source, main: str | None) -> tuple[dict[str, str], str]:
    if isinstance(code, str):
        name = main or "workflow.py"
        return {name: code}, name
    if not isinstance(code, Mapping) or not code:
        raise InvalidOptions("The code is the text of a module, or files by name.")
    files = dict(code)
    if main is None and len(files) > 1:
        raise InvalidOptions(f"Say with main= which of {', '.join(map(repr, files))} holds the workflow class.")
    return files, main or next(iter(files))
