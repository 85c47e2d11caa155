"""Loading: a tenant's files import each other, nobody else sees them, and errors say where they are."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.engine.guest.driver import Host, Port

MAIN = """\
from __future__ import annotations
from dataclasses import dataclass, field
import importlib
import helpers
import pkg.deep.leaf
from pkg import other, VALUE
from pkg.deep import leaf as again
from workers import WorkflowEntrypoint

@dataclass
class Order:
    item: str
    tags: list[str] = field(default_factory=list)

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        from pkg.late import LATE
        return [helpers.NAME, pkg.deep.leaf.LEAF, other.OTHER, VALUE, again is pkg.deep.leaf, LATE,
                importlib.import_module("pkg.other") is other, __name__, __file__, Order.__module__]
"""
FILES = {
    "flow.py": MAIN,
    "helpers.py": "NAME = 'helpers'\n",
    "pkg/__init__.py": "from .other import OTHER\nVALUE = OTHER + 1\n",
    "pkg/other.py": "OTHER = 1\n",
    "pkg/late.py": "from . import other\nfrom ..pkg.other import OTHER\nLATE = other.OTHER + 10\n",
    "pkg/deep/leaf.py": "LEAF = 'leaf'\n",
    "notes.txt": "not Python",
}


def test_files_import_each_other() -> None:
    before, path = set(sys.modules), list(sys.meta_path)
    host = Host()
    host.play({**FILES, "pkg/late.py": FILES["pkg/late.py"].replace("from ..pkg.other import OTHER\n", "")})
    assert host.error is None
    assert host.output == ["helpers", "leaf", 1, 2, True, 11, True, "flow", "flow.py", "flow"]
    assert {name for name in sys.modules if name not in before} <= set(sys.stdlib_module_names)
    assert sys.meta_path == path


def test_a_main_in_a_folder_sees_its_neighbours_and_the_root() -> None:
    files = {
        "src/main.py": "import near, far\nfrom workers import WorkflowEntrypoint\nclass Flow(WorkflowEntrypoint):\n"
        "    async def run(self, event, step): return [near.X, far.Y]\n",
        "src/near.py": "X = 1\n",
        "far.py": "Y = 2\n",
    }
    port = Port()
    assert port.load(files, "src/main.py")["entrypoints"] == ["Flow"]
    assert port.start()[-1]["value"] == "[1,2]"


def test_two_workers_do_not_see_each_others_modules() -> None:
    source = "import helpers\nfrom workers import WorkflowEntrypoint\nclass Flow(WorkflowEntrypoint):\n" + (
        "    async def run(self, event, step):\n        import helpers as now\n        return [helpers.NAME, now.NAME]\n"
    )
    ports = [Port(), Port()]
    for number, port in enumerate(ports):
        port.load({"flow.py": source, "helpers.py": f"NAME = {number}\n"})
    assert [port.start()[-1]["value"] for port in (*ports, *ports)][:2] == ["[0,0]", "[1,1]"]
    alone = Port()
    answer = alone.load({"flow.py": source})
    assert answer["error"]["name"] == "ModuleNotFoundError"


def test_files_named_like_modules_of_the_host_or_of_python() -> None:
    files = {
        "calendar.py": "import json, pytest\nfrom workers import WorkflowEntrypoint\nclass Flow(WorkflowEntrypoint):\n"
        "    async def run(self, event, step):\n        import calendar\n"
        "        return [calendar.MONDAY, json.dumps([1]), pytest.MINE, __name__]\n",
        "json.py": "raise RuntimeError('must not shadow')\n",
        "pytest.py": "MINE = 1\n",
    }
    port = Port()
    assert port.load(files, "calendar.py") == {"k": "loaded", "re": 1, "entrypoints": ["Flow"], "workers": []}
    assert port.start()[-1]["value"] == '[0,"[1]",1,"calendar_main"]'
    assert hasattr(pytest, "fixture")
    assert sys.modules["pytest"] is pytest


def test_entrypoints_and_workers_are_told_apart_and_none_is_no_error() -> None:
    source = (
        "from workers import WorkflowEntrypoint, WorkerEntrypoint\nfrom other import Imported\n"
        "class A(WorkflowEntrypoint): pass\nclass B(A): pass\nclass Default(WorkerEntrypoint): pass\nAlias = A\n"
    )
    other = "from workers import WorkflowEntrypoint\nclass Imported(WorkflowEntrypoint): pass\n"
    answer = Port().load({"flow.py": source, "other.py": other})
    assert answer["entrypoints"] == ["Imported", "A", "B"]
    assert answer["workers"] == ["Default"]
    assert Port().load({"flow.py": ""}) == {"k": "loaded", "re": 1, "entrypoints": [], "workers": []}


@pytest.mark.parametrize(
    ("files", "name", "message", "where"),
    [
        ({"flow.py": "def f():\n    pass\nclass X\n    pass\n"}, "SyntaxError", "expected ':'", ("flow.py", 3, 8)),
        ({"flow.py": "import helpers\n", "helpers.py": "x = (\n"}, "SyntaxError", "'(' was never closed", ("helpers.py", 1, 5)),
        ({"flow.py": "if 1:\nx = 2\n"}, "IndentationError", "expected an indented block after", ("flow.py", 2, 1)),
        ({"flow.py": "import nothing_here\n"}, "ModuleNotFoundError", "No module named 'nothing_here'", ("flow.py", 1, None)),
        ({"flow.py": "\nfrom helpers import x\n", "helpers.py": ""}, "ImportError", "cannot import name 'x'", ("flow.py", 2, None)),
        ({"flow.py": "\n\nimport a\n", "a.py": "def f():\n    return 1 / 0\nf()\n"}, "ZeroDivisionError", "division", ("a.py", 2, None)),
        ({"flow.py": "x = 1\nraise SystemExit(3)\n"}, "SystemExit", "3", ("flow.py", 2, None)),
        ({"flow.py": "x = '\x00'\n"}, "SyntaxError", "source code", ("flow.py", None, None)),
        ({"flow.py": "x = '\ud800'"}, "SyntaxError", "'utf-8' codec can't encode", ("flow.py", None, None)),
        ({"other.py": ""}, "WorkflowError", "The main module 'flow.py' is not among the files: other.py.", (None, None, None)),
        ({"flow.py": "import asyncio\nasyncio.run(asyncio.sleep(0))\n"}, "RuntimeError", "asyncio.run() cannot", ("flow.py", 2, None)),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:coroutine")
def test_code_that_does_not_load_says_why_and_where(
    files: dict[str, str], name: str, message: str, where: tuple[Any, ...]
) -> None:
    answer = Port().load(files)
    assert answer["k"] == "loaded"
    assert "entrypoints" not in answer
    if name:
        assert answer["error"]["name"] == name
        assert answer["error"]["message"].startswith(message)
    if where[0]:
        assert answer["file"] == where[0]
        assert where[1] is None or answer["line"] == where[1]
        assert where[2] is None or answer["column"] == where[2]


@pytest.mark.skipif(sys.platform == "emscripten", reason="Python's compiler overflows the stack of WebAssembly")
def test_code_too_deep_for_the_compiler_is_an_error_of_its_file() -> None:
    answer = Port().load({"flow.py": "x = " + "(" * 5_000 + "1" + ")" * 5_000})
    assert answer["error"]["name"] == "SyntaxError"
    assert answer["file"] == "flow.py"


def test_a_traceback_of_loading_has_no_engine_in_it() -> None:
    answer = Port().load({"flow.py": "import helpers\n", "helpers.py": "\nraise ValueError('no')\n"})
    assert answer["error"]["traceback"] == (
        'Traceback (most recent call last):\n  File "flow.py", line 1, in <module>\n    import helpers\n'
        "  File \"helpers.py\", line 2, in <module>\n    raise ValueError('no')\nValueError: no\n"
    )


def test_a_worker_is_loaded_once() -> None:
    port = Port()
    port.load({"flow.py": ""})
    assert port.load({"flow.py": ""})["error"]["message"] == "A worker is loaded once."


def test_trusted_classes_need_no_files() -> None:
    from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint

    class Mine(WorkflowEntrypoint):
        async def run(self, event: Any, step: Any) -> Any:
            @step.do("a")  # type: ignore[untyped-decorator]
            async def a() -> int:
                return 5

            return [await a(), event.payload]

    port = Port({"host/1": {"Mine": Mine}})
    assert port.load({}, "", id="host/1")["entrypoints"] == ["Mine"]
    said = port.start(3, entrypoint="Mine")
    assert said[-1]["value"] == "5"
    said = port.send({"k": "settle", "run": 1, "key": "do:a-1", "order": 1})
    assert said[-1]["value"] == "[5,3]"
    assert "error" in Port({"host/1": {"Mine": Mine}}).load({}, "", id="other")
