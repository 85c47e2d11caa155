"""Each room imports only what it may; the walls are what keeps the engine free of the browser and of its guests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT, javascript_imports, python_imports, under

ENGINE = "dynamic_workflows"
BROWSER = {
    "js", "pyodide", "pyodide_js", "_pyodide", "dynamic_workflows_browser", "dynamic_workflows_line", "dynamic_workflows_panel",
    "playground",
}  # fmt: skip
# Where host and guest meet on purpose: guests that run inside this process, for tests and trusted code.
MEETING_PLACE = "engine/dynamic_workflows/in_process.py"
THIRD_PARTY = {"sqlite_utils"}


def broken(paths: list[Path], root: str, allowed: object) -> list[str]:
    """Return the imports that `allowed(name)` refuses, as file:line name."""
    assert callable(allowed)
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in paths
        for line, name in python_imports(path, ROOT / root)
        if not allowed(name)
    ]


def within(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


@pytest.mark.parametrize(("room", "others"), [("guest", ("host", "in_process")), ("host", ("guest", "in_process"))])
def test_guest_and_host_never_import_each_other(room: str, others: tuple[str, ...]) -> None:
    forbidden = [f"{ENGINE}.{other}" for other in others]
    paths = under(f"engine/{ENGINE}/{room}", "*.py")
    assert broken(paths, "engine", lambda name: not within(name, *forbidden)) == []


def test_shared_imports_neither_guest_nor_host() -> None:
    def allowed(name: str) -> bool:
        return not within(name, ENGINE) or within(name, f"{ENGINE}.shared")

    assert broken(under(f"engine/{ENGINE}/shared", "*.py"), "engine", allowed) == []


def test_the_hosts_rooms_import_downwards_only() -> None:
    """What is stored knows no rules, the rules nobody who runs, and what runs no tenants and no clients."""
    host = f"{ENGINE}.host"
    order = ["history", "rules", "running", "tenants", "desk"]
    for number, room in enumerate(order):
        above = [f"{host}.{other}" for other in order[number + 1 :]]
        paths = under(f"engine/{ENGINE}/host/{room}", "*.py")
        assert paths
        assert broken(paths, "engine", lambda name, above=above: not within(name, *above)) == []


def test_the_linter_imports_shared_only() -> None:
    def allowed(name: str) -> bool:
        return not within(name, ENGINE) or within(name, f"{ENGINE}.shared", f"{ENGINE}.lint")

    assert broken(under(f"engine/{ENGINE}/lint", "*.py"), "engine", allowed) == []


def test_only_the_meeting_place_imports_host_and_guest() -> None:
    both = []
    for path in under(f"engine/{ENGINE}", "*.py"):
        names = [name for _, name in python_imports(path, ROOT / "engine")]
        sides = [side for side in ("host", "guest") if any(within(name, f"{ENGINE}.{side}") for name in names)]
        if len(sides) == 2 and path.name != "__init__.py":
            both.append(path.relative_to(ROOT).as_posix())
    assert both in ([], [MEETING_PLACE])


def test_the_engine_imports_no_browser_and_no_undeclared_package() -> None:
    known = {ENGINE, *THIRD_PARTY, *sys.stdlib_module_names}
    guest_names = {"workers"}  # modules that the guest itself provides to tenants

    def allowed(name: str) -> bool:
        return name.split(".")[0] in known | guest_names and name.split(".")[0] not in BROWSER

    assert broken(under(f"engine/{ENGINE}", "*.py"), "engine", allowed) == []


@pytest.mark.parametrize(
    ("package", "sides"), [("dynamic_workflows_browser", ("host", "shared")), ("dynamic_workflows_line", ("notebook",))]
)
def test_the_kernels_glue_imports_one_public_side_of_the_engine_and_shared_only(
    package: str, sides: tuple[str, ...]
) -> None:
    def allowed(name: str) -> bool:
        if within(name, ENGINE):
            return within(name, *(f"{ENGINE}.{side}" for side in sides))
        return name.split(".")[0] in {"js", "pyodide", "pyodide_js", package} | sys.stdlib_module_names

    assert broken(under(f"kernel/glue/{package}", "*.py"), "kernel/glue", allowed) == []


def test_what_makes_panel_run_in_a_browser_knows_neither_engine_nor_dashboards() -> None:
    room, package = "playground/dashboard/python", "dynamic_workflows_panel"
    known = {"js", "micropip", "bokeh", "panel", "param", package, *sys.stdlib_module_names}
    assert broken(under(f"{room}/{package}", "*.py"), room, lambda name: name.split(".")[0] in known) == []


def test_the_page_imports_of_the_kernel_only_its_client() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in under("playground", "*.js")
        for line, name in javascript_imports(path)
        if name.startswith("kernel/") and name != "kernel/client.js"
    ]
    assert wrong == []


def test_the_kernel_imports_no_page_and_no_package() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in under("kernel", "*.js")
        for line, name in javascript_imports(path)
        if not name.startswith(("kernel/", "runtime/")) and name != "pyodide"  # pyodide: types, and the built runtime
    ]
    assert wrong == []
