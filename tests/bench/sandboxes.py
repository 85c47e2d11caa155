"""Sandboxes in a real browser: how long one takes to start, what it costs in memory, and how soon a killed run goes on."""

from __future__ import annotations

import statistics
from typing import Any

from tests.bench.load import HEAD, a_tab, order
from tests.crash.tab import Tab

ROUNDS = 9
# Opens a pool of its own and plays the engine: it answers calls and settles steps as soon as it hears of them.
POOL = """async () => {
  const [{SandboxPool}, {loadAssets}] = await Promise.all([import('../kernel/pool.js'), import('../kernel/sandbox-frame.js')]);
  const assets = await loadAssets(new URL('../', document.baseURI));
  window.tickets = 0;
  window.pool = new SandboxPool(async () => assets, {spares: 0});
  window.start = async () => {
    const began = performance.now();
    const {port1, port2} = new MessageChannel();
    const ticket = ++tickets;
    await pool.open(ticket, `tenant ${ticket}`, port2);
    return [ticket, port1, performance.now() - began];
  };
}"""
COLD = "async () => (await start())[2]"
WARM = """async code => {
  pool.spares = 1;
  pool.destroy((await start())[0]); // its place is filled, with a spare
  while (!pool.idle) await new Promise(done => setTimeout(done, 5));
  const began = performance.now();
  const [ticket, port] = await start();
  const say = (...m) => port.postMessage(JSON.stringify({v: 1, m}));
  let settled = 0;
  const returned = new Promise(done => {
    port.onmessage = ({data}) => {
      for (const {k, n, key, value} of JSON.parse(data).m) {
        if (k === 'call') say({k: 'result', re: n, value: '{"id":"r"}'});
        if (k === 'finish') say({k: 'settle', run: 1, key, order: ++settled});
        if (k === 'returned' || k === 'raised') done(value ?? k);
      }
    };
  });
  const event = JSON.stringify({payload: {}, timestamp: null, instanceId: 'i', workflowName: 'w'});
  say({k: 'load', n: 1, id: 'tenant', main: 'main.py', modules: {'main.py': code}, env: {WORLD: {kind: 'service'}}},
    {k: 'memo', run: 1, entries: [], last: true},
    {k: 'run', run: 1, entrypoint: 'Two', event, effects: 'mediated', limits: {steps: 100}});
  const value = await returned;
  const took = performance.now() - began;
  pool.spares = 0;
  pool.destroy(ticket);
  port.close();
  return [took, value];
}"""
TWO = (
    HEAD.format(name="Two")
    + """        first = await self.env.WORLD.one(1)
        return [first["id"], (await self.env.WORLD.two(2))["id"]]
"""
)
RESUMES = (
    HEAD.format(name="Resumes")
    + """        @step.do("before")
        async def before():
            return 1
        await before()
        got = await step.wait_for_event("go on", "go")
        return got["payload"]
"""
)
WAITING = """async run => {
  while ((await kernel.request('status', run)).status !== 'waiting') await new Promise(done => setTimeout(done, 10));
}"""
# From the kill to the moment in which a page hears that the run has completed; its event is sent at once.
RESUMED = """async ([run, target]) => {
  const done = new Promise(resolve => {
    kernel.addEventListener('rows', ({detail: {run: {id, status}}}) => id === run.id && status === 'complete' && resolve());
  });
  const began = performance.now();
  kernel.kill(target, target === 'sandbox' ? run : undefined);
  await kernel.request('send_event', {...run, type: 'go', payload: 7});
  const answered = performance.now() - began;
  await done;
  return [answered, performance.now() - began];
}"""


def sandboxes() -> None:
    """Start, memory and resumption."""
    with a_tab() as (tab, _):
        tab.page.goto(tab.address.replace("kernel.html", "block.html"))
        _starts(tab)
    with a_tab() as (tab, _):
        for target in ("engine", "sandbox"):
            answered, resumed = zip(*(_resumed(tab, target) for _ in range(ROUNDS)), strict=True)
            print(
                f"{target} killed: an event accepted after {_of(answered)}, the run complete after {_of(resumed)}",
                flush=True,
            )


def _starts(tab: Tab) -> None:
    tab.page.evaluate(POOL)
    before = tab.memory()
    first = float(tab.page.evaluate(COLD))
    one = tab.memory()
    rest = [float(tab.page.evaluate(COLD)) for _ in range(7)]
    eight = tab.memory()
    print(f"sandbox, cold: the first of a session {first:,.0f} ms, the others {_of(rest)}")
    print(f"  memory: {one - before:,.0f} MB for the first, {(eight - one) / 7:,.0f} MB for each further one")
    for ticket in range(2, 9):
        tab.page.evaluate("ticket => pool.destroy(ticket)", ticket)
    warm = []
    for _ in range(ROUNDS):
        took, value = tab.page.evaluate(WARM, TWO)
        assert value == '["r","r"]', value
        warm.append(took)
    print(f"  warm: source in hand to run() returned, with two calls of env {_of(warm)}", flush=True)


def _resumed(tab: Tab, target: str) -> list[float]:
    run = tab.ask("run", **order(RESUMES), payload={})
    named = {name: run[name] for name in ("tenant", "workflow", "id")}
    tab.page.evaluate(WAITING, named)
    times: list[float] = tab.page.evaluate(RESUMED, [named, target])
    return times


def _of(times: Any) -> str:
    return f"{statistics.median(times):,.1f} ms ({min(times):,.1f} to {max(times):,.1f})"
