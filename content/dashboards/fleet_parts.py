"""The parts of the fleet overview, as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import words
from .charts import length_bar, minutes_chart, share_bar
from .figures import MINUTE, Ahead, Latency, Minute, Tenant, step_of
from .formats import duration, size
from .html import Content, Html, h, join, said
from .icons import icon, tone
from .markup import Column, banner, button, card, count, moment, run_link, run_name, some_of, state_word, table

ROWS = 8  # of a table that is no list of runs
COMING = 5  # due times that are named
BAR, NUMBER = "bar", "number"
DRAWN = Column(words.DRAWN, f"{BAR} wide-only")
KINDS = {"sleep": "sleeping", "wait": "waiting", "retry": "retrying"}  # whose colours due times have


def head(place: str, *, read_only: bool, known: bool, error: Exception | None) -> Html:
    """Return the title, where runs are stored, and how the dashboard stands with its engine."""
    word = words.READING if not known else words.ONLY_READ if read_only else words.LIVE
    colour = "done" if known and error is None else "muted"
    live = h("span", {"class": f"live tone-{colour}", "role": "status"}, word)
    told = banner(words.only_read(place), "wait") if read_only else None
    told = banner(words.lost(error), "fail") if error else told
    title, where = h("h1", None, icon("logo"), words.FLEET), h("span", {"class": "muted"}, said(place))
    return h("header", {"class": "head"}, title, where, live, told)


def tiles(states: Mapping[str, int], chosen: str) -> Html:
    """Return how many runs there are of each state; each is a filter of the list."""
    shown = {"": sum(states.values()), **states}
    return h("div", {"class": "tiles", "role": "group", "aria-label": words.STATE}, *(
        _tile(state, runs, chosen=state == chosen) for state, runs in shown.items()))  # fmt: skip


def _tile(state: str, runs: int, *, chosen: bool) -> Html:
    pressed = {"aria-pressed": str(chosen).lower(), "data-act": "filter", "data-state": state}
    word = h("span", None, icon(state) if state else None, words.STATES[state] if state else words.ALL)
    look = f"tile {tone(state)}" if state else "tile"
    return h("button", {"type": "button", "class": look, **pressed}, h("strong", None, f"{runs:,}"), word)


def tenants(found: Sequence[Tenant], states: Sequence[str]) -> Html:
    """Return the runs by tenant and state."""
    if not found:
        return card(words.TENANTS, _empty(words.NO_RUNS))
    most = max(tenant.total for tenant in found)
    columns = [
        Column(words.TENANT), DRAWN, Column(words.ALL, NUMBER),
        *(Column(words.STATES.get(state, state), NUMBER, state) for state in states),
    ]  # fmt: skip
    rows: list[list[Content]] = [
        [
            said(tenant.name),
            share_bar(tenant.runs, most),
            count(tenant.total),
            *(count(tenant.runs.get(state, 0)) for state in states),
        ]
        for tenant in found[:ROWS]
    ]
    return card(words.TENANTS, table(columns, rows, words.TENANTS), note=some_of(len(found), ROWS))


def throughput(minutes: Sequence[Minute]) -> Html:
    """Return what happened minute by minute."""
    began, steps = sum(minute.began for minute in minutes), sum(minute.steps for minute in minutes)
    sentence = words.throughput(began, sum(minute.ended for minute in minutes), steps)
    most = max(minute.ended for minute in minutes)
    scale = h("div", {"class": "scale", "aria-hidden": "true"}, *(
        moment(at, "minute") for at in (minutes[0].at, minutes[len(minutes) // 2].at, minutes[-1].at)))  # fmt: skip
    entries = [(h("i", {"class": tone(state)}), words.STATES[state]) for state in ("complete", "errored", "terminated")]
    legend = [*entries, (h("i", {"class": "line tone-run"}), words.STEPS)]
    return card(
        words.THROUGHPUT,
        h("div", {"class": "chart"}, minutes_chart(minutes, sentence), scale),
        h("ul", {"class": "legend"}, *(h("li", None, mark, word) for mark, word in legend)),
        h("p", {"class": "muted"}, sentence, " ", words.rate(most) + "." if most else None),
        note=words.since(len(minutes)),
    )


def latency(steps: Sequence[Latency], minutes: int) -> Html:
    """Return how long the attempts of each step took."""
    if not steps:
        return card(words.LATENCY, _empty(words.NO_STEPS), note=words.since(minutes))
    most = max(1, *(step.p99 for step in steps))
    heads = (words.ATTEMPTS, "p50", "p95", "p99", words.LONGEST, words.CUT)
    columns = [Column(words.STEP), Column(words.TENANT), DRAWN, *(Column(one, NUMBER) for one in heads)]
    rows: list[list[Content]] = [
        [said(step.step), said(step.tenant), length_bar((step.p50, step.p95, step.p99), most), count(step.attempts),
         *(duration(value) for value in (step.p50, step.p95, step.p99, step.most)), count(step.cut)]
        for step in steps[:ROWS]
    ]  # fmt: skip
    note = join(some_of(len(steps), ROWS), ", " if len(steps) > ROWS else None, words.since(minutes))
    return card(words.LATENCY, table(columns, rows, words.LATENCY), note=note)


def retries(steps: Sequence[Latency], waiting: int, minutes: int) -> Html:
    """Return the steps that failed most."""
    failing = sorted((step for step in steps if step.retries or step.failures), key=lambda step: -step.retries)
    totals = sum(step.retries for step in failing), sum(step.failures for step in failing)
    sentence = h("p", {"class": "muted"}, words.retries(waiting, *totals))
    if not failing:
        return card(words.RETRIES, sentence, _empty(words.NO_RETRIES), note=words.since(minutes))
    most = max(step.retries + step.failures for step in failing)
    heads = (Column(words.RETRIES, NUMBER, "waiting"), Column(words.FAILED, NUMBER, "errored"))
    columns = [Column(words.STEP), Column(words.TENANT), DRAWN, *heads]
    rows: list[list[Content]] = [
        [said(step.step), said(step.tenant), share_bar({"waiting": step.retries, "errored": step.failures}, most),
         count(step.retries), count(step.failures)]
        for step in failing[:ROWS]
    ]  # fmt: skip
    return card(words.RETRIES, sentence, table(columns, rows, words.RETRIES), note=words.since(minutes))


def ahead(spans: Sequence[Ahead], coming: Sequence[Mapping[str, Any]]) -> Html:
    """Return what is due, and the next of it by name."""
    most = max(1, *(span.total for span in spans))
    heads = [Column(words.DUE[kind], NUMBER, state) for kind, state in KINDS.items()]
    columns = [Column(words.WHEN), DRAWN, *heads]
    rows: list[list[Content]] = [
        [words.within(span.within), share_bar({KINDS[kind]: getattr(span, kind) for kind in KINDS}, most),
         *(count(getattr(span, kind)) for kind in KINDS)]
        for span in spans
    ]  # fmt: skip
    listed = [
        h(
            "li",
            None,
            moment(one["at"]),
            _mark(KINDS[one["kind"]]),
            run_link(one, run_name(one)),
            said(f"{one['tenant']}, {step_of(one['key'])}"),
        )
        for one in coming[:COMING]
    ]
    return card(
        words.AHEAD, table(columns, rows, words.AHEAD), h("ol", {"class": "coming"}, *listed) if listed else None
    )


def storage(stored: Mapping[str, int], by_tenant: Sequence[Mapping[str, Any]]) -> Html:
    """Return what is stored."""
    sentence = h("p", {"class": "muted"}, words.stored(stored["bytes"], stored["free"]))
    if not by_tenant:
        return card(words.STORAGE, sentence)
    most = max(1, *(one["bytes"] for one in by_tenant))
    heads = ((words.UNDER_WAY, "running"), (words.ENDED, "queued"), (words.STORED, None))
    columns = [Column(words.TENANT), DRAWN, *(Column(word, NUMBER, state) for word, state in heads)]
    rows: list[list[Content]] = []
    for one in by_tenant[:ROWS]:
        live = one["bytes"] - one["ended_bytes"]
        bar = share_bar({"running": live, "queued": one["ended_bytes"]}, most)
        rows.append([said(one["tenant"]), bar, *(size(part) for part in (live, one["ended_bytes"], one["bytes"]))])
    return card(words.STORAGE, sentence, table(columns, rows, words.STORAGE), note=some_of(len(by_tenant), ROWS))


def runs(found: Sequence[Mapping[str, Any]], total: int, *, filtered: bool) -> Html:
    """Return the newest runs that fit."""
    if not found:
        return card(words.RUNS, _empty(words.NO_MATCH if filtered else words.NO_RUNS))
    columns = [Column(word) for word in (words.RUN, words.TENANT, words.STATE, words.STARTED, words.NEXT)]
    rows: list[list[Content]] = [
        [run_link(run, run_name(run)), said(run["tenant"]), state_word(run["state"]), moment(run["created"]),
         moment(run["next_due"])]
        for run in found
    ]  # fmt: skip
    more = button("more", words.MORE) if total > len(found) else None
    return card(
        words.RUNS, table(columns, rows, words.RUNS), more, note=some_of(total, len(found)) or words.runs(total)
    )


def _mark(state: str) -> Html:
    return h("span", {"class": tone(state)}, icon(state))


def covered(since: int, now: int) -> int:
    """Return the minutes of a window, of which the last may be under way."""
    return max(1, round((now - since) / MINUTE))


def _empty(sentence: str) -> Html:
    return h("p", {"class": "muted empty"}, sentence)
