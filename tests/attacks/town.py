"""The built site in a Chromium with a profile on disk: a victim with a secret, attackers beside it, and what listens.

``Town`` is one page of it, built as it is shipped unless a test takes a part of the protection away: ``policy=False``
are frames without a content security policy, ``opaque=False`` frames of the page's own origin, ``tidied=False`` workers
that keep the constructors which are removed as defence in depth. That is how the suite shows that its probes get out
where nothing holds them, and what it is that holds them.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, Route

from playground.serve import DIST, Handler
from tests.attacks.probe import Attack, Probe, source
from tests.attacks.sink import Sink, listening
from tests.browser import FLAGS, find_chromium
from tests.browsers.page import DriverPage

SECRET = "SECRET-0123456789abcdef"
POLICY = "<meta http-equiv=[^>]*>"
FINAL = ("complete", "errored", "terminated")
VICTIM = """
from workers import WorkflowEntrypoint


class Keeper(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("keep")
        async def keep():
            await self.env.WORLD.keep(event["payload"]["secret"], key="kept")
            return event["payload"]["secret"]

        secret = await keep()
        answer = await step.wait_for_event("word", "word", timeout="3 days")
        return [secret, answer["payload"]]
"""
# What the page keeps for itself, in every store that a tenant might reach.
HIDE = """async secret => {
    localStorage.setItem('secret', secret);
    document.cookie = `secret=${secret}`;
    await (await caches.open('vault')).put('/secret', new Response(secret));
    try {
        const folder = await navigator.storage.getDirectory();
        const stream = await (await folder.getFileHandle('secret', {create: true})).createWritable();
        await stream.write(secret);
        await stream.close();
    } catch {} // WebKitGTK has no files of the origin under automation
    for (const name of ['vault', 'bait']) await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name, 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('kept').put(secret, 'secret');
        opening.onsuccess = () => { opening.result.close(); resolve(); };
        opening.onerror = () => reject(opening.error);
    });
    navigator.locks.request('bait', () => new Promise(() => {})).catch(() => { window.robbed = true; });
    window.asked = 0;
    new BroadcastChannel('vault').onmessage = event => { ++window.asked; event.target.postMessage(secret); };
}"""
# What is left of it, as plain facts that a test compares.
KEPT = """async () => {
    const file = async () => {
        const folder = await navigator.storage.getDirectory();
        return (await (await folder.getFileHandle('secret')).getFile()).text();
    };
    const store = await new Promise(resolve => {
        const opening = indexedDB.open('vault', 1);
        opening.onsuccess = () => resolve(opening.result);
    });
    const got = await new Promise(resolve => {
        const request = store.transaction('kept').objectStore('kept').get('secret');
        request.onsuccess = () => resolve(request.result);
    });
    store.close();
    return [
        localStorage.getItem('secret'), await (await caches.match('/secret'))?.text(), got,
        await file().catch(() => null),
        (await indexedDB.databases()).some(one => one.name === 'bait'), window.robbed ?? false, window.asked,
        'polluted' in {}, typeof JSON.parse, location.pathname,
    ];
}"""
KEEPS = [SECRET, SECRET, SECRET, SECRET, True, False, 0, False, "function", "/"]


class Town:
    """One page with its kernel, a victim, and the attackers a test sends.

    Args:
        keeps: what the page's stores hold, as `KEPT` tells it, from now on.
    """

    def __init__(
        self, page: Page | DriverPage, site: str, sink: Sink, asked: list[str], keeps: Sequence[object] = KEEPS
    ) -> None:
        self.page, self.site, self.sink, self.asked, self.keeps = page, site, sink, asked, keeps
        page.goto(site)
        page.wait_for_function("window.dynamicWorkflows?.kernel.state.stage === 'ready'", timeout=120_000)
        self.ask("settings", world_delay=0)
        page.evaluate(HIDE, SECRET)
        run = self.ask(
            "run", tenant="victim", files={"main.py": VICTIM}, main="main.py", payload={"secret": SECRET}, id="kept"
        )
        self.victim = address(run)
        self.wait(self.victim, "waiting")
        self.before = self.victims_rows()

    @property
    def sink_address(self) -> str:
        """Where the attackers send what they find."""
        return f"http://127.0.0.1:{self.sink.port}/"

    def ask(self, verb: str, **args: Any) -> Any:
        """Ask the kernel, as a page does."""
        return self.page.evaluate("([verb, args]) => dynamicWorkflows.kernel.request(verb, args)", [verb, args])

    def wait(self, run: dict[str, Any], *wanted: str, seconds: float = 40) -> dict[str, Any]:
        """Wait until a run has one of these states and return its summary."""
        end = time.monotonic() + seconds
        while True:
            summary: dict[str, Any] = self.ask("status", **run)
            if summary["status"] in wanted:
                return summary
            assert time.monotonic() < end, f"{run} is {summary['status']} after {seconds} s"
            self.page.wait_for_timeout(50)

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}: not after {seconds} s"
            self.page.wait_for_timeout(50)

    def victims_rows(self) -> list[dict[str, Any]]:
        """Return the victim's history and ledger."""
        told = self.ask("history", **self.victim)
        rows = [row for row in told["rows"] if row["kind"] not in ("requeued", "started")]
        return [*rows, *told["ledger"]]

    def probe(self, probes: Sequence[Probe], tenant: str) -> dict[str, str]:
        """Run probes in a tenant's sandbox and return what each came to."""
        code = source(probes, self.sink_address, f"{self.site}index.html")
        run = self.ask("run", tenant=tenant, files={"main.py": code}, main="main.py", payload={})
        summary = self.wait(address(run), *FINAL)
        assert summary["status"] == "complete", summary
        found: dict[str, str] = self.page.evaluate("text => JSON.parse(text)", summary["output"])
        return found

    def attack(self, attack: Attack, **payload: Any) -> dict[str, Any]:
        """Start a run that attacks and return its address."""
        return address(self.ask("run", **attack.arguments(self.sink_address, f"{self.site}index.html", **payload)))

    def told(self, run: dict[str, Any]) -> str:
        """Return everything that is known of a run, as one text."""
        rows = self.ask("history", **run)
        return "\n".join(map(str, [rows["run"], *rows["rows"], *(line["text"] for line in self.ask("logs", **run))]))

    def heard(self) -> list[str]:
        """Return what came to the sink, and to the page's server by a probe."""
        return self.sink.heard + [line for line in self.asked if "probe=" in line]

    def check_untouched(self) -> None:
        """Prove that nothing got out, that the victim is as it was, and that page and engine go on."""
        assert self.heard() == []
        assert self.victims_rows() == self.before
        assert self.page.evaluate(KEPT) == self.keeps
        assert self.page.evaluate("dynamicWorkflows.kernel.state.stage") == "ready"

    def check_victim_completes(self) -> None:
        """Prove that the victim's run goes on to its own end."""
        self.ask("send_event", **self.victim, type="word", payload="open")
        assert self.wait(self.victim, *FINAL)["output"] == f'["{SECRET}","open"]'


def address(run: dict[str, Any]) -> dict[str, Any]:
    """Return what names a run."""
    return {name: run[name] for name in ("tenant", "workflow", "id")}


@contextmanager
def town(
    playwright: Playwright,
    folder: Path,
    *,
    policy: bool = True,
    opaque: bool = True,
    tidied: bool = True,
    flags: Iterable[str] = (),
) -> Iterator[Town]:
    """Yield a page in a browser of its own."""
    with ExitStack() as stack:
        sink = stack.enter_context(listening())
        asked: list[str] = []
        site = stack.enter_context(serving(asked))
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=find_chromium(), headless=True, args=[*FLAGS, *flags]
        )
        stack.callback(context.close)
        context.set_default_timeout(60_000)
        _unprotect(context, policy=policy, opaque=opaque, tidied=tidied)
        page = context.new_page()
        page.on("console", lambda message: print("console:", message.text[:200]))
        page.on("pageerror", lambda error: print("page error:", error))
        yield Town(page, site, sink, asked)


@contextmanager
def serving(asked: list[str], *, policy: bool = True) -> Iterator[str]:
    """Yield the address of the built site; ``policy=False`` takes the policy of its frames away on the way."""

    class Noting(Handler):
        def log_message(self, format: str, *args: object) -> None:
            asked.append(format % args)

        def do_GET(self) -> None:  # noqa: N802  the base class names it so
            if policy or not self.path.endswith("/frame.json"):
                return super().do_GET()
            text, count = re.subn(POLICY, "", Path(self.translate_path(self.path)).read_text(encoding="utf-8"))
            assert count == 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Noting, directory=str(DIST))) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def _unprotect(context: BrowserContext, *, policy: bool, opaque: bool, tidied: bool) -> None:
    """Let the kernel build frames and workers without some of their protection."""

    def change(pattern: str, instead: str, route: Route) -> None:
        text, count = re.subn(pattern, instead, route.fetch().text())
        assert count == 1, f"{pattern} is there {count} times"
        route.fulfill(body=text, content_type="text/javascript")

    if not opaque:
        context.add_init_script(
            "const set = Element.prototype.setAttribute; Element.prototype.setAttribute = function (name, value) {"
            " if (name !== 'sandbox') set.call(this, name, value); };"
        )
    if not policy:
        context.route("**/runtime/*/frame.json", partial(change, POLICY, ""))
    if not tidied:
        removed = r'\["Worker","SharedWorker"[^\]]*\]'
        context.route("**/runtime/*/sandbox-worker.js", partial(change, removed, "[]"))
