"""A database of an earlier release opens and goes on. `fixtures/indexeddb-1.json` is one as the first layout has it:
a checkpoint, records on top of it, a complete run of one tenant and a waiting one of another, and no orderly end."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.kernel.conftest import ready
from tests.kernel.test_kernel import ask, ended

FIXTURE = Path(__file__).parent / "fixtures" / "indexeddb-1.json"
PUT = """([name, {version, stores}]) => new Promise(done => {
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = () => {
        for (const [store, entries] of Object.entries(stores)) {
            const made = opening.result.createObjectStore(store);
            for (const [key, value] of entries) {
                made.put(typeof value === 'string' ? Uint8Array.from(atob(value), char => char.charCodeAt(0)) : value, key);
            }
        }
    };
    opening.onsuccess = () => { opening.result.close(); done(1); };
})"""


def fixture() -> Any:
    """Return the layout's version and the entries of every store; bytes are base64."""
    dump = json.loads(FIXTURE.read_text(encoding="utf-8"))
    for entries in dump["stores"].values():
        for entry in entries:
            if isinstance(entry[1], dict) and "deflated" in entry[1]:
                entry[1] = base64.b64encode(zlib.decompress(base64.b64decode(entry[1]["deflated"]))).decode()
    return dump


@pytest.mark.parametrize("durability", ["strict", "relaxed", None])
def test_a_database_of_the_first_layout_opens_and_goes_on(page: Page, site: str, durability: str | None) -> None:
    dump = fixture()
    head = dump["stores"]["head"][0][1]
    assert (dump["version"], len(dump["stores"]["base"]) > 0, len(dump["stores"]["log"]) > 1) == (1, True, True)
    del head["durability"]
    if durability:
        head["durability"] = durability
    page.goto(f"{site}pages/block.html")
    database = f"release {durability}"
    page.evaluate(PUT, [f"{database}:/site/:1", dump])
    page.goto(f"{site}pages/kernel.html?database={database}")
    ready(page)
    assert page.evaluate("kernel.state.epoch") == head["epoch"] + 1
    runs = {run["id"]: run for run in ask(page, "runs")}
    assert {id: run["status"] for id, run in runs.items()} == {"done": "complete", "wait": "waiting"}
    history = ask(page, "history", tenant="acme", workflow="order", id="done")
    kinds = [row["kind"] for row in history["rows"]]
    assert kinds[0] == "queued"
    assert kinds[-1] == "completed"
    assert [(call["method"], call["done"]) for call in history["ledger"]] == [("reserve", 1), ("charge", 1)]
    ask(page, "send_event", tenant="globex", workflow="wait", id="wait", type="approve", payload=7)
    assert ended(page, runs["wait"])["output"] == "7"
    assert page.evaluate("kernel.storage('facts').then(facts => facts.durability)") == (durability or "strict")
