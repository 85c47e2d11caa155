"""The parts of one instance's view, as markup."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import words
from .fleet_parts import card, moment, run_name, state_word, table
from .html import Content, Html, h, join, said

ROWS = 200  # rows of a table: the newest


def back() -> Html:
    """Return the way back to all runs."""
    return h("a", {"href": "?", "class": "back", "data-act": "back"}, words.BACK)


def reading(id: str) -> Html:
    """Return what stands there until something is known."""
    return _plain(id, words.READING)


def absent(id: str) -> Html:
    """Return what is said of a run that is not there."""
    return _plain(id, words.NO_RUN)


def lost(id: str, error: Exception) -> Html:
    """Return what is said while the engine does not answer."""
    return _plain(id, words.LOST.format(why=error))


def _plain(id: str, sentence: str) -> Html:
    return h("header", {"class": "head"}, back(), h("h1", None, said(id)), h("p", {"role": "status"}, sentence))


def head(run: Mapping[str, Any], verbs: Sequence[str], refused: str) -> Html:
    """Return a run's name, state and verbs."""
    buttons = [
        h("button", {"type": "button", "class": "button", "data-act": verb}, words.ACTS[verb])
        for verb in verbs
        if verb in words.ACTS and verb != "skip"
    ]
    facts = h(
        "p", {"class": "facts muted"}, said(run["tenant"]), " · ", said(run["id"]), " · ", moment(run["created"], "age")
    )
    return h(
        "header",
        {"class": "head run"},
        back(),
        h("div", {"class": "title"}, h("h1", None, said(run_name(run))), state_word(run["state"])),
        facts,
        h("div", {"class": "verbs"}, *buttons),
        _form(run) if "send" in verbs else None,
        h("p", {"class": "refused", "role": "alert"}, said(refused)) if refused else None,
    )


def _form(run: Mapping[str, Any]) -> Html:
    return h(
        "form",
        {"data-act": "send", "class": "send"},
        h("label", None, words.TYPE, h("input", {"name": "type", "value": run["awaits"] or "", "required": True})),
        h("label", None, words.SEND_PAYLOAD, h("input", {"name": "payload", "placeholder": "null"})),
        h("button", {"class": "button"}, words.SEND),
    )


def rest(run: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], logs: Sequence[Mapping[str, Any]]) -> Html:
    """Return what it ended with, what it logged, and its events."""
    return join(_end(run), _logs(logs), _events(rows))


def _end(run: Mapping[str, Any]) -> Html | None:
    if run["error"]:
        error = run["error"]
        return card(
            words.ERROR,
            h(
                "pre",
                {"class": "code tone-fail"},
                said(error.get("traceback") or f"{error['name']}: {error['message']}"),
            ),
        )
    if run["output"] is None:
        return None
    return card(words.OUTPUT, h("pre", {"class": "code"}, said(run["output"])))


def _logs(logs: Sequence[Mapping[str, Any]]) -> Html:
    if not logs:
        return card(words.LOGS, h("p", {"class": "muted"}, words.NO_LOGS))
    rows: list[list[Content]] = [
        [moment(row["at"], "clock"), said(row["level"]), said(row["text"])] for row in logs[-ROWS:]
    ]
    return card(words.LOGS, table([words.WHEN, "Level", "Text"], rows))


def _events(rows: Sequence[Mapping[str, Any]]) -> Html:
    shown: list[list[Content]] = [
        [
            moment(row["at"], "clock"),
            said(row["kind"]),
            said((row["key"] or "").partition(":")[2]),
            said(_short(row["data"])),
        ]
        for row in rows[-ROWS:]
    ]
    return card(words.EVENTS, table([words.WHEN, "Kind", words.STEP, "Data"], shown))


def _short(data: str | None) -> str:
    text = "" if data is None else json.dumps(json.loads(data), ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:159]}…"
