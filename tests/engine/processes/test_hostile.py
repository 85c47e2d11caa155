"""Guests that misbehave: each ends, or goes on within its limits, and takes neither engine nor folder with it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dynamic_workflows.shared.protocol import encode_frame
from dynamic_workflows.subprocesses import STDERR_BYTES
from tests.engine.processes.harness import ProcessHouse
from tests.engine.processes.test_processes import PROC, Ear, gone, load, sandboxes, step, there, told

House = Callable[..., ProcessHouse]


@PROC
async def test_forks_that_leave_their_parent_end_with_the_sandbox() -> None:
    source = """
    import os, time
    read, write = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            while True:
                time.sleep(600)
        os._exit(0)
    raise ValueError(os.read(read, 20).decode())
    """
    async with sandboxes() as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load(dedent(source)))
        orphan = int((await ear.said.get())["error"]["message"])
        sandbox.destroy()
        await sandbox.ended.wait()
        await gone(orphan)


@pytest.mark.parametrize("then", ["time.sleep(86400)", "while True: pass"])
async def test_one_that_ignores_every_signal_it_can_and_never_returns_is_ended(then: str) -> None:
    source = f"""
    import os, signal, time
    for number in signal.valid_signals() - {{signal.SIGKILL, signal.SIGSTOP}}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.write(2, b"ready\\n")
    {then}
    """
    async with sandboxes() as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load(dedent(source)))
        while "ready" not in ear.written:  # noqa: ASYNC110  nobody tells of what an ear has heard
            await asyncio.sleep(0)
        folder = sandbox._folder
        sandbox.destroy()
        await sandbox.ended.wait()
        assert not there(folder)


async def test_a_flood_of_output_and_errors_is_cut_and_the_step_goes_on(house: House) -> None:
    body = """
    piece = b"x" * 65535 + b"\\n"
    for fd in (1, 2):
        for _ in range(512):
            os.write(fd, piece)
    return "done"
    """
    async with house() as h:
        run = await h.run(step(dedent(body).strip()))
        assert (await h.status(run))["output"] == '"done"'
        kept = sum(len(row["text"]) for row in await h.ask("logs", **run))
        assert 0 < kept <= 2 * STDERR_BYTES


@pytest.mark.skipif(sys.platform == "darwin", reason="memory is not limited there")
async def test_four_gigabytes_are_an_error_in_tenant_code() -> None:
    assert await told("x = bytearray(4 << 30)") == "The memory of the sandbox is used up."


async def test_ten_thousand_files_are_an_error_in_tenant_code_and_the_guest_lives() -> None:
    source = """
    kept = []
    try:
        while len(kept) < 10_000:
            kept.append(open("/dev/null"))
    except OSError as error:
        count = len(kept)
        kept.clear()
        raise ValueError([count < 256, error.errno])
    """
    assert await told(dedent(source)) == "[True, 24]"


async def test_one_that_exits_at_once_is_no_sandbox_and_its_run_goes_on_in_another(house: House) -> None:
    async with house() as h:
        run = await h.run(step("if ctx['attempt'] < 3:\n    os._exit(0)\nreturn ctx['attempt']"))
        assert (await h.status(run))["output"] == "3"
        assert [ear.ends for _, ear in h.sandboxes.running[:2]] == [["crashed: exit code 0"]] * 2


async def test_garbage_between_frames_ends_the_sandbox_and_says_so_to_the_engine() -> None:
    source = """
    import os
    for fd in range(3, 20):
        try:
            os.write(fd, bytes(range(11, 256)) + b"\\n")
        except OSError:
            pass
    """
    async with sandboxes() as opened:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load(dedent(source)))
        assert await ear.ended == "abuse: what it posts is no frame"
        await sandbox.ended.wait()
        sandbox.post(encode_frame([{"k": "ping", "n": 1}]))  # to one that is gone: nothing happens


async def test_no_folder_is_left_however_a_guest_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sources = ["import os; open('left', 'w').close(); os._exit(1)", "import os; os.abort()", "raise ValueError(1)"]

    async def one(opened: Any, source: str) -> None:
        ear = Ear()
        sandbox = await opened.open("a/1", ear)
        sandbox.post(load(source))
        if "raise" not in source:
            await ear.ended
            await sandbox.ended.wait()
            assert not there(sandbox._folder)
        else:
            await ear.said.get()

    async with sandboxes() as opened:
        for source in sources:
            await one(opened, source)
    assert os.listdir(tmp_path) == []
