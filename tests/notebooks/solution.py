"""What solves the exercises of the course: the text that is replaced, and by what."""

from __future__ import annotations

SOLUTION = {
    1: (
        "        async def think():\n",
        '        @step.do("think of a number")\n        async def think():\n',
    ),
    2: ('"limit": 1', '"limit": 3'),
    3: ("charge(40)", 'charge(40, key=event["instanceId"])'),
    4: (
        'return "I did not ask anybody"',
        'return (await step.wait_for_event("the answer", "answer", timeout="1 day"))["payload"]',
    ),
    5: (
        '        return "rested"',
        '        await step.sleep("let it rest", "30 days")\n        return "rested"',
    ),
    6: (
        "        await paint()\n        await bake()",
        "        await asyncio.gather(paint(), bake())",
    ),
    7: ('@step.do("reserve")', '@step.do("reserve", rollback=release)'),
}


def solved(sources: list[str]) -> list[str]:
    """Return the cells of the course with every exercise solved."""
    found = list(sources)
    for number, (missing, solution) in SOLUTION.items():
        at = next(index for index, source in enumerate(found) if missing in source and "%%workflow" in source)
        assert at == 2 * number - 1, f"exercise {number} is not where it was"
        found[at] = found[at].replace(missing, solution)
    return found
