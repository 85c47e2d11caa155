"""Plays the stories that the timeline is drawn from on the engine: ``python -m tests.timeline.record``.

Each file of ``histories`` is what the engine's desk answers for one run: its rows, its ledger, its logs, and the time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.engine.host.harness import DAY, House, flow
from tests.engine.host.test_examples import read

FOLDER = Path(__file__).parent / "histories"
HOUR = 3_600_000
Run = dict[str, Any]
Story = Callable[[House], Awaitable[Run]]

CALL = '@step.do("{0}")\nasync def {1}():\n    return await self.env.WORLD.{1}(key="{1}")\n'
TWO = flow(CALL.format("pack", "pack") + CALL.format("label", "label") + "return [await pack(), await label()]")
RETRIES = flow(
    """
    import logging
    config = {"retries": {"limit": 3, "delay": "4 seconds", "backoff": "constant"}, "timeout": "1 second"}
    @step.do("charge", config=config)
    async def charge(ctx):
        print("asking the bank, attempt", ctx["attempt"])
        if ctx["attempt"] < 3:
            logging.getLogger("bank").warning("it may take long")
        answer = await self.env.WORLD.charge(40, key="charge")
        if ctx["attempt"] == 2:
            raise ValueError("the bank answered nonsense")
        return answer
    @step.do("mail")
    async def mail():
        return await self.env.WORLD.mail("ada@example.com", key="mail")
    await charge()
    return await mail()
    """
)
WAIT = flow(
    """
    @step.do("ask")
    async def ask():
        return await self.env.WORLD.ask(key="ask")
    await ask()
    try:
        return (await step.wait_for_event("approval", "approve", timeout="3 days"))["payload"]
    except Exception:
        @step.do("remind")
        async def remind():
            return await self.env.WORLD.remind(key="remind")
        return await remind()
    """
)
PARALLEL = flow(
    """
    async def part(name, calls):
        @step.do(name)
        async def work():
            for n in range(calls):
                await self.env.WORLD.work(name, n, key=f"{name} {n}")
            return calls
        return await work()
    await part("plan", 1)
    done = await asyncio.gather(part("left", 2), part("middle", 3), part("right", 1))
    return [*done, await part("join", 1)]
    """
)
PAGES = flow(
    """
    found = 0
    for n in range(40):
        @step.do("fetch page", config={"retries": {"limit": 2, "delay": "1 second"}})
        async def fetch():
            return await self.env.WORLD.fetch(n, key=str(n), fail_first=int(n == 17))
        found += bool(await fetch())
    @step.do("report")
    async def report():
        return await self.env.WORLD.report(found, key="report")
    return await report()
    """
)
SAGA = flow(
    """
    fast = {"retries": {"limit": 2, "delay": 2000, "backoff": "constant"}}
    async def do(name, fail_first=0):
        async def undo(given):
            await self.env.WORLD.undo(given["stepName"], key=name, fail_first=fail_first)
        @step.do(name, rollback=undo, rollback_config=fast)
        async def work():
            return await self.env.WORLD.act(name, key=name)
        return await work()
    await do("book flight")
    await do("book hotel", 1)
    @step.do("charge")
    async def charge():
        raise NonRetryableError("the card was declined")
    await charge()
    """
)
DRIP = flow(
    """
    for month in range(12):
        @step.do(f"letter {month + 1}")
        async def send():
            return await self.env.WORLD.send(month, key=str(month))
        await send()
        await step.sleep("a month", "30 days")
    return "sent"
    """
)
NAPS = flow('await step.sleep("nap", "1 hour")\nawait step.wait_for_event("go", "go")\nreturn event["payload"]')
SIGN = flow(
    CALL.format("invite", "invite")
    + CALL.format("open account", "account")
    + 'await invite()\nawait step.wait_for_event("signature", "signed", timeout="7 days")\nreturn await account()'
)
FAILS = flow(
    """
    def price(order):
        return order["euros"] * order["items"]
    print("an order of", event["payload"])
    @step.do("price", config={"retries": {"limit": 1, "delay": "1 second"}})
    async def priced():
        return price(event["payload"])
    await priced()
    """
)


async def created(h: House, source: str | dict[str, Any], payload: Any = None) -> Run:
    """Create a run and let it begin."""
    plan: dict[str, Any] = {"tenant": "acme", "main": "flow.py", "payload": payload or {"n": 1}}
    plan = plan | {"files": {"flow.py": source}} if isinstance(source, str) else source
    summary = await h.ask("run", **plan)
    await h.settle()
    return {name: summary[name] for name in ("tenant", "workflow", "id")}


async def killed(h: House, away: int) -> None:
    """Lose the engine and have it back after a time; what another run did last says when it was lost."""
    await h.run(NAPS, tenant="globex")
    h.clock.set_wall(h.clock.now() + away)
    await h.crash()
    await h.settle()


async def order(h: House) -> Run:
    """The default example: a kill, an event, a skip."""
    run = await created(h, read("order"))
    await h.advance(2_500)
    await killed(h, 620)
    await h.advance(3_400)
    await h.ask("send_event", **run, type="approve", payload={"by": "ada"})
    await h.advance(3_000)
    await h.ask("skip", **run)
    await h.advance(2_000)
    return run


async def retries(h: House) -> Run:
    """One attempt times out, one fails, one is complete."""
    run = await created(h, RETRIES)
    await h.advance(1_200)
    await h.ask("settings", world_delay=400)
    await h.advance(12_000)
    return run


async def retrying(h: House) -> Run:
    """A failed attempt whose next one is due."""
    run = await created(h, RETRIES)
    await h.advance(2_500)
    return run


async def timed_out(h: House) -> Run:
    """A wait for an event that never came."""
    run = await created(h, WAIT)
    await h.advance(3 * DAY + 5_000)
    return run


async def waiting(h: House) -> Run:
    """A wait that is open."""
    run = await created(h, WAIT)
    await h.advance(6_000)
    return run


async def parallel(h: House) -> Run:
    """Three steps at once."""
    run = await created(h, PARALLEL)
    await h.advance(20_000)
    return run


async def pages(h: House) -> Run:
    """Forty steps of one name, one of them tried twice."""
    await h.ask("settings", world_delay=300)
    run = await created(h, PAGES)
    await h.advance(60_000)
    return run


async def rollback(h: House) -> Run:
    """Two steps undone, one of them at the second attempt."""
    run = await created(h, SAGA)
    await h.advance(20_000)
    return run


async def drip(h: House) -> Run:
    """Twelve months of letters."""
    run = await created(h, DRIP)
    for _ in range(12):
        await h.advance(30 * DAY + 2_000)
    return run


async def paused(h: House) -> Run:
    """A pause of an hour between two steps."""
    run = await created(h, TWO)
    await h.advance(500)
    await h.ask("pause", **run)
    await h.advance(HOUR)
    await h.ask("resume", **run)
    await h.advance(5_000)
    return run


async def pause_on(h: House) -> Run:
    """A pause that goes on."""
    run = await created(h, TWO)
    await h.advance(500)
    await h.ask("pause", **run)
    await h.advance(9_000)
    return run


async def twice_killed(h: House) -> Run:
    """Two kills, both while the same step ran."""
    run = await created(h, TWO)
    await h.advance(2_400)
    await killed(h, 700)
    await h.advance(900)
    await killed(h, 5_000)
    await h.advance(5_000)
    return run


async def closed(h: House) -> Run:
    """The page was closed for two days while the run waited."""
    run = await created(h, SIGN)
    await h.advance(4_000)
    await h.close()
    h.clock.set_wall(h.clock.now() + 2 * DAY)
    await h.open()
    await h.advance(2_000)
    await h.ask("send_event", **run, type="signed", payload={"name": "Ada"})
    await h.advance(4_000)
    return run


async def restarted(h: House) -> Run:
    """Restarted from its second step ten minutes later."""
    run = await created(h, TWO)
    await h.advance(5_000)
    await h.advance(600_000)
    start: dict[str, Any] = {"from": {"name": "label"}}
    await h.ask("restart", **run, **start)
    await h.advance(5_000)
    return run


async def terminated(h: House) -> Run:
    """Terminated while it slept."""
    run = await created(h, NAPS)
    await h.advance(60_000)
    await h.ask("terminate", **run)
    await h.settle()
    return run


async def errored(h: House) -> Run:
    """A bug in the code of the run."""
    run = await created(h, FAILS, {"euros": 40})
    await h.advance(3_000)
    return run


STORIES: dict[str, Story] = {
    story.__name__.replace("_", "-"): story
    for story in (
        order, retries, timed_out, parallel, pages, rollback, drip, paused, twice_killed, closed, restarted, terminated,
        errored, retrying, waiting, pause_on,
    )
}  # fmt: skip


async def record(name: str, folder: Path) -> dict[str, Any]:
    """Play one story and return what the page would be given."""
    h = House(folder / f"{name}.sqlite", world_delay=1_500)
    await h.open()
    run = await STORIES[name](h)
    history = await h.ask("history", **run)
    answer = {"now": h.clock.now(), **history, "logs": await h.ask("logs", **run)}
    await h.close()
    return answer


def written(answer: dict[str, Any]) -> str:
    """Return a file's text: a line for each row."""
    lines = [f' "{name}": {json.dumps(answer[name], ensure_ascii=False)}' for name in ("now", "run")]
    for name in ("rows", "ledger", "logs"):
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in answer[name])
        lines.append(f' "{name}": [\n  {rows}\n ]' if answer[name] else f' "{name}": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


async def main(wanted: list[str]) -> int:
    """Record the wanted stories, or all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted or STORIES:
            answer = await record(name, Path(folder))
            (FOLDER / f"{name}.json").write_text(written(answer), encoding="utf-8")
            print(f"{name}: {answer['run']['status']}, {len(answer['rows'])} rows")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
