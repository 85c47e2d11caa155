"""The playground as a person uses it: presses, words, and what the page says of steps and of the world outside."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

STEPS = 120_000  # ms: a browser on a busy machine of two cores


class Playground:
    """One open page."""

    def __init__(self, page: Page, site: str, query: str = "") -> None:
        self.page, self.site = page, site
        page.goto(site + query)

    # -- the kernel -------------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Wait until the engine answers."""
        expect(self.page.locator("#kernel-state")).to_have_text(re.compile("Ready|Connected"), timeout=STEPS)

    def ask(self, verb: str, **args: Any) -> Any:
        """Ask the page's own kernel, as anyone can from the console."""
        script = "([verb, args]) => window.dynamicWorkflows.kernel.request(verb, args)"
        return self.page.evaluate(script, [verb, args])

    def epoch(self) -> int:
        """Return how often this database has been opened."""
        return int(self.ask("storage")["epoch"])

    # -- what a person does -----------------------------------------------------------------------------------

    def button(self, name: str) -> Locator:
        """Return a visible button by the beginning of its words."""
        return self.page.get_by_role("button", name=re.compile("^" + re.escape(name))).locator("visible=true").first

    def run(self) -> str:
        """Press Run and return the id of the run once it is shown."""
        before = self.shown()
        self.page.locator("[data-act=run] >> visible=true").first.click()
        self.page.wait_for_function(
            "before => { const id = new URLSearchParams(location.search).get('run'); return id && id !== before; }",
            arg=before, timeout=STEPS,
        )  # fmt: skip
        return str(self.shown())

    def kill(self) -> None:
        """Press Kill the engine."""
        self.page.locator("[data-act=kill] >> visible=true").first.click()

    def shown(self) -> str | None:
        """Return the id of the run in the address."""
        value = self.page.evaluate("new URLSearchParams(location.search).get('run')")
        return None if value is None else str(value)

    def write(self, source: str) -> None:
        """Replace the code, as typing would."""
        editor = self.page.locator(".cm-content, #source >> visible=true").first
        editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def source(self) -> str:
        """Return the text in the editor."""
        script = (
            "() => { const box = document.querySelector('.cm-content');"
            " return box ? [...box.querySelectorAll('.cm-line')].map(l => l.textContent).join('\\n')"
            " : document.querySelector('#source').value; }"
        )
        return str(self.page.evaluate(script))

    def pay(self, payload: str) -> None:
        """Replace the payload."""
        self.page.locator("#payload-text").fill(payload)

    # -- what the page says -----------------------------------------------------------------------------------

    def expect_status(self, words: str | re.Pattern[str]) -> None:
        """Wait until the status line says so."""
        expect(self.page.locator("#status")).to_contain_text(words, timeout=STEPS)

    def rows(self) -> list[dict[str, Any]]:
        """Return the history that is drawn."""
        data = self.page.evaluate("document.querySelector('workflow-timeline').data?.rows ?? []")
        return list(data)

    def kinds(self) -> list[str]:
        """Return the drawn history as short texts."""
        return [" ".join(str(row[f]) for f in ("kind", "key", "attempt") if row[f]) for row in self.rows()]

    def expect_row(self, kind: str) -> None:
        """Wait until a row of this kind (and key, and attempt) is drawn."""
        self.page.wait_for_function(
            "kind => (document.querySelector('workflow-timeline').data?.rows ?? [])"
            ".some(row => [row.kind, row.key, row.attempt].filter(Boolean).join(' ') === kind)",
            arg=kind, timeout=STEPS,
        )  # fmt: skip

    def ledger(self) -> dict[str, tuple[int, int]]:
        """Return asked and done by call, as the page shows them."""
        found: dict[str, tuple[int, int]] = {}
        for line in self.page.locator("#ledger tbody tr:has(td.asked)").all():
            name = line.locator("th bdi").inner_text()
            found[name] = (_count(line.locator("td.asked")), _count(line.locator("td.done")))
        return found

    def output(self) -> Any:
        """Return the output the page shows."""
        return json.loads(self.page.locator("#output pre").inner_text())


def _count(cell: Locator) -> int:
    return int(re.sub(r"\D", "", cell.inner_text()))
