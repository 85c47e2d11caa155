"""Probes: small sources, each one thing that hostile tenant code tries, and the workflow that runs a group of them.

A body is that of an ``async def``. What it returns it has got; an error, or nothing, says that it was stopped. It may
use ``js``, ``pyodide_js``, ``to_js``, ``asyncio``, ``json``, and ``url`` and ``site``: addresses of its own at the sink
and at the page's server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent, indent
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt to get out.

    Args:
        leaks: how it shows that it got out where nothing holds it: the sink or the page's server hears its name, it
            returns what no tenant may know, or it cannot get out of a browser like this one anyway ("").
    """

    name: str
    body: str
    leaks: Literal["sink", "site", "secret", ""] = ""


HEAD = '''
import asyncio, json, os, re, sys
import js, pyodide_js
from pyodide.ffi import create_proxy, to_js
from workers import WorkflowEntrypoint

SINK, SITE = "{sink}", "{site}"


def new(**fields):
    return to_js(fields, dict_converter=js.Object.fromEntries)


async def event(target, *names):
    """The first of these events, or the error that an "error" event tells."""
    happened = asyncio.get_running_loop().create_future()
    for name in names:
        target.addEventListener(name, create_proxy(lambda e: happened.done() or happened.set_result(e)))
    return await happened


'''

TAIL = """

class Attack(WorkflowEntrypoint):
    async def run(self, event, step):
        async def tried(name, probe):
            try:
                got = await asyncio.wait_for(probe(f"{SINK}{name}", f"{SITE}?probe={name}"), 4)
                return f"got: {got}"[:300] if got else "stopped: nothing"
            except BaseException as error:
                return f"stopped: {type(error).__name__} {error}"[:300]

        @step.do("attack", config={"retries": {"limit": 0, "delay": 0}})
        async def attack():
            found = await asyncio.gather(*(tried(name, probe) for name, probe in PROBES.items()))
            return dict(zip(PROBES, found))

        return await attack()
"""


def source(probes: Sequence[Probe], sink: str, site: str) -> str:
    """Return a workflow that tries every probe at once and returns by name what each came to."""
    parts = [HEAD.format(sink=sink, site=site)]
    for probe in probes:
        parts.append(f"async def {probe.name}(url, site):\n{indent(dedent(probe.body).strip(), '    ')}\n\n\n")
    names = ", ".join(f'"{probe.name}": {probe.name}' for probe in probes)
    return "".join([*parts, f"PROBES = {{{names}}}\n", TAIL])


@dataclass(frozen=True, slots=True)
class Attack:
    """A tenant that attacks with a run of its own, and how that run has to end.

    Args:
        body: of ``run(self, event, step)``.
        status: the run's, in the end.
        says: a pattern that the run's outcome, its history or its log has to match.
        refused: how many of its messages the engine refuses at least.
        files: more files of it.
    """

    name: str
    body: str
    status: str = "complete"
    says: str = ""
    refused: int = 0
    files: tuple[tuple[str, str], ...] = ()

    def arguments(self, sink: str, site: str, **payload: Any) -> dict[str, Any]:
        """Return the arguments of its ``run`` request."""
        head = HEAD.format(sink=sink, site=site)
        body = indent(dedent(self.body).strip(), "        ")
        code = f"{head}{ATTACKER}\n\nclass Attack(WorkflowEntrypoint):\n    async def run(self, event, step):\n{body}\n"
        files = {"main.py": code, **dict(self.files)}
        return {"tenant": f"attacker-{self.name}", "files": files, "main": "main.py", "payload": payload}


ATTACKER = '''
def own_guest():
    """The platform's own object in this sandbox: nothing in Python hides it."""
    return asyncio.get_running_loop().failed.__self__


def say(*messages, **more):
    own_guest().outbox._post(json.dumps({"v": 1, "m": list(messages), **more}))


def mine():
    return max(own_guest()._runs)
'''
