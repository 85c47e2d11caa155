"""Byte streams as outputs of steps (semantics B.8): stored in chunks, read again from storage, shown by a preview."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.engine import Limits
from dynamic_workflows.host.history.core import SELECT_HISTORY
from dynamic_workflows.host.history.events import log
from dynamic_workflows.host.history.instance import HistoryRow
from dynamic_workflows.host.history.streams import misplaced
from dynamic_workflows.shared.errors import StorageLimitExceeded
from tests.engine.host.harness import SECOND, House, flow

Make = Callable[..., House]
CHUNK = 256 << 10


async def chunks(h: House) -> list[tuple[Any, ...]]:
    """Return life, key, number and size of every chunk."""
    return await h.engine.core.submit(
        lambda tx: tx.query("select life, key, n, length(bytes) from chunk order by life, key, n")
    )


async def completed(h: House, run: dict[str, Any]) -> list[Any]:
    """Return what history shows of the outputs of steps."""
    rows = (await h.ask("history", **run))["rows"]
    return [json.loads(row["data"]) for row in rows if row["kind"] == "step.completed"]


async def test_a_stream_is_stored_in_equal_chunks_and_read_again_by_everybody_who_asks(house: Make) -> None:
    source = flow(
        """
        @step.do("export")
        async def export():
            yield b"a" * 100_000
            yield b""
            yield bytearray(b"b" * 500_000)
            yield memoryview(b"c" * 10)

        @step.do("count")
        async def count(export):
            return [len(piece) async for piece in export]

        stream = await export()
        again = [len(piece) async for piece in stream]
        text = await stream.read()
        return [await count(), again, len(text), text[99_999:100_001].decode(), text[-1:].decode(), stream.size]
        """
    )
    async with house() as h:
        run = await h.run(source)
        sizes = [CHUNK, CHUNK, 600_010 - 2 * CHUNK]
        assert json.loads((await h.status(run))["output"]) == [sizes, sizes, 600_010, "ab", "c", 600_010]
        assert await chunks(h) == [(1, "do:export-1", n, size) for n, size in enumerate(sizes)]
        assert (await completed(h, run))[0] == "a" * 1_024 + "[truncated output]"
        (raw,) = await h.engine.core.submit(
            lambda tx: tx.query(
                "select length(data) from history where kind = 'step.completed' and key = 'do:export-1'"
            )
        )
        assert raw[0] < 1_200, "the row holds what is said of the stream, not the stream"


async def test_it_is_over_a_mebibyte_and_survives_a_crash(house: Make) -> None:
    source = flow(
        """
        @step.do("export")
        async def export():
            for n in range(12):
                yield bytes([n]) * 200_000
        stream = await export()
        await step.sleep("nap", "1 hour")
        digest = hashlib.sha256()
        async for piece in stream:
            digest.update(piece)
        return [digest.hexdigest(), stream.size]
        """,
        head="import hashlib",
    )
    whole = b"".join(bytes([n]) * 200_000 for n in range(12))
    async with house() as h:
        run = await h.run(source)
        await h.crash()
        await h.advance(3_600 * SECOND)
        assert json.loads((await h.status(run))["output"]) == [hashlib.sha256(whole).hexdigest(), 2_400_000]
        assert (await h.kinds(run)).count("step.started do:export-1 1") == 1


@pytest.mark.parametrize(
    ("made", "output"),
    [
        ("return empty()", []),
        ("return Pages()", [3]),
        ("return pages().__aiter__()", [4]),
    ],
)
async def test_any_asynchronous_iterable_of_bytes_is_a_stream(house: Make, made: str, output: list[int]) -> None:
    head = """
    async def empty():
        if False:
            yield b""

    async def pages():
        yield b"page"

    class Pages:
        def __aiter__(self):
            self.left = 3
            return self
        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return b"x"
    """
    source = flow(
        f"""
        @step.do("s")
        async def s():
            {made}
        return [len(piece) async for piece in await s()]
        """,
        head=head,
    )
    async with house() as h:
        assert await h.result(source) == output


async def test_a_stream_can_be_passed_on_by_a_step_that_returns_it(house: Make) -> None:
    source = flow(
        """
        @step.do("one")
        async def one():
            yield b"x" * 300_000
        @step.do("two")
        async def two(one):
            async for piece in one:
                yield piece.upper()
        @step.do("three")
        async def three(two):
            return two
        text = await (await three()).read()
        return [len(text), set(text) == {ord("X")}]
        """
    )
    async with house() as h:
        assert await h.result(source) == [300_000, True]


@pytest.mark.parametrize(
    ("body", "name", "message"),
    [
        ('yield "text"', "UnsupportedStreamChunkError", "Step returned a ReadableStream with unsupported chunk type. "
         "Only bytes, bytearray and memoryview chunks are supported."),
        ("yield 1", "UnsupportedStreamChunkError", "Step returned a ReadableStream with unsupported chunk type. "
         "Only bytes, bytearray and memoryview chunks are supported."),
        ("yield bytes((16 << 20) + 1)", "OversizedStreamChunkError",
         "Step returned a ReadableStream chunk larger than the maximum allowed size of 16777216 bytes. "
         "Return smaller chunks from step.do()."),
        ('yield b"x" * 300_000; raise ValueError("broken pipe")', "InvalidStepReadableStreamError",
         "Failed to read from step ReadableStream output. broken pipe"),
    ],
)  # fmt: skip
async def test_a_stream_that_cannot_be_stored_ends_the_instance(
    house: Make, body: str, name: str, message: str
) -> None:
    source = flow(
        f"""
        undone = []
        @step.do("export", rollback=lambda: undone.append(1))
        async def export():
            {body}
        try:
            await export()
        except BaseException:
            return "caught"
        """
    )
    async with house() as h:
        run = await h.run(source)
        status = await h.status(run)
        assert status["error"] == {
            "name": "WorkflowFatalError",
            "message": 'The execution of the Workflow instance was terminated, as the step "export" '
            f"returned an invalid ReadableStream output. {message}",
        }
        rows = (await h.ask("history", **run))["rows"]
        (failed,) = [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]
        assert (failed["error"]["name"], failed["error"]["message"]) == (name, message)
        assert await h.kinds(run) == [
            "queued", "started", "step.started do:export-1 1", "step.failed do:export-1 1", "errored"
        ]  # fmt: skip
        assert await chunks(h) == []


async def test_a_generator_that_is_used_up_is_no_fresh_stream(house: Make) -> None:
    source = flow(
        """
        async def pages():
            yield b"page"
        @step.do("s")
        async def s():
            stream = pages()
            async for _ in stream:
                pass
            return stream
        await s()
        """
    )
    async with house() as h:
        error = (await h.status(await h.run(source)))["error"]
        assert error["message"].endswith(
            'the step "s" returned an invalid ReadableStream output. Step returned a ReadableStream that is already '
            "locked or otherwise unreadable. Return a fresh, unlocked ReadableStream from step.do()."
        )


async def test_an_attempt_that_times_out_while_it_streams_is_retried_from_nothing(house: Make) -> None:
    source = flow(
        """
        @step.do("s", config={"timeout": 1000, "retries": {"limit": 1, "delay": 0}})
        async def s(ctx):
            yield b"a" * 600_000
            if ctx["attempt"] == 1:
                await asyncio.sleep(60)
            yield b"b" * 10
        stream = await s()
        return [len(piece) async for piece in stream]
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert [n for _, _, n, _ in await chunks(h)] == [0, 1]
        await h.advance(SECOND)
        assert json.loads((await h.status(run))["output"]) == [CHUNK, CHUNK, 600_010 - 2 * CHUNK]
        rows = (await h.ask("history", **run))["rows"]
        (failed,) = [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"]
        assert failed["error"]["message"] == "Execution timed out after 1000ms"
        assert [n for _, _, n, _ in await chunks(h)] == [0, 1, 2]


async def test_what_an_attempt_stored_goes_with_the_instance_that_is_terminated_under_it(house: Make) -> None:
    source = flow(
        """
        @step.do("s")
        async def s():
            yield b"a" * 600_000
            await asyncio.sleep(3600)
        await s()
        """
    )
    async with house() as h:
        run = await h.run(source)
        assert len(await chunks(h)) == 2
        await h.crash()
        assert len(await chunks(h)) == 0, "before the next attempt"
        await h.settle()
        assert [n for _, _, n, _ in await chunks(h)] == [0, 1]
        await h.ask("terminate", **run)
        assert await chunks(h) == []


async def test_an_instance_stores_no_more_than_its_limit(house: Make) -> None:
    source = flow(
        """
        @step.do("first")
        async def first():
            yield b"a" * 400_000
        @step.do("second")
        async def second():
            yield b"b" * 700_000
        await first()
        try:
            await second()
        except BaseException:
            return "caught"
        """
    )
    async with house(limits=Limits(storage=1_000_000)) as h:
        run = await h.run(source)
        text = "The instance has exceeded the 1,000,000 bytes storage limit"
        assert (await h.status(run))["error"] == {"name": "WorkflowFatalError", "message": text}
        assert [key for _, key, _, _ in await chunks(h)] == ["do:first-1"] * 2


async def test_values_count_toward_the_limit_too(house: Make) -> None:
    source = flow(
        """
        for n in range(3):
            try:
                await step.do("a")(lambda: "x" * 400_000)()
            except BaseException:
                return "caught"
        """
    )
    async with house(limits=Limits(storage=1_000_000)) as h:
        run = await h.run(source)
        text = "The instance has exceeded the 1,000,000 bytes storage limit"
        assert (await h.status(run))["error"] == {"name": "WorkflowFatalError", "message": text}
        assert (await h.kinds(run))[-3:] == ["step.started do:a-3 1", "step.failed do:a-3 1", "errored"]


async def test_the_limit_is_1_gib_by_its_name() -> None:
    assert Limits().storage == 1 << 30
    assert str(StorageLimitExceeded(1 << 30)) == "The instance has exceeded the 1GiB storage limit"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('yield "é".encode() * 600; yield b"!"', "é" * 600 + "!"),
        ('yield "é".encode() * 1025', "é" * 1_024 + "[truncated output]"),
        ('yield "\U0001f600".encode() * 1025', "\U0001f600" * 1_024 + "[truncated output]"),
        ('yield b"\\xff\\xfe"; yield b"x" * 300_000', "[ReadableStream (binary): 300002 bytes]"),
        ("if False: yield b''", ""),
    ],
)
async def test_what_is_shown_of_a_stream(house: Make, stored: str, shown: str) -> None:
    source = flow(f"@step.do('s')\nasync def s():\n    {stored}\nawait s()")
    async with house() as h:
        run = await h.run(source)
        assert await completed(h, run) == [shown]
        told = [row for event in h.events for row in event.get("rows", [])]
        assert [json.loads(row["data"]) for row in told if row["kind"] == "step.completed"] == [shown]
        instance = await h.engine.workflow("flow").scoped("acme").get(run["id"])
        rows = await h.engine.core.submit(lambda tx: tx.query(SELECT_HISTORY, (1,)))
        (entry,) = [entry for entry in log(HistoryRow(*row) for row in rows) if entry["event"] == 6]
        assert entry["metadata"] == {"streamOutput": shown}
        told = [event["output"] async for event in instance.subscribe({"filter": ["step_completed"]})]
        assert told == [shown]


async def test_a_sensitive_stream_is_read_by_the_workflow_and_shown_to_nobody(house: Make) -> None:
    source = flow(
        """
        @step.do("s", config={"sensitive": "output"})
        async def s():
            yield b"hunter" + b"2"
        stream = await s()
        await step.sleep("nap", 60_000)
        return len(await stream.read())
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.crash()
        await h.advance(60 * SECOND)
        assert (await h.status(run))["output"] == "7"
        assert await completed(h, run) == ["[REDACTED]"]
        rows = await h.engine.core.submit(lambda tx: tx.query("select data from history where data like '%hunter2%'"))
        assert rows == []
        told = json.dumps([h.events, await h.ask("history", **run)])
        assert "hunter2" not in told


async def test_a_stored_stream_that_lost_a_chunk_is_an_error_in_the_run_that_replays_it(house: Make) -> None:
    source = flow(
        """
        @step.do("s")
        async def s():
            yield b"x" * 600_000
        try:
            await s()
        except Exception as error:
            return [type(error).__name__, str(error)]
        await step.sleep("nap", 60_000)
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.engine.core.submit(lambda tx: tx.execute("delete from chunk where n = 1"))
        await h.crash()
        await h.advance(60 * SECOND)
        text = "Stored output for s-1 is corrupt or incomplete."
        assert json.loads((await h.status(run))["output"]) == ["WorkflowInternalError", text]
        await h.engine.core.submit(lambda tx: tx.execute("delete from chunk"))


async def test_a_chunk_that_is_lost_while_the_stream_is_read_is_the_same_error(house: Make) -> None:
    source = flow(
        """
        @step.do("s")
        async def s():
            yield b"x" * 600_000
        stream = await s()
        await asyncio.sleep(1)
        try:
            await stream.read()
        except Exception as error:
            return [type(error).__name__, str(error)]
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.engine.core.submit(lambda tx: tx.execute("delete from chunk where n = 1"))
        await h.advance(SECOND)
        text = "Stored output for s-1 is corrupt or incomplete."
        assert json.loads((await h.status(run))["output"]) == ["WorkflowInternalError", text]


async def test_a_restart_keeps_the_streams_of_the_steps_it_keeps_and_a_delete_none(house: Make) -> None:
    source = flow(
        """
        @step.do("kept")
        async def kept():
            yield b"k" * 300_000
        @step.do("made")
        async def made():
            yield b"m" * 300_000
        one, two = await kept(), await made()
        return [len(await one.read()), len(await two.read())]
        """
    )
    async with house() as h:
        run = await h.run(source)
        from_made: dict[str, Any] = {"from": {"name": "made"}}
        await h.ask("restart", **run, **from_made)
        assert {(life, key) for life, key, _, _ in await chunks(h)} >= {(2, "do:kept-1")}
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == [300_000, 300_000]
        assert [(life, key) for life, key, _, _ in await chunks(h)] == [
            (2, "do:kept-1"), (2, "do:kept-1"), (2, "do:made-1"), (2, "do:made-1")
        ]  # fmt: skip
        await h.ask("restart", **run)
        await h.settle()
        assert {life for life, _, _, _ in await chunks(h)} == {3}
        await h.ask("delete", **run)
        assert await chunks(h) == []


async def test_a_rollback_reads_the_stream_it_undoes(house: Make) -> None:
    source = flow(
        """
        async def undo(given):
            print("undoing", len(await given["output"].read()))
        @step.do("s", rollback=undo)
        async def s():
            yield b"x" * 300_000
        await s()
        await step.sleep("nap", 60_000)
        raise ValueError("no")
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(60 * SECOND)
        assert (await h.status(run))["rollback"] == {"outcome": "complete", "error": None}
        assert [row["text"] for row in await h.ask("logs", **run)] == ["undoing 300000"]


async def test_a_stream_is_no_part_of_a_value_nor_what_run_returns(house: Make) -> None:
    source = flow(
        """
        @step.do("s")
        async def s():
            yield b"x"
        if event["payload"]:
            @step.do("t")
            async def t(s):
                return {"stream": s}
            await t()
        return await s()
        """
    )
    async with house() as h:
        error = (await h.status(await h.run(source, False)))["error"]
        assert error["name"] == "NotSerialisable"
        assert error["message"].startswith("Value returned from run is not serialisable: A ")
        assert error["message"].endswith("A stream is the whole output of a step, or read first.")
        error = (await h.status(await h.run(source, True)))["error"]
        assert error["message"].endswith('the step "t" returned a value which is not serialisable')


async def test_no_chunk_is_left_behind(house: Make) -> None:
    async with house() as h:
        await h.engine.core.submit(lambda tx: tx.execute("insert into chunk values (1, 1, 'do:x-1', 0, x'00')"))
        assert await h.engine.core.submit(misplaced) == [(1, 1, "do:x-1")]
        await h.engine.core.submit(lambda tx: tx.execute("delete from chunk"))
