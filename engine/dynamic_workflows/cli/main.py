"""The command ``dynamic-workflows``: what it understands, and what it says when it cannot."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from dynamic_workflows import __version__
from dynamic_workflows.cli.errors import INTERRUPTED, OK, USER_ERROR, UserError, see
from dynamic_workflows.cli.linting import lint
from dynamic_workflows.cli.running import run, send_event
from dynamic_workflows.cli.showing import history, ledger, list_runs, status
from dynamic_workflows.cli.site import playground
from dynamic_workflows.cli.words import clean
from dynamic_workflows.shared.errors import WorkflowError

Work = Callable[[argparse.Namespace], int]
Commands = Any  # argparse has no public name for it
LAYOUT: Any = {"formatter_class": argparse.RawDescriptionHelpFormatter}
STORE, TENANT = "workflows.sqlite", "local"
EXIT_CODES = "exit codes: 0 done, 1 the run ended with an error, 2 the command could not be carried out, 130 Ctrl-C"
EXAMPLES = f"""\
examples:
  dynamic-workflows run order.py --payload '{{"item": "lamp"}}' --store app.sqlite --id order-1
  dynamic-workflows send-event order-1 approve --store app.sqlite
  dynamic-workflows history order-1 --store app.sqlite

{EXIT_CODES}
"""
RUN = f"""\
Run a workflow and show its steps. Every finished step is stored, so the same command with the same --id goes on
where the last one stopped: after Ctrl-C, a crash or a power cut. Other unfinished runs of the store go on meanwhile.

{EXIT_CODES}
"""
EVENT = """\
Send an event to a run: kept until the run waits for it. One process at a time can have a store open; stop a run with
Ctrl-C, send the event, and go on with the run.
"""


LINT = """\
Tell the problems of workflow code without running it: each with its place, its id and its page in the docs. Files of
one folder are read together, since they may import one another.

exit codes: 0 no problems, 1 problems, 2 the command could not be carried out
"""


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    whole = argparse.ArgumentParser(
        prog="dynamic-workflows", description="Durable workflows over a SQLite file.", epilog=EXAMPLES, **LAYOUT
    )
    whole.add_argument("--version", action="version", version=f"dynamic-workflows {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _engines(commands)
    _readers(commands)
    checked = _command(commands, "lint", "tell the problems of workflow code without running it", lint, LINT)
    checked.add_argument("files", metavar="FILE", nargs="+", help="a Python file, or a folder of them")
    checked.add_argument("--hints", action="store_true", help="tell what is fine, but worth knowing, too")
    _json(checked)
    site = _command(commands, "playground", "serve the built playground on this computer", playground)
    site.add_argument("--site", default="dist", help="the folder of the built site (default: %(default)s)")
    site.add_argument("--port", type=int, default=8000, help="0: any free one (default: %(default)s)")
    site.add_argument("--open", action="store_true", help="open it in a browser")
    return whole


def _command(commands: Commands, name: str, help: str, work: Work, text: str = "") -> argparse.ArgumentParser:
    text = text or f"{help[0].upper()}{help[1:]}."
    made: argparse.ArgumentParser = commands.add_parser(name, help=help, description=text, **LAYOUT)
    made.set_defaults(work=work)
    return made


def _engines(commands: Commands) -> None:
    one = _command(commands, "run", "run a workflow, or go on with it", run, RUN)
    one.add_argument("target", metavar="FILE[:CLASS]", help="the workflow's file, and its class when it has several")
    one.add_argument("--payload", metavar="JSON|@FILE", help="what the workflow gets as event['payload'] (@-: stdin)")
    one.add_argument("--id", help="the run's name; one that exists goes on (default: a new one)")
    one.add_argument("--tenant", default=TENANT, help="whose code and runs these are (default: %(default)s)")
    _store(one)
    event = _command(commands, "send-event", "send an event to a run", send_event, EVENT)
    event.add_argument("id", metavar="ID", help="the run")
    event.add_argument("type", metavar="TYPE", help="the event's type, as in wait_for_event")
    event.add_argument("--payload", metavar="JSON|@FILE", help="what the event carries (@-: stdin)")
    _which(event)


def _readers(commands: Commands) -> None:
    for made in (
        _command(commands, "status", "show one run", status),
        _command(commands, "history", "show everything that happened to one run", history),
    ):
        made.add_argument("id", metavar="ID", help="the run")
        _which(made)
        _json(made)
    runs = _command(commands, "list", "show the runs of a store, newest first", list_runs)
    runs.add_argument("--limit", type=int, default=100, help="how many at most (default: %(default)s)")
    for made in (runs, _command(commands, "ledger", "show what runs asked of env.WORLD, and what was done", ledger)):
        made.add_argument("--tenant", help="only this tenant's")
        _store(made)
        _json(made)


def _store(made: argparse.ArgumentParser) -> None:
    made.add_argument("--store", default=STORE, metavar="SQLITE", help="the SQLite file (default: %(default)s)")


def _which(made: argparse.ArgumentParser) -> None:
    made.add_argument("--tenant", help="whose run it is, when several have this id")
    made.add_argument("--workflow", help="its workflow, when several have this id")
    _store(made)


def _json(made: argparse.ArgumentParser) -> None:
    made.add_argument("--json", action="store_true", help="print JSON")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = parser().parse_args(arguments)
    try:
        code: int = options.work(options)
        sys.stdout.flush()
    except (UserError, WorkflowError) as error:
        lines = "\n".join(clean(line, 4_000) for line in str(error).splitlines())
        print(f"dynamic-workflows: {lines}", file=sys.stderr)
        if error.page is not None:
            print(see(error.page), file=sys.stderr)
        return USER_ERROR
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    return code
