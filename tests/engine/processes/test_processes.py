"""What a guest's process has and has not, how it ends, and what is said about that."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from dynamic_workflows.host.clocks import SeededEntropy, SystemClock
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.engine import Limits
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.errors import SandboxUnavailable
from dynamic_workflows.shared.protocol import decode_frame, encode_frame
from dynamic_workflows.subprocesses import SubprocessSandboxes
from tests.engine.host.harness import flow
from tests.engine.processes.harness import ProcessHouse

House = Callable[..., ProcessHouse]
ENGINE = Path(__file__).resolve().parents[3] / "engine"
STEP = '@step.do("work", config={"retries": {"limit": 1, "delay": 0, "backoff": "constant"}})\nasync def work(ctx):\n'


def step(body: str, head: str = "import os, sys") -> str:
    """Return a workflow whose only step has this body."""
    return flow(f"{STEP}{indent(body, '    ')}\nreturn await work()", head=head)


class Ear:
    """Listens to one sandbox."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.written = ""

    def frame(self, text: str) -> None:
        for message in decode_frame(text).messages:
            self.said.put_nowait(message)

    def closed(self, reason: str) -> None:
        self.ended.set_result(reason)

    def wrote(self, text: str) -> None:
        self.written += text + "\n"


@asynccontextmanager
async def sandboxes(**options: Any) -> AsyncIterator[SubprocessSandboxes]:
    opened = SubprocessSandboxes(**options)
    try:
        yield opened
    finally:
        await opened.close()


def load(source: str) -> str:
    """Return the frame that loads a module."""
    message = {"k": "load", "n": 1, "id": "a/1", "main": "flow.py", "modules": {"flow.py": source}, "env": {}}
    return encode_frame([message])


async def told(source: str, **options: Any) -> Any:
    """Load a module in a process of its own and return the error its last line raises, as JSON or as text."""
    async with sandboxes(**options) as opened:
        ear = Ear()
        (await opened.open("a/1", ear)).post(load(source))
        message = (await ear.said.get())["error"]["message"]
        try:
            return json.loads(message)
        except ValueError:
            return message


def there(path: Path) -> bool:
    return path.exists()


async def test_a_guest_inherits_nothing_and_stands_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    source = """
import json, os, sys
raise ValueError(json.dumps({
    "env": sorted(os.environ), "folder": os.getcwd(), "home": os.environ["HOME"], "files": os.listdir("."),
    "isolated": sys.flags.isolated, "argv": sys.argv[1:], "group": os.getpgid(0) == os.getpid(),
    "open": [fd for fd in range(3, 64) if os.path.exists(f"/proc/self/fd/{fd}")],
}))
"""
    found = await told(source)
    assert found["env"] == ["HOME", "LC_ALL", "TMPDIR"]
    assert found["folder"] == found["home"] != os.getcwd()
    assert (found["files"], found["isolated"], found["argv"], found["group"]) == (["flow.py"], 1, [], True)
    assert len(found["open"]) <= 3, "its two pipes, and the directory being read"
    assert not there(Path(found["folder"]).parent), "its folder and the sandboxes' are removed"


async def test_a_guest_that_clears_the_folder_away_takes_no_later_one_with_it() -> None:
    source = "import os, shutil\nshutil.rmtree(os.path.dirname(os.getcwd()))\nraise ValueError(1)"
    async with sandboxes() as opened:
        for _ in range(2):
            ear = Ear()
            (await opened.open("a/1", ear)).post(load(source))
            assert (await ear.said.get())["error"]["message"] == "1"


async def test_a_guest_finds_of_this_package_all_but_the_hosts_half() -> None:
    source = """
import importlib, json
def found(name):
    try:
        importlib.import_module(f"dynamic_workflows.{name}")
        return True
    except ModuleNotFoundError:
        return False
raise ValueError(json.dumps([found(n) for n in ("shared.values", "guest.step", "host", "host.engine", "in_process", "subprocesses", "cli")]))
"""
    assert await told(source) == [True, True, False, False, False, False, False]


async def test_every_limit_has_a_name_in_tenant_code() -> None:
    raised = "except BaseException as e:\n    raise ValueError(f'{type(e).__name__}: {e}')"
    files = f"try:\n    kept = [open('/dev/null') for _ in range(100)]\n{raised}"
    assert "OSError: [Errno 24] Too many open files" in await told(files, files=32)
    if sys.platform != "darwin":
        assert await told("x = bytearray(1 << 30)", memory=400 << 20) == "The memory of the sandbox is used up."


async def test_too_much_cpu_time_ends_the_process_and_says_so() -> None:
    async with sandboxes(cpu=1) as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load("while True:\n    pass"))
        assert await ear.ended == "limit: its 1 s of CPU time"


async def test_a_limit_that_ends_the_sandbox_fails_the_attempt_by_name(house: House) -> None:
    async with house() as h:
        run = await h.run(step("if ctx['attempt'] == 1:\n    os._exit(71)\nreturn ctx['attempt']"))
        assert (await h.status(run))["output"] == "2"
        rows = (await h.ask("history", **run))["rows"]
        failed = [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]
        assert [(one["error"]["name"], "interrupted" in one) for one in failed] == [("ResourceLimitError", False)]
        assert failed[0]["error"]["message"] == (
            'Execution was ended by a limit of its sandbox: step "work" used up its memory'
        )


async def test_a_process_that_dies_cuts_its_attempt_off_and_the_run_goes_on(house: House) -> None:
    async with house() as h:
        run = await h.run(step("if ctx['attempt'] == 1:\n    os._exit(3)\nreturn ctx['attempt']"))
        assert (await h.status(run))["output"] == "2"
        assert h.sandboxes.running[0][1].ends == ["crashed: exit code 3"]
        rows = (await h.ask("history", **run))["rows"]
        failed = [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]
        assert [one.get("interrupted") for one in failed] == [True]
        logs = [(row["level"], row["text"]) for row in await h.ask("logs", **run)]
        assert logs == [("error", "The sandbox of this run ended: crashed: exit code 3")]


async def test_a_signal_is_named() -> None:
    async with sandboxes() as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"))
        assert await ear.ended == "crashed: SIGSEGV"
        assert "Segmentation fault" in ear.written


@pytest.mark.parametrize(
    ("text", "reason"),
    [("b'hello\\n'", "what it posts is no frame"), ("b'x' * (9 << 20)", "a frame of more than 8,388,608 bytes")],
)
async def test_what_is_no_frame_ends_the_sandbox(text: str, reason: str) -> None:
    source = f"""
import os
for fd in range(3, 20):
    try:
        os.write(fd, {text})
    except OSError:
        pass
"""
    async with sandboxes() as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load(source))
        assert await ear.ended == f"abuse: {reason}"


async def test_what_a_process_writes_to_its_own_files_is_in_the_runs_log(house: House) -> None:
    body = "os.write(1, b'one\\n')\nos.system('echo two; echo three >&2')\nprint('four')\nos.write(2, b'five')"
    async with house() as h:
        run = await h.run(step(body))
        await h.close()
        await h.open()
        rows = await h.ask("logs", **run)
        assert {row["text"] for row in rows} >= {"one", "two", "three", "four"}
        assert {row["key"] for row in rows if row["text"] in ("one", "two", "three")} <= {"do:work-1", None}


async def test_what_is_written_while_loading_is_in_the_engines_log(house: House) -> None:
    source = "import os\nos.write(2, b'loading\\n')\n" + flow('await step.sleep("nap", "1 day")')
    async with house() as h:
        run = await h.run(source)
        assert await h.ask("logs", **run) == []
        rows = await h.engine.core.submit(lambda tx: tx.query("select level, text from log where uid = 0"))
        assert rows == [("warning", "loading")]


PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


def alive(pid: int) -> bool:
    """Return whether a process goes on; one that has ended and is not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    while alive(pid):  # noqa: ASYNC110  nobody tells of another's child
        await asyncio.sleep(0)


@PROC
@pytest.mark.parametrize("how", ["destroyed", "crashed"])
async def test_a_process_ends_with_everything_it_started(how: str) -> None:
    source = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
raise ValueError(child.pid)
"""
    async with sandboxes() as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load(source))
        pid = int((await ear.said.get())["error"]["message"])
        if how == "destroyed":
            sandbox.destroy()
        else:
            os.kill(sandbox.pid, 9)
        await sandbox.ended.wait()
        await gone(pid)
        assert ear.ended.done() == (how == "crashed")


@PROC
async def test_a_busy_guest_ends_with_its_engine_and_leaves_nothing(tmp_path: Path) -> None:
    script = """
import asyncio, os
from dynamic_workflows.shared.protocol import encode_frame
from dynamic_workflows.subprocesses import SubprocessSandboxes
class Ear:
    def frame(self, text): pass
    def closed(self, reason): pass
    def wrote(self, text):
        print(sandbox.pid, flush=True)
        os.kill(os.getpid(), 9)
async def main():
    global sandbox
    sandbox = await SubprocessSandboxes().open("a/1", Ear())
    source = "import os\\nos.write(2, b'busy\\\\n')\\nwhile True:\\n    pass"
    sandbox.post(encode_frame([{"k": "load", "n": 1, "id": "a", "main": "m.py", "modules": {"m.py": source}, "env": {}}]))
    await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ENGINE), "TMPDIR": str(tmp_path)},
    )
    out, _ = await process.communicate()
    await gone(int(out))
    assert os.listdir(tmp_path) == []


async def test_an_interpreter_that_does_not_start_is_an_error_with_its_reason(tmp_path: Path) -> None:
    async with sandboxes(python=str(tmp_path / "nothing")) as opened:
        with pytest.raises(SandboxUnavailable, match="No such file"):
            await opened.open("a/1", Ear())
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 4\n")
    broken.chmod(0o700)
    async with sandboxes(python=str(broken)) as opened:
        with pytest.raises(SandboxUnavailable, match="out of order"):
            await opened.open("a/1", Ear())


async def test_a_hung_step_is_ended_by_the_engine_and_the_run_goes_on(tmp_path: Path) -> None:
    source = step("while ctx['attempt'] == 1:\n    pass\nreturn ctx['attempt']")
    platform = await Platform.open(
        sqlite_store(str(tmp_path / "store.sqlite")), clock=SystemClock(), entropy=SeededEntropy(),
        sandboxes=SubprocessSandboxes(), limits=Limits(cpu_turn=2_000),
    )  # fmt: skip
    desk, over = Desk(platform), asyncio.Event()
    rows: list[dict[str, Any]] = []

    def heard(text: str) -> None:
        event = json.loads(text)
        rows.extend(event.get("rows", []))
        if event.get("run", {}).get("ended"):
            over.set()

    desk.watch(heard)
    try:
        args = {"tenant": "acme", "files": {"flow.py": source}, "main": "flow.py"}
        await desk.request(json.dumps({"v": 1, "id": "1", "verb": "run", "args": args}))
        await over.wait()
    finally:
        await platform.close()
    assert [(row["kind"], row["attempt"]) for row in rows if row["key"] == "do:work-1"] == [
        ("step.started", 1), ("step.failed", 1), ("step.started", 2), ("step.completed", 2),
    ]  # fmt: skip
    error = json.loads(next(row["data"] for row in rows if row["kind"] == "step.failed"))["error"]
    assert (error["name"], error["message"]) == (
        "WorkflowTimeoutError", 'Execution timed out after 2000ms: step "work" kept its sandbox busy without a pause'
    )  # fmt: skip
