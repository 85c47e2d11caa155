"""Code of a tenant that has been loaded once and can be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamic_workflows.notebook.instances import Instance
from dynamic_workflows.shared.names import workflow_name

if TYPE_CHECKING:
    from dynamic_workflows.notebook.connection import Connection

Source = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version of a tenant's code. Instances are pinned to it: other code never reaches them."""

    connection: Connection
    tenant: str
    files: Mapping[str, str]
    main: str
    entrypoint: str
    version: str

    @property
    def workflow(self) -> str:
        """The workflow's name: that of its class, in small letters with hyphens."""
        return workflow_name(self.entrypoint)

    def _code(self) -> dict[str, Any]:
        return {"tenant": self.tenant, "files": self.files, "main": self.main, "entrypoint": self.entrypoint}

    async def create(self, payload: Any = None, *, id: str | None = None) -> Instance:
        """Create an instance and return its handle once it is durable.

        Raises:
            InstanceAlreadyExists: the id is taken.
            InvalidInstanceId: the id breaks its rule.
            PayloadTooLarge, NotSerialisable: the payload cannot be stored.
        """
        summary = await self.connection.ask("run", **self._code(), payload=payload, id=id)
        return Instance(self.connection, summary)

    async def create_batch(self, batch: Any) -> list[str]:
        """Create up to 100 instances in one turn and return their ids; those whose id is taken are left out.

        Args:
            batch: what ``Workflow.create_batch`` takes: a list of options, or ``{"count": n, "params"?: ...}``.
        """
        made = await self.connection.ask("create_batch", **self._code(), batch=batch)
        return list(made["ids"])

    def __repr__(self) -> str:
        return f"<{self.entrypoint} of {self.tenant}, version {self.version[:8]}>"
