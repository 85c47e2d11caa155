"""Writes the docs: a static page for each Markdown file, one style sheet, one script and a search index."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from playground.build.docs.contents import Page, Section, read_pages, sections
from playground.build.docs.examples import read_examples
from playground.build.docs.markup import Rendered, render
from playground.build.esbuild import bundle
from playground.build.layout import Layout
from playground.build.steps import Steps, files_under
from playground.build.tools import Node

PLACEHOLDER = re.compile(r"@@(\w+)@@")


def build_docs(steps: Steps, layout: Layout, node: Node) -> None:
    """Build dist/docs."""
    own = layout.playground / "docs"
    folder = layout.root / "content" / "docs"
    scripts = files_under(
        own, *(layout.playground / name for name in ("ui", "words")), suffixes=(".js", ".mjs", ".html")
    )
    styles = [layout.playground / "styles" / name for name in ("tokens.css", "base.css", "docs.css")]
    builder = files_under(layout.builder / "docs", suffixes=(".py",))
    reads = [*files_under(folder), *scripts, *styles, *builder, layout.root / "package-lock.json"]
    steps.step("docs", reads=reads, action=lambda: _write(layout, node, folder))


def _write(layout: Layout, node: Node, folder: Path) -> Iterable[Path]:
    target = layout.dist / "docs"
    shutil.rmtree(target, ignore_errors=True)
    names = _assets(layout, node, target)
    embeds = (layout.playground / "embed").exists()
    template = (layout.playground / "docs" / "page.html").read_text(encoding="utf-8")
    pages = read_pages(folder)
    contents = sections(pages)
    order = [pages["index"], *(page for section in contents for page in section.pages)]
    order += [page for page in pages.values() if page not in order]
    rendered = {page.name: render(page, read_examples(folder, page)) for page in order}
    for at, page in enumerate(order):
        path = target / page.address
        path.parent.mkdir(parents=True, exist_ok=True)
        around = (order[at - 1] if at else None, order[at + 1] if at + 1 < len(order) else None)
        path.write_text(
            _fill(template, {**names, **_values(page, rendered[page.name], contents, around, embeds)}), encoding="utf-8"
        )
    for image in files_under(folder, suffixes=(".png", ".svg")):
        shutil.copyfile(image, target / image.relative_to(folder))
    _search(layout, node, target, order, rendered)
    return files_under(target)


def _assets(layout: Layout, node: Node, target: Path) -> dict[str, str]:
    """Bundle script and style sheet; return their names, which carry a hash of their content."""
    entries = {"SCRIPT": layout.playground / "docs" / "main.js", "STYLE": layout.playground / "styles" / "docs.css"}
    found = {}
    for name, entry in entries.items():
        options = {"format": "esm", "splitting": True} if name == "SCRIPT" else {}
        folder = target / "assets"
        meta = bundle(
            layout,
            node,
            entry,
            outdir=str(folder),
            minify=True,
            entryNames="[name]-[hash]",
            chunkNames="[name]-[hash]",
            **options,
        )
        source = entry.relative_to(layout.root).as_posix()
        output = next(Path(path) for path, output in meta["outputs"].items() if output.get("entryPoint") == source)
        found[name] = f"assets/{output.name}"
    return found


def _values(
    page: Page, rendered: Rendered, contents: list[Section], around: tuple[Page | None, Page | None], embeds: bool
) -> dict[str, str]:
    up = "../" * (page.name.count("/") + 1)
    return {
        "TITLE": html.escape(page.title),
        "UP": up,
        "BODY": rendered.html,
        "NAV": "".join(_section(section, page, up) for section in contents),
        "AROUND": _around(around, up),
        "TOC": _headings(rendered),
        "EMBED": f'<script type="module" src="{up}embed.js"></script>' if rendered.runs and embeds else "",
    }


def _section(section: Section, current: Page, up: str) -> str:
    links = "".join(_link(page, current, up) for page in section.pages)
    return f"<h2>{html.escape(section.title)}</h2>{links}"


def _link(page: Page, current: Page, up: str) -> str:
    here = ' aria-current="page"' if page == current else ""
    return f'<a href="{up}docs/{page.address}"{here}>{html.escape(page.title)}</a>'


def _around(around: tuple[Page | None, Page | None], up: str) -> str:
    kinds = (("prev", "Before"), ("next", "Next"))
    return "".join(
        f'<a rel="{rel}" href="{up}docs/{page.address}"><span>{word}</span>{html.escape(page.title)}</a>'
        for (rel, word), page in zip(kinds, around, strict=True)
        if page is not None
    )


def _headings(rendered: Rendered) -> str:
    """Return the headings of a page as links, or nothing for a page that has one or none."""
    found = [(level, slug, words) for level, slug, words in rendered.headings if level in (2, 3)]
    if len(found) < 2:
        return ""
    links = "".join(
        f'<a href="#{slug}"{" class=deeper" if level == 3 else ""}>{html.escape(words)}</a>'
        for level, slug, words in found
    )
    return f'<nav aria-label="On this page"><h2>On this page</h2>{links}</nav>'


def _fill(template: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found[1]], template)


def _search(layout: Layout, node: Node, target: Path, pages: list[Page], rendered: dict[str, Rendered]) -> None:
    """Write the search index: one entry for each page and for each of its headings."""
    entries = []
    for page in pages:
        found = rendered[page.name]
        entries.append({"title": page.title, "section": "", "address": page.address, "text": found.plain})
        entries += [
            {"title": page.title, "section": words, "address": f"{page.address}#{slug}", "text": ""}
            for level, slug, words in found.headings
            if level > 1
        ]
    index = node.run(["playground/docs/search.mjs"], layout.root, text=json.dumps(entries))
    (target / "search.json").write_text(index, encoding="utf-8")
