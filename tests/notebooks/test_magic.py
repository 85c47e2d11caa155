"""``%%workflow``: what its line may say, and that errors point at the lines of the cell."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.notebook import connect
from dynamic_workflows.notebook.magic import read_options, register, run_cell, transformed
from dynamic_workflows.shared.errors import CodeError, InvalidOptions

BODY = """from workers import WorkflowEntrypoint

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        return event["payload"]["item"].upper()
"""


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("tenant=acme", {"tenant": "acme"}),
        ("tenant='acme' id=order-1 into=order", {"tenant": "acme", "id": "order-1", "into": "order"}),
        ('payload={"item": "a id=b lamp"} tenant=acme', {"payload": '{"item": "a id=b lamp"}', "tenant": "acme"}),
        ("tenant=acme payload=[x, dict(id=1)] file=a/b.py", {
            "tenant": "acme", "payload": "[x, dict(id=1)]", "file": "a/b.py",
        }),
    ],
)  # fmt: skip
def test_options_are_words_and_one_expression(line: str, options: dict[str, str]) -> None:
    assert read_options(line) == options


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "needs tenant="),
        ("acme", "takes tenant=, payload="),
        ("tenant=acme tenant=globex", "tenant= twice"),
        ("tenant=acme color=red", "is not one word"),
        ("tenant=acme payload={", "is not a Python expression"),
        ("tenant=acme into=2nd", "no name that a variable can have"),
    ],
)
def test_a_line_that_breaks_a_rule_is_told_which(line: str, why: str) -> None:
    with pytest.raises(InvalidOptions, match=why):
        read_options(line)


def test_the_cell_becomes_one_await_whose_value_is_the_cells() -> None:
    lines = ['%%workflow tenant=acme payload={"n": x} into=order\n', "a = 1\n", "%pip install nothing"]
    (call, value) = transformed(lines)
    assert value == "order\n"
    tree = ast.parse(call).body[0]
    assert isinstance(tree, ast.Assign)
    assert isinstance(tree.value, ast.Await)
    assert "'a = 1\\n%pip install nothing'" in ast.unparse(tree)
    assert "payload={'n': x}" in ast.unparse(tree)


def test_other_cells_stay_as_they_are_and_a_wrong_line_raises_in_the_cell() -> None:
    for lines in ([], ["x = 1\n"], ["%%workflows\n"], ["%%time\n", "%%workflow tenant=acme\n"]):
        assert transformed(lines) == lines
    with pytest.raises(InvalidOptions, match="needs tenant="):
        exec(transformed(["%%workflow\n", "x\n"])[0], {})


class Shell:
    """As much of IPython's shell as the magic asks for."""

    def __init__(self) -> None:
        self.line_transforms: list[Any] = ["ipython's own"]
        self.input_transformer_manager = self
        self.execution_count = 7

    def get_ipython(self) -> Shell:
        return self


async def test_errors_point_at_the_lines_of_the_cell(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell()
    monkeypatch.setitem(__import__("sys").modules, "IPython", shell)
    async with await connect(store) as platform:
        register(platform)
        assert shell.line_transforms == [transformed, "ipython's own"]
        run = await run_cell(BODY, tenant="acme", payload={})
        with pytest.raises(KeyError) as raised:
            await run.result(timeout=30)
        assert 'Cell In[7], line 6, in run\n    return event["payload"]["item"].upper()' in raised.value.__notes__[0]
        with pytest.raises(CodeError) as refused:
            await run_cell(BODY.replace("step):", "step)"), tenant="acme")
        assert refused.value.__notes__[0].startswith("  Cell In[7], line 5\n    async def run(self, event, step)\n")
