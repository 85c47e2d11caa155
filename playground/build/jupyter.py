"""Builds JupyterLite into dist/jupyter, and the packages of its Python into dist/wheels.

The site's Python is shared: one Pyodide in dist/runtime, one engine wheel. JupyterLite has a folder of its own because
its service worker may claim no more than that. dist/lab, dist/notebooks and dist/repl lead there.
"""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from playground.build.assets import Asset
from playground.build.contents import contents_index
from playground.build.esbuild import bundle, classic_script
from playground.build.layout import Layout
from playground.build.lock import NOT_WANTED, lock_text
from playground.build.panel import APPENDED, NEEDS, comms_extension, own_wheels, panel_wheels, real_packages
from playground.build.panel import DROPPED as DROPPED_OF_PANEL
from playground.build.steps import BuildError, Steps, files_under
from playground.build.tools import Node, download_wheels, run
from playground.build.wheels import by_project, seal, slim

APPS = ("lab", "notebooks", "repl")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSION = "dynamic-workflows"
# Loaded while the kernel starts; whatever else is in the lock is loaded when it is imported.
PRELOADED = (
    "micropip", "jedi", "piplite", "ipykernel", "comm", "pyodide-kernel", "ipython", "dynamic-workflows",
    "dynamic-workflows-line",
)  # fmt: skip
# Stubs of other people's packages, which nobody completes here: 3.8 of jedi's 4.9 MB.
DROPPED = {"jedi": r"jedi/third_party/(django-stubs|typeshed/stubs)/", **DROPPED_OF_PANEL}
WORKER = "service-worker.js"  # ours, which loads JupyterLite's
# JupyterLite's own build settings and documents, which no page asks for.
UNUSED = ("rspack.config.js", "rspack.config.analyze.js", "rspack.config.watch.js", "package.json", "doc")


def build_jupyter(steps: Steps, layout: Layout, node: Node, assets: Mapping[str, Asset]) -> None:
    """Build the notebooks' site; needs the engine's wheel in dist/wheels."""
    _packages(steps, layout, node)
    extensions = [comms_extension(steps, layout), _extension(steps, layout, node)]
    _application(steps, layout, node, extensions, assets["pyodide.mjs"].path)
    _notebooks(steps, layout)


# -- packages -------------------------------------------------------------------------------------------------


def _packages(steps: Steps, layout: Layout, node: Node) -> None:
    """Put the packages of the notebooks' Python into dist/wheels, as bytecode, with a lock of their own."""
    folder, requirements = layout.work / "wheels", layout.root / "requirements"
    fetched = [
        *download_wheels(steps, "packages for notebooks", requirements / "notebooks.txt", folder / "notebooks"),
        *sorted((folder / "libs").glob("*.whl")),
        *_kernel_wheels(),
    ]
    made = _compiled(steps, layout, node, "notebook packages", fetched)
    made += _compiled(steps, layout, node, "packages of Panel to bytecode", panel_wheels(steps, layout))
    target = layout.dist / "wheels"
    own = [*target.glob(f"dynamic_workflows-{layout.version}-*.whl"), _line_wheel(steps, layout)]
    own += own_wheels(steps, layout)
    core_lock, lock = layout.pyodide / "pyodide-lock.json", target / "pyodide-lock.json"
    real = real_packages(core_lock, by_project(made))

    def write_lock() -> list[Path]:
        left_out = NOT_WANTED | real.missing
        text = lock_text(core_lock, [*made, *own], left_out, needs=NEEDS, entries=real.entries)
        lock.write_text(text, encoding="utf-8")
        return [lock, *(shutil.copyfile(wheel, target / wheel.name) for wheel in real.wheels)]

    builder = [layout.builder / name for name in ("jupyter.py", "lock.py", "panel.py")]
    steps.step("notebook lock", reads=[*made, *own, *real.wheels, core_lock, *builder], action=write_lock)


def _compiled(steps: Steps, layout: Layout, node: Node, title: str, fetched: Sequence[Path]) -> list[Path]:
    """Put wheels into dist/wheels: without what nobody needs here, and as bytecode."""
    target, wheels = layout.dist / "wheels", by_project(fetched)

    def action() -> list[Path]:
        slimmed = layout.work / "wheels" / "slimmed"
        pairs: list[Path] = []
        for name, wheel in wheels.items():
            slim(wheel, slimmed / wheel.name, DROPPED.get(name, ""), APPENDED.get(name))
            pairs += [slimmed / wheel.name, target / wheel.name]
        target.mkdir(parents=True, exist_ok=True)
        node.run(["playground/build/bytecode.mjs", *map(str, pairs)], layout.root)
        for wheel in pairs[1::2]:
            seal(wheel)
        return pairs[1::2]

    changes = [[name, DROPPED.get(name), APPENDED.get(name)] for name in wheels]
    builder = [layout.builder / name for name in ("wheels.py", "bytecode.mjs", "compile_zip.py")]
    return steps.step(title, reads=[*fetched, *builder], facts=changes, action=action)


def _kernel_wheels() -> list[Path]:
    """Return the wheels that the kernel's package brings along; of the stand-in for widgets only the newer one."""
    folder = _labextensions() / KERNEL / "static" / "pypi"
    found = [path for path in sorted(folder.glob("*.whl")) if not path.name.startswith("widgetsnbextension-3")]
    if not found:
        raise BuildError(f"{folder} holds no wheels: install requirements/build.txt into this environment again.")
    return found


def _labextensions() -> Path:
    return Path(sysconfig.get_path("data")) / "share" / "jupyter" / "labextensions"


def _line_wheel(steps: Steps, layout: Layout) -> Path:
    """Build the wheel of the notebooks' line to the engine."""
    project, target = layout.kernel / "glue", layout.dist / "wheels"

    def action() -> list[Path]:
        run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], project)
        return list(target.glob("dynamic_workflows_line-*.whl"))

    reads = [project / "pyproject.toml", *files_under(project / "dynamic_workflows_line")]
    (wheel,) = steps.step("line wheel", reads=reads, action=action)
    return wheel


# -- the application ------------------------------------------------------------------------------------------


def _extension(steps: Steps, layout: Layout, node: Node) -> Path:
    """Bundle what a JupyterLab page loads of ours: one classic script and its package.json."""
    room, target = layout.playground / "notebook", layout.work / "jupyter" / EXTENSION
    parts = [layout.playground / name for name in ("notebook", "timeline", "ui", "words", "styles")]
    described = {
        "name": EXTENSION,
        "version": layout.version,
        "license": "MIT",
        "jupyterlab": {"extension": True, "_build": {"load": "static/extension.js", "extension": "./extension"}},
    }

    def action() -> list[Path]:
        script, manifest = target / "static" / "extension.js", target / "package.json"
        options = {"format": "iife", "minify": True, "loader": {".css": "text"}}
        bundle(layout, node, room / "extension.js", outfile=str(script), **options)
        manifest.write_text(json.dumps(described, indent=1), encoding="utf-8")
        return [manifest, script]

    reads = files_under(*parts, layout.kernel, suffixes=(".js", ".css"))
    reads += [layout.builder / name for name in ("jupyter.py", "esbuild.py", "bundle.mjs")]
    steps.step("notebook extension", reads=reads, facts=described, action=action)
    return target


def _application(steps: Steps, layout: Layout, node: Node, extensions: Sequence[Path], pyodide: str) -> None:
    """Build JupyterLite from the root's jupyter-lite.json."""
    stated, target = layout.root / "jupyter-lite.json", layout.dist / "jupyter"
    pages, worker = (layout.playground / "notebook" / name for name in ("entrance.html", "service-worker.js"))

    def action() -> list[Path]:
        source = layout.work / "jupyter" / "lite"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir(parents=True)
        _settle(stated, source / stated.name, pyodide)
        federated = {"federated_extensions": list(map(str, extensions))}
        (source / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": federated}), encoding="utf-8")
        built = source / "built"
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", ".", "--output-dir", str(built)]
        command += [word for app in APPS for word in ("--apps", app)]
        run([*command, "--no-sourcemaps", "--no-unused-shared-packages"], source)
        (built / WORKER).rename(built / "jupyterlite-worker.js")
        script = classic_script(layout, node, worker, "notebooks-worker.js")  # its names are not JupyterLite's
        (built / WORKER).write_text(script, encoding="utf-8")
        return [*_placed(built, target), *_favicons(target), *_entrances(layout, pages)]

    reads = [stated, pages, worker, layout.builder / "jupyter.py"]
    reads += files_under(*extensions, layout.playground / "offline")
    facts = {name: version(name) for name in ("jupyterlite-core", "jupyterlite-pyodide-kernel")} | {"pyodide": pyodide}
    steps.step("JupyterLite", reads=reads, facts=facts, action=action)


def _settle(stated: Path, target: Path, pyodide: str) -> None:
    """Copy jupyter-lite.json with what only the build knows: where Python is, and which packages it loads at once."""
    settings = json.loads(stated.read_text(encoding="utf-8"))
    kernel = settings["jupyter-config-data"]["litePluginSettings"][f"{KERNEL}:kernel"]
    kernel["loadPyodideOptions"] = {**kernel.get("loadPyodideOptions", {}), "packages": list(PRELOADED)}
    kernel["pyodideUrl"] = f"./../{pyodide}"
    target.write_text(json.dumps(settings, indent=2), encoding="utf-8")


def _placed(built: Path, target: Path) -> list[Path]:
    """Move the built application to its place; the notebooks in it are another step's."""
    for name in UNUSED:
        path = built / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    written = []
    for path in files_under(built):
        place = target / path.relative_to(built)
        if place.is_relative_to(target / "api" / "contents") or place.is_relative_to(target / "files"):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
        written.append(place)
    return written


def _favicons(target: Path) -> list[Path]:
    """Put JupyterLab's icon where the Notebook application looks for its own, which come with a Jupyter server only."""
    names = [
        f"favicon-{name}.ico" for name in ("notebook", "busy-1", "busy-2", "busy-3", "file", "terminal", "console")
    ]
    folder = target / "static" / "favicons"
    folder.mkdir(parents=True, exist_ok=True)
    return [shutil.copyfile(target / "lab" / "favicon.ico", folder / name) for name in names]


def _entrances(layout: Layout, page: Path) -> list[Path]:
    """Put the pages that lead to the applications where people look for them."""
    written = []
    for app in APPS:
        path = layout.dist / app / "index.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.read_text(encoding="utf-8").replace("@@APP@@", app), encoding="utf-8")
        written.append(path)
    return written


# -- notebooks ------------------------------------------------------------------------------------------------


def _notebooks(steps: Steps, layout: Layout) -> None:
    """Copy content/notebooks, and say what there is: a static server lists nothing."""
    source, target = layout.root / "content" / "notebooks", layout.dist / "jupyter"

    def action() -> list[Path]:
        written = []
        for path in files_under(source):
            place = target / "files" / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            written.append(place)
        for name, listing in contents_index(target / "files", written).items():
            path = target / "api" / "contents" / name / "all.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(listing, indent=1), encoding="utf-8")
            written.append(path)
        return written

    reads = [*files_under(source), *(layout.builder / name for name in ("jupyter.py", "contents.py"))]
    steps.step("notebooks", reads=reads, action=action)
