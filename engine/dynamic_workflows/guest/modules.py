"""A tenant's modules: loaded from the load message, in place only while this guest's turn runs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

from dynamic_workflows.shared.errors import record_of

from .tracebacks import register, tenant_line, tenant_traceback, unregister

# Names an import must never be answered with a tenant's file: Python and this package rely on them.
_RESERVED = sys.stdlib_module_names | {"dynamic_workflows", "js", "pyodide", "pyodide_js", "workers", "_pyodide"}


class TenantModules(MetaPathFinder):
    """Imports a tenant's files and keeps them out of everybody else's sight between turns."""

    def __init__(self, main: str, files: Mapping[str, str], shared: Mapping[str, ModuleType]) -> None:
        self.files = {path: text for path, text in files.items() if path.endswith(".py")}
        self._main = main
        folder = main.rpartition("/")[0]
        self._roots = ("", f"{folder}/") if folder else ("",)
        self._held: dict[str, ModuleType] = dict(shared)
        self._displaced: dict[str, ModuleType] = {}
        self._names = set(shared)
        self._tops = self._top_names()

    @property
    def main_name(self) -> str:
        """The module name of the main file; a file named like one of Python's modules gets a name of its own."""
        stem = self._main.rpartition("/")[2].removesuffix(".py")
        return f"{stem}_main" if stem in _RESERVED or not stem.isidentifier() else stem

    def load_main(self) -> ModuleType:
        """Import the main file and return its module."""
        name = self.main_name
        spec = self._spec(name, self._main)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        assert spec.loader is not None
        spec.loader.exec_module(module)
        return module

    def find(self, module: str, name: str) -> object:
        """Return what a module that is loaded already holds under a name."""
        return getattr(sys.modules.get(module), name, None)

    # -- in place during a turn

    def mount(self) -> None:
        """Put what is loaded in place, and this importer first."""
        for top in self._tops:
            if top in sys.modules:
                for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
                    self._displaced[name] = sys.modules.pop(name)
        sys.modules.update(self._held)
        self._held = {}
        sys.meta_path.insert(0, self)

    def unmount(self) -> None:
        """Take it away again and put back what it stood in for."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name in self._names:
            module = sys.modules.pop(name, None)
            if module is not None:
                self._held[name] = module
        sys.modules.update(self._displaced)
        self._displaced = {}

    def forget(self) -> None:
        """Drop the lines Python keeps of these files."""
        unregister(self.files)

    # -- importing

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a tenant's module or package by its full name."""
        if fullname.partition(".")[0] in _RESERVED:
            return None
        inside = fullname.replace(".", "/")
        for root in self._roots:
            for candidate in (f"{root}{inside}/__init__.py", f"{root}{inside}.py"):
                if candidate in self.files:
                    return self._spec(fullname, candidate)
            if any(file.startswith(f"{root}{inside}/") for file in self.files):
                return self._package(fullname)
        return None

    def _spec(self, name: str, path: str) -> ModuleSpec:
        self._names.add(name)
        package = path.endswith("/__init__.py")
        spec = ModuleSpec(name, _Source(self.files, path), origin=path, is_package=package)
        spec.has_location = True
        return spec

    def _package(self, name: str) -> ModuleSpec:
        self._names.add(name)
        return ModuleSpec(name, None, is_package=True)

    def _top_names(self) -> set[str]:
        """Return the names an import can begin with that are this tenant's."""
        tops = {name.partition(".")[0] for name in self._names}
        for path in self.files:
            for root in self._roots:
                if path.startswith(root):
                    tops.add(path.removeprefix(root).partition("/")[0].removesuffix(".py"))
        return (tops - _RESERVED) | {"workers", self.main_name} if self._main else set()


class _Source(Loader):
    """Runs one file."""

    def __init__(self, files: Mapping[str, str], path: str) -> None:
        self._files = files
        self._path = path

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:
        try:
            return compile(self.get_source(name), self._path, "exec", dont_inherit=True)
        except SyntaxError as error:
            error.filename = error.filename or self._path
            raise
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"{error}", (self._path, None, None, None)) from None

    def get_source(self, name: str) -> str:
        register({self._path: self._files[self._path]})
        return self._files[self._path]


def load_error(error: BaseException, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a ``loaded`` message for code that does not load: the error and where it is."""
    record = record_of(error, traceback=tenant_traceback(error, files))
    fields: dict[str, Any] = {"error": record}
    if isinstance(error, SyntaxError) and error.filename in files:
        record["message"] = str(error.msg)
        fields["file"] = error.filename
        fields |= {"line": error.lineno} if error.lineno else {}
        fields |= {"column": error.offset} if error.offset and error.offset > 0 else {}
        return fields
    where = tenant_line(error, files)
    if where is not None:
        fields["file"], fields["line"] = where
    return fields
