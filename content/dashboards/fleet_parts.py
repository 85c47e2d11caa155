"""The parts of the fleet overview, as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import words
from .charts import length_bar, minutes_chart, share_bar
from .figures import Ahead, Latency, Minute, Tenant
from .formats import counted, duration, size
from .html import Content, Html, h, join, said
from .icons import icon, tone

STEPS = 12  # rows of the table of latencies
TENANTS = 12


def card(title: str, *content: Content, note: Content = None, wide: bool = False) -> Html:
    """Return a box with a title."""
    head = h("header", None, h("h2", None, title), h("span", {"class": "note"}, note) if note else None)
    return h("section", {"class": "card wide" if wide else "card", "aria-label": title}, head, *content)


def table(heads: Sequence[Content], rows: Sequence[Sequence[Content]], numbers: int = 99) -> Html:
    """Return a table whose columns are numbers from one on. The first cell of a row is its head."""
    side = {"class": "number"}
    head = h(
        "tr", None, *(h("th", {"scope": "col", **(side if at >= numbers else {})}, one) for at, one in enumerate(heads))
    )
    body = [
        h(
            "tr",
            None,
            *(
                h("td" if at else "th", side if at >= numbers else None if at else {"scope": "row"}, one)
                for at, one in enumerate(row)
            ),
        )
        for row in rows
    ]
    return h(
        "div", {"class": "scroll", "tabindex": 0}, h("table", None, h("thead", None, head), h("tbody", None, *body))
    )


def state_word(state: str) -> Html:
    """Return a state as icon, word and colour."""
    return h("span", {"class": f"state {tone(state)}"}, icon(state), words.STATES.get(state, state))


def moment(at: int | None, show: str = "moment") -> Html | None:
    """Return a time that the reader's browser writes in its zone; `show` is moment, clock, age or until."""
    return None if at is None else h("time", {"data-at": at, "data-show": show})


def run_link(run: Mapping[str, Any], name: str) -> Html:
    """Return a link to a run: its address, or its view in place where somebody listens."""
    from urllib.parse import urlencode

    where = {"tenant": run["tenant"], "run": run["id"]}
    act = {"data-act": "open", "data-tenant": run["tenant"], "data-workflow": run["workflow"], "data-run": run["id"]}
    return h("a", {"href": f"?{urlencode(where)}", **act}, said(name))


def tiles(states: Mapping[str, int], chosen: str) -> Html:
    """Return how many runs there are of each state; each is a filter of the list."""
    shown = [
        ("", words.ALL, sum(states.values())),
        *((state, words.STATES[state], runs) for state, runs in states.items()),
    ]
    return h(
        "div",
        {"class": "tiles", "role": "group", "aria-label": words.STATE},
        *(
            h(
                "button",
                {
                    "type": "button",
                    "class": f"tile {tone(state or 'text')}",
                    "data-act": "filter",
                    "data-state": state,
                    "aria-pressed": str(state == chosen).lower(),
                },
                h("strong", None, f"{runs:,}"),
                h("span", None, icon(state) if state else None, word),
            )
            for state, word, runs in shown
        ),
    )


def tenants(found: Sequence[Tenant], states: Sequence[str]) -> Html:
    """Return the runs by tenant and state."""
    most = max([1, *(tenant.total for tenant in found)])
    heads: list[Content] = [words.TENANT, "", words.ALL, *(words.STATES[state] for state in states)]
    rows: list[list[Content]] = [
        [
            said(tenant.name),
            share_bar(tenant.runs, most),
            f"{tenant.total:,}",
            *(_count(tenant.runs.get(state, 0)) for state in states),
        ]
        for tenant in found[:TENANTS]
    ]
    return card(words.TENANTS, table(heads, rows, 2), note=_more(len(found), TENANTS), wide=True)


def throughput(minutes: Sequence[Minute], since: int) -> Html:
    """Return what happened minute by minute."""
    began, steps = sum(minute.began for minute in minutes), sum(minute.steps for minute in minutes)
    ended = sum(minute.complete + minute.errored + minute.terminated for minute in minutes)
    sentence = words.throughput(began, ended, steps)
    return card(words.THROUGHPUT, minutes_chart(minutes, sentence), h("p", {"class": "muted"}, sentence))


def latency(steps: Sequence[Latency]) -> Html:
    """Return how long the attempts of each step took."""
    most = max([1, *(step.p99 for step in steps)])
    heads = [words.STEP, words.TENANT, "", words.ATTEMPTS, "p50", "p95", "p99", words.RETRIES, words.FAILED, words.CUT]
    rows: list[list[Content]] = [
        [
            said(step.step),
            said(step.tenant),
            length_bar((step.p50, step.p95, step.p99), most),
            f"{step.attempts:,}",
            *(duration(value) for value in (step.p50, step.p95, step.p99)),
            *(_count(value) for value in (step.retries, step.failures, step.cut)),
        ]
        for step in steps[:STEPS]
    ]
    return card(words.LATENCY, table(heads, rows, 3), note=_more(len(steps), STEPS), wide=True)


def ahead(spans: Sequence[Ahead], coming: Sequence[Mapping[str, Any]]) -> Html:
    """Return what is due, and the next of it by name."""
    most = max([1, *(span.total for span in spans)])
    rows: list[list[Content]] = [
        [
            words.within(span.within),
            share_bar({"sleeping": span.sleep, "waiting": span.wait, "retrying": span.retry}, most),
            _count(span.total),
        ]
        for span in spans
    ]
    heads = [words.WHEN, "", words.ALL]
    listed = [
        h("li", None, moment(one["at"], "until"), " ", run_link(one, f"{one['workflow']} {one['id']}"))
        for one in coming
    ]
    return card(words.AHEAD, table(heads, rows, 2), h("ol", {"class": "coming"}, *listed[:5]))


def storage(stored: Mapping[str, int], by_tenant: Sequence[Mapping[str, Any]]) -> Html:
    """Return what is stored."""
    most = max([1, *(one["bytes"] for one in by_tenant)])
    rows: list[list[Content]] = [
        [
            said(one["tenant"]),
            share_bar({"running": one["bytes"] - one["ended_bytes"], "complete": one["ended_bytes"]}, most),
            size(one["bytes"]),
        ]
        for one in by_tenant[:TENANTS]
    ]
    sentence = words.stored(stored["bytes"], stored["free"])
    return card(words.STORAGE, h("p", None, sentence), table([words.TENANT, "", words.STORAGE], rows, 2))


def runs(found: Sequence[Mapping[str, Any]], total: int) -> Html:
    """Return the newest runs that fit."""
    if not found:
        return card(words.RUNS, h("p", {"class": "muted"}, words.NO_MATCH), wide=True)
    heads = [words.RUN, words.TENANT, words.STATE, words.STARTED, words.NEXT]
    rows: list[list[Content]] = [
        [
            run_link(run, run_name(run)),
            said(run["tenant"]),
            state_word(run["state"]),
            moment(run["created"], "age"),
            moment(run["next_due"], "until"),
        ]
        for run in found
    ]
    more = (
        h("button", {"type": "button", "class": "button", "data-act": "more"}, "More") if total > len(found) else None
    )
    return card(words.RUNS, table(heads, rows), more, note=counted(total, "{n} run", "{n} runs"), wide=True)


def run_name(run: Mapping[str, Any]) -> str:
    """Return what a run is called: the name it was given, or its workflow's and its number."""
    return str(run["name"] or f"{str(run['entrypoint'] or run['workflow']).lower()} · {run['number']}")


def _count(value: int) -> Html:
    return h("span", {"class": "zero"}, "0") if not value else join(f"{value:,}")


def _more(count: int, shown: int) -> str | None:
    return f"{shown} of {count:,}" if count > shown else None
