"""Durable steps per second in a real browser: the built site, IndexedDB in a profile on disk, a sandboxed guest."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from playground.serve import open_server
from tests.browser import FLAGS, find_chromium

# Every instance waits for one moment, so that what is measured is steps, not creation.
STEPS = """
import asyncio, time
from workers import WorkflowEntrypoint

class Steps(WorkflowEntrypoint):
    async def run(self, event, step):
        payload = event["payload"]
        await step.wait_for_event("gate", "go")
        took = []
        for number in range(payload["steps"]):
            began = time.perf_counter()
            @step.do(f"step {number}")
            async def one():
                return {"number": number}
            await one()
            took.append(time.perf_counter() - began)
        return took
"""

MEASURE = """async ([code, instances, steps]) => {
  const kernel = window.dynamicWorkflows.kernel;
  const states = new Map();
  let look = () => {};
  const heard = ({detail: {run}}) => { states.set(run.id, run); look(); };
  kernel.addEventListener('rows', heard);
  const all = (status) => new Promise((resolve) => {
    look = () => [...states.values()].filter((run) => run.status === status).length === instances && resolve([...states.values()]);
    look();
  });
  const files = {'steps.py': code};
  const runs = await Promise.all(Array.from({length: instances}, () =>
    kernel.request('run', {tenant: 'bench', files, main: 'steps.py', payload: {steps}})));
  await all('waiting');
  const began = Date.now();
  await Promise.all(runs.map(({tenant, workflow, id}) => kernel.request('send_event', {tenant, workflow, id, type: 'go'})));
  const done = await all('complete');
  kernel.removeEventListener('rows', heard);
  return {began, took: done.flatMap((run) => JSON.parse(run.output)), ended: Math.max(...done.map((run) => run.ended))};
}"""


def measure(page: Page, instances: int, steps: int) -> tuple[float, list[float]]:
    """Return steps per second of one round and the time of each step in milliseconds."""
    answer: dict[str, Any] = page.evaluate(MEASURE, [STEPS, instances, steps])
    took = [seconds * 1000 for seconds in answer["took"]]
    assert len(took) == instances * steps
    return len(took) * 1000 / (answer["ended"] - answer["began"]), took


@contextmanager
def ready_page() -> Iterator[Page]:
    """Yield the page of the built site in a new profile, its engine ready."""
    server = open_server(0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=find_chromium(), args=FLAGS)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/?world-delay=0")
        page.wait_for_function("window.dynamicWorkflows?.kernel?.state.stage === 'ready'")
        yield page
        context.close()
    server.shutdown()
    server.server_close()
    thread.join()
