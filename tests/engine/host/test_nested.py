"""``env.LOADER``: tenant code that loads workers of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.running.loader import Loader
from dynamic_workflows.shared.errors import LoaderError, OutboundNotPermitted, TooManySubrequests
from tests.engine.host.harness import House
from tests.engine.host.loading import Service, Tail, default

Make = Callable[..., House]

PARENT = '''
CHILD = """
from workers import WorkerEntrypoint, Response, fetch
count = 0
class Default(WorkerEntrypoint):
    async def up(self):
        global count
        count += 1
        return count
    async def seen(self): return [await self.env.HOST.greet("child"), self.env.DATA, self.ctx.props, "LOADER" in self.env]
    async def fetch(self, request): return Response(await request.text() + " of " + request.url)
    async def out(self): return await fetch("https://a")
    async def many(self): return [await self.env.HOST.greet() for _ in range(9)]
    async def deeper(self, code):
        return await self.env.LOADER.get("leaf", lambda: {"mainModule": "c.py", "modules": {"c.py": code}}).get_entrypoint().up()
"""
asked = []
def code(**more):
    asked.append(1)
    return {"compatibilityDate": "2026-01-01", "mainModule": "c.py", "modules": {"c.py": CHILD}, **more}
class Default(WorkerEntrypoint):
    async def twice(self):
        async def later():
            await asyncio.sleep(0)
            return code()
        stub = self.env.LOADER.get("one", later)
        again = self.env.LOADER.get("one", code)
        fresh, other = self.env.LOADER.load(code()), self.env.LOADER.get(None, code)
        asked.clear()
        ups = [await one.getEntrypoint().up() for one in (stub, again, stub, fresh, fresh, other)]
        return [ups, len(asked)]
    async def given(self):
        env = {"HOST": self.env.HOST, "DATA": {"a": [1]}}
        return await self.env.LOADER.load(code(env=env)).getEntrypoint("default", {"props": {"p": 1}}).seen()
    async def request(self):
        return await (await self.env.LOADER.load(code()).get_entrypoint().fetch("https://a", method="POST", body="body")).text()
    async def out(self): return await self.env.LOADER.load(code()).get_entrypoint().out()
    async def limited(self):
        stub = self.env.LOADER.load(code(env={"HOST": self.env.HOST}, tails=[self.env.TAIL]))
        return await stub.get_entrypoint(limits={"subRequests": 2}).many()
    async def wrong(self): return await self.env.LOADER.load({"mainModule": "c.py", "modules": {}}).get_entrypoint().up()
    async def fails(self):
        def none(): raise KeyError("no bundle")
        return await self.env.LOADER.get("none", none).get_entrypoint().up()
    async def forged(self, what): return await self.env.LOADER._guest.call("LOADER", "call", tuple(what), {})
    async def deep(self):
        return await self.env.LOADER.load(code(env={"LOADER": self.env.LOADER})).get_entrypoint().deeper(CHILD)
'''


async def test_the_same_id_is_the_same_child_and_its_code_is_asked_for_once(house: Make) -> None:
    async with house() as h:
        assert await default(h, PARENT, env={"LOADER": h.engine.loader}).twice() == [[1, 2, 3, 1, 2, 1], 2]


async def test_two_parents_never_share_a_child(house: Make) -> None:
    async with house(capacity=20) as h:
        for _ in range(2):
            parent = default(h, PARENT, env={"LOADER": h.engine.loader})
            assert await parent.twice() == [[1, 2, 3, 1, 2, 1], 2]


async def test_a_child_has_what_its_parent_passes_on_and_no_more(house: Make) -> None:
    async with house() as h:
        service = Service()
        parent = default(h, PARENT, env={"LOADER": Loader(h.engine.workers), "HOST": service})
        assert await parent.given() == ["service greets", {"a": [1]}, {"p": 1}, False]
        assert service.asked == [["child"]]
        assert await parent.request() == "body of https://a"
        with pytest.raises(OutboundNotPermitted):
            await parent.out()


async def test_limits_and_tails_hold_for_children(house: Make) -> None:
    class Listener(Tail):
        kind = "service"

    async with house() as h:
        tail = Listener()
        parent = default(h, PARENT, env={"LOADER": h.engine.loader, "HOST": Service(), "TAIL": tail})
        with pytest.raises(TooManySubrequests, match="may make 2"):
            await parent.limited()
        await h.settle()
        assert [item["outcome"] for item in tail.items] == ["exception"]


async def test_a_child_given_the_loader_loads_its_own(house: Make) -> None:
    async with house() as h:
        assert await default(h, PARENT, env={"LOADER": h.engine.loader}).deep() == 1
        assert sorted(running.loader_id.count("/") for running in h.engine.workers) == [0, 2, 3]


async def test_what_is_wrong_reaches_the_parent(house: Make) -> None:
    async with house() as h:
        parent = default(h, PARENT, env={"LOADER": h.engine.loader})
        with pytest.raises(LoaderError, match="at least one module"):
            await parent.wrong()
        with pytest.raises(KeyError, match="no bundle"):
            await parent.fails()


async def test_a_grandchild_and_a_child_with_a_slash_are_two_workers(house: Make) -> None:
    source = """
    SOURCE = '''
    from workers import WorkerEntrypoint
    NAME = "%s"
    class Default(WorkerEntrypoint):
        def name(self): return NAME
        async def below(self, source):
            code = {"mainModule": "c.py", "modules": {"c.py": source}}
            return await self.env.LOADER.get("b", lambda: code).get_entrypoint().name()
    '''
    def code(name, **env):
        from textwrap import dedent
        return {"mainModule": "c.py", "modules": {"c.py": dedent(SOURCE % name)}, "env": env}
    class Default(WorkerEntrypoint):
        async def names(self):
            load = self.env.LOADER.get
            a = load("a", lambda: code("a", LOADER=self.env.LOADER)).get_entrypoint()
            grandchild = await a.below(code("grandchild")["modules"]["c.py"])
            return [grandchild, await load("a/b", lambda: code("child")).get_entrypoint().name(),
                    await load("a%2Fb", lambda: code("escaped")).get_entrypoint().name()]
    """
    async with house() as h:
        assert await default(h, source, env={"LOADER": h.engine.loader}).names() == ["grandchild", "child", "escaped"]


BAD: list[tuple[list[Any], str]] = [
    ([1, [], {}], "names a child, a method and its arguments"),
    ([{"other": 1}, [], {}], "names a child"),
    ([{"id": "a", "method": "up"}, {}, {}], "names a child"),
    ([{"id": "a", "method": "_up"}, [], {}], "'_up' is not a method"),
    ([{"id": "", "method": "up"}, [], {}], "Loader id '' is not text"),
    ([{"id": "x" * 500, "method": "up"}, [], {}], "is too long: with its parents' it has over 400 characters"),
    ([{"id": "a", "method": "up", "code": 5}, [], {}], "WorkerCode is a mapping, not int"),
    (
        [{"id": "a", "method": "up", "code": {"mainModule": "a.py", "modules": {"a.py": ""}, "env": {"X": {"$binding": "NOPE"}}}}, [], {}],
        "has no binding 'NOPE' to pass on",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text"), BAD, ids=[text for _, text in BAD])
async def test_a_forged_question_is_refused(house: Make, what: list[Any], text: str) -> None:
    async with house() as h:
        with pytest.raises(LoaderError, match=text):
            await default(h, PARENT, env={"LOADER": h.engine.loader}).forged(what)
