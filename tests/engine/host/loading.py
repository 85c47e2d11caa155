"""What tests of the loader share: a house, its loader, and code in a line or two."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.host.running.loader import EntrypointStub, WorkerStub
from tests.engine.host.harness import House

HEAD = "from workers import *\nfrom workers import env as global_env\nimport asyncio\n"


def code(source: str, *, files: dict[str, Any] | None = None, **options: Any) -> WorkerCode:
    """Return the code of a main module ``main.py`` with the usual imports, and of other files."""
    return WorkerCode(main_module="main.py", modules={"main.py": HEAD + dedent(source), **(files or {})}, **options)


def worker(h: House, source: str, *, files: dict[str, Any] | None = None, **options: Any) -> WorkerStub:
    """Return the stub of a fresh worker with this code."""
    return h.engine.loader.load(code(source, files=files, **options))


def default(h: House, source: str, *, files: dict[str, Any] | None = None, **options: Any) -> EntrypointStub:
    """Return its default entrypoint."""
    return worker(h, source, files=files, **options).get_entrypoint()


class Tail:
    """Keeps what a tail is told."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    async def tail(self, events: list[dict[str, Any]]) -> None:
        assert len(events) == 1
        self.items += events

    def logs(self) -> list[tuple[str, str]]:
        return [(line["level"], line["message"]) for item in self.items for line in item["logs"]]


class Service:
    """A host-side binding with a method or two."""

    kind = "service"

    def __init__(self, name: str = "service") -> None:
        self.name = name
        self.asked: list[Any] = []

    async def greet(self, *args: Any, **kwargs: Any) -> str:
        self.asked.append([*args, *kwargs.items()])
        return f"{self.name} greets"

    def fails(self) -> None:
        raise LookupError("nobody is here")
