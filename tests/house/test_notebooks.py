"""What notebooks load is what the lock names; the kernel's Python and the page's scripts mean the same locks."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from playground.build.contents import contents_index
from playground.build.lock import lock_text
from playground.build.steps import BuildError
from playground.build.tools import find_node
from playground.build.wheels import by_project, seal, slim
from tests.house.sources import ROOT

DIST = ROOT / "dist"
LOCK = DIST / "wheels" / "pyodide-lock.json"
CORE_LOCK = ROOT / "node_modules" / "pyodide" / "pyodide-lock.json"


def wheel(folder: Path, name: str, needs: str = "", **files: str) -> Path:
    """Write a wheel."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    stated = {
        f"{name}-1.0.dist-info/METADATA": f"Name: {name}\nVersion: 1.0\n{needs}",
        f"{name}-1.0.dist-info/RECORD": "",
        f"{name}/__init__.py": "x = 1\n",
        **files,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in stated.items():
            archive.writestr(each, text)
    return path


def test_the_lock_names_what_lies_beside_it_and_nothing_else() -> None:
    packages = json.loads(LOCK.read_bytes())["packages"]
    assert {one["file_name"] for one in packages.values()} == {path.name for path in LOCK.parent.glob("*.whl")}
    assert {"dynamic-workflows", "dynamic-workflows-line", "ipython", "pyodide-kernel"} <= set(packages)
    assert packages["dynamic-workflows-line"]["depends"] == ["dynamic-workflows"]
    assert packages["sqlite-utils"]["imports"] == ["sqlite_utils"]
    assert {"dynamic-workflows-panel", "jinja2"} <= set(packages["bokeh"]["depends"])
    assert not {"numpy", "pandas"} & set(packages), "stood in for, unless PYODIDE_DIST says where the real ones are"


def test_what_notebooks_load_is_bytecode_but_for_our_own() -> None:
    for path in LOCK.parent.glob("*.whl"):
        names = zipfile.ZipFile(path).namelist()
        own = path.name.startswith("dynamic_workflows")
        assert any(name.endswith(".py" if own else ".pyc") for name in names), path.name
        record = zipfile.ZipFile(path).read(next(name for name in names if name.endswith("RECORD"))).decode()
        assert {line.split(",")[0] for line in record.splitlines()} == set(names), path.name


def test_the_entrances_lead_into_jupyterlites_folder() -> None:
    for app in ("lab", "notebooks", "repl"):
        assert f"'../jupyter/{app}/index.html'" in (DIST / app / "index.html").read_text(encoding="utf-8")
        assert (DIST / "jupyter" / app / "index.html").is_file()
    settings = json.loads((DIST / "jupyter" / "jupyter-lite.json").read_bytes())["jupyter-config-data"]
    kernel = settings["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert (DIST / "jupyter" / kernel["pyodideUrl"]).is_file()
    assert (DIST / "jupyter" / kernel["loadPyodideOptions"]["lockFileURL"]).is_file()
    assert [one["name"] for one in settings["federated_extensions"]] == [
        "@jupyterlite/pyodide-kernel-extension",
        "@pyviz/jupyterlab_pyviz",
        "dynamic-workflows",
    ]


def test_a_missing_package_is_named_with_who_needs_it(tmp_path: Path) -> None:
    one = wheel(
        tmp_path, "one", "Requires-Dist: two>=1\nRequires-Dist: pip\nRequires-Dist: colorama; os_name == 'nt'\n"
    )
    with pytest.raises(BuildError, match="one needs two"):
        lock_text(CORE_LOCK, [one])
    packages = json.loads(lock_text(CORE_LOCK, [one, wheel(tmp_path, "two")]))["packages"]
    assert packages["one"]["depends"] == ["two"]
    other = one.rename(tmp_path / "one-1.0-cp314-cp314-linux_x86_64.whl")
    with pytest.raises(BuildError, match="not pure Python"):
        lock_text(CORE_LOCK, [other])


def test_a_slimmed_wheel_lists_what_is_left(tmp_path: Path) -> None:
    source = wheel(tmp_path, "one", **{"one/stubs/a.pyi": "x: int\n"})
    target = tmp_path / "slim" / source.name
    slim(source, target, r"one/stubs/", {"one/__init__.py": "y = 2\n"})
    seal(target)
    with zipfile.ZipFile(target) as archive:
        assert "one/stubs/a.pyi" not in archive.namelist()
        assert archive.read("one/__init__.py") == b"x = 1\ny = 2\n"
        record = archive.read("one-1.0.dist-info/RECORD").decode().splitlines()
    assert record[-1] == "one-1.0.dist-info/RECORD,,"
    assert record[1].startswith("one/__init__.py,sha256=")
    assert by_project([Path("A_b-1.0-py3-none-any.whl"), Path("a_b-2.0-py3-none-any.whl")]) == {
        "a-b": Path("a_b-2.0-py3-none-any.whl")
    }


def test_folders_of_notebooks_are_listed_as_a_server_would(tmp_path: Path) -> None:
    for name in ("a.ipynb", "more/b.ipynb", "more/deep/c.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    listings = contents_index(tmp_path, [path for path in tmp_path.rglob("*") if path.is_file()])
    assert {name: [one["path"] for one in listing["content"]] for name, listing in listings.items()} == {
        "": ["a.ipynb", "more"], "more": ["more/b.ipynb", "more/deep"], "more/deep": ["more/deep/c.csv"],
    }  # fmt: skip
    assert [one["type"] for one in listings[""]["content"]] == ["notebook", "directory"]
    (tmp_path / "tool.exe").touch()
    with pytest.raises(BuildError, match=r"tool\.exe is of no kind"):
        contents_index(tmp_path, [tmp_path / "tool.exe"])


def test_the_kernels_python_and_the_pages_scripts_mean_the_same_names() -> None:
    script = """
import {namesFor} from './kernel/names.js';
const names = namesFor('https://a.example/docs/', 'dynamic-workflows');
console.log(JSON.stringify([names.lobby, names.sessions, names.session('x'), names.client('y')]));
"""
    said = find_node(ROOT).run(["--input-type=module", "-e", script], ROOT)
    scope: dict[str, object] = {}
    source = ROOT / "kernel" / "glue" / "dynamic_workflows_line" / "names.py"
    exec(source.read_text(encoding="utf-8").replace("from __future__ import annotations", ""), scope)
    path = scope["site_path"]("/docs/jupyter/extensions/@jupyterlite/worker.js")  # type: ignore[operator]
    names = scope["Names"](path)  # type: ignore[operator]
    assert [names.lobby, names.sessions, names.session("x"), names.client("y")] == json.loads(said)
    assert scope["site_path"]("/docs/dashboard/worker-A1.js") == "/docs/"  # type: ignore[operator]
    assert scope["site_path"]("/dashboard/dashboard/worker-A1.js") == "/dashboard/"  # type: ignore[operator]
