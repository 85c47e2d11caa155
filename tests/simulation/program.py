"""Random workflows as small programs: plain data, so that they travel as params and can be shrunk.

A program is ``{"steps": {name: spec}, "body": [op, ...]}``. An op is ``{"op": kind, ...}``; the kinds are the methods of
``interpreter.Interpreter``. Every ``random.Random`` makes one, hypothesis' own included.
"""

from __future__ import annotations

import random
from typing import Any

Program = dict[str, Any]
Op = dict[str, Any]
ALWAYS = 99  # fails: every attempt
EVENTS = ("go", "stop")
SPANS = (1, 20, 300, 4_000, 60_000, 1_000_000)  # milliseconds of a sleep or a timeout
TIMEOUT = 600_000  # of an attempt that is not meant to time out
PARALLEL = ("gather", "completed", "first")


class _Writer:
    """Writes one program."""

    def __init__(self, random: random.Random, size: int) -> None:
        self.random, self.left = random, size
        self.steps: dict[str, Any] = {}
        self.names = 0
        self.forked = False  # from then on a call outside of a step would race with branches: nothing records who won

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def block(self, depth: int) -> list[Op]:
        ops = [self.op(depth)]
        while self.left > 0 and self.random.random() < 0.7:
            ops.append(self.op(depth))
        return ops

    def op(self, depth: int) -> Op:
        self.left -= 1
        nested = ("gather", "completed", "first", "loop", "try") if depth < 3 and self.left > 1 else ()
        kinds = ["do"] * 8 + ["sleep"] * 2 + ["wait"] * 2 + list(nested) + ([] if self.forked else ["call"])
        kind = "fail" if self.random.random() < 0.04 else self.random.choice(kinds)
        return getattr(self, f"_{kind}")(depth)  # type: ignore[no-any-return]

    def _do(self, depth: int) -> Op:
        if self.steps and self.random.random() < 0.25:
            name = self.random.choice(sorted(self.steps))
        else:
            name = self.name("do")
            self.steps[name] = self.spec()
        return {"op": "do", "name": name, "catch": self.random.random() < 0.5}

    def spec(self) -> dict[str, Any]:
        """Return what a step does: how often it fails, how, and what its config says."""
        pick, chance = self.random.choice, self.random.random
        limit = pick((0, 1, 1, 2, 3))
        spec: dict[str, Any] = {
            "limit": limit,
            "delay": pick((0, 10, 500, 20_000)),
            "backoff": pick(("constant", "linear", "exponential")),
            "fails": 0 if chance() < 0.6 else ALWAYS if chance() < 0.25 else self.random.randint(0, limit),
            "how": "final" if chance() < 0.15 else "value",
            "slow": pick((0, 0, 0, 50, 3_000)),
            "timeout": TIMEOUT,
        }
        if spec["slow"] and chance() < 0.2:
            spec["timeout"] = spec["slow"] // 2
        if chance() < 0.3:
            spec["calls"] = True
        if chance() < 0.15:
            spec["sensitive"] = True
        if chance() < 0.1:
            spec["dynamic"] = True
        if chance() < 0.25:
            fails = 0 if chance() < 0.7 else ALWAYS if chance() < 0.3 else 1
            spec["rollback"] = {"limit": pick((1, 2)), "delay": pick((0, 500)), "fails": fails}
        return spec

    def _sleep(self, depth: int) -> Op:
        return {"op": "sleep", "name": self.name("nap"), "for": self.random.choice(SPANS)}

    def _wait(self, depth: int) -> Op:
        timeout = self.random.choice(SPANS)
        name, type = self.name("wait"), self.random.choice(EVENTS)
        return {"op": "wait", "name": name, "type": type, "timeout": timeout, "catch": self.random.random() < 0.8}

    def _call(self, depth: int) -> Op:
        return {"op": "call"}

    def _branches(self, kind: str, depth: int) -> Op:
        self.forked = True
        count = self.random.randint(2, 3)
        return {"op": kind, "branches": [self.block(depth + 1) for _ in range(count)]}

    def _gather(self, depth: int) -> Op:
        return self._branches("gather", depth)

    def _completed(self, depth: int) -> Op:
        return self._branches("completed", depth)

    def _first(self, depth: int) -> Op:
        return {**self._branches("first", depth), "rest": self.random.choice(("await", "leave", "cancel"))}

    def _loop(self, depth: int) -> Op:
        return {"op": "loop", "times": self.random.randint(1, 3), "body": self.block(depth + 1)}

    def _try(self, depth: int) -> Op:
        return {"op": "try", "body": self.block(depth + 1)}

    def _fail(self, depth: int) -> Op:
        return {"op": "fail", "how": self.random.choice(("value", "final"))}


def program_of(random: random.Random) -> Program:
    """Return a program of 1 to about 10 operations."""
    writer = _Writer(random, random.choice((1, 3, 3, 5, 8)))
    body = writer.block(0)
    return {"steps": writer.steps, "body": body}


def smaller(program: Program) -> list[Program]:
    """Return programs that are this one with one thing less, largest cuts first."""
    found = [{**program, "body": body} for body in _cuts(program["body"])]
    for name, spec in program["steps"].items():
        for field, plain in PLAIN.items():
            if spec.get(field, plain) != plain:
                found.append({**program, "steps": {**program["steps"], name: {**spec, field: plain}}})
    return found


PLAIN = {
    "rollback": None,
    "sensitive": False,
    "calls": False,
    "dynamic": False,
    "slow": 0,
    "fails": 0,
    "delay": 0,
    "backoff": "constant",
}


def _cuts(ops: list[Op]) -> list[list[Op]]:
    found = [ops[:at] + ops[at + 1 :] for at in range(len(ops)) if len(ops) > 1]
    for at, op in enumerate(ops):
        inside = op.get("branches") or ([op["body"]] if "body" in op else [])
        found += [ops[:at] + block + ops[at + 1 :] for block in inside]
        for n, block in enumerate(inside):
            for cut in _cuts(block):
                fewer = (
                    {**op, "branches": [*inside[:n], cut, *inside[n + 1 :]]}
                    if "branches" in op
                    else {**op, "body": cut}
                )
                found.append([*ops[:at], fewer, *ops[at + 1 :]])
        if op.get("times", 1) > 1:
            found.append([*ops[:at], {**op, "times": 1}, *ops[at + 1 :]])
    return found
