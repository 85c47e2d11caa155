"""Markup as text: what is no `Html` already is escaped, so that nothing a tenant writes can be anything but text."""

from __future__ import annotations

from html import escape

VOID = frozenset({"input", "path", "rect", "circle", "line", "col"})


class Html(str):
    """Text that is markup."""


Content = str | int | float | None


def h(tag: str, attributes: dict[str, object] | None = None, /, *children: Content) -> Html:
    """Return an element. Attributes that are None or False are left out; a child that is None is nothing."""
    shown = "".join(_attribute(name, value) for name, value in (attributes or {}).items())
    if tag in VOID:
        return Html(f"<{tag}{shown}>") if tag == "input" else Html(f"<{tag}{shown}/>")
    return Html(f"<{tag}{shown}>{join(*children)}</{tag}>")


def join(*children: Content) -> Html:
    """Return children one behind the other."""
    return Html("".join(text(child) for child in children if child is not None))


def text(child: Content) -> Html:
    """Return what shows a value."""
    return child if isinstance(child, Html) else Html(escape(str(child)))


def said(value: object) -> Html:
    """Return text of a tenant or a user: what would not be seen is shown as escapes, and directions stay inside."""
    return h("bdi", None, "".join(_visible(char) for char in str(value)))


def _visible(char: str) -> str:
    return char if char.isprintable() or char in "\n\t" else f"\\u{{{ord(char):x}}}"


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
