"""No tenant writes SQL: whatever it says reaches SQLite as a parameter, on every way there is."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.desk.verbs import VERBS
from dynamic_workflows.host.history.sqlite import OwnedConnection
from tests.engine.host.harness import House, Refused, flow

MARK = "'\"); attach 'x' as x; vacuum into 'y'; pragma writable_schema=1; select zeroblob(1e9); --∎"
# What SQLite must never be asked for, whoever asks.
FORBIDDEN = (
    r"attach|detach|vacuum into|load_extension|writable_schema|zeroblob|randomblob|recursive|create trigger|create view"
)
CODE = flow(
    """
    mark, world, flows = event["payload"], self.env.WORLD, self.env.WORKFLOWS
    if not isinstance(mark, str) or mark == "other":  # a child
        return await step.sleep("nap " + str(mark), "1 hour")

    async def tried(call):
        try:
            return await call()
        except Exception:
            return None

    @step.do(mark)
    async def marked(ctx):
        print(mark)
        await world.call(mark, {mark: mark}, key=mark, other=mark)
        if ctx["attempt"] == 1:
            raise ValueError(mark)
        return {mark: [mark]}

    async def streamed():
        yield mark.encode()

    async def undo(given):
        await world.undo(mark)

    await marked()
    await step.do("stream " + mark)(streamed)()
    await step.do("undone " + mark, rollback=undo)(lambda: mark)()
    for id in (mark, "x"):
        await tried(lambda: flows.create(id=id, params={mark: mark}))
        await tried(lambda: flows.get(id))
    await tried(lambda: flows.create_batch([{"id": mark}, {"params": mark}]))
    await tried(lambda: flows.delete_batch([mark]))
    await tried(lambda: flows.anything(mark))
    await tried(lambda: self.env.DB.query(mark))
    me = await flows.get(event["instanceId"])
    for method in ("pause", "resume", "terminate", "restart", "delete", "skip", "history", mark):
        other = await tried(lambda: flows.create(params="other"))
        if other is not None:
            await tried(lambda: getattr(other, method)(mark))
            await tried(lambda: getattr(other, method)({"from": mark, "reason": mark, mark: mark}))
    await tried(lambda: me.send_event({"type": mark, "payload": mark}))
    await tried(lambda: me.send_event({"type": "go", "payload": mark}))
    await tried(lambda: me.subscribe({"filter": [mark], "cursor": mark}).next())
    got = await step.wait_for_event("wait " + mark, "go")
    raise NonRetryableError(got["payload"], mark)
    """
)


class Recording(OwnedConnection):
    """A connection that keeps the text of every statement, as it was before its parameters were bound."""

    texts: list[str] = []  # noqa: RUF012  one list for all connections is the point

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self.texts.append(sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self.texts.append(sql)
        return super().executemany(sql, *args)

    def executescript(self, sql: str, /) -> sqlite3.Cursor:
        self.texts.append(sql)
        return super().executescript(sql)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the statements of this test's stores."""
    monkeypatch.setattr("dynamic_workflows.host.history.sqlite.OwnedConnection", Recording)
    Recording.texts.clear()
    yield Recording.texts
    Recording.texts.clear()


async def test_no_text_of_a_tenant_becomes_a_statement(tmp_path: Path, texts: list[str]) -> None:
    async with House(tmp_path / "store.sqlite") as h:
        h.engine.core.on_failure = lambda error: pytest.fail(str(error))
        before = len(texts)
        assert before > 10
        run = await h.ask("run", tenant="acme", files={"flow.py": CODE}, main="flow.py", payload=MARK)
        named = {name: run[name] for name in ("tenant", "workflow", "id")}
        await h.advance(60_000)
        told = await h.ask("history", **named)
        assert told["run"]["status"] == "errored", told["run"]
        assert any(row["kind"] == "wait.completed" for row in told["rows"]), "all of it was tried"
        await _everything_a_page_may_ask(h, named)
    new = texts[before:]
    assert [text for text in texts if "∎" in text] == []
    assert [text for text in new if re.search(FORBIDDEN, text, re.IGNORECASE)] == []


async def _everything_a_page_may_ask(h: House, run: dict[str, Any]) -> None:
    """Ask every verb of the desk with the text in every place."""
    for verb in sorted(VERBS):
        for args in ({}, run, {"tenant": MARK}, {**run, "id": MARK}, {**run, "workflow": MARK}, {**run, "type": MARK}):
            for more in ({}, {"after": MARK, "limit": MARK, "status": MARK, "cursor": MARK, "before": MARK}):
                try:
                    await h.ask(verb, **{**args, **more})
                except Refused:
                    continue
