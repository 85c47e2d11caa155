"""Load in a real browser: sleepers, events, one long instance, many tenants, and commits as the database grows."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.crash.tab import Tab, served
from tests.kernel.tab import KernelTab

DAY = 86_400_000
PAIRS = 15
SLEEPERS = int(os.environ.get("SLEEPERS", "50000"))
HEAD = "from workers import WorkflowEntrypoint\n\nclass {name}(WorkflowEntrypoint):\n    async def run(self, event, step):\n"
SLEEPER = HEAD.format(name="Sleeper") + '        await step.sleep("long", event["payload"])\n        return "awake"\n'
EVENTS = (
    HEAD.format(name="Waiter")
    + '        got = [(await step.wait_for_event(f"event {n}", "go"))["payload"] for n in range(3)]\n        return got\n'
)
LONG = (
    HEAD.format(name="Long")
    + """        import time
        began, count = time.perf_counter(), event["payload"]
        for n in range(count):
            @step.do(f"step {n}")
            async def one():
                return {"number": n}
            await one()
        took = (time.perf_counter() - began) * 1000
        await step.wait_for_event("go on", "go")
        return took
"""
)
TENANT = HEAD.format(name="Tenant") + '        return {n}, (await self.env.WORLD.hello(key="same"))["id"]\n'
STEPS = (
    HEAD.format(name="Steps")
    + """        import time
        took = []
        for n in range(20):
            @step.do(f"step {n}")
            async def one():
                return n
            began = time.perf_counter()
            await one()
            took.append((time.perf_counter() - began) * 1000)
        return sorted(took)[len(took) // 2]
"""
)
BIG = (
    HEAD.format(name="Big")
    + """        for n in range(4):
            @step.do(f"fill {n}")
            async def fill():
                return "x" * 500_000
            await fill()
"""
)
CREATE = """async ([order, counts, size]) => {
  const began = performance.now();
  const ids = [];
  const batches = [];
  for (let at = 0; at < counts.length; at += size) batches.push(counts.slice(at, at + size));
  const lanes = Array.from({length: 4}, async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const made = await kernel.request('create_batch', {...order, batch});
      ids.push(...made.ids);
    }
  });
  await Promise.all(lanes);
  return {ms: performance.now() - began, ids};
}"""


@contextmanager
def a_tab(query: str = "&delay=0") -> Iterator[tuple[Tab, Callable[[str], float]]]:
    """Yield a tab over a new profile, and a function that closes it and opens it again with another query."""
    with sync_playwright() as playwright, served() as site, tempfile.TemporaryDirectory() as folder:
        tab = Tab(playwright, site, Path(folder) / "profile", query)
        with tab:
            yield tab, tab.reopen


def status(tab: Tab, wanted: str) -> int:
    """Return how many instances have a status."""
    return int(tab.ask("storage")["status"].get(wanted, 0))


def until(tab: Tab, wanted: str, count: int, limit: float = 900) -> float:
    """Wait until so many instances have a status; return the seconds it took."""
    began = time.monotonic()
    while (found := status(tab, wanted)) < count:
        assert time.monotonic() - began < limit, f"{found} of {count} are {wanted}: {tab.ask('storage')}"
        tab.page.wait_for_timeout(200)
    return time.monotonic() - began


def order(code: str, tenant: str = "bench") -> dict[str, Any]:
    """Return the code of a request."""
    return {"tenant": tenant, "files": {"main.py": code}, "main": "main.py"}


def memory(tab: Tab) -> str:
    """Return the memory of every process of the browser."""
    return f"{tab.memory():,.0f} MB in all processes of the browser"


def sleepers() -> None:
    """50,000 sleeping instances: created, asleep, closed, reopened, woken at their time."""
    count = SLEEPERS
    with a_tab() as (tab, reopen):
        before = tab.memory()
        naps = [{"params": 30 * DAY + (n % 600) * 100} for n in range(count)]
        began = time.monotonic()
        made = tab.page.evaluate(CREATE, [order(SLEEPER), naps, 100])
        created = count / made["ms"] * 1000
        until(tab, "waiting", count)
        asleep = time.monotonic() - began
        print(f"{count:,} sleepers: accepted {created:,.0f}/s, asleep {count / asleep:,.0f}/s", flush=True)
        size = tab.ask("storage")["bytes"]
        print(f"  {size / 1e6:,.1f} MB of rows; {memory(tab)}, {before:,.0f} before", flush=True)
        ready = reopen(f"&delay=0&clock={30 * DAY - 60_000 - int(asleep * 1000)}")
        print(f"  reopened in {ready:.1f} s, page and engine; {memory(tab)}", flush=True)
        assert status(tab, "waiting") + status(tab, "running") >= count - 1, "somebody woke early"
        tab.page.evaluate("offset => kernel.storage('clock', {offset})", 31 * DAY)
        took = until(tab, "complete", count)
        print(f"  all due at once: woken and complete {count / took:,.0f}/s", flush=True)
        assert early(tab) == 0, "somebody woke early"


def early(tab: Tab) -> int:
    """Return how many sleeps ended before their time, from a copy of the database."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.deserialize(tab.export())
    sql = (
        "select count(*) from history done join history began using (uid, key) where done.kind = 'sleep.completed'"
        " and began.kind = 'sleep.started' and done.at < json_extract(began.data, '$.due')"
    )
    found = int(connection.execute(sql).fetchone()[0])
    connection.close()
    return found


def events() -> None:
    """1,000 instances with three events each."""
    with a_tab() as (tab, _):
        made = tab.page.evaluate(CREATE, [order(EVENTS), [{}] * 1000, 100])
        until(tab, "waiting", 1000)
        send = """async ids => {
          const began = performance.now();
          for (let n = 0; n < 3; n++) await Promise.all(ids.map(id => kernel.request('send_event',
            {tenant: 'bench', workflow: 'waiter', id, type: 'go', payload: n})));
          return performance.now() - began;
        }"""
        began = time.monotonic()
        accepted = tab.page.evaluate(send, made["ids"])
        until(tab, "complete", 1000)
        took = time.monotonic() - began
        print(
            f"1,000 instances, 3,000 events: accepted {3000 / accepted * 1000:,.0f}/s, done in {took:.1f} s; {memory(tab)}"
        )


def replay() -> None:
    """An instance of 1,000 steps and one of 10,000: their run, and their replay in a new page."""
    with a_tab() as (tab, reopen):
        for count in (1_000, 10_000):
            run = tab.ask("run", **order(LONG), payload=count)
            began = time.monotonic()
            until(tab, "waiting", 1)
            first = time.monotonic() - began
            reopen("&delay=0")
            tab.ask("send_event", tenant=run["tenant"], workflow=run["workflow"], id=run["id"], type="go")
            took = float(tab.ended(run)["output"])
            print(f"{count:,} steps: run in {first:.1f} s; replayed in {took:,.0f} ms; {memory(tab)}", flush=True)


def tenants() -> None:
    """200 tenants with code of their own through the sandboxes of one page."""
    with a_tab() as (tab, _):
        began = time.monotonic()
        ask = "([orders]) => Promise.all(orders.map(order => kernel.request('run', order))).then(runs => runs.length)"
        orders = [order(TENANT.replace("{n}", str(n)), f"tenant{n}") | {"payload": {}} for n in range(200)]
        tab.page.evaluate(ask, [orders])
        until(tab, "complete", 200)
        took = time.monotonic() - began
        print(f"200 tenants, each with code of its own: {took:.1f} s, {took / 200 * 1000:.0f} ms each; {memory(tab)}")


def growth() -> None:
    """The time of one durable step as the database grows from nothing to 50 MB: at most 1.5 times as long is wanted.

    Each is measured in turn with one in a small database beside it, so that what else the machine does counts for both.
    """
    with a_tab() as (tab, _):
        small = KernelTab()
        small.page = tab.context.new_page()
        small.page.goto(f"{tab.address}&database=small".replace("database=crash0&", ""))
        small.ready()
        for each in (tab, small):
            _one(each, STEPS)  # the first sandbox, and code that no compiler has seen yet
        for goal in (0, 10, 25, 50):
            while tab.ask("storage")["bytes"] < goal * 1_000_000:
                tab.ended(tab.ask("run", **order(BIG), payload={}))
            pairs = [(_one(tab, STEPS), _one(small, STEPS)) for _ in range(PAIRS)]
            middle, beside = (statistics.median(times) for times in zip(*pairs, strict=True))
            size, little = (each.ask("storage")["bytes"] / 1e6 for each in (tab, small))
            told = f"one durable step in {middle:.2f} ms, {middle / beside:.2f}x of one of {little:.1f} MB"
            print(f"database of {size:5.1f} MB: {told}", flush=True)


def _one(tab: KernelTab, code: str) -> float:
    run = tab.ask("run", **order(code), payload={})
    return float(tab.ended(run)["output"])
