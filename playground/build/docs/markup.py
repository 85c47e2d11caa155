"""Markdown to HTML: headings with addresses, links between pages, coloured code, examples that run."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from posixpath import dirname, normpath
from posixpath import join as join_paths

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from playground.build.docs.contents import Page
from playground.build.docs.examples import Example, shown

# Files that lie beside the docs in the checkout, and what stands for them on the site.
ELSEWHERE = {"README.md": "index.html", "content/examples": "index.html?view=examples"}


@dataclass
class Rendered:
    """A page as HTML, what its side bar needs, and what a search may find."""

    html: str
    headings: list[tuple[int, str, str]]  # level, address, words
    plain: str
    runs: int = 0  # how many examples it holds that run


@dataclass
class _State:
    page: Page
    examples: Sequence[Example]
    headings: list[tuple[int, str, str]] = field(default_factory=list)
    slugs: dict[str, int] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    runs: int = 0


def render(page: Page, examples: Sequence[Example] = ()) -> Rendered:
    """Return the page as HTML. ``examples``: its blocks that run, in order, each with its recorded run."""
    markdown = MarkdownIt("commonmark", {"html": True, "typographer": False}).enable("table")
    state = _State(page, list(examples))
    tokens = markdown.parse(page.text)
    for index, token in enumerate(tokens):
        _change(token, tokens[index + 1] if index + 1 < len(tokens) else None, state)
    markdown.add_render_rule("fence", lambda _, tokens, at, *__: tokens[at].meta["html"])
    markdown.add_render_rule("html_block", lambda _, tokens, at, *__: tokens[at].meta.get("html", tokens[at].content))
    markdown.add_render_rule("table_open", lambda *_: '<div class="wide" tabindex="0"><table>')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>")
    body = markdown.renderer.render(tokens, markdown.options, {})
    return Rendered(body, state.headings, " ".join(state.plain), state.runs)


def _change(token: Token, following: Token | None, state: _State) -> None:
    if token.type == "heading_open" and following is not None:
        _head(token, following, state)
    elif token.type == "html_block":
        _comment(token)
    elif token.type == "fence":
        token.meta["html"] = _fence(token, state)
    elif token.type == "inline":
        _inline(token, state)


def _head(token: Token, inline: Token, state: _State) -> None:
    words = "".join(child.content for child in inline.children or [] if child.type in ("text", "code_inline"))
    slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
    times = state.slugs[slug] = state.slugs.get(slug, -1) + 1
    address = f"{slug}-{times}" if times else slug
    token.attrSet("id", address)
    state.headings.append((int(token.tag[1]), address, words))


def _comment(token: Token) -> None:
    """Leave out comments: they say how a test runs the block below them."""
    if token.content.startswith("<!--"):
        token.meta["html"] = ""


def _fence(token: Token, state: _State) -> str:
    example = next((each for each in state.examples if each.block == token.content), None)
    if example is None or token.info != "python":
        return code(token.content, token.info)
    state.runs += 1
    return shown(example, code(example.source, "python"), state.runs)


def code(text: str, language: str) -> str:
    """Return code in colours, as one element."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    coloured = highlight(text, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<pre tabindex="0" class="code" data-language="{html.escape(language)}"><code>{coloured}</code></pre>'


def _inline(token: Token, state: _State) -> None:
    for child in token.children or []:
        if child.type == "link_open":
            child.attrSet("href", _address(str(child.attrGet("href")), state.page))
        elif child.type == "image":
            child.attrSet("src", _address(str(child.attrGet("src")), state.page))
        elif child.type in ("text", "code_inline"):
            state.plain.append(child.content)


def _up(page: Page) -> str:
    """Return the way from a page to the site's folder."""
    return "../" * (page.name.count("/") + 1)


def _address(link: str, page: Page) -> str:
    """Return where a link of the checkout leads on the site."""
    if "://" in link or link.startswith(("#", "mailto:")):
        return link
    path, _, fragment = link.partition("#")
    target = normpath(join_paths("content/docs", dirname(page.name), path))
    if target in ELSEWHERE:
        return _up(page) + ELSEWHERE[target]
    if path.endswith(".md"):
        path = path.removesuffix(".md") + ".html"
    return path + (f"#{fragment}" if fragment else "")
