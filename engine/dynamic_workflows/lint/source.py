"""One file: its tree, who holds whom in it, and where things stand in characters."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from .problems import Edit, Fix, Place

_LINE_END = re.compile(r"\r\n|\r|\n")


class Source:
    """A file that parses.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: what Python says of one that does not.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tree = ast.parse(text, file)
        self._lines = _LINE_END.split(text)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        for node in ast.walk(self.tree):
            self.nodes.append(node)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node

    def place(self, node: ast.AST) -> Place:
        """Return where a node stands."""
        line, end = _number(node, "lineno"), _number(node, "end_lineno")
        return Place(
            line,
            self._column(line, _number(node, "col_offset")),
            end,
            self._column(end, _number(node, "end_col_offset")),
        )

    def segment(self, node: ast.AST) -> str:
        """Return the text of a node."""
        return ast.get_source_segment(self.text, node) or ""

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yield each node above, with the child that leads down to this one."""
        while node in self.parents:
            child, node = node, self.parents[node]
            yield node, child

    def before(self, node: ast.AST, text: str, title: str) -> Fix:
        """Return a fix that puts text before a node."""
        at = self.place(node)
        return Fix(title, (Edit(Place(at.line, at.column, at.line, at.column), text),))

    def around(self, node: ast.AST, before: str, after: str, title: str) -> Fix:
        """Return a fix that puts text before and behind a node."""
        at = self.place(node)
        start, end = Place(at.line, at.column, at.line, at.column), Place(*[at.end_line, at.end_column] * 2)
        return Fix(title, tuple(edit for edit in (Edit(start, before), Edit(end, after)) if edit.text))

    def instead(self, node: ast.AST, text: str, title: str) -> Fix:
        """Return a fix that puts text in a node's place."""
        return Fix(title, (Edit(self.place(node), text),))

    def _column(self, line: int, offset: int) -> int:
        """Return the column of an offset in the UTF-8 bytes of a line."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return (offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))) + 1


def _number(node: ast.AST, name: str) -> int:
    value: int = getattr(node, name)
    return value
