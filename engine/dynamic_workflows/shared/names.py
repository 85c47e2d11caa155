"""Names that are made of others."""

from __future__ import annotations

import re


def workflow_name(entrypoint: str) -> str:
    """Return the workflow name of a class: ``CiPipeline`` → ``ci-pipeline``."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", entrypoint).lower()
    name = re.sub(r"[^a-z0-9_-]", "-", name).lstrip("-")[:64]
    return name or "workflow"
