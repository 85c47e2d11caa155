"""The commands that are an engine for a while: ``run`` and ``send-event``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import signal
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynamic_workflows.cli.errors import INTERRUPTED, OK, RUN_ERRORED, code_error, see
from dynamic_workflows.cli.files import read_files, read_json, split_target
from dynamic_workflows.cli.live import live
from dynamic_workflows.cli.reading import Reader, Refused, ask, check_free, opened
from dynamic_workflows.cli.words import clean, error_text
from dynamic_workflows.host.clocks import SystemClock, SystemEntropy
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.engine import Engine
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.errors import page_of
from dynamic_workflows.shared.names import workflow_name
from dynamic_workflows.subprocesses import SubprocessSandboxes

TICK_SECONDS = 1


@dataclass(slots=True)
class Progress:
    """How far a command came: what Ctrl-C has to say."""

    id: str | None = None


def run(options: Namespace) -> int:
    """Run a workflow to its end, or until Ctrl-C; go on with it when it exists already."""
    progress = Progress()
    try:
        return asyncio.run(_run(options, progress))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print(_farewell(options, progress), file=sys.stderr)
        return INTERRUPTED


def _farewell(options: Namespace, progress: Progress) -> str:
    if progress.id is None:
        return "\nStopped before the run was created."
    command = ["dynamic-workflows", "run", options.target, "--store", options.store]
    command += [] if options.tenant == "local" else ["--tenant", options.tenant]
    again = shlex.join([*command, "--id", progress.id])
    return f"\nStopped. The run is stored and goes on from its last finished step with:\n  {again}"


@asynccontextmanager
async def _platform(path: str) -> AsyncIterator[Platform]:
    clock = SystemClock()
    platform = await Platform.open(
        sqlite_store(path), clock=clock, entropy=SystemEntropy(), sandboxes=SubprocessSandboxes()
    )
    try:
        yield platform
    finally:
        await platform.close()


async def _run(options: Namespace, progress: Progress) -> int:
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # on Windows, where only Ctrl-C ends it
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    path, entrypoint = split_target(options.target)
    code = {"tenant": options.tenant, "files": read_files(path), "main": path.name, "entrypoint": entrypoint}
    payload = read_json("--payload", options.payload)
    check_free(options.store)
    async with _platform(options.store) as platform:
        desk, changed = Desk(platform), asyncio.Event()
        desk.watch(lambda text: changed.set())
        run = await _begin(desk, code, path.parent, options.id, payload)
        progress.id = run["id"]
        return await _show(desk, run, changed)


async def _begin(desk: Desk, code: dict[str, Any], folder: Path, id: str | None, payload: Any) -> dict[str, str]:
    """Create the run, or find the one that has this id; return what names it."""
    try:
        checked = await ask(desk, "check", **code)
        names = {"tenant": code["tenant"], "workflow": workflow_name(checked["entrypoint"]), "id": id}
        known = None if id is None else await _known(desk, names)
        made = known or await ask(desk, "run", **code, payload=payload, id=id)
    except Refused as refused:
        if refused.record["name"] in ("CodeError", "NoEntrypoint"):
            raise code_error(refused.record, folder, code["main"]) from None
        raise
    _say(f"{made['workflow']} {made['id']}" + (f" of tenant {made['tenant']}" if made["tenant"] != "local" else ""))
    if known is not None:
        if payload is not None:
            _say("It exists already, so --payload is not used.")
        if known["version"] != checked["version"]:
            _say(f"{code['main']} has changed since; this run goes on with the code it was created with.")
    others = [run for run in await ask(desk, "runs", limit=1_000) if not run["ended"] and run["id"] != made["id"]]
    if others:
        _say(f"{len(others)} other unfinished run{'s' * (len(others) > 1)} of this store go on meanwhile.")
    return {name: made[name] for name in ("tenant", "workflow", "id")}


async def _known(desk: Desk, names: dict[str, Any]) -> dict[str, Any] | None:
    try:
        summary: dict[str, Any] = await ask(desk, "status", **names)
        return summary
    except Refused as refused:
        if refused.record["name"] != "InstanceNotFound":
            raise
        return None


async def _show(desk: Desk, run: dict[str, str], changed: asyncio.Event) -> int:
    """Show the run until it has ended and return the exit code."""
    shown, row_pos, log_pos = live(sys.stdout, SystemClock().now), 0, 0
    try:
        while True:
            changed.clear()
            state = await ask(desk, "history", **run, after=row_pos)
            logs = [row for row in await ask(desk, "logs", **run) if row["pos"] > log_pos]
            rows, log_pos = state["rows"], max([log_pos, *(row["pos"] for row in logs)])
            row_pos = max([row_pos, *(row["pos"] for row in rows)])
            shown.logs(logs)
            shown.rows(rows, state["run"]["offset"])
            if state["run"]["ended"]:
                return _result(state["run"])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):  # wait_for of Python 3.11 can lose a Ctrl-C
                    await changed.wait()
            shown.tick()
    finally:
        shown.end()


def _result(run: dict[str, Any]) -> int:
    if run["status"] == "complete":
        return OK
    error = run["error"]
    if error is not None:
        _say(error.get("traceback") or error_text(error))
        page = page_of(error)
        if page is not None:
            _say(see(page))
    return RUN_ERRORED


def _say(text: str) -> None:
    print("\n".join(clean(line, 2_000) for line in text.rstrip().splitlines()), file=sys.stderr, flush=True)


def send_event(options: Namespace) -> int:
    """Store an event for a run; it is delivered at once when the run waits for it, else kept."""
    payload = read_json("--payload", options.payload)

    async def send() -> dict[str, str]:
        with opened(options.store) as connection:
            run = await Reader(options.store, connection).find(options.id, options.tenant, options.workflow)
        clock = SystemClock()
        engine = await Engine.open(  # no workflow is bound to it, so that none runs
            sqlite_store(options.store), clock=clock, entropy=SystemEntropy(), sandboxes=SubprocessSandboxes()
        )
        try:
            handle = await engine.workflow(run["workflow"]).scoped(run["tenant"]).get(run["id"])
            await handle.send_event({"type": options.type, "payload": payload})
        finally:
            await engine.close()
        return run

    run = asyncio.run(send())
    print(f"Stored the event {json.dumps(options.type)} for {run['workflow']} {run['id']}.")
    return OK
