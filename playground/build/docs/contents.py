"""What the docs hold: the pages, and the order in which index.md names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playground.build.steps import BuildError

LINK = re.compile(r"\[(?P<title>[^]]+)\]\((?P<to>[^)#\s]+\.md)\)")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where its source lies below content/docs, and its title."""

    name: str  # without the ending, e.g. "concepts/step"
    title: str
    text: str

    @property
    def address(self) -> str:
        """Return where the site has it, below docs/."""
        return f"{self.name}.html"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the index, with the pages named below it."""

    title: str
    pages: tuple[Page, ...]


def read_pages(folder: Path) -> dict[str, Page]:
    """Return every page by its name.

    Raises:
        BuildError: a page does not begin with its title.
    """
    found = {}
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = re.match(r"# (.+)\n", text)
        if title is None:
            raise BuildError(f"{path} does not begin with its title: write `# Title` in its first line.")
        name = path.relative_to(folder).with_suffix("").as_posix()
        found[name] = Page(name, title[1].replace("`", ""), text)
    return found


def sections(pages: dict[str, Page]) -> list[Section]:
    """Return the contents as index.md gives them; a page named twice stands where it is named first.

    Raises:
        BuildError: the index names a page that is not there.
    """
    found: list[Section] = []
    seen = {"index"}
    for part in re.split(r"^## ", pages["index"].text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        named = [link["to"].removesuffix(".md") for link in LINK.finditer(body) if not link["to"].startswith("..")]
        gone = [name for name in named if name not in pages]
        if gone:
            raise BuildError(f"content/docs/index.md names {gone[0]}.md, which is not there.")
        listed = [name for name in dict.fromkeys(named) if name not in seen]
        seen.update(listed)
        found.append(Section(title.strip(), tuple(pages[name] for name in listed)))
    return [section for section in found if section.pages]
