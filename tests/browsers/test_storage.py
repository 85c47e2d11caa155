"""The storage contract over these browsers' own IndexedDB: what SQLite committed is there for the next owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browsers.driver import BrowserError, Driver
from tests.browsers.page import DriverPage
from tests.crash.tab import served
from tests.kernel.files import Files

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def page(driver: Driver) -> Iterator[DriverPage]:
    """Yield the page whose workers hold block files."""
    page = DriverPage(driver)
    with served() as site:
        page.goto(f"{site}pages/block.html")
        page.wait_for_function("window.ready === true")
        yield page


def test_every_operation_of_sqlite_reads_back_and_owners_follow_one_another(page: DriverPage) -> None:
    names = page.evaluate(
        "import('./scenarios.js').then(({SCENARIOS}) => SCENARIOS.filter(s => !s.slow).map(s => s.name))"
    )
    assert len(names) > 10
    for number, name in enumerate(names):
        log_bytes = (1, 4 << 20)[number % 2]  # a checkpoint each time, or none
        files = Files(page, f"scenario {name}", logBytes=log_bytes)
        assert files.opened["storage"] == "indexeddb"
        assert files.call("scenario", name=name, database=f"scenario {name}", logBytes=log_bytes) is None, name
        files.kill()
    _kills_lose_nothing_acknowledged(page)
    _a_second_owner_fences_the_first(page)


def _kills_lose_nothing_acknowledged(page: DriverPage) -> None:
    start = 0
    for _ in range(4):
        files = Files(page, "kills", logBytes=400_000)
        page.evaluate("([n, from]) => { call(n, 'load', {from}); }", [files.number, start])
        page.wait_for_function("from => acknowledged > from + 20", arg=start)
        files.kill()
        acknowledged = page.evaluate("acknowledged")
        files = Files(page, "kills", logBytes=400_000)
        for name in ("main.sqlite", "tenant.sqlite"):
            assert files.sql(query="pragma integrity_check", name=name) == [["ok"]]
            [[count, last]] = files.sql(query="select count(*), max(k) from h", name=name)
            assert last >= acknowledged
            assert count == last + 1, "no gap"
        start = last + 1
        files.kill()


def _a_second_owner_fences_the_first(page: DriverPage) -> None:
    first = Files(page, "fence")
    first.sql("create table t(v); insert into t values('first')")
    first.call("flush")
    second = Files(page, "fence")
    first.sql("insert into t values('stale')")
    with pytest.raises(BrowserError, match="Fenced"):
        first.call("flush")
    second.sql("insert into t values('second')")
    second.call("flush")
    second.kill()
    assert Files(page, "fence").sql(query="select v from t") == [["first"], ["second"]]
