"""``dynamic-workflows lint``: problems as editors read them, and an exit code for scripts."""

from __future__ import annotations

import json

from tests.engine.cli.command import Place

HEAD = (
    "from workers import WorkflowEntrypoint\nclass Flow(WorkflowEntrypoint):\n    async def run(self, event, step):\n"
)


def test_problems_are_told_with_place_id_and_page_and_end_with_code_1(empty: Place) -> None:
    empty.write("flow.py", f'{HEAD}        step.sleep("nap", "5 Minutes")\n')
    empty.write("fine/flow.py", f'{HEAD}        for _ in "ab":\n            await step.sleep("nap", 5)\n')
    done = empty.run("lint", "flow.py", "fine")
    assert done.code == 1
    assert done.out.splitlines() == [
        "flow.py:4:9: step.sleep() is called without await, so the workflow goes on before it is done. [not-awaited]",
        'flow.py:4:27: "5 Minutes" is not a duration: write milliseconds or text such as "10 minutes". [unknown-duration]',
        "See concepts/lint#not-awaited in the docs.",
        "See concepts/lint#unknown-duration in the docs.",
    ]
    (first, second) = json.loads(empty.run("lint", "--json", "flow.py").out)
    assert (first["id"], first["line"], second["fix"]["title"]) == ("not-awaited", 4, 'Write "5 minutes"')


def test_code_without_problems_ends_with_code_0_and_hints_are_told_on_request(empty: Place) -> None:
    empty.write("flow.py", f'{HEAD}        for _ in "ab":\n            await step.sleep("nap", 5)\n')
    done = empty.run("lint", "flow.py")
    assert (done.code, done.out) == (0, "No problems in 1 file.\n")
    done = empty.run("lint", "--hints", "flow.py")
    assert done.code == 0
    assert "nap-1, nap-2 and so on. [name-in-loop]" in done.out


def test_what_is_no_python_file_cannot_be_linted(empty: Place) -> None:
    empty.write("notes.txt", "")
    for name, said in (
        ("notes.txt", "notes.txt is not a Python file (.py)."),
        ("gone.py", "There is no file gone.py."),
    ):
        done = empty.run("lint", name)
        assert (done.code, done.err) == (2, f"dynamic-workflows: {said}\n")
