"""``print`` and ``logging``: rows of the run, step and attempt that wrote them."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from dynamic_workflows.shared.limits import LOG_ROWS, LOG_TEXT
from tests.engine.guest.driver import Host, Port, flow


def rows(body: str) -> list[tuple[Any, ...]]:
    host = Host()
    handlers, logging.root.handlers = logging.root.handlers, []  # pytest's own raise at what cannot be formatted
    try:
        host.play(flow(body))
    finally:
        logging.root.handlers = handlers
    assert host.error is None, host.error
    return [(m.get("key"), m.get("attempt"), m["level"], m["text"]) for m in host.said if m["k"] == "log"]


def test_print_is_attributed() -> None:
    assert rows("""
        import sys
        print("top", 1)
        @step.do("a")
        async def a(ctx):
            print("in a")
            async def helper():
                print("helper", file=sys.stderr)
            await asyncio.gather(helper(), asyncio.create_task(helper()))
        await a()
        print("several\\nlines", end="")
        sys.stdout.write("!")
    """) == [
        (None, None, "info", "top 1"),
        ("do:a-1", 1, "info", "in a"),
        ("do:a-1", 1, "warning", "helper"),
        ("do:a-1", 1, "warning", "helper"),
        (None, None, "info", "several"),
        (None, None, "info", "lines!"),
    ]


def test_logging_keeps_its_levels() -> None:
    assert rows("""
        import logging
        log = logging.getLogger("shop")
        log.debug("unseen")
        log.info("%s lamps", 3)
        logging.warning("low")
        try:
            1 / 0
        except ZeroDivisionError:
            log.exception("failed")
        log.info("%d", "not a number")
        logging.basicConfig(level=logging.DEBUG, format="x")
        log.debug("seen")
    """)[:3] == [(None, None, "info", "3 lamps"), (None, None, "warning", "low"), (None, None, "error", rows_failed())]


def rows_failed() -> str:
    return (
        'failed\nTraceback (most recent call last):\n  File "flow.py", line 13, in run\n    1 / 0\n    ~~^~~\n'
        "ZeroDivisionError: division by zero"
    )


def test_basic_config_sets_the_level_and_a_broken_record_is_said() -> None:
    assert [row[2:] for row in rows("""
        import logging
        logging.info("%d", "not a number")
        logging.basicConfig(level=logging.DEBUG, format="x")
        logging.debug("seen")
    """)] == [("error", "A log record could not be formatted."), ("debug", "seen")]  # fmt: skip


def test_the_host_keeps_its_own_streams_and_logging(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level, out, config = list(logging.root.handlers), logging.root.level, sys.stdout, logging.basicConfig
    rows("import logging\nlogging.basicConfig(level=10)\nprint('x')\nlogging.warning('x')")
    assert logging.root.handlers == handlers
    assert (logging.root.level, sys.stdout, logging.basicConfig) == (level, out, config)
    assert capsys.readouterr() == ("", "")


def test_a_line_is_cut_and_a_flood_is_stopped() -> None:
    host = Host()
    host.play(flow("print('x' * 100_000)\nfor i in range(100_000):\n    print(i)"))
    texts = [m["text"] for m in host.said if m["k"] == "log"]
    assert len(texts) == LOG_ROWS + 1
    assert len(texts[0]) == LOG_TEXT
    assert texts[-1] == "More than 1,000 lines: further output of this run is dropped."


def test_output_while_code_loads_names_no_run() -> None:
    port = Port()
    port.load({"flow.py": "print('loading')"})
    assert [m for m in port.said if m["k"] == "log"] == [{"k": "log", "level": "info", "text": "loading"}]


def test_unfinished_lines_are_posted_at_the_end_of_a_turn() -> None:
    port = Port()
    port.load(flow("print('half', end='')\nawait step.sleep('a', 5)\nprint(' done')"))
    assert [m.get("text") for m in port.start()] == [None, "half"]


def test_a_task_that_fails_unawaited_is_logged() -> None:
    [row] = rows("""
        async def fail():
            raise ValueError("lost")
        asyncio.create_task(fail())
        await asyncio.sleep(0)
        await step.sleep("a", 5)
    """)
    assert row[2] == "error"
    assert row[3].startswith("A task failed and nobody awaited it.\nTraceback")
    assert row[3].endswith("ValueError: lost\n")


def test_print_may_be_used_in_odd_ways() -> None:
    assert [row[3] for row in rows("""
        import sys, traceback, pprint
        print()
        print("flushed", flush=True)
        pprint.pprint({"a": 1})
        sys.stdout.writelines(["a", "b\\n"])
        sys.stdout.close()
        try:
            sys.stdout.write(5)
        except TypeError as error:
            print(error)
        print(sys.stdout.encoding, sys.stdout.writable(), sys.stdout.isatty())
    """)] == ["", "flushed", "{'a': 1}", "ab", "write() argument must be str, not int", "utf-8 True False"]  # fmt: skip
