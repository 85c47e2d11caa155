"""The commands that only read, the site, and the help of them all."""

from __future__ import annotations

import json
import signal
import sqlite3
import tomllib
import urllib.request
from importlib import import_module
from pathlib import Path

import pytest

from dynamic_workflows.cli.live import Screen
from dynamic_workflows.cli.words import clean, span
from tests.engine.cli.command import Place
from tests.engine.cli.test_run import STORE, flow


@pytest.fixture
def place(empty: Place) -> Place:
    """Return a folder whose store has a finished run and one that sleeps."""
    made = empty
    flow(made, "naps.py", '@step.do("work")\nasync def work():\n    return await self.env.WORLD.work(event["payload"])\n'
                          'await work()\nawait step.sleep("nap", "1 day")')  # fmt: skip
    flow(made, "quick.py", "return event['payload']")
    assert made.run("run", "quick.py", *STORE, "--id", "q1", "--payload", '"\\u001b[2J"').code == 0
    going = made.start("run", "naps.py", *STORE, "--id", "n1", "--tenant", "acme", "--payload", "[1]")
    going.until("sleeping")
    going.stop()
    return made


def test_list_shows_runs_newest_first(place: Place) -> None:
    lines = [line.split() for line in place.run("list", *STORE).out.splitlines()]
    assert [line[:4] for line in lines] == [
        ["TENANT", "WORKFLOW", "ID", "STATUS"], ["acme", "flow", "n1", "waiting"], ["local", "flow", "q1", "complete"],
    ]  # fmt: skip
    (run,) = json.loads(place.run("list", *STORE, "--tenant", "acme", "--json").out)
    assert (run["id"], run["params"], run["output"], run["main"]) == ("n1", [1], None, "naps.py")


def test_status_shows_one_run_and_nothing_a_terminal_would_obey(place: Place) -> None:
    lines = place.run("status", "q1", *STORE).out.splitlines()
    assert lines[:3] == ["run       flow q1", "tenant    local", "status    complete"]
    assert lines[-1] == 'output    "\\u001b[2J"'
    assert json.loads(place.run("status", "q1", *STORE, "--json").out)["output"] == "\x1b[2J"
    assert clean("a\x1b[2Jb\nc\x9bd") == "a [2Jb c d"


def test_history_shows_every_row(place: Place) -> None:
    rows = json.loads(place.run("history", "n1", *STORE, "--json").out)
    assert [row["kind"] for row in rows] == [
        "queued", "started", "step.started", "step.completed", "sleep.started"
    ]  # fmt: skip
    assert rows[3]["data"] == {"id": "work-1"}
    lines = place.run("history", "n1", *STORE).out.splitlines()
    assert lines[0].split() == ["SEQ", "TIME", "KIND", "ATTEMPT", "WHAT"]
    assert "sleeping  nap until" in lines[5]


def test_ledger_shows_what_was_asked_and_done(place: Place) -> None:
    lines = place.run("ledger", *STORE).out.splitlines()
    assert lines[1].split()[2:] == ["acme", "n1", "work", "work", "[[1]]", "1", "1", "work-1"]
    assert place.run("ledger", *STORE, "--tenant", "local").out == "No calls yet.\n"


def test_reading_changes_nothing(place: Place) -> None:
    def content() -> list[str]:
        connection = sqlite3.connect(place.folder / "app.sqlite")
        try:
            return list(connection.iterdump())
        finally:
            connection.close()

    before = content()
    for command in (("list",), ("status", "n1"), ("history", "n1"), ("ledger",)):
        assert place.run(*command, *STORE).code == 0
    assert content() == before


MISTAKES = [
    (("status", "x9", *STORE), "app.sqlite has no run with the id x9. `dynamic-workflows list` shows all."),
    (("send-event", "n1", "no spaces", *STORE), '(workflow.invalid_event_type) Event type \'no spaces\' is not 1 to 100 letters, digits, "-" or "_" (and no leading "-").'),
    (("send-event", "q1", "go", *STORE), '(instance.finished) Workflow instance "q1" is complete; nothing can reach it any more'),
    (("list", "--store", "gone.sqlite"), "There is no store at gone.sqlite. `dynamic-workflows run FILE --store gone.sqlite` makes one."),
    (("list", "--store", "other.sqlite"), "other.sqlite is a database, but no store of dynamic-workflows."),
    (("playground",), "There is no built site in dist: it has no index.html. Build one with `make playground` in a checkout, or name its folder with --site."),
]  # fmt: skip


def test_a_mistake_is_one_sentence(place: Place) -> None:
    sqlite3.connect(place.folder / "other.sqlite").execute("create table x (y)").connection.close()
    for arguments, text in MISTAKES:
        done = place.run(*arguments)
        assert (done.code, done.out, done.sentence) == (2, "", f"dynamic-workflows: {text}")


def test_playground_serves_a_built_site(empty: Place) -> None:
    place = empty
    place.write("site/index.html", "<title>here</title>")
    place.write("site/app.mjs", "export {}")
    going = place.start("playground", "--site", "site", "--port", "0")
    assert going.process.stdout is not None
    url = going.process.stdout.readline().split()[4]
    for path, type in (("", "text/html"), ("app.mjs", "text/javascript; charset=utf-8")):
        with urllib.request.urlopen(url + path) as answer:
            assert answer.headers["Content-Type"] == type
    taken = place.run("playground", "--site", "site", "--port", url.rstrip("/").rpartition(":")[2])
    assert (taken.code, "cannot be used" in taken.err) == (2, True)
    assert going.stop(signal.SIGINT).code == 0


COMMANDS = ("run", "status", "list", "send-event", "history", "ledger", "playground")


def test_every_command_has_help(empty: Place) -> None:
    place = empty
    whole = place.run("--help")
    assert whole.code == 0
    assert "exit codes: 0 done, 1 the run ended with an error, 2 the command could not be carried out" in whole.out
    for command in COMMANDS:
        assert f"\n    {command}" in whole.out
        assert place.run(command, "--help").code == 0
    wrong = place.run("nonsense")
    assert (wrong.code, "invalid choice: 'nonsense'" in wrong.err) == (2, True)
    assert place.run().code == 2


def test_the_script_is_the_command() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())["project"]
    module, _, name = project["scripts"]["dynamic-workflows"].partition(":")
    assert callable(getattr(import_module(module), name))


class Terminal:
    """Keeps what was written, as a terminal would show it."""

    def __init__(self) -> None:
        self.lines = [""]

    def write(self, text: str) -> None:
        while text:
            if text.startswith("\x1b["):
                end = next(i for i, c in enumerate(text[2:], 2) if c.isalpha())
                if text[end] == "A":
                    del self.lines[len(self.lines) - 1 - int(text[2:end]) :]
                    self.lines.append("")
                text = text[end + 1 :]
            elif text[0] == "\n":
                self.lines.append("")
                text = text[1:]
            else:
                self.lines[-1] += text[0] if text[0] != "\r" else ""
                text = text[1:]

    def flush(self) -> None:
        """Do nothing."""


def row(kind: str, key: str | None = None, at: int = 0, data: object = None) -> dict[str, object]:
    text = None if data is None else json.dumps(data)
    return {"kind": kind, "key": key, "attempt": 1, "at": at, "data": text, "pos": 1}


def test_a_terminal_shows_what_is_over_and_below_it_what_goes_on() -> None:
    terminal = Terminal()
    now = 0
    screen = Screen(terminal, lambda: now)  # type: ignore[arg-type]
    screen.rows([row("step.started", "do:a-1"), row("step.started", "do:b-2")], 0)
    assert terminal.lines == ["… running  a  0 ms", "… running  b (2)  0 ms", ""]
    now = 2_500
    screen.tick()
    assert terminal.lines == ["… running  a  2.5 s", "… running  b (2)  2.5 s", ""]
    screen.rows([row("step.completed", "do:b-2", 3_000, 1)], 0)
    assert terminal.lines == ["✓ b (2)  3.0 s", "… running  a  2.5 s", ""]
    screen.logs([{"key": "do:a-1", "text": "hello", "at": 0, "pos": 1}])
    assert terminal.lines == ["✓ b (2)  3.0 s", "  a: hello", "… running  a  2.5 s", ""]
    failed = {"error": {"name": "ValueError", "message": "no"}, "final": True}
    screen.rows([row("step.failed", "do:a-1", 3_100, failed), row("completed", data="end")], 0)
    assert terminal.lines[2:] == ["✗ failed  a: ValueError: no", '✓ complete  "end"', ""]
    screen.end()
    assert [span(n) for n in (999, 1_500, 61_000, 90_000_000)] == ["999 ms", "1.5 s", "1 min 1 s", "1 d 1 h"]
