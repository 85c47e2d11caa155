"""Every rule, with code that breaks it and code that does not."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from dynamic_workflows.lint import RULES, lint

HEAD = "import asyncio, datetime as dt, random, time, uuid\nfrom datetime import datetime\nfrom workers import WorkflowEntrypoint, env, fetch\n"
RUN = f"{HEAD}class Flow(WorkflowEntrypoint):\n    async def run(self, event, step):\n"


def flow(body: str) -> str:
    """Return a module whose ``run`` has a body."""
    return RUN + indent(dedent(body).strip("\n"), " " * 8)


def found(source: str) -> list[tuple[str, int]]:
    """Return the ids of a module's problems, with their lines counted from its ``run`` on."""
    return [(problem.id, problem.place.line - RUN.count("\n")) for problem in lint(source)]


STEP = '@step.do("one")\nasync def one():\n    return 1\n\n'
BAD: dict[str, list[tuple[str, list[int]]]] = {
    "syntax-error": [("x = = 1", [1]), ("if True\n    x", [1])],
    "not-awaited": [
        (STEP + "one()", [5]),
        (STEP + 'step.sleep("nap", "1 hour")\nreturn one()', [5, 6]),
        (STEP + "return (await one()) + one()", [5]),
        (STEP + 'if one():\n    await step.sleep("nap", 1)', [5]),
        (STEP + 'return f"{one()}", one()["id"], one().id', [5, 5, 5]),
        ('step.wait_for_event("gate", "go")', [1]),
        ('step.do("a")(lambda: 1)()', [1]),
        ('made = step.do("a")(lambda: 1)\nmade()', [2]),
        ('s = step\ns.sleep_until("x", 5)', [2]),
    ],
    "clock-outside-step": [
        ("at = time.time()", [1]),
        ("at = datetime.now()\nday = dt.date.today()", [1, 2]),
        ("text = time.strftime('%H')", [1]),
        ("def now():\n    return time.monotonic()\nreturn now()", [2]),
        ("return [time.time_ns() for _ in 'ab']", [1]),
    ],
    "random-outside-step": [
        ("n = random.randint(1, 6)\nid = uuid.uuid4()", [1, 2]),
        ("from secrets import token_hex\nreturn token_hex()", [2]),
        ("return random.Random().random()", [1]),
    ],
    "step-inside-step": [
        ('@step.do("a")\nasync def a():\n    await step.sleep("nap", 1)\nawait a()', [3]),
        (STEP + '@step.do("a")\nasync def a():\n    return await one()\nawait a()', [7]),
        ('@step.do("a")\nasync def a():\n    return await step.do("b")(lambda: 1)()\nawait a()', [3]),
    ],
    "env-outside-step": [
        ("await self.env.WORLD.charge(1)", [1]),
        ('order, world = event["payload"], self.env.WORLD\nawait world.ship(order)', [2]),
        ('await asyncio.gather(env.WORLD.a(), env["WORLD"].b())', [1, 1]),
        ('await fetch("https://example.com")', [1]),
        ("store = self.env.KV\nawait store.get('x')", [2]),
    ],
    "not-storable": [
        ('@step.do("a")\nasync def a():\n    return (n for n in [1])\nawait a()', [3]),
        ('@step.do("a")\nasync def a():\n    return {"id": uuid.uuid4(), "f": lambda: 1}\nawait a()', [3, 3]),
        ('await step.do("a")(lambda: map(str, [1]))()', [1]),
        ("class Card:\n    pass\nreturn Card()", [3]),
        ("return [dt.timedelta(days=1)]", [1]),
        ("def inner():\n    return 1\nreturn inner", [3]),
    ],
    "unknown-duration": [
        ('await step.sleep("nap", "5 Minutes")', [1]),
        ('await step.sleep("nap", duration="3 fortnights")', [1]),
        ('await step.wait_for_event("gate", "go", timeout="2d")', [1]),
        ('step.do("a", config={"timeout": "1 minuet", "retries": {"limit": 1, "delay": "1s"}})', [1, 1]),
    ],
    "unknown-parameter": [
        (STEP + '@step.do("two")\nasync def two(uno, ctx):\n    return uno\nawait two()', [6]),
        ('for n in [1, 2]:\n    @step.do("a")\n    async def a(n=n):\n        return n\n    await a()', [3]),
    ],
    "catches-base-exception": [
        ('try:\n    await step.sleep("nap", 1)\nexcept BaseException:\n    pass', [3]),
        ('try:\n    await step.sleep("nap", 1)\nexcept (ValueError, BaseException) as error:\n    print(error)', [3]),
        ('try:\n    await step.sleep("nap", 1)\nexcept:\n    pass', [3]),
    ],
    "unstable-step-name": [
        ('@step.do(f"at {time.time()}")\nasync def a():\n    return 1\nawait a()', [1]),
        ('name = f"try {uuid.uuid4()}"\nawait step.sleep(name, 1)', [2]),
    ],
    "over-limit": [
        ('await step.sleep("nap", "400 days")', [1]),
        ('await step.wait_for_event("gate", "not a type")', [1]),
        (f'await step.sleep("{"x" * 257}", 1)', [1]),
        ('await step.sleep("a\\nb", 1)', [1]),
        ('step.do("a", config={"retries": {"limit": 20_000, "delay": 1}})', [1]),
        ('step.do("a", config={"retry": 3})', [1]),
    ],
    "name-in-loop": [
        (STEP + "for n in [1, 2]:\n    await one()", [6]),
        (STEP + "return await asyncio.gather(*[one() for _ in range(3)])", [5]),
        ('while True:\n    await step.sleep("nap", "1 day")', [2]),
    ],
}

GOOD = [
    STEP + "task = one()\nawait task",
    STEP + "return await asyncio.gather(one(), step.sleep('nap', 5))",
    STEP + "coroutine = one()\ncoroutine.close()",
    '@step.do("a")\nasync def a():\n    time.sleep(0)\n    return str(uuid.uuid4()), time.time()\nawait a()',
    '@step.do("a")\nasync def a():\n    def inner():\n        return random.random()\n    return inner()\nawait a()',
    "helper = lambda: time.time()\n@step.do('a')\nasync def a():\n    return helper()\nawait a()",
    "return time.strftime('%H', event['timestamp'])",
    "return random.Random(7).random(), uuid.uuid5(uuid.NAMESPACE_DNS, 'x').hex",
    "time = {'time': len}\nreturn time['time']('x')",
    "return self.env.NAME.upper(), self.env.SETTINGS.get('colour')",
    '@step.do("a")\nasync def a():\n    return await self.env.WORLD.charge(1)\nawait a()',
    '@step.do("a")\nasync def a():\n    async def stream():\n        yield b"x"\n    return stream()\nawait a()',
    "async def undo(ctx):\n    await self.env.WORLD.refund()\n@step.do('a', rollback=undo)\nasync def a():\n    return 1\nawait a()",
    'await step.sleep("nap", "")\nawait step.sleep("nap", "90")\nawait step.sleep("nap", event["payload"]["for"])',
    STEP + '@step.do("two")\nasync def two(one, ctx):\n    return one\nawait two()',
    STEP + '@step.do("two", depends=[one])\nasync def two(first):\n    return first\nawait two()',
    '@step.do(event["payload"]["name"])\nasync def a():\n    return 1\n@step.do("b")\nasync def b(x):\n    return x\nawait b()',
    'try:\n    await step.sleep("nap", 1)\nexcept BaseException:\n    print("over")\n    raise',
    'try:\n    await step.sleep("nap", 1)\nexcept Exception:\n    pass',
    '@step.do("now")\nasync def now():\n    return time.time()\nat = await now()\nawait step.sleep(f"at {at}", 1)',
    "for n in [1, 2]:\n    await step.sleep(f'nap {n}', 1)",
    '@step.do("a")\nasync def a():\n    return {"at": datetime(2026, 1, 1), "tags": {"x"}, "raw": b"", "n": [1, None]}\nawait a()',
    "class Point(tuple):\n    pass\nreturn Point((1, 2))",
]


@pytest.mark.parametrize(("id", "body", "lines"), [(id, *case) for id, cases in BAD.items() for case in cases])
def test_what_breaks_a_rule_is_told_where_it_stands(id: str, body: str, lines: list[int]) -> None:
    assert [line for name, line in found(flow(body)) if name == id] == lines


@pytest.mark.parametrize("body", GOOD)
def test_what_keeps_the_rules_is_left_alone(body: str) -> None:
    assert found(flow(body)) == []


def test_every_rule_has_samples() -> None:
    assert set(BAD) == set(RULES)


def test_code_outside_workflows_is_no_business_of_the_rules() -> None:
    assert found(f"{HEAD}print(time.time(), random.random())\ndef run(self, event):\n    return uuid.uuid4()\n") == []
    assert (
        found(f"{HEAD}class Shop:\n    async def run(self, event, bus):\n        bus.sleep('x', '5 Minutes')\n") == []
    )


def test_a_function_that_takes_the_step_is_read_like_run_wherever_it_stands() -> None:
    source = "import time\nasync def nap(step, name):\n    at = time.time()\n    step.sleep(name, '5 Min')\n"
    assert [problem.id for problem in lint(source)] == ["clock-outside-step", "not-awaited", "unknown-duration"]


def test_files_are_read_together() -> None:
    files = {
        "flow.py": "from base import Base\nfrom clocks import now\nclass Flow(Base):\n    async def run(self, event, step):\n        return now()\n",
        "base.py": "from workers import WorkflowEntrypoint\nclass Base(WorkflowEntrypoint):\n    pass\n",
        "clocks.py": "import time\ndef now():\n    return time.time()\ndef other():\n    return time.time()\n",
        "notes.txt": "not = python",
    }
    assert [(one.file, one.id, one.place.line) for one in lint(files)] == [("clocks.py", "clock-outside-step", 3)]
