"""Markup as text: what is no `Html` already is escaped, so that nothing a tenant writes can be anything but text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

# Controls of text and of its direction, invisible marks, separators, lone surrogates: as the playground has them.
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
VOID = frozenset({"input"})


class Html(str):
    """Text that is markup."""


Content = str | int | float | None


def h(tag: str, attributes: Mapping[str, object] | None = None, /, *children: Content) -> Html:
    """Return an element. Attributes that are None or False are left out; a child that is None is nothing."""
    shown = "".join(_attribute(name, value) for name, value in (attributes or {}).items())
    if tag in VOID:
        return Html(f"<{tag}{shown}>")
    return Html(f"<{tag}{shown}>{join(*children)}</{tag}>")


def join(*children: Content) -> Html:
    """Return children one behind the other."""
    return Html("".join(text(child) for child in children if child is not None))


def text(child: Content) -> Html:
    """Return what shows a value."""
    return child if isinstance(child, Html) else Html(escape(str(child)))


def said(value: object) -> Html:
    """Return text of a tenant or a user: what would not be seen is shown as escapes, and directions stay inside."""
    return h("bdi", None, UNSAFE.sub(_escaped, str(value)))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
