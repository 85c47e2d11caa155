"""What all parts of the dashboards are made of: cards, tables, states, times, links to runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from . import words
from .html import Content, Html, h, join, said
from .icons import icon, tone


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, what its cells are (number, bar, long), and the state whose colour it has."""

    head: str
    kind: str | None = None
    state: str | None = None


def card(title: str, *content: Content, note: Content = None) -> Html:
    """Return a box with a title."""
    head = h("header", None, h("h2", None, title), h("span", {"class": "note"}, note) if note else None)
    return h("section", {"class": "card", "aria-label": title}, head, *content)


def table(columns: Sequence[Column], rows: Sequence[Sequence[Content]], label: str) -> Html:
    """Return a table that scrolls sideways where it is too wide. The first cell of a row is its head."""
    heads = [h("th", {"scope": "col", "class": column.kind}, _mark(column.state), _head(column)) for column in columns]
    body = [h("tr", None, *map(_cell, columns, row, range(len(row)))) for row in rows]
    whole = h("table", {"aria-label": label}, h("thead", None, h("tr", None, *heads)), h("tbody", None, *body))
    return h("div", {"class": "scroll", "tabindex": 0, "role": "group", "aria-label": label}, whole)


def _head(column: Column) -> Content:
    drawn = column.head == words.DRAWN  # whose numbers stand beside it
    return h("span", {"class": "visually-hidden"}, column.head) if drawn else column.head


def _mark(state: str | None) -> Html | None:
    return None if state is None else h("i", {"class": tone(state), "aria-hidden": "true"})


def _cell(column: Column, content: Content, at: int) -> Html:
    return h("td", {"class": column.kind}, content) if at else h("th", {"scope": "row"}, content)


def state_word(state: str) -> Html:
    """Return a state as icon, word and colour."""
    return h("span", {"class": f"state {tone(state)}"}, icon(state), words.STATES.get(state, state))


def moment(at: int | None, show: str = "near") -> Html | None:
    """Return a time that the reader's browser writes in its zone.

    Args:
        at: epoch milliseconds; of None there is nothing to show.
        show: `near`: how long ago, or until then; `clock`: to the second; `minute`: to the minute.
    """
    if at is None:
        return None
    iso = datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="seconds")
    near = {"data-past": words.PAST, "data-ahead": words.COMING, "data-now": words.NOW} if show == "near" else {}
    return h("time", {"datetime": iso, "data-at": at, "data-show": show, **near}, iso)


def run_link(run: Mapping[str, Any], name: str) -> Html:
    """Return a link to a run: its address, or its view in place where somebody listens."""
    where = {"tenant": run["tenant"], "run": run["id"]}
    act = {"data-act": "open", **{f"data-{key}": value for key, value in where.items()}}
    return h("a", {"href": f"?{urlencode(where)}", **act}, said(name))


def run_name(run: Mapping[str, Any]) -> str:
    """Return what a run is called: the name it was given, or its workflow's and its number."""
    return str(run["name"] or f"{str(run['entrypoint'] or run['workflow']).lower()} · {run['number']}")


def count(value: int) -> Html:
    """Return a number; nothing is quieter than something."""
    return h("span", {"class": "zero"}, "0") if not value else join(f"{value:,}")


def button(act: str, word: str, **data: object) -> Html:
    """Return a button that does `act`."""
    return h("button", {"type": "button", "class": "button", "data-act": act, **data}, word)


def banner(sentence: str, colour: str) -> Html:
    """Return a sentence that stays until what it says is over."""
    return h("p", {"class": f"banner tone-{colour}", "role": "status"}, icon("warning"), h("span", None, sentence))


def some_of(count: int, shown: int) -> str | None:
    """Say how many of all are shown, where they are not all."""
    return words.some_of(shown, count) if count > shown else None
