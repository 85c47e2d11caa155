"""What the linter tells: rules, problems, and the one way to mend one where there is exactly one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "hint"]
PAGE = "concepts/lint"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its lasting id, how much it matters, and what it asks for in one sentence.

    An ``error`` fails when the code comes there, a ``warning`` works until a replay, a ``hint`` says that all is well.
    """

    id: str
    severity: Severity
    asks: str

    @property
    def page(self) -> str:
        """Return the section of the docs about it."""
        return f"{PAGE}#{self.id}"


RULES = {
    rule.id: rule
    for rule in (
        Rule("syntax-error", "error", "Code is Python that compiles."),
        Rule("not-awaited", "error", "A step, sleep or wait is awaited."),
        Rule("clock-outside-step", "warning", "The clock is read in a step."),
        Rule("random-outside-step", "warning", "What is random, or a new UUID, is made in a step."),
        Rule("step-inside-step", "warning", "A step holds no other step, sleep or wait."),
        Rule("env-outside-step", "warning", "A call of env or fetch is made in a step."),
        Rule("not-storable", "error", "A step and run return values that can be stored."),
        Rule("unknown-duration", "error", "A duration is a number of milliseconds or text with a known unit."),
        Rule("unknown-parameter", "error", "A step's parameters are ctx and names of earlier steps."),
        Rule("catches-base-exception", "warning", "BaseException is not caught: pause and terminate arrive as one."),
        Rule("unstable-step-name", "error", "A step's name is the same in every replay."),
        Rule("over-limit", "error", "Names, durations and step configs keep their rules and limits."),
        Rule("name-in-loop", "hint", "A constant name in a loop is fine: steps are told apart by name and count."),
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """A range of a file: lines and columns from 1, columns in characters, the end behind the last one."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A text that takes the place of a range."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The one way to mend a problem: what it does, as a verb, and the edits of the problem's file."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of one file."""

    rule: Rule
    message: str
    file: str
    place: Place
    fix: Fix | None = None

    @property
    def id(self) -> str:
        """Return the rule's id."""
        return self.rule.id

    @property
    def severity(self) -> Severity:
        """Return how much it matters."""
        return self.rule.severity

    @property
    def page(self) -> str:
        """Return the section of the docs about its rule."""
        return self.rule.page

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        fields = {
            "id": self.id,
            "severity": self.severity,
            "message": self.message,
            "file": self.file,
            "page": self.page,
        }
        fix = None if self.fix is None else asdict(self.fix)
        return {**fields, **asdict(self.place), "fix": fix}

    def __str__(self) -> str:
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.message} [{self.id}]"
