"""Every block of the docs does what its page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, Block, blocks, links, name_of, pages
from tests.docs.recordings import FOLDER, as_text, file_of, recorded_pages
from tests.docs.runs import PageRun

NOT_RUN = 0  # blocks that cannot be run; each has a reason


@pytest.mark.parametrize("page", pages(), ids=name_of)
async def test_every_block_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = PageRun(tmp_path)
    try:
        for block in blocks(page):
            await run.block(block)
    finally:
        await run.close()
    if run.recorded:
        kept = file_of(page).read_text(encoding="utf-8") if file_of(page).exists() else ""
        assert as_text(run.recorded) == kept, (
            "the recorded runs differ: write them anew, python -m tests.docs.recordings"
        )
    if page.parent.name == "errors" and page.stem != "index":
        assert page.stem in run.raised, f"no block of {name_of(page)} raises {page.stem}"


def test_recorded_runs_are_of_pages_that_are_there() -> None:
    wanted = {file_of(page) for page in recorded_pages()}
    assert set(FOLDER.rglob("*.json")) <= wanted


def test_every_fence_is_found() -> None:
    for page in pages():
        fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("```")]
        shown = [block for block in blocks(page) if block.how != "setup"]
        assert len(fences) == 2 * len(shown), name_of(page)
        assert [block.place for block in shown if not block.language] == []


def test_blocks_that_are_not_run_are_few_and_have_a_reason() -> None:
    idle: list[Block] = [block for page in pages() for block in blocks(page) if block.how == "not_run"]
    assert len(idle) == NOT_RUN, [block.place for block in idle]


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_goes_somewhere(page: Path) -> None:
    gone = [
        link
        for link in links(page)
        if not link.startswith(("https://", "#")) and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert gone == []


def test_every_page_is_reached_from_the_index() -> None:
    seen, left = set[Path](), [DOCS / "index.md"]
    while left:
        page = left.pop()
        if page not in seen:
            seen.add(page)
            targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link]
            left += [target for target in targets if target.suffix == ".md" and target.is_relative_to(DOCS)]
    assert [name_of(page) for page in pages() if page not in seen] == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_page_begins_with_its_title(page: Path) -> None:
    assert page.read_text(encoding="utf-8").startswith("# ")
