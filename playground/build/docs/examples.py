"""The examples of the docs that run on their page: each block's code, its whole module and its recorded run."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.build.docs.contents import Page


@dataclass(frozen=True, slots=True)
class Example:
    """One block: what the page shows, the module that runs, and how it ran."""

    block: str
    main: str
    source: str
    payload: str
    recorded: dict[str, Any]  # run, rows, ledger


def read_examples(folder: Path, page: Page) -> list[Example]:
    """Return the examples of a page in their order; one without recorded runs has none."""
    path = folder / "recorded" / f"{page.name}.json"
    if not path.exists():
        return []
    return [_example(told) for told in json.loads(path.read_text(encoding="utf-8"))]


def _example(told: dict[str, Any]) -> Example:
    recorded = {name: told[name] for name in ("run", "rows", "ledger")}
    return Example(told["block"], told["main"], told["source"], told["run"]["params"], recorded)


def shown(example: Example, coloured: str, number: int) -> str:
    """Return the element that shows an example: its code, which can be read without it, and its recorded run."""
    recorded = json.dumps(example.recorded, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    words = {
        "file": example.main,
        "payload": example.payload,
        "tenant": "docs",
        "name": f"{number}, {example.recorded['run']['entrypoint']}",
    }
    attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in words.items())
    data = f'<script type="application/json">{recorded}</script>'
    return f"<dynamic-workflow{attributes}>{coloured}{data}</dynamic-workflow>"
