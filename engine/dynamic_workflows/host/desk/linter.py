"""The linter in a sandbox: a worker of its own reads code that nobody here parses, since some texts crash a parser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.host.running.loader import Loader
from dynamic_workflows.host.running.workers import Workers
from dynamic_workflows.host.tenants.trees import FILES_MAX
from dynamic_workflows.shared.errors import CodeError
from dynamic_workflows.shared.limits import LINT_BYTES, LINT_CPU_MS

_MODULE = """\
from workers import WorkerEntrypoint

from dynamic_workflows.lint import lint


class Linter(WorkerEntrypoint):
    async def problems(self, files):
        return [problem.record() for problem in lint(files)]
"""
_CODE = WorkerCode(main_module="linter.py", modules={"linter.py": _MODULE}, limits={"cpu_ms": LINT_CPU_MS})


class Linter:
    """Lints code in one sandbox for everybody: it reads tenants' code, and runs none of it."""

    def __init__(self, workers: Workers) -> None:
        stub = Loader(workers, "lint").get("linter", lambda: _CODE)
        self._linter = stub.get_entrypoint("Linter")

    async def problems(self, files: object) -> list[dict[str, Any]]:
        """Return the problems of a project's files, as records.

        Raises:
            CodeError: these are no files, or more than are looked at.
            CpuTimeExceeded: reading them took too long; what crashes the parser is any other error.
            SandboxUnavailable: there is no sandbox for it now.
        """
        problems: list[dict[str, Any]] = await self._linter.problems(_checked(files))
        return problems


def _checked(files: object) -> dict[str, str]:
    if not isinstance(files, Mapping) or not all(isinstance(one, str) for pair in files.items() for one in pair):
        raise CodeError("Files are texts by name.")
    code = {str(name): str(text) for name, text in files.items() if name.endswith(".py")}
    size = sum(len(text.encode("utf-8", "replace")) for text in code.values())
    if len(code) > FILES_MAX or size > LINT_BYTES:
        raise CodeError(f"{len(code)} files of {size:,} bytes are more than the linter reads ({LINT_BYTES:,} bytes).")
    return code
