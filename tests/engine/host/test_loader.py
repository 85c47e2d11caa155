"""The Worker Loader: L1 to L24 of the conformance list in semantics D, as far as they make sense for Python.

Without a test, because there is nothing of the kind here: L9 and L22 (Durable Objects and facets: a clear error instead),
L12 (WebAssembly modules: a clear error), L4 and most of L13 (flags that select a JavaScript runtime's behaviour).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.running.loader import Loader
from dynamic_workflows.shared.errors import CodeError, LoaderError, NotAvailableError, StepError, WorkflowError
from tests.engine.host.harness import House
from tests.engine.host.loading import Service, code, default, worker

Make = Callable[..., House]

NAMED = """
class Default(WorkerEntrypoint):
    async def greet(self, name): return f"default greets {name}"
class Other(WorkerEntrypoint):
    async def greet(self, name, *, twice=False): return ["other", name, twice, self.ctx.props]
"""


async def test_l1_l2_default_and_named_entrypoints_and_props_of_each_stub(house: Make) -> None:
    async with house() as h:
        stub = worker(h, NAMED)
        for name in (None, "default", "Default"):
            assert await stub.get_entrypoint(name).greet("Ada") == "default greets Ada"
        one = stub.get_entrypoint("Other", props={"tenant": "acme"})
        two = stub.getEntrypoint("Other", {"props": {"tenant": "globex"}})
        assert await one.greet("Ada", twice=True) == ["other", "Ada", True, {"tenant": "acme"}]
        assert await two.greet("Bob") == ["other", "Bob", False, {"tenant": "globex"}]
        assert await stub.get_entrypoint("Other").greet("Eve") == ["other", "Eve", False, {}]
        assert await stub.get_entrypoint({"props": 1}).greet("Ada") == "default greets Ada"


async def test_a_class_or_method_that_is_not_there_is_named(house: Make) -> None:
    async with house() as h:
        stub = worker(h, NAMED)
        with pytest.raises(WorkflowError, match="There is no worker class 'Nope' in this worker"):
            await stub.get_entrypoint("Nope").greet("Ada")
        for method in ("nope", "ctx"):
            with pytest.raises(WorkflowError, match=f"Default has no method '{method}'"):
                await getattr(stub.get_entrypoint(), method)()
        with pytest.raises(AttributeError):
            _ = stub.get_entrypoint()._hidden
        with pytest.raises(LoaderError, match="get_entrypoint takes props and limits, not prop"):
            stub.get_entrypoint("Other", {"prop": 1})


async def test_l3_l23_packages_submodules_vendored_files_and_circular_imports(house: Make) -> None:
    files = {
        "pkg/__init__.py": "from .one import ONE\n",
        "pkg/one.py": "from . import two\nONE = 1\ndef both(): return [ONE, two.TWO]\n",
        "pkg/two.py": "from pkg import one\nTWO = 2\n",
        "python_modules/vendored/__init__.py": "NAME = 'vendored'\n",
        "python_modules/vendored/words.txt": "just text",
    }
    source = """
    from pkg.one import both
    import vendored
    from importlib import resources
    class Default(WorkerEntrypoint):
        def all(self): return [*both(), vendored.NAME, resources.files("vendored").joinpath("words.txt").read_text()]
    """
    async with house() as h:
        assert await default(h, source, files=files).all() == [1, 2, "vendored", "just text"]


READS = """
import json, pkgutil
from importlib import resources
from pathlib import Path
import pkg
here = Path(__file__)
class Default(WorkerEntrypoint):
    def read(self):
        return [
            here.name, here.read_text().count("class Default"), here.with_name("prompt.txt").read_text(),
            (here.parent / "data" / "bytes.bin").read_bytes(), json.loads(here.with_name("config.json").read_text()),
            resources.files("pkg").joinpath("inner.txt").read_text(), pkgutil.get_data("pkg", "inner.txt"),
            resources.files("data").joinpath("bytes.bin").read_bytes(), Path(pkg.__file__).with_name("inner.txt").exists(),
        ]
"""


async def test_l11_text_data_and_json_modules_are_files_beside_the_code(house: Make) -> None:
    files = {
        "prompt.txt": {"text": "Say näh"}, "data/bytes.bin": {"data": b"\x00\xff"}, "config.json": {"json": {"a": [1, None]}},
        "pkg/__init__.py": {"py": ""}, "pkg/inner.txt": {"text": "inner"},
    }  # fmt: skip
    async with house() as h:
        assert await default(h, READS, files=files).read() == [
            "main.py", 2, "Say näh", b"\x00\xff", {"a": [1, None]}, "inner", b"inner", b"\x00\xff", True,
        ]  # fmt: skip


async def test_a_folder_without_code_hides_no_package_of_that_name(house: Make) -> None:
    before = {name: module for name, module in sys.modules.items() if name.startswith("iniconfig")}
    source = """
    import iniconfig
    from importlib import resources
    class Default(WorkerEntrypoint):
        def seen(self): return [hasattr(iniconfig, "IniConfig"), resources.files("notes").joinpath("a.txt").read_text()]
    """
    files = {"iniconfig/read.me": {"text": ""}, "notes/a.txt": {"text": "a"}}
    async with house() as h:
        assert await default(h, source, files=files).seen() == [True, "a"]
        assert {name: module for name, module in sys.modules.items() if name.startswith("iniconfig")} == before


async def test_long_code_travels_in_parts(house: Make) -> None:
    long = "x" * 3_000_000
    files: dict[str, Any] = {"long.txt": {"text": long}, "more.bin": {"data": b"\xff" * 3_000_000}}
    files["numbers.py"] = f"LONG = {'ü' * 2_000_000!r}\n"
    source = """
    from pathlib import Path
    class Default(WorkerEntrypoint):
        def sizes(self):
            import numbers as shadowed
            from importlib import import_module
            return [len(Path(__file__).with_name(name).read_bytes()) for name in ("long.txt", "more.bin", "numbers.py")]
    """
    async with house() as h:
        assert await default(h, source, files=files).sizes() == [3_000_000, 3_000_000, 4_000_010]


async def test_l5_l6_env_holds_data_and_bindings_and_siblings(house: Make) -> None:
    source = """
    class Default(WorkerEntrypoint):
        async def seen(self):
            return [self.env.COUNT, self.env["CONFIG"].deep, await self.env.HOST.greet(1, a=2), await self.env.SIBLING.greet("Ada"),
                    global_env.COUNT, "NOPE" in self.env]
        async def missing(self): return self.env.NOPE
        async def failing(self): return await self.env.HOST.fails()
    """
    async with house() as h:
        service, sibling = Service(), worker(h, NAMED).get_entrypoint("Other", props={"for": "the first"})
        env = {"COUNT": 5, "CONFIG": {"deep": [1]}, "HOST": service, "SIBLING": sibling}
        stub = default(h, source, env=env)
        assert await stub.seen() == [
            5, [1], "service greets", ["other", "Ada", False, {"for": "the first"}], 5, False,
        ]  # fmt: skip
        assert service.asked == [[1, ("a", 2)]]
        with pytest.raises(AttributeError, match="env has no binding 'NOPE'; there are: COUNT, CONFIG, HOST, SIBLING"):
            await stub.missing()
        with pytest.raises(LookupError, match="nobody is here"):
            await stub.failing()


async def test_props_of_a_sibling_stub_are_not_to_be_seen(house: Make) -> None:
    source = "class Default(WorkerEntrypoint):\n    async def spy(self): return await self.env.SIBLING._props()\n"
    async with house() as h:
        stub = default(h, source, env={"SIBLING": worker(h, NAMED).get_entrypoint("Other", props={"secret": 1})})
        with pytest.raises(AttributeError, match="_props"):
            await stub.spy()


COUNTS = """
count = 0
class Default(WorkerEntrypoint):
    def up(self):
        global count
        count += 1
        return count
"""


async def test_l10_the_same_id_of_the_same_loader_is_the_same_worker_and_nothing_else_is(house: Make) -> None:
    asked: list[str] = []

    def source() -> Any:
        asked.append("again")
        return code(COUNTS)

    async with house(capacity=20) as h:
        workers = h.engine.workers
        mine, other, shared, sharing = Loader(workers), Loader(workers), Loader(workers, "s"), Loader(workers, "s")

        async def up(loader: Loader, id: str | None) -> Any:
            return await loader.get(id, source).get_entrypoint().up()

        assert [await up(mine, "a"), await up(mine, "a"), await up(mine, "b"), await up(other, "a")] == [1, 2, 1, 1]
        assert [await up(shared, "a"), await up(sharing, "a"), await up(h.engine.loader, "a")] == [1, 2, 1]
        assert [await up(mine, None), await up(mine, None)] == [1, 1]
        assert len(asked) == 7
        anonymous = mine.get(None, source).get_entrypoint()
        assert [await anonymous.up(), await anonymous.up()] == [1, 2]
        assert await mine.load(code(COUNTS)).get_entrypoint().up() == 1
        for id in ("", "a\0b", "x" * 500, 5):
            with pytest.raises(LoaderError, match="is not text of 1 to"):
                mine.get(id, source)  # type: ignore[arg-type]


async def test_l14_l15_callbacks_may_be_async_and_their_exceptions_reach_the_caller(house: Make) -> None:
    async def later() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {
            "compatibilityDate": "2026-01-01",
            "mainModule": "m.py",
            "modules": {"m.py": "from workers import *\n" + COUNTS},
        }

    def fails() -> Any:
        raise LookupError("no such bundle")

    async with house() as h:
        loader = h.engine.loader
        assert await loader.get("late", later).get_entrypoint().up() == 1
        with pytest.raises(LookupError, match="no such bundle"):
            await loader.get("fails", fails).get_entrypoint().up()
        assert await loader.get("fails", later).get_entrypoint().up() == 1
        with pytest.raises(LoaderError, match="WorkerCode needs 'modules'"):
            await loader.get("half", lambda: {"mainModule": "m.py"}).get_entrypoint().up()


async def test_l19_an_exception_at_the_start_reaches_the_caller_and_a_syntax_error_says_where(house: Make) -> None:
    async with house() as h:
        with pytest.raises(CodeError, match="ValueError: no key") as failed:
            await default(h, "raise ValueError('no key')\n").up()
        assert (failed.value.file, failed.value.line) == ("main.py", 4)
        with pytest.raises(CodeError, match="'\\(' was never closed") as failed:
            await default(h, "import broken\n", files={"broken.py": "x = 1\ny = (\n"}).up()
        assert (failed.value.file, failed.value.line, failed.value.column) == ("broken.py", 2, 5)


async def test_l20_load_checks_the_code_at_once(house: Make) -> None:
    async with house() as h:
        with pytest.raises(LoaderError, match="at least one module"):
            h.engine.loader.load({"compatibilityDate": "2026-01-01", "mainModule": "m.py", "modules": {}})
        stub = h.engine.loader.load(code(NAMED))
        assert await stub.get_entrypoint().greet("Ada") == "default greets Ada"


async def test_l21_a_worker_that_was_evicted_or_died_is_loaded_again_by_the_next_call(house: Make) -> None:
    async with house() as h:
        calls: list[int] = []

        def source() -> Any:
            calls.append(1)
            return code(COUNTS)

        named = h.engine.loader.get("named", source).get_entrypoint()
        unnamed = h.engine.loader.load(code(COUNTS)).get_entrypoint()
        for stub in (named, unnamed):
            assert [await stub.up(), await stub.up()] == [1, 2]
        for running in h.engine.workers:
            running.destroy("crashed: exit code 1")
        for stub in (named, unnamed):
            assert await stub.up() == 1
        assert len(calls) == 2


async def test_a_call_in_flight_when_its_worker_dies_says_so(house: Make) -> None:
    source = "class Default(WorkerEntrypoint):\n    async def wait(self): await asyncio.sleep(1_000)\n"
    async with house() as h:
        asked = asyncio.ensure_future(default(h, source).wait())
        await h.settle()
        for running in h.engine.workers:
            running.destroy("crashed: exit code 1")
        with pytest.raises(WorkflowError, match="The sandbox of unnamed 1 ended: crashed: exit code 1"):
            await asked


async def test_a_worker_that_answers_a_call_is_not_evicted_and_a_call_does_not_wait_for_ever(house: Make) -> None:
    source = "class Default(WorkerEntrypoint):\n    async def wait(self, n):\n        await asyncio.sleep(n)\n        return n\n"
    async with house(capacity=1) as h:
        h.engine.workers.sandboxes.most = 1  # otherwise one more is opened after five seconds
        first = asyncio.ensure_future(default(h, source).wait(10))
        await h.settle()
        second = asyncio.ensure_future(default(h, source).wait(0))
        await h.settle()
        assert not first.done()
        await h.advance(10_000)
        assert (await first, await second) == (10, 0)
        third = asyncio.ensure_future(default(h, source).wait(100))
        await h.settle()
        fourth = asyncio.ensure_future(default(h, source).wait(0))
        await h.advance(30_000)
        with pytest.raises(WorkflowError, match="All 1 sandboxes are busy, and none became free in 30000 ms"):
            await fourth
        await h.advance(70_000)
        assert await third == 100


async def test_l16_a_worker_reaches_its_own_classes_by_exports(house: Make) -> None:
    source = """
    class Default(WorkerEntrypoint):
        async def seen(self):
            exports, given = self.ctx.exports, [1]
            answer = await exports.Other({"props": {"a": 1}}).add(given)
            return [answer, given, await exports.Other(props={"a": 5}).add([]), await exports.default.plain()]
        def plain(self): return "plain"
        async def missing(self): return self.ctx.exports.Nope
        async def flow(self): return self.ctx.exports.Flow
    class Other(WorkerEntrypoint):
        async def add(self, items):
            items.append(self.ctx.props["a"])
            return items
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step): return 1
    """
    async with house() as h:
        stub = default(h, source)
        assert await stub.seen() == [[1, 1], [1], [5], "plain"]
        with pytest.raises(AttributeError, match="This worker exports no 'Nope'"):
            await stub.missing()
        with pytest.raises(AttributeError, match="Flow is a workflow: create its instances with a workflow binding"):
            await stub.flow()


async def test_l9_durable_objects_are_refused_with_the_reason(house: Make) -> None:
    async with house() as h:
        stub = worker(h, NAMED)
        for ask in (stub.get_durable_object_class, stub.getDurableObjectClass):
            with pytest.raises(NotAvailableError, match="There are no Durable Objects here"):
                ask("Counter", {"props": 1})
        source = """
        class Counter(DurableObject):
            async def up(self): return 1
        class Default(WorkerEntrypoint):
            async def make(self): return Counter(self.ctx, self.env)
        """
        with pytest.raises(NotAvailableError, match="DurableObject is not available"):
            await default(h, source).make()


async def test_an_exception_of_the_tenants_own_class_keeps_its_name_and_message(house: Make) -> None:
    source = """
    class Declined(Exception): pass
    class Default(WorkerEntrypoint):
        async def pay(self): raise Declined("no money")
        async def leave(self): raise SystemExit(3)
        async def thing(self): return object()
        async def much(self): return "x" * 5_000_000
    """
    async with house() as h:
        stub = default(h, source)
        with pytest.raises(StepError, match="no money") as failed:
            await stub.pay()
        assert failed.value.name == "Declined"
        for method, text in (
            ("leave", "3"),
            ("thing", "A object cannot be stored"),
            ("much", "What much.. returned is too large"),
        ):
            with pytest.raises(WorkflowError, match=text):
                await getattr(stub, method)()


async def test_what_a_worker_posts_of_calls_nobody_made_is_refused(house: Make) -> None:
    async with house() as h:
        stub = worker(h, NAMED)
        running = await stub.worker()
        before = h.engine.core.refused
        running.frame(
            '{"v":1,"m":[{"k":"done","re":99},{"k":"returned","re":99,"value":"1"},{"k":"log","level":"info","text":"x"}]}'
        )
        running.frame('{"v":1,"m":[{"k":"call","n":1,"re":99,"binding":"X","method":"y","args":"[]","kwargs":"{}"}]}')
        await h.settle()
        assert h.engine.core.refused == before + 1
        assert await stub.get_entrypoint().greet("Ada") == "default greets Ada"
