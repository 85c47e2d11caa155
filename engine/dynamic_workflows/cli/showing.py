"""The commands that only read: ``status``, ``list``, ``history`` and ``ledger``."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Awaitable, Callable
from typing import Any

from dynamic_workflows.cli.errors import OK
from dynamic_workflows.cli.reading import Reader, opened
from dynamic_workflows.cli.words import Story, clean, error_text, moment, parsed, step_name, table


def _read(options: Namespace, work: Callable[[Reader], Awaitable[Any]]) -> Any:
    with opened(options.store) as connection:
        reader = Reader(options.store, connection)

        async def answer() -> Any:
            return await work(reader)

        return asyncio.run(answer())


def _print_json(value: Any) -> int:
    print(json.dumps(value, indent=2))
    return OK


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _run(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a run's summary with its values as JSON."""
    return {**summary, "params": _value(summary["params"]), "output": _value(summary["output"])}


def status(options: Namespace) -> int:
    """Show one run."""

    async def work(reader: Reader) -> Any:
        return await reader.ask("status", **await reader.find(options.id, options.tenant, options.workflow))

    run = _read(options, work)
    if options.json:
        return _print_json(_run(run))
    facts = {
        "run": f"{run['workflow']} {run['id']}", "tenant": run["tenant"], "status": run["status"],
        "code": f"{run['main']}:{run['entrypoint']} ({run['version'] or ''})"[:60], "created": moment(run["created"]),
        "ended": moment(run["ended"]), "next due": moment(run["next_due"]), "payload": run["params"],
        "output": run["output"], "error": error_text(run["error"]) if run["error"] else None,
    }  # fmt: skip
    for name, fact in facts.items():
        if fact:
            print(f"{name:<9} {clean(fact, 2_000)}")
    return OK


def list_runs(options: Namespace) -> int:
    """Show the runs of a store, newest first."""

    async def work(reader: Reader) -> Any:
        return await reader.ask("runs", tenant=options.tenant, limit=options.limit)

    runs = _read(options, work)
    if options.json:
        return _print_json([_run(run) for run in runs])
    head = ("TENANT", "WORKFLOW", "ID", "STATUS", "CREATED", "ENDED", "NEXT DUE")
    fields = ("tenant", "workflow", "id", "status")
    times = ("created", "ended", "next_due")
    rows = [[*(run[name] for name in fields), *(moment(run[name]) for name in times)] for run in runs]
    print(table(head, rows) if rows else "No runs yet.")
    return OK


def history(options: Namespace) -> int:
    """Show everything that happened to one run."""

    async def work(reader: Reader) -> Any:
        return await reader.ask("history", **await reader.find(options.id, options.tenant, options.workflow))

    state = _read(options, work)
    if options.json:
        return _print_json([{**row, "data": parsed(row)} for row in state["rows"]])
    story = Story()
    story.offset = state["run"]["offset"]
    rows = [
        ("" if row["kind"] == "engine_started" else row["seq"], moment(row["at"]), row["kind"], row["attempt"],
         "  ".join(story.tell(row)))
        for row in state["rows"]
    ]  # fmt: skip
    print(table(("SEQ", "TIME", "KIND", "ATTEMPT", "WHAT"), rows))
    return OK


def ledger(options: Namespace) -> int:
    """Show the calls of ``env.WORLD``: how often each was asked for, and how often done."""

    async def work(reader: Reader) -> Any:
        return await reader.ask("ledger", tenant=options.tenant)

    calls = _read(options, work)
    if options.json:
        return _print_json([{**call, "args": _value(call["args"]), "kwargs": _value(call["kwargs"])} for call in calls])
    rows = [
        (
            moment(call["at"]), call["tenant"], call["instance"], step_name(call["step"]), call["method"], call["args"],
            call["key"], call["asked"], call["done"], call["receipt"].get("id"),
        )
        for call in calls
    ]  # fmt: skip
    head = ("TIME", "TENANT", "RUN", "STEP", "METHOD", "ARGUMENTS", "KEY", "ASKED", "DONE", "RECEIPT")
    print(table(head, rows) if rows else "No calls yet.")
    return OK
