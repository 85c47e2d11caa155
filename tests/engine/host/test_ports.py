"""What the engine believes of a port: acceptance, activations, watchdog. The test speaks the guest's end by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from dynamic_workflows.host.clocks import SeededEntropy, TestClock, passes
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.engine import Limits
from dynamic_workflows.host.history.rebuild import derive, stored
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.host.protocols import Listener
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.protocol import check_host_message, encode_frame

CONFIG = {"retries": {"limit": 1, "delay": 0, "backoff": "constant"}, "timeout": "10 minutes"}


class Port:
    """One sandbox's far end, spoken by the test."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.got: list[dict[str, Any]] = []
        self.destroyed = False

    def post(self, text: str) -> None:
        for message in json.loads(text)["m"]:
            check_host_message(message)
            self.got.append(message)
            if message["k"] == "load":
                self.say({"k": "loaded", "re": message["n"], "entrypoints": ["Flow"]})

    def destroy(self) -> None:
        self.destroyed = True

    def say(self, *messages: dict[str, Any], more: bool = False) -> None:
        """Post one frame to the engine."""
        self.listener.frame(encode_frame(messages, more=more))

    def kinds(self) -> list[str]:
        return [message["k"] for message in self.got]

    def last(self, kind: str) -> dict[str, Any]:
        return [message for message in self.got if message["k"] == kind][-1]


class Ports:
    """Sandboxes whose guests are spoken by the test."""

    capacity = most = 2

    def __init__(self, effects: Literal["mediated", "direct"] = "mediated") -> None:
        self.effects: Literal["mediated", "direct"] = effects
        self.opened: list[Port] = []

    async def open(self, loader_id: str, listener: Listener) -> Port:
        self.opened.append(Port(listener))
        return self.opened[-1]

    async def close(self) -> None:
        return None


class Bench:
    """A platform over scripted ports."""

    def __init__(self, platform: Platform, clock: TestClock, ports: Ports) -> None:
        self.platform, self.clock, self.ports, self.desk = platform, clock, ports, Desk(platform)
        self.core = platform.engine.core
        self._asked = 0

    async def ask(self, verb: str, **args: Any) -> Any:
        self._asked += 1
        text = json.dumps({"v": 1, "id": str(self._asked), "verb": verb, "args": args})
        answer = json.loads(await self.desk.request(text))
        assert "ok" in answer, answer
        return answer["ok"]

    async def start(self, tenant: str = "acme") -> tuple[dict[str, Any], Port, int]:
        """Create a run and return it with its port and activation number."""
        before = len([m for port in self.ports.opened for m in port.got if m["k"] == "run"])
        summary = await self.ask("run", tenant=tenant, files={"flow.py": f"# {tenant}"}, main="flow.py")
        for _ in range(1_000):
            await asyncio.sleep(0)
            if len([m for port in self.ports.opened for m in port.got if m["k"] == "run"]) > before:
                break
        port = self.ports.opened[-1]
        return {k: summary[k] for k in ("tenant", "workflow", "id")}, port, port.last("run")["run"]

    async def kinds(self, run: dict[str, Any]) -> list[str]:
        await passes(50)
        rows = (await self.ask("history", **run))["rows"]
        return [row["kind"] for row in rows if row["kind"] != "engine_started"]


@asynccontextmanager
async def bench(tmp_path: Path, *, cpu_turn: int = 1_000, **options: Any) -> AsyncIterator[Bench]:
    clock, ports = TestClock(), Ports(**options)
    platform = await Platform.open(
        sqlite_store(str(tmp_path / "ports.sqlite")), clock=clock, entropy=SeededEntropy(), sandboxes=ports,
        limits=Limits(cpu_turn=cpu_turn),
    )  # fmt: skip
    yield Bench(platform, clock, ports)
    expected, found = await platform.engine.core.submit(lambda tx: (derive(tx), stored(tx)))
    assert found == expected
    await platform.close()


def start(run: int, key: str = "do:a-1", attempt: int = 1, **fields: Any) -> dict[str, Any]:
    name = key[3:].rpartition("-")[0]
    config = CONFIG if attempt == 1 else None
    return {"k": "start", "run": run, "key": key, "name": name, "attempt": attempt, "config": config, **fields}


def finish(run: int, key: str = "do:a-1", attempt: int = 1, value: str = "1") -> dict[str, Any]:
    return {"k": "finish", "run": run, "key": key, "attempt": attempt, "value": value}


async def test_a_step_is_settled_under_its_order(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number), more=True)
        port.say(finish(number, value='"text"'))
        assert await b.kinds(run) == ["queued", "started", "step.started", "step.completed"]
        assert port.last("settle") == {"k": "settle", "key": "do:a-1", "order": 4, "run": number}


async def test_a_frame_that_announces_another_is_held_until_it_comes_or_20_ms_are_over(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number), more=True)
        assert await b.kinds(run) == ["queued", "started"]
        await b.clock.advance(20)
        assert await b.kinds(run) == ["queued", "started", "step.started"]


async def test_a_finished_step_cannot_run_or_finish_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number), finish(number))
        before = await b.kinds(run)
        for message in (start(number), start(number, attempt=2), finish(number), finish(number, value="2")):
            port.say(message)
            assert await b.kinds(run) == before
        assert b.core.refused == 4


async def test_attempts_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number, attempt=2))
        port.say(start(number, attempt=0))
        assert await b.kinds(run) == ["queued", "started"]
        port.say(start(number))
        port.say(start(number))  # twice in flight
        port.say(finish(number, attempt=2))
        assert await b.kinds(run) == ["queued", "started", "step.started"]


async def test_an_attempt_starts_when_it_was_told_to_whatever_the_clock_says_then(tmp_path: Path) -> None:
    config = {"retries": {"limit": 1, "delay": 500, "backoff": "constant"}, "timeout": "10 minutes"}
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number) | {"config": config})
        failed = {name: value for name, value in finish(number).items() if name != "value"}
        port.say({**failed, "error": {"name": "ValueError", "message": "no"}})
        await b.clock.advance(400)
        port.say(start(number, attempt=2))  # too early
        before = await b.kinds(run)
        assert before[-1] == "step.failed"
        await b.clock.advance(100)
        assert port.last("attempt")["attempt"] == 2
        b.clock.set_wall(b.clock.now() - 300)
        port.say(start(number, attempt=2))
        assert await b.kinds(run) == [*before, "step.started"]
        assert b.core.refused == 1


async def test_keys_are_of_their_own_step(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        for key in ("sleep:a-1", "do:a", "do:a-x", "do:a-²", "a-1"):
            port.say({**start(number), "key": key})
        port.say({**start(number), "name": "b"})
        assert await b.kinds(run) == ["queued", "started"]
        assert b.core.refused == 6


async def test_a_port_speaks_for_its_own_runs_only(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        mine, port, number = await b.start("acme")
        other, foreign, theirs = await b.start("globex")
        assert port is not foreign
        foreign.say(start(number), finish(number), {"k": "returned", "run": number, "value": '"stolen"'})
        foreign.say({"k": "parked", "run": number})
        assert await b.kinds(mine) == ["queued", "started"]
        assert b.core.refused == 4
        port.say({"k": "returned", "run": number, "value": '"mine"'})
        assert (await b.kinds(mine))[-1] == "completed"
        assert await b.kinds(other) == ["queued", "started"]
        assert theirs != number


async def test_what_is_not_a_frame_or_a_message_is_counted_and_dropped(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        for text in ("", "{}", "[", '{"v":2,"m":[]}', '{"v":1,"m":[1]}', "[" * 100_000):
            port.listener.frame(text)
        port.say({"k": "nonsense"}, {"k": "finish", "run": number}, {"k": "settle", "run": number, "key": "x"})
        port.say({"k": "loaded", "re": 99, "entrypoints": []})
        assert await b.kinds(run) == ["queued", "started"]
        assert b.core.refused == 10


async def test_an_answer_to_nothing_and_of_nobody_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        failed = {"k": "returned", "run": number, "error": {"name": "ValueError", "message": "no run returns an error"}}
        port.say({"k": "returned", "value": "1"}, {"k": "log", "level": "info", "text": "whose?"}, failed)
        assert await b.kinds(run) == ["queued", "started"]
        assert b.core.failure is None
        assert b.core.refused == 2


async def test_a_call_of_an_attempt_that_is_not_in_flight_has_no_effect(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        _, port, number = await b.start()
        call = {
            "k": "call", "run": number, "n": 1, "binding": "WORLD", "method": "pay", "args": "[]", "kwargs": "{}",
            "key": "do:a-1", "attempt": 1,
        }  # fmt: skip
        port.say(call)
        port.say(start(number), finish(number), {**call, "n": 2})
        await passes(50)
        assert await b.ask("ledger") == []
        port.say(start(number, "do:b-1"), {**call, "n": 3, "key": "do:b-1"})
        await passes(50)
        assert [row["step"] for row in await b.ask("ledger")] == ["do:b-1"]
        assert port.last("result")["re"] == 3


async def test_calls_that_make_no_sense_get_an_error_and_change_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        _, port, number = await b.start()
        base = {"k": "call", "run": number, "binding": "WORLD", "method": "pay", "args": "[]", "kwargs": "{}"}
        wrong: list[dict[str, Any]] = [
            {"args": "["}, {"args": "{}"}, {"kwargs": "[]"}, {"binding": "NOPE"}, {"kwargs": '{"key":1}'},
            {"binding": "WORKFLOWS", "method": "_binding"}, {"binding": "WORKFLOWS", "method": "__init__"},
            {"args": "[" * 50_000 + "]" * 50_000},
        ]  # fmt: skip
        for n, fields in enumerate(wrong):
            port.say({**base, "n": n, **fields})
            await passes(100)
            assert "error" in port.last("result"), fields
            assert port.last("result")["re"] == n
        assert await b.ask("ledger") == []


async def test_direct_guests_are_told_that_an_attempt_is_accepted(tmp_path: Path) -> None:
    async with bench(tmp_path, effects="direct") as b:
        _, port, number = await b.start()
        port.say(start(number))
        await passes(50)
        assert port.last("accepted") == {"k": "accepted", "run": number, "key": "do:a-1", "attempt": 1}


async def test_a_step_that_breaks_a_rule_is_refused_with_the_rule(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say({**start(number, f"do:{'x' * 300}-1")})
        await passes(20)
        assert "exceeds max length (256 chars)" in port.last("refused")["error"]["message"]
        port.say({**start(number), "config": {"timeout": 0}})
        await passes(20)
        assert "is in a invalid format" in port.last("refused")["error"]["message"]
        assert await b.kinds(run) == ["queued", "started"]


async def test_a_silent_sandbox_is_ended_and_the_attempt_last_spoken_to_is_blamed(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number), more=True)
        for _ in range(20):
            await b.clock.advance(200)
        assert port.destroyed
        rows = (await b.ask("history", **run))["rows"]
        failed = [row for row in rows if row["kind"] == "step.failed"]
        error = json.loads(failed[0]["data"])["error"]
        assert error["name"] == "WorkflowTimeoutError"
        assert error["message"].startswith('Execution timed out after 1000ms: step "a"')
        assert "interrupted" not in json.loads(failed[0]["data"])
        replaced = b.ports.opened[-1]
        assert replaced is not port
        assert replaced.last("memo")["entries"] == [["do:a-1", 0, {"a": 1, "go": True, "c": CONFIG}]]


async def test_a_sandbox_that_answers_is_never_ended(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        _, port, number = await b.start()
        port.say(start(number))
        for _ in range(50):
            await b.clock.advance(200)
            if port.kinds()[-1] == "ping":
                port.say({"k": "pong", "re": port.got[-1]["n"]})
        assert not port.destroyed


async def test_a_run_that_hangs_outside_its_steps_is_ended_with_a_named_error(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, _, _ = await b.start()
        for _ in range(20):
            await b.clock.advance(200)
        status = await b.ask("status", **run)
        assert status["status"] == "errored"
        assert "run() outside its steps kept its sandbox busy" in status["error"]["message"]


async def test_a_lost_sandbox_interrupts_and_the_run_goes_on_in_another(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number))
        await passes(50)
        port.listener.closed("killed")
        await passes(300)
        other = b.ports.opened[-1]
        assert other is not port
        assert other.last("memo")["entries"] == [["do:a-1", 0, {"a": 1, "go": True, "c": CONFIG}]]
        port.say(finish(number))  # the dead port still talks
        assert (await b.kinds(run))[-1] == "step.failed"
        again = other.last("run")["run"]
        assert again != number
        other.say(start(again, attempt=2), finish(again, attempt=2))
        assert (await b.kinds(run))[-2:] == ["step.started", "step.completed"]


async def test_an_idle_run_is_parked_and_costs_no_memory(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say({"k": "sleep", "run": number, "key": "sleep:nap-1", "duration": 60_000})
        await passes(50)
        assert port.kinds()[-1] == "park"
        port.say({"k": "parked", "run": number})
        await passes(100)
        assert b.core._memory == {}
        assert b.platform.engine.scheduler.running == 0
        await b.clock.advance(60_000)
        assert port.last("memo")["entries"] == [["sleep:nap-1", 4, {"v": "null"}]]
        assert port.last("run")["run"] != number
        assert (await b.ask("status", **run))["status"] == "running"


async def test_an_event_that_meets_a_parking_run_wakes_it_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say({"k": "wait", "run": number, "key": "wait:n-1", "type": "n", "timeout": 60_000})
        await passes(50)
        assert port.kinds()[-1] == "park"
        await b.ask("send_event", **run, type="n", payload=5)
        port.say({"k": "parked", "run": number})
        await passes(200)
        assert port.last("run")["run"] != number
        (entry,) = port.last("memo")["entries"]
        assert entry[0] == "wait:n-1"
        assert json.loads(entry[2]["v"])["payload"] == 5
