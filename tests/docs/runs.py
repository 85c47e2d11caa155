"""Runs the blocks of one page, in order and in one place: a platform, a folder, a clock that jumps, and names they share."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import random
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import indent
from typing import Any

import dynamic_workflows
from dynamic_workflows.host.clocks import TestClock, passes
from dynamic_workflows.host.engine import Engine
from dynamic_workflows.lint import lint
from dynamic_workflows.shared import errors as shared_errors
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import StoreError
from tests.docs.markup import Markup
from tests.docs.pages import ROOT, Block, name_of
from tests.engine.host.harness import House, flow

WORLD_DELAY = 400  # milliseconds that an answer of env.WORLD takes, so that the recorded runs have a length
RUN_FIELDS = (
    *("tenant", "workflow", "id", "number", "entrypoint", "main", "version", "status", "created", "ended", "next_due"),
    *("offset", "params", "output", "error"),
)
ROW_FIELDS = ("pos", "seq", "life", "at", "kind", "key", "attempt", "data")
FINAL = ("complete", "errored", "terminated")
ENVIRONMENT = {
    **os.environ, "PYTHONPATH": str(ROOT / "engine"), "TERM": "dumb", "TZ": "UTC", "COLUMNS": "120", "NO_COLOR": "1",
}  # fmt: skip
WAIT_S = 60  # for a block that starts processes, on a machine that is busy


class Wrong(AssertionError):
    """Raised when a block does not do what its page says."""


class JumpingClock(TestClock):
    """Goes on to the next timer as soon as nothing else can happen, unless ``jumps`` is off."""

    jumps = True

    async def jump(self) -> None:
        """Let everything happen that needs no time; then let the time of the next timer come."""
        await passes(100)
        if self._heap and self.jumps:
            await self.advance(max(0, self._heap[0][0] - self._elapsed), rest=20)


class Docs(House):
    """A platform whose clock jumps."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.clock: JumpingClock = JumpingClock()


class PageRun:
    """Everything the blocks of one page share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.house = Docs(folder / "page.sqlite")
        self.names: dict[str, Any] = {name: getattr(dynamic_workflows, name) for name in dynamic_workflows.__all__}
        self.shown: dict[str, Callable[[], Coroutine[Any, Any, str]]] = {}  # what blocks after this one may show of it
        self.raised: set[str] = set()
        self.recorded: list[dict[str, Any]] = []  # what the site shows of the runs of workflows
        self._house_is_open = False

    async def open(self) -> None:
        """Open the platform, once a block needs one."""
        if not self._house_is_open:
            self._house_is_open = True
            await self.house.open()
            house = self.house
            self.names.update(platform=house.platform, engine=house.engine, desk=house.desk, clock=house.clock)

    async def close(self) -> None:
        """Check what was derived from history; close the platform, and the engines that blocks left open."""
        for name, value in self.names.items():
            if isinstance(value, Engine) and value is not getattr(self.house, "engine", None):
                self.names[name] = None
                with contextlib.suppress(StoreError):
                    await value.close()
        if self._house_is_open:
            await self.house.check_derived()
            await self.house.close()

    async def block(self, block: Block) -> None:
        """Run one block.

        Raises:
            Wrong: it does not do what the page says.
        """
        if block.how not in RUNNERS:
            raise Wrong(f"{block.place}: say before the block how it is run ({', '.join(RUNNERS)}), or why it is not")
        try:
            await RUNNERS[block.how](self, block)
        except Wrong:
            raise
        except Exception as error:
            raise Wrong(f"{block.place}: {type(error).__name__}: {error}") from error

    # -- tenant code

    async def workflow(self, block: Block) -> None:
        """Run a module with a workflow class: ``payload``, ``events``, ``output`` or ``raises``, ``file``, ``id``."""
        await self._workflow(block, block.text)

    async def body(self, block: Block) -> None:
        """Run the body of a workflow's ``run``."""
        await self._workflow(block, flow(block.text))

    async def lint(self, block: Block) -> None:
        """Lint the body of a workflow's ``run``: ``finds`` names the rules of its problems and hints, in order."""
        head = "import time, uuid, random, asyncio\nfrom workers import WorkflowEntrypoint\n\n"
        source = f"{head}class Flow(WorkflowEntrypoint):\n    async def run(self, event, step):\n"
        found = [problem.id for problem in lint(source + indent(block.text, " " * 8))]
        if found != list(block.options.get("finds", ())):
            raise Wrong(f"{block.place}: the linter finds {found}")

    async def _workflow(self, block: Block, source: str) -> None:
        random.seed(7)  # what a reader sees is the same at every recording
        options = dict(block.options)
        file = options.pop("file", "flow.py")
        (self.folder / file).write_text(source, encoding="utf-8")
        if options.pop("only_file", False):
            return
        await self.open()
        self.house.world_delay = self.house.platform.world_delay = WORLD_DELAY
        files, given = {file: source}, {name: options.pop(name) for name in ("payload", "id") if name in options}
        run = await self.house.ask("run", tenant=options.pop("tenant", "acme"), files=files, main=file, **given)
        named = {name: run[name] for name in ("tenant", "workflow", "id")}
        for type, payload in options.pop("events", ()):
            await self.house.ask("send_event", **named, type=type, payload=payload)
        status = await self._ended(named)
        await self._record(named, block, source, file)
        error = status["error"] or {}
        said = f"{error['name']}: {error['message']}" if error else None
        self._showing(named, status, said)
        self._expect(block, options, status, error.get("name"), said)

    async def _record(self, run: dict[str, Any], block: Block, source: str, file: str) -> None:
        """Keep the code and the history of a run, as a recorded run of the site."""
        history = await self.house.ask("history", **run)
        told = {name: history["run"][name] for name in RUN_FIELDS}
        rows = [{name: row[name] for name in ROW_FIELDS} for row in history["rows"]]
        kept = {"run": told, "rows": rows, "ledger": history["ledger"]}
        self.recorded.append({"block": block.text, "main": file, "source": source, **kept})

    def _expect(
        self, block: Block, options: dict[str, Any], status: dict[str, Any], raised: str | None, said: str | None
    ) -> None:
        wanted = options.pop("raises", None)
        if raised != wanted:
            raise Wrong(f"{block.place}: expected {wanted or 'no error'}, got {said}")
        if raised:
            self.raised.add(raised)
        if "output" in options:
            found = values.decode(status["output"]) if status["output"] is not None else None
            if found != options.pop("output"):
                raise Wrong(f"{block.place}: the output is {found!r}")
        if options.pop("status", status["status"]) != status["status"]:
            raise Wrong(f"{block.place}: it is {status['status']}")
        if options:
            raise Wrong(f"{block.place}: there is no option {', '.join(options)}")

    async def _ended(self, run: dict[str, Any]) -> dict[str, Any]:
        for _ in range(1_000):
            await self.house.settle()
            status = await self.house.status(run)
            if status["status"] in FINAL or (status["status"] == "waiting" and status["next_due"] is None):
                return status
            for _ in range(20):  # a month is 1,440 of them: timers are armed for an hour at most
                await self.house.clock.jump()
        raise Wrong(f"the run never ended: {status}")

    def _showing(self, run: dict[str, Any], status: dict[str, Any], said: str | None) -> None:
        async def output() -> str:
            return said or repr(values.decode(status["output"]))

        async def history() -> str:
            return "\n".join(await self.house.kinds(run))

        async def ledger() -> str:
            rows = (await self.house.ask("history", **run))["ledger"]
            return "\n".join(f"{row['method']}  asked {row['asked']}, done {row['done']}" for row in rows)

        async def log() -> str:
            return "\n".join(f"{row['level']}  {row['text']}" for row in await self.house.ask("logs", **run))

        async def failures() -> str:
            rows = (await self.house.ask("history", **run))["rows"]
            errors = [json.loads(row["data"])["error"] for row in rows if row["kind"] == "step.failed"]
            for name in (error["name"] for error in errors):
                self.raised |= {kind.__name__ for kind in getattr(shared_errors, name, Exception).__mro__}
            return "\n".join(f"{error['name']}: {error['message']}" for error in errors)

        self.shown = {"output": output, "history": history, "ledger": ledger, "log": log, "failures": failures}

    # -- host code

    async def host(self, block: Block) -> None:
        """Run a program that may await at its top: ``raises``; what it prints may be shown after it."""
        await self.open()
        code = compile(block.text, f"<{block.place}>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        printed = io.StringIO()
        wanted, raised = block.options.get("raises"), None  # a class, or one it is based on
        with contextlib.redirect_stdout(printed):
            try:
                async with asyncio.timeout(WAIT_S):
                    await self._turning(self._evaluated(code))
            except Exception as error:
                if wanted not in {kind.__name__ for kind in type(error).__mro__}:
                    raise
                raised = type(error).__name__
                print(f"{raised}: {error}", file=printed)
        if wanted is not None and raised is None and wanted not in printed.getvalue():
            raise Wrong(f"{block.place}: {wanted} was not raised")
        if wanted is not None:
            self.raised.add(wanted)

        async def output() -> str:
            return printed.getvalue()

        self.shown = {"output": output}

    async def _evaluated(self, code: Any) -> None:
        made = eval(code, self.names)
        if inspect.iscoroutine(made):
            await made

    async def _turning(self, work: Coroutine[Any, Any, None]) -> None:
        async with clock_running(self.house.clock):
            await work

    # -- commands

    async def console(self, block: Block) -> None:
        """Run each ``$`` line and compare what it writes with the lines below it."""
        for number, part in enumerate(re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]):
            command, _, expected = part.replace("\\\n", "").partition("\n")
            words = shlex.split(command)
            if words[0] != "dynamic-workflows":
                raise Wrong(f"{block.place}: {words[0]} is not our command")
            done = _command(words[1:], self.folder)
            codes = block.options.get("codes", ())
            if done.returncode != (codes[number] if number < len(codes) else 0):
                raise Wrong(f"{block.place}: $ {command} ended with {done.returncode}:\n{done.stdout}")
            compare(f"{block.place}: $ {command}", expected, done.stdout)
        raised = block.options.get("raises")
        if raised is not None and f"See errors/{raised} in the docs." in block.text:
            self.raised.add(raised)

    # -- what a block before this one did

    async def compare(self, block: Block) -> None:
        """Compare with what the block before returned, raised, printed, or left in history, ledger or log."""
        compare(block.place, block.text, await self.shown[block.how]())

    async def markup(self, block: Block) -> None:
        """Check markup for other people's pages."""
        wrong = Markup(block.text).wrong
        if wrong:
            raise Wrong(f"{block.place}: {'; '.join(wrong)}")

    async def page(self, block: Block) -> None:
        """Accept a page that a browser test opens as it stands here."""
        test, _, name = str(block.options.get("test")).partition("::")
        path = ROOT / "tests" / test
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if f"def {name}(" not in text or name_of(block.page) not in text:
            raise Wrong(f"{block.place}: tests/{test} has no {name} that opens it")

    async def file(self, block: Block) -> None:
        """Compare with a file of the repository, which readers copy from there or from here."""
        path = ROOT / str(block.options.get("path"))
        if not path.is_file() or path.read_text(encoding="utf-8") != block.text:
            raise Wrong(f"{block.place}: it is not what {block.options.get('path')} holds")

    async def handbook(self, block: Block) -> None:
        """Accept a part of a site of another tool, which `make test-embeds` builds or the page says was tried by hand."""
        if not {"tool", "file"} == block.options.keys():
            raise Wrong(f"{block.place}: handbook needs tool= and file=")
        if block.language == "html":
            await self.markup(block)

    async def not_run(self, block: Block) -> None:
        """Accept a block that has a reason not to be run."""
        if not block.options.get("reason"):
            raise Wrong(f"{block.place}: not_run needs a reason")


RUNNERS: dict[str, Callable[[PageRun, Block], Coroutine[Any, Any, None]]] = {
    "setup": PageRun.host, "workflow": PageRun.workflow, "body": PageRun.body, "host": PageRun.host, "console": PageRun.console,
    "failures": PageRun.compare, "output": PageRun.compare, "history": PageRun.compare, "ledger": PageRun.compare, "log": PageRun.compare,
    "markup": PageRun.markup, "page": PageRun.page, "lint": PageRun.lint, "file": PageRun.file, "handbook": PageRun.handbook,
    "not_run": PageRun.not_run,
}  # fmt: skip


def _command(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dynamic_workflows", *arguments]
    out, err = subprocess.PIPE, subprocess.STDOUT
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=out, stderr=err, text=True, check=False)


@asynccontextmanager
async def clock_running(clock: JumpingClock) -> AsyncIterator[None]:
    """Let time pass whenever nothing else happens, for as long as this lasts."""

    async def run() -> None:
        while True:
            await clock.jump()
            await asyncio.sleep(0.001)  # processes need time of their own

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


def compare(place: str, expected: str, found: str) -> None:
    """Compare line by line; ``…`` stands for any text on a line, and on a line of its own for any lines.

    Raises:
        Wrong: they differ.
    """
    lines = expected.strip("\n").splitlines()
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines)
    if not re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in found.strip("\n").splitlines())):
        raise Wrong(f"{place}: expected\n{expected.strip()}\n--- but it is\n{found.strip()}\n---")
