"""Tenants that use up what they share with others: time, memory, messages, rows."""

from __future__ import annotations

from .probe import Attack

ONCE = 'config={"retries": {"limit": 0, "delay": 0}}'


def inside(name: str, body: str) -> str:
    """Return a run whose only step does this."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f'@step.do("{name}", {ONCE})\nasync def {name}():\n{lines}\n\nreturn await {name}()\n'


ATTACKS = [
    Attack(
        "frames",
        inside(
            "flood", 'post = own_guest().outbox._post\nfor _ in range(5000):\n    post("x")\nawait asyncio.sleep(9)'
        ),
        "errored",
        r'for abuse by step \\*"flood\\*": more than 2000 frames a second',
    ),
    Attack(
        "bytes",
        inside(
            "flood",
            'post = own_guest().outbox._post\nfor _ in range(9):\n    post("x" * (4 << 20))\nawait asyncio.sleep(9)',
        ),
        "errored",
        r"more than 8000000 bytes a second",
    ),
    Attack(
        "one-frame",
        inside("flood", 'own_guest().outbox._post("x" * (9 << 20))\nawait asyncio.sleep(9)'),
        "errored",
        r"a frame of more than 8388608 bytes",
    ),
    Attack(
        "objects",
        inside("flood", "own_guest().outbox._post(js.Object.new())\nawait asyncio.sleep(9)"),
        "errored",
        r"a message that is not text",
    ),
    Attack(
        "frames-outside-steps",
        'post = own_guest().outbox._post\nfor _ in range(5000):\n    post("x")\nawait asyncio.sleep(9)',
        "errored",
        r"for abuse by run\(\) outside its steps: more than 2000 frames a second",
    ),
    Attack(
        "memory", inside("grow", 'kept = []\nwhile True:\n    kept.append(b"x" * 10_000_000)'), "errored", "MemoryError"
    ),
    Attack(
        "overtime",
        '@step.do("stay", config={"retries": {"limit": 0, "delay": 0}, "timeout": 300})\n'
        "async def stay():\n    while True:\n        try:\n            await asyncio.sleep(60)\n"
        "        except BaseException:\n            continue\n\nreturn await stay()",
        "errored",
        r"WorkflowTimeoutError.*timed out after 300ms",
    ),
    Attack(
        "stacks",
        "from pyodide.ffi import run_sync\n"
        "async def block(n):\n    return run_sync(asyncio.sleep(0.5)) or n\n"
        "got = await asyncio.gather(*(block(n) for n in range(1_500)), return_exceptions=True)\n"
        "return [sum(type(one) is int for one in got), str(got[-1])]",
        says=r"\[1000,.*More than 1000 calls of run_sync",
    ),
    Attack("recursion", inside("dive", "def down():\n    down()\ndown()"), "errored", "RecursionError"),
    Attack("exit", inside("leave", "sys.exit(3)"), "errored", "SystemExit"),
    Attack("os-exit", inside("leave", "os._exit(3)"), "errored", "The sandbox of this run ended: crashed"),
    Attack("abort", inside("leave", "os.abort()"), "errored", "The sandbox of this run ended: crashed"),
    Attack(
        "nested-value",
        inside("nest", "value = []\nfor _ in range(100_000):\n    value = [value]\nreturn value"),
        "errored",
    ),
    Attack("big-value", inside("big", 'return "x" * (2 << 20)'), "errored", "output is too large"),
    Attack("logs", 'for n in range(20_000):\n    print("flood", n, "x" * 50)\nreturn "printed"', says="printed"),
    Attack("long-log", 'print("y" * 3_000_000)\nreturn "printed"', says="printed"),
    Attack(
        "step-names",
        "for start in range(0, 11_000, 500):\n"
        '    names = [f"{n} " + "n" * 200 for n in range(start, start + 500)]\n'
        "    await asyncio.gather(*(step.do(name)(lambda: 1)() for name in names))",
        "errored",
        "10,?000",
    ),
    Attack(
        "events",
        'me = await self.env.WORKFLOWS.get(event["instanceId"])\n'
        'sent = await asyncio.gather(*(me.send_event({"type": "x", "payload": "p" * 1000}) for _ in range(1_500)),'
        " return_exceptions=True)\nreturn len(sent)",
        says="1500",
    ),
    Attack(
        "calls",
        "answers = await asyncio.gather(*(self.env.WORLD.flood(n) for n in range(3_000)), return_exceptions=True)\n"
        "return len(answers)",
        says="3000",
    ),
    Attack(
        "instances",
        "made = await asyncio.gather(*(self.env.WORKFLOWS.create(params={'child': 1}) for _ in range(300)),"
        " return_exceptions=True) if not event['payload'].get('child') else []\nreturn len(made)",
        says="'output': '300'",
    ),
]

# Each of them is silent for the whole turn that code may take, and is ended then.
SILENT = [
    Attack(
        "spin",
        inside(
            "spin",
            "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        ),
        "errored",
        "kept its sandbox busy without a pause",
    ),
    Attack("regex", inside("match", 're.match("(a+)+$", "a" * 64 + "b")'), "errored", "kept its sandbox busy"),
    Attack(
        "moved-port",
        inside(
            "move",
            "ports, prototype = [], js.MessagePort.prototype\npost = prototype.postMessage\n"
            "def caught(port, *arguments):\n    ports.append(port)\n"
            "    return js.Reflect.apply(post, port, to_js(arguments))\n"
            "prototype.postMessage = create_proxy(caught, capture_this=True)\n"
            "await self.env.WORLD.hello()\nprototype.postMessage = post\n"
            "for port in ports:\n    js.structuredClone(None, new(transfer=[port]))\n"
            "await asyncio.sleep(60)",
        ),
        "errored",
        "kept its sandbox busy",
    ),
    Attack(
        "closed-worker", inside("leave", "js.self.close()\nawait asyncio.sleep(60)"), "errored", "kept its sandbox busy"
    ),
]
