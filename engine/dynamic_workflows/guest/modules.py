"""A tenant's modules: loaded from the load message, in place only while this guest's turn runs."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import CodeType, ModuleType
from typing import Any

from dynamic_workflows.shared.errors import record_of

from .tracebacks import register, tenant_line, tenant_traceback, unregister

# Names an import must never be answered with a tenant's file: Python and this package rely on them.
_RESERVED = sys.stdlib_module_names | {"dynamic_workflows", "js", "pyodide", "pyodide_js", "workers", "_pyodide"}
VENDORED = "python_modules/"


class TenantModules(MetaPathFinder):
    """Imports a tenant's files and keeps them out of everybody else's sight between turns.

    Args:
        main: the name of the main file.
        files: text or bytes by name.
        shared: modules that are there for everybody, by name.
        folder: where the files lie, if they do anywhere: what ``__file__`` and importlib.resources point at.
    """

    def __init__(
        self,
        main: str,
        files: Mapping[str, str | bytes],
        shared: Mapping[str, ModuleType],
        folder: str | None = None,
    ) -> None:
        self.files = {path: text for path, text in files.items() if path.endswith(".py") and isinstance(text, str)}
        self._paths = list(files)
        self._main = main
        self._folder = folder
        beside = main.rpartition("/")[0]
        self._roots = ("", f"{beside}/", VENDORED) if beside else ("", VENDORED)
        self._held: dict[str, ModuleType] = dict(shared)
        self._displaced: dict[str, ModuleType] = {}
        self._names = set(shared)
        self._foreign: set[str] = set()  # imported from elsewhere in place of a folder without code
        self._given = {name.partition(".")[0] for name in shared}
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
        if self._foreign:
            self._names |= {name for name in sys.modules if name.partition(".")[0] in self._foreign}
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
                return self._package(fullname, f"{root}{inside}")
        for root in self._roots:  # a folder without code gives way to whatever else has that name
            if any(file.startswith(f"{root}{inside}/") for file in self._paths):
                return self._elsewhere(fullname, path) or self._package(fullname, f"{root}{inside}")
        return None

    def _elsewhere(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path)
        if found is not None:
            self._foreign.add(name.partition(".")[0])
        return found

    def _spec(self, name: str, path: str) -> ModuleSpec:
        self._names.add(name)
        package, place = path.endswith("/__init__.py"), self._place(path)
        source = _Source(self.files, path, self._folder and os.path.dirname(place))
        spec = ModuleSpec(name, source, origin=place, is_package=package)
        spec.has_location = True
        return spec

    def _package(self, name: str, path: str) -> ModuleSpec:
        self._names.add(name)
        return ModuleSpec(name, _Folder(self._folder and self._place(path)), is_package=True)

    def _place(self, path: str) -> str:
        return path if self._folder is None else f"{self._folder}/{path}"

    def _top_names(self) -> set[str]:
        """Return the names an import can begin with that are this tenant's."""
        tops = {name.partition(".")[0] for name in self._names}
        for path in self._paths:
            for root in self._roots:
                top, inner, _ = path.removeprefix(root).partition("/")
                if path.startswith(root) and (inner or path.endswith(".py")):
                    tops.add(top.removesuffix(".py"))
        return (tops - _RESERVED) | self._given | {self.main_name} if self._main else set()


class _Folder(Loader):
    """Stands for a folder: a package without code of its own, whose files can be read where it lies somewhere."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        return None

    def get_resource_reader(self, name: str) -> Any:
        from importlib.resources.abc import TraversableResources
        from pathlib import Path

        if self._folder is None:
            return None
        folder = Path(self._folder)

        class Resources(TraversableResources):
            def files(self) -> Any:
                return folder

        return Resources()

    def get_data(self, path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()


class _Source(_Folder):
    """Runs one file."""

    def __init__(self, files: Mapping[str, str], path: str, folder: str | None) -> None:
        super().__init__(folder)
        self._files = files
        self._path = path

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


def write_files(folder: str, files: Mapping[str, str | bytes]) -> None:
    """Write a tenant's files below a folder, for code that reads them."""
    for path, content in files.items():
        place = f"{folder}/{path}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


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
