"""``from workers.workflows import NonRetryableError``."""

from __future__ import annotations

from dynamic_workflows.shared.errors import NonRetryableError

__all__ = ["NonRetryableError"]
