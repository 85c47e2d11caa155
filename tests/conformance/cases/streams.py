"""Streams of bytes as outputs of steps."""

from __future__ import annotations

from tests.conformance.case import Stage, case


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do()
        async def export():
            for n in range(3):
                yield bytes([n]) * 700_000

        @step.do()
        async def count(export):
            return [[len(piece), piece[0], piece[-1]] async for piece in export]

        first = await count()
        await step.sleep("nap", "1 minute")
        stream = await export()
        return [first, stream.size, len(await stream.read()), len(await (await export()).read())]
""")
async def a_stream_is_read_in_pieces_by_every_step_and_after_a_crash(s: Stage) -> None:
    run = await s.create()
    await s.crash()
    await s.advance("1 minute")
    pieces, *sizes = await s.output(run)
    assert [size for size, _, _ in pieces] == [262_144] * 8 + [2_100_000 - 8 * 262_144]
    assert pieces[0] == [262_144, 0, 0]
    assert pieces[2] == [262_144, 0, 1]
    assert pieces[-1][1:] == [2, 2]
    assert sizes == [2_100_000] * 3


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("export")
        async def export():
            yield "text"
        try:
            await export()
        except Exception:
            return "caught"
""")
async def a_stream_of_anything_but_bytes_ends_the_instance(s: Stage) -> None:
    error = await s.error(await s.create())
    assert error == {
        "name": "WorkflowFatalError",
        "message": 'The execution of the Workflow instance was terminated, as the step "export" returned an invalid '
        "ReadableStream output. Step returned a ReadableStream with unsupported chunk type. "
        "Only bytes, bytearray and memoryview chunks are supported.",
    }


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("export", config={"timeout": 1_000, "retries": {"limit": 1, "delay": "1 minute"}})
        async def export(ctx):
            yield b"part"
            if ctx["attempt"] == 1:
                await asyncio.sleep(3600)
            yield b" and whole"
        return (await (await export()).read()).decode()
""")
async def an_attempt_that_times_out_in_the_middle_of_its_stream_leaves_nothing_of_it(s: Stage) -> None:
    run = await s.create()
    await s.advance("1 second")
    await s.crash()
    await s.advance("1 minute")
    assert await s.output(run) == "part and whole"
