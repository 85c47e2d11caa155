"""The docs of the built site: every page is there, every link leads somewhere, every heading can be searched."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest

from dynamic_workflows.lint.problems import RULES
from playground.build.docs.contents import Page, read_pages, sections
from playground.build.docs.markup import render
from playground.build.steps import BuildError
from tests.house.sources import ROOT

SITE = ROOT / "dist"
SOURCES = ROOT / "content" / "docs"


def built() -> list[Path]:
    return sorted((SITE / "docs").rglob("*.html"))


def test_every_page_is_built_and_named_in_the_contents_of_its_own() -> None:
    names = {path.relative_to(SITE / "docs").with_suffix("").as_posix() for path in built()}
    assert names == set(read_pages(SOURCES))
    for page in [page for section in sections(read_pages(SOURCES)) for page in section.pages]:
        assert 'aria-current="page"' in (SITE / "docs" / page.address).read_text(encoding="utf-8"), page.name


def test_every_link_of_the_docs_leads_to_a_file_and_a_heading_of_the_site() -> None:
    ids = {path: set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8"))) for path in built()}
    wrong = []
    for path in built():
        here = path.relative_to(SITE).as_posix()
        for link in re.findall(r'(?:href|src)="([^"]+)"', path.read_text(encoding="utf-8")):
            target, _, fragment = urljoin("/" + here, link).partition("#")
            if link.startswith(("https:", "data:")):
                continue
            file = SITE / unquote(target.partition("?")[0]).lstrip("/")
            if not file.is_file() or (fragment and file in ids and fragment not in ids[file]):
                wrong.append(f"{here}: {link}")
    assert wrong == []


def test_every_rule_of_the_linter_has_its_section_at_the_address_that_problems_link() -> None:
    for rule in RULES.values():
        name, _, section = rule.page.partition("#")
        assert f'id="{section}"' in (SITE / "docs" / f"{name}.html").read_text(encoding="utf-8"), rule.id


def test_comments_of_tests_are_not_shown() -> None:
    assert [
        path.name for path in built() if "&lt;!-- " in (text := path.read_text(encoding="utf-8")) or "<!-- " in text
    ] == []


def test_headings_that_are_alike_get_addresses_of_their_own() -> None:
    page = render(Page("p", "P", "# P\n\n## Rules\n\n## Rules\n\n### `a.b(c)` – x\n"))
    assert [address for _, address, _ in page.headings] == ["p", "rules", "rules-1", "abc--x"]


def test_links_between_pages_and_out_of_the_docs_are_those_of_the_site() -> None:
    text = "# P\n\n[a](../errors/A.md#x) [r](../../../README.md) [e](../../examples/) [o](https://example.com/a.md)\n"
    found = re.findall(r'href="([^"]+)"', render(Page("concepts/p", "P", text)).html)
    assert found == [
        "../errors/A.html#x",
        "../../index.html",
        "../../index.html?view=examples",
        "https://example.com/a.md",
    ]


def test_code_is_text_whatever_it_holds() -> None:
    page = render(Page("p", "P", '# P\n\n```text\n<script>"x"</script>\n```\n\n```nonsense\n<b>\n```\n'))
    assert "<script>" not in page.html
    assert "<b>" not in page.html


def test_a_page_without_a_title_and_an_index_that_names_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# I\n\n## S\n\n[x](gone.md)\n", encoding="utf-8")
    with pytest.raises(BuildError, match=r"gone\.md"):
        sections(read_pages(tmp_path))
    (tmp_path / "untitled.md").write_text("no title\n", encoding="utf-8")
    with pytest.raises(BuildError, match="does not begin with its title"):
        read_pages(tmp_path)
