"""Finds mistakes in workflow code before it runs: ``lint(files)`` tells problems by id, sentence, place and page.

    from dynamic_workflows.lint import lint

    for problem in lint(open("order.py").read(), file="order.py"):
        print(problem)

It reads the code with Python's ``ast`` and never runs it. The same linter is the command ``dynamic-workflows lint``
and the playground's *Problems*, where it lives in a sandbox: Python's compiler can be crashed by nesting there.
"""

from __future__ import annotations

from .linter import lint
from .problems import RULES, Edit, Fix, Place, Problem, Rule

__all__ = ["RULES", "Edit", "Fix", "Place", "Problem", "Rule", "lint"]
