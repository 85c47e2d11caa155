"""What somebody waits for on the page: its first paint, the first key, the first result, coming back, and a kill."""

from __future__ import annotations

import json
import statistics
import tempfile
import threading

from playwright.sync_api import Page, sync_playwright

from playground.serve import DIST, open_server
from tests.browser import FLAGS, find_chromium

ROUNDS = 5
LISTEN = """
new MutationObserver(() => {
  const source = document.querySelector('#source');
  if (!source || window.keyed) return;
  window.keyed = -1;
  source.addEventListener('input', () => requestAnimationFrame(() => { if (window.keyed < 0) window.keyed = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
ROWS = "(document.querySelector('workflow-timeline').data?.rows ?? [])"
OWN = "new URLSearchParams(location.search).get('run')"
READY = "document.querySelector('#kernel-state')?.dataset.stage === 'ready'"
# Resolves with the time at which a condition has become true, looked at in every frame.
WHEN = "new Promise(done => {{ const look = () => ({}) ? done(performance.now()) : requestAnimationFrame(look); look(); }})"


def when(page: Page, condition: str) -> float:
    """Return the page's time, in milliseconds since its navigation, at which a condition has become true."""
    return float(page.evaluate(WHEN.format(condition)))


def _visit(page: Page, address: str) -> dict[str, float]:
    """Come for the first time: type, press Run at once, kill in the second step, come back."""
    page.add_init_script(LISTEN)
    page.goto(f"{address}?world-delay=500", wait_until="commit")
    page.wait_for_selector("#source")
    page.locator("#source").focus()
    page.keyboard.type("#")
    when(page, f"{PAINT} && window.keyed > 0")
    took = {"first paint": float(page.evaluate(PAINT)), "first key": float(page.evaluate("window.keyed"))}
    page.keyboard.press("Backspace")
    page.locator("[data-act=run] >> visible=true").click()
    done = f"{OWN} && {ROWS}.some(row => row.kind === 'step.completed')"
    took["first result, Run pressed at once"] = when(page, done)
    when(page, f"{ROWS}.some(row => row.kind === 'step.started' && row.key === 'do:charge card-1')")
    killed = float(page.evaluate("(document.querySelector('[data-act=kill]').click(), performance.now())"))
    again = f"{ROWS}.some(row => row.kind === 'step.started' && row.key === 'do:charge card-1' && row.attempt === 2)"
    took["kill to resumed"] = when(page, again) - killed
    page.reload(wait_until="commit")
    page.wait_for_selector("#kernel-state")
    took["return visit, to Ready"] = when(page, READY)
    return took


def first_use() -> None:
    """Print the median of several first visits, each in a new profile, and what every script weighs."""
    server = open_server(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    found: dict[str, list[float]] = {}
    with sync_playwright() as playwright:
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as profile:
                context = playwright.chromium.launch_persistent_context(
                    profile, executable_path=find_chromium(), args=FLAGS
                )
                for name, ms in _visit(context.new_page(), address).items():
                    found.setdefault(name, []).append(ms)
                context.close()
    server.shutdown()
    print(f"\nThe page in Chromium, a new profile each time, {ROUNDS} rounds")
    print(f"{'from the navigation on':40}{'median ms':>12}{'worst ms':>12}")
    for name, times in found.items():
        print(f"{name:40}{statistics.median(times):12,.0f}{max(times):12,.0f}", flush=True)
    _weights()


def _weights() -> None:
    """Print the compressed size of each script of the page."""
    chunks = json.loads((DIST / "runtime" / "manifest.json").read_text(encoding="utf-8"))["chunks"]
    print(f"\n{'script':56}{'kB gz':>8}")
    for one in sorted(chunks, key=lambda one: (not one["first"], -one["gz"])):
        name = f"{one.get('for', one['path'])}{' (first screen)' if one['first'] else ''}"
        print(f"{name:56}{one['gz'] / 1000:8.1f}")
