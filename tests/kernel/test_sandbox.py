"""A sandbox reaches nothing but its port, and nothing it does disturbs another one or the page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from tests.kernel.conftest import Site

# Runs inside the sandbox: each probe answers what it got, or the error that stopped it.
PROBES = """
import asyncio, json, js
from pyodide.ffi import to_js

async def probe(name, call):
    try:
        found[name] = "reached: " + str(await asyncio.wait_for(call(), 3))[:80]
    except BaseException as error:
        found[name] = "stopped: " + type(error).__name__ + " " + str(error)[:80]

found = {}
url = "TARGET?probe="
async def fetched(): return (await js.fetch(url + "fetch")).status
async def beacon(): return js.navigator.sendBeacon(url + "beacon")
async def nested(): return js.Worker.new(url + "worker")
async def scripts(): return js.importScripts(url + "script")
async def request(): x = js.XMLHttpRequest.new(); x.open("GET", url + "xhr", False); x.send(); return x.status
async def socket(): return js.WebSocket.new(url.replace("http", "ws") + "socket")
async def events(): return js.EventSource.new(url + "events")
async def channel(): return js.BroadcastChannel.new("x")
async def evaluate(): return js.eval("1 + 1")
async def function(): return js.Reflect.get(js.Object, "constructor").call(None, "return 1")()
async def imported(): return await js.Reflect.get(js.Object, "constructor").call(None, "u", "return import(u)")(url + "import")
async def database():
    r = js.indexedDB.open("dynamic-workflows"); done = asyncio.Event()
    r.onsuccess = r.onerror = lambda e: done.set()
    await done.wait(); return r.result
async def caches(): return await js.caches.keys()
async def files(): return await js.navigator.storage.getDirectory()
async def locks(): return await js.navigator.locks.query()
async def local(): return js.localStorage.length
async def cookies(): return js.document.cookie
async def parent(): return js.parent.document
async def font(): return await js.FontFace.new("f", "url(" + url + "font)").load()
async def blob():
    b = js.Blob.new(to_js(["fetch('" + url + "blob')"])); return js.Worker.new(js.URL.createObjectURL(b))
async def python_fetch():
    from pyodide.http import pyfetch
    return (await pyfetch(url + "pyfetch")).status

async def main():
    for name, call in [(n, c) for n, c in list(globals().items()) if asyncio.iscoroutinefunction(c) and n not in ("main", "probe")]:
        await probe(name, call)
    post(json.dumps({"origin": js.self.origin, **found}))
task = asyncio.ensure_future(main())
"""


@pytest.fixture(scope="module")
def pool(browser: BrowserContext, site: str) -> Iterator[Page]:
    page = browser.new_page()
    page.on("console", lambda message: print("console:", message.text))
    page.on("pageerror", lambda error: print("page error:", error))
    page.goto(site + "pages/sandbox.html")
    page.wait_for_function("window.ready && pool.idle === 2")
    yield page
    page.close()


@pytest.fixture
def ticket(pool: Page) -> Iterator[int]:
    """Yield the number of a fresh sandbox."""
    number: int = pool.evaluate("window.last = (window.last ?? 0) + 1")
    pool.evaluate("ticket => open_(ticket)", number)
    yield number
    pool.evaluate("ticket => pool.destroy(ticket)", number)
    pool.wait_for_function("pool.idle === 2")


def test_hostile_code_sends_no_byte_and_reads_no_store(pool: Page, site: str, ticket: int) -> None:
    Site.requests.clear()
    found = json.loads(pool.evaluate("([t, text]) => ask(t, text)", [ticket, PROBES.replace("TARGET", site + "x")]))
    print(json.dumps(found, indent=1))
    assert found.pop("origin") == "null"
    assert len(found) >= 21
    assert [name for name, result in found.items() if result.startswith("reached")] == []
    assert [line for line in Site.requests if "probe=" in line] == []


def test_python_is_capped_at_256_mib(pool: Page, ticket: int) -> None:
    grow = "kept = []\nwhile True: kept.append(b'x' * 10_000_000)"
    assert pool.evaluate("([t, text]) => ask(t, text)", [ticket, grow]).startswith("MemoryError")
    assert pool.evaluate("([t, text]) => ask(t, text)", [ticket, "post(str(len(kept)))"]) in map(str, range(15, 26))


def test_two_sandboxes_do_not_hear_each_other(pool: Page, ticket: int) -> None:
    pool.evaluate("open_(9001)")
    send = "import js; ports = []; js.Object.prototype.stolen = 'x'; post('set')"
    assert pool.evaluate("([t, text]) => ask(t, text)", [ticket, send]) == "set"
    look = "import js; post(str(getattr(js.Object.new(), 'stolen', 'nothing')))"
    assert pool.evaluate("text => ask(9001, text)", look) == "nothing"
    assert pool.evaluate("'stolen' in {}") is False
    pool.evaluate("pool.destroy(9001)")


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        ("for _ in range(3000): post('x')", "abuse: more than 2000 frames a second"),
        ("post('x' * (8 << 20))\npost('x' * (8 << 20))", "abuse: more than 8000000 bytes a second"),
        ("post('x' * ((8 << 20) + 1))", "abuse: a frame of more than 8388608 bytes"),
        ("import js; post(js.Object.new())", "abuse: a message that is not text"),
        ("import os; os._exit(1)", "crashed"),
        ("post(None)", "abuse: a message that is not text"),
    ],
)
def test_abuse_ends_the_sandbox_and_names_the_rule(pool: Page, ticket: int, attack: str, reason: str) -> None:
    pool.evaluate("([t, text]) => send(t, text)", [ticket, attack])
    pool.wait_for_function("t => endings.has(t)", arg=ticket)
    assert pool.evaluate("t => endings.get(t)", ticket) == reason


def test_a_legal_result_fits_through_the_relay(pool: Page, ticket: int) -> None:
    length = pool.evaluate("async t => (await ask(t, `post('x' * (8 << 20))`)).length", ticket)
    assert length == 8 << 20


def test_an_armed_timer_brings_a_turn(pool: Page, ticket: int) -> None:
    assert pool.evaluate("t => ask(t, 'arm(30)')", ticket) == "turn"
    assert pool.evaluate("t => ask(t, 'arm(0)')", ticket) == "turn"


def test_a_hung_sandbox_is_destroyed_and_a_spare_takes_over_at_once(pool: Page, ticket: int) -> None:
    pool.evaluate("t => send(t, 'while True: pass')", ticket)
    pool.evaluate("t => pool.destroy(t)", ticket)
    took = pool.evaluate(
        "async () => { const start = performance.now(); await open_(9002); await ask(9002, 'post(str(6 * 7))'); return performance.now() - start; }"
    )
    print("spare took over in", took, "ms")
    assert pool.evaluate("log.get(9002)") == ["42"]
    assert took < 500
    pool.evaluate("pool.destroy(9002)")


def test_killing_a_loader_tells_the_engine(pool: Page, ticket: int) -> None:
    pool.evaluate("t => pool.kill(`loader ${t}`)", ticket)
    assert pool.evaluate("t => endings.get(t)", ticket) == "killed"
    assert pool.evaluate("pool.used") == 0


def test_a_reset_ends_used_sandboxes_and_keeps_the_spares(pool: Page, ticket: int) -> None:
    pool.wait_for_function("pool.idle === 2")
    pool.evaluate("pool.reset()")
    assert pool.evaluate("[pool.used, pool.idle]") == [0, 2]
    assert pool.evaluate("t => endings.has(t)", ticket) is False


def test_a_frame_outlives_the_last_sandbox(browser: BrowserContext, site: str) -> None:
    page = browser.new_page()
    page.goto(site + "pages/sandbox.html")
    page.wait_for_function("window.ready && pool.idle === 2")
    page.evaluate("pool.spares = 0")
    page.evaluate("Promise.all([open_(1), open_(2)])")
    page.evaluate("pool.destroy(1)")
    assert page.evaluate("frames_()") == 1
    page.evaluate("pool.destroy(2)")
    assert page.evaluate("frames_()") == 1
    page.evaluate("open_(3)")
    page.wait_for_function("frames_() === 1 && pool.used === 1")
    page.close()


def test_a_silent_frame_process_is_noticed_and_rebuilt(browser: BrowserContext, site: str) -> None:
    page, observer = browser.new_page(), browser.new_page()
    for tab in (page, observer):
        tab.goto(site + "pages/sandbox.html")
        tab.wait_for_function("window.ready && pool.idle === 2")
    # Playwright takes the crash of a frame's process for one of the page, so the page tells another one what it sees.
    observer.evaluate("() => { new BroadcastChannel('observer').onmessage = event => { window.told = event.data; }; }")
    page.evaluate("open_(1)")
    page.evaluate("""() => { (async () => {
        const next = async condition => { while (!condition()) await new Promise(done => setTimeout(done, 20)); };
        await next(() => endings.has(1));
        await next(() => pool.idle === 2);
        await open_(2);
        const answer = await ask(2, 'post(str(6 * 7))');
        new BroadcastChannel('observer').postMessage([endings.get(1), answer]);
    })(); }""")
    crash = page.context.new_cdp_session(page.frames[-1])  # the process that all frames share; the page has another one
    with contextlib.suppress(Error):
        crash.send("Page.crash")
    observer.wait_for_function("window.told")
    assert observer.evaluate("told") == ["frame lost", "42"]
    observer.close()
    page.close()
