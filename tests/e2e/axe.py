"""axe-core over the open page: rules of WCAG 2.2 A and AA and of good practice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return each rule that is broken, with the places; in other colours only what has to do with colours is new."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    only = ", runOnly: ['color-contrast', 'link-in-text-block']" if colours_only else ""
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {{resultTypes: ['violations']{only}}})")
    return [
        f"{rule['id']}: {rule['help']}: {', '.join(' '.join(map(str, node['target'])) for node in rule['nodes'][:5])}"
        for rule in found["violations"]
    ]


def check(page: Page, state: str) -> None:
    """Look at a state, whose cause is the test's own, in both colour schemes."""
    found: list[str] = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(
            "() => Promise.all(document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished.catch(() => {})))"
        )
        found += [f"{state}, {scheme}: {rule}" for rule in violations(page, colours_only=scheme == "dark")]
    assert found == [], "\n".join(found)
