"""The parts of one instance's view, as markup."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import words
from .formats import duration
from .html import Content, Html, h, join, said
from .icons import icon
from .markup import Column, banner, button, card, count, moment, run_name, state_word, table

ROWS = 200  # of a table: the newest
DATA = 240  # characters of a row's data
ATTEMPT, LEVEL = Column(words.ATTEMPT, "number wide-only"), Column(words.LEVEL, "wide-only")
Facts = Mapping[str, Any]


def plain(id: str, sentence: str) -> Html:
    """Return what stands there while nothing is known of a run, or when it is not there."""
    return h("header", {"class": "head"}, _back(), h("h1", None, said(id)), h("p", {"role": "status"}, sentence))


def head(
    run: Facts, verbs: Sequence[str] | None, *, place: str, event: str | None, refused: str, lost: Exception | None
) -> Html:
    """Return a run's name, state and verbs.

    Args:
        run: its summary.
        verbs: those that apply; None where nothing can be changed.
        place: where it is stored, in words.
        event: the type of the event that the form begins with; None leaves it closed.
        refused: why the last verb was not carried out.
        lost: why the engine does not answer.
    """
    applying = verbs or ()
    buttons = [button(verb, word) for verb, word in words.ACTS.items() if verb in applying]
    facts = [
        said(run["tenant"]),
        h("span", None, said(run["id"])),
        h("span", None, words.STARTED, " ", moment(run["created"])),
    ]
    if run["next_due"] is not None:
        facts.append(h("span", None, words.NEXT, " ", moment(run["next_due"])))
    form = _form(event or run["awaits"] or "", opened=event is not None) if "send" in applying else None
    return h(
        "header", {"class": "head"}, _back(), h("h1", None, said(run_name(run))), state_word(run["state"]),
        h("p", {"class": "facts muted"}, *facts),
        h("div", {"class": "verbs"}, *buttons, form) if verbs else None,
        banner(words.only_read(place), "wait") if verbs is None else None,
        banner(refused, "fail") if refused else None,
        banner(words.lost(lost), "fail") if lost else None,
    )  # fmt: skip


def _back() -> Html:
    return h("a", {"href": "?", "class": "back", "data-act": "back"}, icon("chevron"), words.BACK)


def _form(type: str, *, opened: bool) -> Html:
    payload = {"name": "payload", "placeholder": "null", "spellcheck": "false", "autocomplete": "off"}
    return h(
        "details", {"open": opened}, h("summary", {"class": "button"}, words.SEND),
        h("form", {"data-act": "send", "class": "send"},
          h("label", None, words.TYPE, h("input", {"name": "type", "value": type, "required": True})),
          h("label", {"class": "long"}, words.PAYLOAD, h("input", payload)),
          h("button", {"class": "button filled"}, words.SEND_VERB)),
    )  # fmt: skip


def end(run: Facts) -> Html:
    """Return what it ended with."""
    if run["error"]:
        error = run["error"]
        text = str(error.get("traceback") or f"{error['name']}: {error['message']}").rstrip()
        return card(words.ERROR, h("pre", {"class": "code tone-fail", "tabindex": 0}, said(text)))
    if run["output"] is None:
        return join()
    return card(words.OUTPUT, h("pre", {"class": "code", "tabindex": 0}, said(run["output"])))


def logs(rows: Sequence[Facts]) -> Html:
    """Return what it printed and logged."""
    if not rows:
        return card(words.LOGS, h("p", {"class": "muted empty"}, words.NO_LOGS))
    columns = [Column(words.WHEN), LEVEL, Column(words.STEP), Column(words.TEXT, "long")]
    shown: list[list[Content]] = [
        [moment(row["at"], "clock"), said(row["level"]), said(_step(row["key"])), said(row["text"])]
        for row in rows[-ROWS:]
    ]
    return card(words.LOGS, table(columns, shown, words.LOGS), note=_newest(len(rows)))


def events(run: Facts, rows: Sequence[Facts]) -> Html:
    """Return what happened, as history has it."""
    columns = [Column(words.WHEN), Column(words.KIND), Column(words.STEP), ATTEMPT, Column(words.DATA, "long")]
    shown: list[list[Content]] = [
        [moment(row["at"], "clock"), said(row["kind"]), said(_step(row["key"])),
         count(row["attempt"]) if row["attempt"] else None, said(_short(run, row))]
        for row in rows[-ROWS:]
    ]  # fmt: skip
    return card(words.EVENTS, table(columns, shown, words.EVENTS), note=_newest(len(rows)))


def _step(key: str | None) -> str:
    name, _, nth = (key or "").partition(":")[2].rpartition("-")
    return name if nth in ("", "1") else f"{name} ({nth})"


def _short(run: Facts, row: Facts) -> str:
    """Return what a row holds beside its step, as text of one line or two."""
    kind, data = row["kind"], None if row["data"] is None else json.loads(row["data"])
    if kind == "queued":
        text = str(run["params"])  # not the envelope that says whose code it is
    elif kind == "step.started" or data is None:
        text = ""  # its config stands in the timeline's inspector
    elif isinstance(data, dict) and isinstance(data.get("error"), dict):
        text = f"{data['error'].get('name')}: {data['error'].get('message')}"
    elif kind in ("sleep.started", "wait.started"):
        text = " ".join(
            [*([data["type"]] if "type" in data else []), duration(data.get("duration", data.get("timeout", 0)))]
        )
    else:
        text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= DATA else f"{text[: DATA - 1]}…"


def _newest(rows: int) -> str | None:
    return words.newest(ROWS, rows) if rows > ROWS else None
