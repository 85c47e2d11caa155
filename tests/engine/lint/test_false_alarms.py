"""Code that is right has no problems: the examples, the docs' own and every conformance case but those that misuse."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from dynamic_workflows.lint import RULES, lint
from dynamic_workflows.lint.problems import PAGE
from tests.conformance.case import CASES

ROOT = Path(__file__).resolve().parents[3]
# Cases that prove what a mistake does, with the mistakes.
MISTAKES = {
    "sleeps_and_waits_say_what_is_wrong_and_leave_no_trace": {"unknown-duration", "over-limit"},
    "a_value_that_cannot_be_stored_ends_the_instance": {"not-storable"},
    "misuse_is_told_where_it_happens_and_leaves_no_trace": {"unknown-parameter", "over-limit"},
    "an_unawaited_sleep_starts_and_an_unawaited_step_does_not": {"not-awaited"},
    "a_step_inside_a_step_is_a_step_of_its_own_counted_in_the_order_of_calls": {"step-inside-step"},
    "what_run_returns_is_a_value": {"not-storable"},
}


def ids(code: str | dict[str, str]) -> set[str]:
    return {problem.id for problem in lint(code) if problem.severity != "hint"}


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in ROOT.glob("content/examples/*/example.json")))
def test_no_example_has_a_problem(folder: str) -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "content/examples" / folder).glob("*.py")}
    assert files
    assert [str(problem) for problem in lint(files) if problem.severity != "hint"] == []


def test_only_conformance_cases_that_misuse_have_problems() -> None:
    for path in sorted((ROOT / "tests/conformance/cases").glob("*.py")):
        importlib.import_module(f"tests.conformance.cases.{path.stem}")
    found = {one.name.replace(" ", "_"): ids(one.source) for one in CASES}
    assert {name: told for name, told in found.items() if told} == MISTAKES


def test_every_rule_has_its_section_in_the_docs() -> None:
    text = (ROOT / f"content/docs/{PAGE}.md").read_text(encoding="utf-8")
    for rule in RULES.values():
        assert f"\n## {rule.id}\n\n*{rule.severity.capitalize()}.*" in text
