"""Threads of a browser that stand still for as long as a test wants: each is stopped by a debugger, not by a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, Worker

STOP = "() => { setTimeout(() => { debugger; }); }"


def _wait(page: Page, until: Callable[[], object]) -> None:
    while not until():
        page.wait_for_timeout(10)  # events arrive meanwhile


@contextmanager
def held_page(page: Page, watcher: Page) -> Iterator[None]:
    """Hold a page's main thread; ``watcher`` is another page, which goes on."""
    session = page.context.new_cdp_session(page)
    paused: list[Any] = []
    session.on("Debugger.paused", lambda event: paused.append(event))
    session.send("Debugger.enable")
    page.evaluate(STOP)
    _wait(watcher, lambda: paused)
    try:
        yield
    finally:
        session.send("Debugger.resume")
        session.detach()


@contextmanager
def held_worker(page: Page, worker: Worker, watcher: Page) -> Iterator[None]:
    """Hold the thread of a page's worker, which keeps what it is sent until it goes on."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    answers: list[dict[str, Any]] = []

    def attached(event: dict[str, Any]) -> None:
        if event["targetInfo"]["url"] == worker.url:
            found.append(event["sessionId"])

    def tell(method: str) -> None:
        message = json.dumps({"id": len(answers) + 1000, "method": method})
        session.send("Target.sendMessageToTarget", {"sessionId": found[0], "message": message})

    session.on("Target.attachedToTarget", attached)
    session.on("Target.receivedMessageFromTarget", lambda event: answers.append(json.loads(event["message"])))
    session.send("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False})
    _wait(watcher, lambda: found)
    tell("Debugger.enable")
    _wait(watcher, lambda: [answer for answer in answers if "id" in answer])  # only then it stops
    worker.evaluate(STOP)
    _wait(watcher, lambda: [answer for answer in answers if answer.get("method") == "Debugger.paused"])
    try:
        yield
    finally:
        tell("Debugger.resume")
        tell("Debugger.disable")
