"""Fixes mend what they belong to, places are counted in characters, and no text makes the linter fail."""

from __future__ import annotations

import json
import random
import sys

import pytest

from dynamic_workflows.lint import Edit, Problem, lint
from tests.engine.lint.test_rules import BAD, STEP, flow

MENDED = [
    (STEP + "one()", "await one()"),
    (STEP + 'x = one()["id"]', '(await one())["id"]'),
    (STEP + "return one()", "return await one()"),
    ('await step.sleep("ä", "5 Minutes")', '"5 minutes"'),
    ('await step.sleep("nap", "2d")', '"2 days"'),
    ('await step.sleep("nap", "1 hours")', ""),
    ('await step.sleep("nap", "1.5 Hrs")', '"1.5 hours"'),
    ('await step.sleep("nap", "1hr")', '"1 hour"'),
    ('await step.sleep("nap", "5 m")', None),  # minutes or months: two ways are no fix
    ('@step.do("a")\nasync def a():\n    return (n for n in [1])\nawait a()', "list(n for n in [1])"),
    ('@step.do("a")\nasync def a():\n    return {"é": uuid.uuid4()}\nawait a()', "str(uuid.uuid4())"),
    ('@step.do("a")\nasync def a():\n    return map(str, [1])\nawait a()', "list(map(str, [1]))"),
    ('@step.do("first one")\nasync def one():\n    return 1\n@step.do("b")\nasync def b(one):\n    return one\nawait b()',
     '@step.do("b", depends=[one])'),
    (STEP + '@step.do("two")\nasync def two(onne):\n    return 2\nawait two()', "two(one)"),
    ('try:\n    pass\nexcept:\n    pass', "except Exception:"),
    ('try:\n    pass\nexcept BaseException:\n    pass', "except Exception:"),
    ("at = time.time()", None),
]  # fmt: skip


def mended(source: str, problem: Problem) -> str:
    """Return the source with a problem's fix, carried out as an editor does."""
    assert problem.fix is not None
    lines = source.split("\n")

    def offset(line: int, column: int) -> int:
        return sum(len(text) + 1 for text in lines[: line - 1]) + column - 1

    def start(edit: Edit) -> int:
        return offset(edit.place.line, edit.place.column)

    for edit in sorted(problem.fix.edits, key=start, reverse=True):
        end = offset(edit.place.end_line, edit.place.end_column)
        source = source[: start(edit)] + edit.text + source[end:]
    return source


@pytest.mark.parametrize(("body", "after"), MENDED)
def test_a_fix_mends_its_problem_and_makes_no_other(body: str, after: str | None) -> None:
    source = flow(body)
    problems = [problem for problem in lint(source) if problem.severity != "hint"]
    if after == "":
        assert problems == []
        return
    (problem,) = problems
    if after is None:
        assert problem.fix is None
        return
    fixed = mended(source, problem)
    assert after in fixed
    assert [one for one in lint(fixed) if one.severity != "hint"] == []


def test_every_fix_of_every_sample_leaves_code_that_parses_and_one_problem_less() -> None:
    for cases in BAD.values():
        for body, _ in cases:
            source = flow(body)
            problems = lint(source)
            for problem in problems:
                if problem.fix is not None:
                    after = lint(mended(source, problem))
                    assert len(after) < len(problems), (source, problem)


def test_a_place_is_counted_in_characters_from_one() -> None:
    (problem,) = lint('async def f(step):\n    "ü"; x = "🦀"; step.sleep("é", 5)\n')
    place = problem.place
    assert (place.line, place.column, place.end_line, place.end_column) == (2, 19, 2, 37)


def test_a_syntax_error_says_where_and_what() -> None:
    (problem,) = lint("x = 1\nif x\n    y = 2\n", file="order.py")
    assert str(problem) == "order.py:2:5: Expected ':'. [syntax-error]"


def test_a_record_is_json_and_names_its_page() -> None:
    (problem,) = lint(flow('await step.sleep("nap", "2d")'))
    record = json.loads(json.dumps(problem.record()))
    assert record["page"] == "concepts/lint#unknown-duration"
    assert record["fix"]["edits"][0]["text"] == '"2 days"'
    assert {record["id"], record["severity"]} == {"unknown-duration", "error"}


@pytest.mark.parametrize(
    "text",
    ["", "\0", "\ufeffx = 1", "x = '\ud800'", "(" * 5_000, "x" + ".a" * 50_000, "-" * 5_000 + "1", "f'{" * 200, "#" * 2_000_000],
)  # fmt: skip
def test_no_text_makes_the_linter_fail(text: str) -> None:
    if sys.platform == "emscripten" and len(text) > 200:
        pytest.skip("nesting can end a browser's Python: there the linter lives in a sandbox")
    for problem in lint(text):
        assert problem.id == "syntax-error"


def test_cut_and_garbled_code_makes_problems_and_never_an_error() -> None:
    seed = 20_261_121
    chance = random.Random(seed)
    sources = [flow(body) for cases in BAD.values() for body, _ in cases]
    for _ in range(300):
        source = chance.choice(sources)
        at, length = chance.randrange(len(source)), chance.randrange(40)
        lint(source[:at] + chance.choice(["", "(", "await ", "step", "\n    "]) + source[at + length :])
