"""The recorded runs that the site shows beside the docs' examples: real histories, written by the engine.

`python -m tests.docs.recordings` writes content/docs/recorded/ anew; the tests say when that is needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.docs.pages import DOCS, blocks, name_of, pages
from tests.docs.runs import PageRun

FOLDER = DOCS / "recorded"


def recorded_pages() -> list[Path]:
    """Return the pages whose examples are workflows that a reader may run."""
    return [page for page in pages() if any(block.how in ("workflow", "body") for block in blocks(page))]


def file_of(page: Path) -> Path:
    """Return where the recorded runs of a page are kept."""
    return FOLDER / f"{name_of(page)}.json"


async def record(page: Path, folder: Path) -> str:
    """Run a page's blocks in an empty folder; return its recorded runs as JSON, a line for each."""
    run = PageRun(folder)
    with contextlib.chdir(folder):
        try:
            for block in blocks(page):
                await run.block(block)
        finally:
            await run.close()
    return as_text(run.recorded)


def as_text(recorded: list[dict[str, Any]]) -> str:
    """Return recorded runs as they are kept."""
    lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":"), sort_keys=True) for each in recorded)
    return f"[\n{lines}\n]\n"


def main() -> None:
    """Write every page's recorded runs; forget those of pages that are gone."""
    os.environ.setdefault("TZ", "UTC")
    for path in FOLDER.rglob("*.json"):
        path.unlink()
    for page in recorded_pages():
        with tempfile.TemporaryDirectory() as folder:
            text = asyncio.run(record(page, Path(folder)))
        file_of(page).parent.mkdir(parents=True, exist_ok=True)
        file_of(page).write_text(text, encoding="utf-8")
        print(f"{name_of(page)}: {text.count(chr(10)) - 2} runs", file=sys.stderr)


if __name__ == "__main__":
    main()
