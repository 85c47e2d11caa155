"""An engine that stands still while another tab takes over, and then goes on: the database's epoch keeps it out."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.kernel.conftest import ready
from tests.kernel.held import held_page, held_worker
from tests.kernel.test_kernel import address, ask
from tests.kernel.test_tabs import MANY, open_page, send  # noqa: F401  the fixture
from tests.kernel.workflows import order

# In the engine's worker: tells another tab of every transaction that this engine still tries, and how it ended.
SPY = """() => {
  const told = new BroadcastChannel('spy');
  const {transaction} = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, ...rest) {
    const made = transaction.call(this, stores, ...rest);
    if (stores.includes('log')) {
      made.addEventListener('abort', () => told.postMessage('aborted'));
      made.addEventListener('complete', () => told.postMessage('complete'));
      told.postMessage('tried');
    }
    return made;
  };
}"""
LISTEN = "() => { window.spied = []; new BroadcastChannel('spy').onmessage = ({data}) => spied.push(data); }"
HEAD = """() => new Promise(done => { indexedDB.open(kernel.host.names.database).onsuccess = event => {
  const database = event.target.result;
  database.transaction('head').objectStore('head').get(0).onsuccess = found => {
    done(found.target.result);
    database.close();
  };
}; })"""


def test_a_stalled_engine_that_goes_on_and_tries_to_store_is_fenced(open_page: Callable[..., Page]) -> None:  # noqa: F811
    """Its page stands still too, so that nobody ends the worker."""
    leader, follower = open_page("ready"), open_page("follower")
    run = address(ask(leader, "run", **order(MANY, payload=2)))
    engine = next(worker for worker in leader.workers if "engine-worker" in worker.url)
    engine.evaluate(SPY)
    follower.evaluate(LISTEN)
    with held_page(leader, follower):
        with held_worker(leader, engine, follower):
            send(follower, "sent", "send_event", **run, type="go", payload=1)  # it waits in front of the stalled engine
            follower.evaluate("kernel.takeOver()")
            ready(follower)
            follower.wait_for_function("window.sent?.length === 1")
            stored = follower.evaluate(HEAD)
            assert stored["epoch"] == 2
            follower.evaluate("spied.length = 0")  # what it did before it stalled
        follower.wait_for_function("spied.includes('tried') && spied.includes('aborted')")
        assert "complete" not in follower.evaluate("spied")
        now = follower.evaluate(HEAD)
        assert (now["epoch"], now["seq"] >= stored["seq"]) == (2, True)
    leader.wait_for_function("kernel.state.stage === 'follower' && kernel.state.epoch === 2")
    kinds = [row["kind"] for row in ask(leader, "history", **run)["rows"]]
    assert kinds.count("event.received") == 1
