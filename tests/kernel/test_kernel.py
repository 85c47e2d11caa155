"""The kernel as a front end uses it: boot, requests, kills, and what survives them."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Route

from tests.kernel.conftest import ready
from tests.kernel.workflows import WAIT, order

databases = itertools.count()
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: BrowserContext, site: str) -> Iterator[Open]:
    """Yield a function that opens a page on a database of this test's own."""
    pages: list[Page] = []
    name = f"test{next(databases)}"

    def open_(delay: int = 0, database: str = name) -> Page:
        page = browser.new_page()
        pages.append(page)
        page.on("console", lambda message: print("console:", message.text))
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"{site}pages/kernel.html?database={database}&delay={delay}")
        return page

    yield open_
    for page in pages:
        if not page.is_closed():
            page.close()


def ask(page: Page, verb: str, **args: Any) -> Any:
    return page.evaluate("([verb, args]) => kernel.request(verb, args)", [verb, args])


def address(run: dict[str, Any]) -> dict[str, Any]:
    return {name: run[name] for name in ("tenant", "workflow", "id")}


def ended(page: Page, run: dict[str, Any]) -> dict[str, Any]:
    """Wait until a run ended and return its summary."""
    found: dict[str, Any] = page.evaluate(
        """async run => {
            for (;;) {
                const summary = await kernel.request('status', run);
                if (['complete', 'errored', 'terminated'].includes(summary.status)) return summary;
                await new Promise(done => setTimeout(done, 20));
            }
        }""",
        address(run),
    )
    return found


def test_it_boots_and_says_how_far_it_is(open_page: Open) -> None:
    page = ready(open_page())
    states = page.evaluate("states")
    stages = [stage for stage, _ in itertools.groupby(state["stage"] for state in states)]
    assert stages == ["python", "engine", "ready"]
    total = states[-1]["total"]
    assert total > 10_000_000
    loading = [state["bytes"] for state in states if state["stage"] == "python"]
    assert loading == sorted(loading)
    assert 0 < loading[-1] <= total
    assert states[-1] | {"at": 0} == {
        "stage": "ready", "bytes": total, "total": total, "error": None, "storage": "indexeddb", "epoch": 1, "at": 0,
        "readOnly": False, "unstored": 0, "erased": False, "salvage": 0, "crowd": None, "spared": False, "blocked": False, "leads": True,
    }  # fmt: skip


def test_requests_made_before_the_engine_is_up_are_answered(open_page: Open) -> None:
    assert ask(open_page(), "runs") == []


def test_a_run_completes_and_its_rows_are_pushed(open_page: Open) -> None:
    page = ready(open_page())
    run = ask(page, "run", **order())
    assert ended(page, run)["output"] == '"charge-1"'
    page.wait_for_function("events.some(event => event.run?.status === 'complete')")
    kinds = page.evaluate("events.flatMap(event => event.rows ?? []).map(row => row.kind)")
    assert kinds == [
        "queued", "started", "step.started", "step.completed", "step.started", "step.completed", "completed",
    ]  # fmt: skip
    assert page.evaluate("events[0]") == {"event": "started", "epoch": 1, "due_while_closed": 0}


def test_an_error_keeps_its_name_file_and_line(open_page: Open) -> None:
    page = ready(open_page())
    caught = page.evaluate(
        "args => kernel.request('run', args).catch(({name, message, file, line}) => ({name, message, file, line}))",
        order("def broken(:\n    pass\n"),
    )
    assert caught["name"] == "CodeError"
    assert (caught["file"], caught["line"]) == ("main.py", 1)
    assert ask(page, "runs") == []


def test_what_was_stored_is_there_after_a_reload(open_page: Open) -> None:
    page = ready(open_page())
    run = ask(page, "run", **order(WAIT))
    page.reload()
    ready(page)
    assert page.evaluate("kernel.state.epoch") == 2
    ask(page, "send_event", **address(run), type="approve", payload={"by": "ada"})
    assert ended(page, run)["output"] == '{"by":"ada"}'


def test_a_killed_engine_comes_back_and_the_run_goes_on(open_page: Open) -> None:
    page = ready(open_page(delay=700))
    run = ask(page, "run", **order())
    page.wait_for_function("events.some(event => event.ledger?.some(row => row.method === 'charge'))")
    page.evaluate("() => { states.length = 0; window.killed = performance.now(); }")
    assert page.evaluate("kernel.kill('engine')") == {"interrupted": 1}
    ready(page)
    stages = [stage for stage, _ in itertools.groupby(page.evaluate("states.map(state => state.stage)"))]
    assert stages == ["killed", "python", "engine", "ready"]
    assert page.evaluate("kernel.state.epoch") == 2
    assert ended(page, run)["status"] == "complete"
    page.wait_for_function("document.querySelectorAll('iframe').length === 3")  # two spares, one used: none of before
    calls = {row["method"]: (row["asked"], row["done"]) for row in ask(page, "ledger")}
    assert calls == {"reserve": (1, 1), "charge": (2, 1)}


def test_requests_in_the_air_are_answered_by_the_next_engine_once(open_page: Open) -> None:
    page = ready(open_page())
    ids = page.evaluate(
        """async args => {
            const asked = Array.from({length: 8}, () => kernel.request('run', args));
            setTimeout(() => kernel.kill('engine'), 30);
            return (await Promise.all(asked)).map(run => run.id);
        }""",
        order(WAIT),
    )
    assert page.evaluate("kernel.state.epoch") == 2
    assert len(set(ids)) == 8
    assert sorted(run["id"] for run in ask(page, "runs")) == sorted(ids)


def test_a_killed_sandbox_interrupts_its_runs_and_they_go_on(open_page: Open) -> None:
    page = ready(open_page(delay=700))
    run = ask(page, "run", **order())
    page.wait_for_function("events.some(event => event.ledger?.some(row => row.method === 'charge'))")
    assert page.evaluate("run => kernel.kill('sandbox', run)", address(run)) == {"interrupted": 1}
    assert ended(page, run)["status"] == "complete"
    assert page.evaluate("kernel.state.epoch") == 1
    history = ask(page, "history", **address(run))
    cut = [row for row in history["rows"] if row["kind"] == "step.failed"]
    assert [(row["key"], row["attempt"]) for row in cut] == [("do:charge-1", 1)]


def test_a_worker_that_died_by_itself_is_replaced(open_page: Open) -> None:
    page = ready(open_page())
    engine = next(worker for worker in page.workers if "engine-worker" in worker.url)
    engine.evaluate("self.close()")
    page.wait_for_function("kernel.state.epoch === 2 && kernel.state.stage === 'ready'")
    assert ask(page, "runs") == []


def test_an_engine_whose_commit_failed_is_replaced_and_the_next_one_answers(open_page: Open) -> None:
    page = ready(open_page())
    engine = next(worker for worker in page.workers if "engine-worker" in worker.url)
    engine.evaluate("""() => {
        const {put} = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (...args) {
            const request = put.apply(this, args);
            this.transaction.abort();
            return request;
        };
    }""")
    run = ask(page, "run", **order())
    assert ended(page, run)["status"] == "complete"
    assert page.evaluate("kernel.state.epoch") == 2
    assert [found["id"] for found in ask(page, "runs")] == [run["id"]]


def test_another_owner_of_the_database_stops_this_engine(open_page: Open) -> None:
    page = ready(open_page())
    page.evaluate("""() => new Promise(done => {
        indexedDB.open(kernel.host.names.database).onsuccess = ({target: {result}}) => {
            const heads = result.transaction('head', 'readwrite').objectStore('head');
            heads.get(0).onsuccess = event => { heads.put({...event.target.result, epoch: 99}, 0).onsuccess = () => done(); };
        };
    })""")
    page.evaluate("args => { kernel.request('run', args); }", order(WAIT))
    ready(page, "failed")
    assert page.evaluate("kernel.state.error.name") == "Fenced"


def test_a_missing_file_of_python_is_a_failure_that_can_be_tried_again(
    browser: BrowserContext, open_page: Open
) -> None:
    browser.route("**/runtime/*/engine.zip", lambda route: route.fulfill(status=404))
    page = open_page()
    ready(page, "failed")
    assert "engine.zip could not be loaded: status 404." in page.evaluate("kernel.state.error.message")
    browser.unroute("**/runtime/*/engine.zip")
    page.evaluate("kernel.kill('engine')")
    ready(page)


def test_where_storage_is_denied_runs_live_in_memory_and_the_state_says_so(
    browser: BrowserContext, open_page: Open
) -> None:
    def deny(route: Route) -> None:
        source = route.fetch()
        route.fulfill(response=source, body="Object.defineProperty(self, 'indexedDB', {value: null});" + source.text())

    browser.route("**/kernel/*/engine-worker.js", deny)
    page = ready(open_page())
    browser.unroute("**/kernel/*/engine-worker.js")
    assert page.evaluate("kernel.state.storage") == "memory"
    assert ended(page, ask(page, "run", **order()))["status"] == "complete"


def test_a_closed_kernel_rejects_and_leaves_a_clean_end(open_page: Open) -> None:
    page = ready(open_page())
    ask(page, "run", **order(WAIT))
    page.evaluate("kernel.close()")
    with pytest.raises(Error, match="The kernel is closed"):
        ask(page, "runs")
    page.reload()
    ready(page)
    run = ask(page, "runs")[0]
    rows = ask(page, "history", **address(run))["rows"]
    restart = [row for row in rows if row["kind"] == "engine_started"]
    assert len(restart) == 1
    assert '"previous":"clean"' in restart[0]["data"]


# -- several tabs ---------------------------------------------------------------------------------------------------


def test_a_second_tab_works_through_the_first(open_page: Open) -> None:
    leader, follower = ready(open_page()), ready(open_page(), "follower")
    run = ask(follower, "run", **order())
    assert ended(follower, run)["status"] == "complete"
    for page in (leader, follower):
        page.wait_for_function("events.some(event => event.run?.status === 'complete')")
    assert follower.evaluate("kernel.state.epoch") == 1
    assert len([worker for page in (leader, follower) for worker in page.workers if "engine" in worker.url]) == 1


def test_a_death_watch_is_not_taken_for_an_engine(open_page: Open) -> None:
    found = open_page().evaluate("""async () => {
        const {held, hold} = await import('../kernel/locks.js');
        await hold('test#session/engine');
        await new Promise(taken => {
            navigator.locks.request('test#session/watch', {mode: 'shared'}, () => new Promise(taken));
        });
        return held('test#session/');
    }""")
    assert found == ["test#session/engine"]


def test_a_follower_can_kill_the_engine(open_page: Open) -> None:
    leader, follower = ready(open_page()), ready(open_page(), "follower")
    follower.evaluate("states.length = 0")
    follower.evaluate("kernel.kill('engine')")
    follower.wait_for_function("kernel.state.epoch === 2 && kernel.state.stage === 'follower'")
    assert follower.evaluate("states[0].stage") == "killed"
    ready(leader)


@pytest.mark.parametrize("end", ["close", "crash"])
def test_a_follower_takes_over_when_the_leader_ends(open_page: Open, end: str) -> None:
    leader, follower = ready(open_page()), ready(open_page(), "follower")
    run = ask(leader, "run", **order(WAIT))
    if end == "close":
        leader.close()
    else:
        with contextlib.suppress(Error):
            leader.goto("chrome://crash")
    ask(follower, "send_event", **address(run), type="approve", payload=1)
    assert ended(follower, run)["status"] == "complete"
    ready(follower)
    assert follower.evaluate("kernel.state.epoch") == 2


def test_a_tab_takes_over_from_an_engine_that_does_not_answer(open_page: Open) -> None:
    old, new = ready(open_page()), ready(open_page(), "follower")
    run = ask(old, "run", **order(WAIT))
    engine = next(worker for worker in old.workers if "engine-worker" in worker.url)
    with contextlib.suppress(Error):  # it is ended in the middle of this
        engine.evaluate("() => { setTimeout(() => { const end = Date.now() + 20000; while (Date.now() < end); }); }")
    new.evaluate("kernel.takeOver()")
    ready(new)
    ready(old, "follower")
    ask(old, "send_event", **address(run), type="approve", payload=1)
    assert ended(new, run)["status"] == "complete"
    assert [page.evaluate("[kernel.state.epoch, kernel.host.leading]") for page in (old, new)] == [
        [2, False],
        [2, True],
    ]


def test_the_end_of_a_crashed_tab_is_dated_by_its_last_sign_of_life(open_page: Open) -> None:
    page = ready(open_page(delay=5000))
    run = ask(page, "run", **order())
    page.wait_for_function("events.some(event => event.ledger?.some(row => row.method === 'reserve'))")
    called = page.evaluate("Date.now()")
    page.wait_for_function("then => Date.now() > then + 2500", arg=called)
    with contextlib.suppress(Error):
        page.goto("chrome://crash")
    page.close()
    page = ready(open_page())
    rows = ask(page, "history", **address(run))["rows"]
    (restart,) = [json.loads(row["data"]) for row in rows if row["kind"] == "engine_started"]
    assert restart["previous"] == "unclean"
    assert restart["last_seen"] > called + 1000


def test_an_engine_that_does_not_answer_is_called_silent(open_page: Open) -> None:
    page = ready(open_page())
    engine = next(worker for worker in page.workers if "engine-worker" in worker.url)
    page.evaluate("states.length = 0")
    engine.evaluate("() => { const end = Date.now() + 9000; while (Date.now() < end); }")
    page.wait_for_function("kernel.state.stage === 'ready'")
    assert [state["stage"] for state in page.evaluate("states")][:2] == ["silent", "ready"]
