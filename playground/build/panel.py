"""Brings Panel and Bokeh into the site: their wheels for its Python, and the JavaScript that draws what Python says.

Both come from the same two wheels, which hold it for the servers of both: the site is that server. No package index has
numpy for Pyodide, so that a package of ours stands in for it; PYODIDE_DIST names a folder that has the real one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.build.layout import Layout
from playground.build.runtime import CDN, NOWHERE
from playground.build.steps import BuildError, Steps, files_under
from playground.build.tools import build_wheels, download_wheels, run
from playground.build.wheels import pack

VARIABLE = "PYODIDE_DIST"
REAL = ("numpy", "pandas")  # what a full distribution has and the stand-ins take the place of
# Asked for by Panel's and Bokeh's metadata, and by nothing of them that a browser runs.
NOT_WANTED = frozenset({"nh3", "panel-material-ui", "pillow", "requests"})
# What is only served, and what only a command line or a test needs: 25 of their 27 MB.
DROPPED = {
    "panel": r"panel/dist/(?!css/)|panel/(tests|examples)/|panel/command/(?!__init__)|panel/.*\.(ts|tsx|map)$",
    "bokeh": r"bokeh/server/static/|bokeh/sampledata/_data|bokeh/command/(?!__init__)",
    "pyviz-comms": r"pyviz_comms/labextension/(?!package\.json)|pyviz_comms-[^/]*\.data/",
}
# Bokeh is what imports numpy first, Panel or not.
HOOK = "\n\nimport dynamic_workflows_panel  # added for this site\n\ndynamic_workflows_panel.prepare()\n"
APPENDED = {"bokeh": {"bokeh/__init__.py": HOOK}}
NEEDS = {"bokeh": ["dynamic-workflows-panel"]}

BOKEH_SCRIPTS = ("bokeh", "bokeh-widgets", "bokeh-tables")  # what Panel's own script builds upon
NOTEBOOK_SCRIPTS = ("bokeh-gl",)  # what notebooks load besides
MODULES = "reactiveesm"  # the loader of the dashboards' own components
SERVED = re.compile(rf"panel/dist/(panel\.min\.js$|css/|assets/|bundled/({MODULES}|theme|notificationarea)/)")
LICENCES = re.compile(r"panel/dist/bundled/licenses/(es-module-shims|notyf)@")


@dataclass(frozen=True, slots=True)
class Real:
    """Packages of a full Pyodide distribution: their wheels, and what its lock says of them."""

    wheels: tuple[Path, ...] = ()
    entries: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> frozenset[str]:
        """What a lock of the site leaves out: packages that nobody needs, and those that are stood in for."""
        return NOT_WANTED | {name for name in REAL if name not in self.entries}


def panel_wheels(steps: Steps, layout: Layout) -> list[Path]:
    """Return the wheels of Panel and of what it needs, as they were published."""
    requirements, folder = layout.root / "requirements", layout.work / "wheels"
    return [
        *download_wheels(steps, "packages of Panel", requirements / "panel.txt", folder / "panel"),
        *build_wheels(steps, "packages of Panel from sources", requirements / "panel-sources.txt", folder / "built"),
    ]


def own_wheels(steps: Steps, layout: Layout) -> list[Path]:
    """Build the wheels of the stand-ins and of the dashboards."""
    return [_standins(steps, layout), _dashboards(steps, layout)]


def _standins(steps: Steps, layout: Layout) -> Path:
    project, target = layout.playground / "dashboard" / "python", layout.dist / "wheels"

    def action() -> list[Path]:
        run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], project)
        return list(target.glob("dynamic_workflows_panel-*.whl"))

    (wheel,) = steps.step("stand-ins for Panel", reads=files_under(project), action=action)
    return wheel


def _dashboards(steps: Steps, layout: Layout) -> Path:
    """Pack content/dashboards with the timeline that it shows."""
    source = layout.root / "content" / "dashboards"
    files = {f"dashboards/{path.relative_to(source).as_posix()}": path for path in files_under(source)}
    timeline = files_under(layout.dist / "timeline", suffixes=(".js", ".css"))
    files |= {f"dashboards/{path.name}": path for path in timeline}
    target = layout.dist / "wheels" / f"dynamic_workflows_dashboards-{layout.version}-py3-none-any.whl"
    needs = ["dynamic-workflows", "dynamic-workflows-line", "panel"]

    def action() -> list[Path]:
        pack(target, "dynamic-workflows-dashboards", {name: path.read_bytes() for name, path in files.items()}, needs)
        return [target]

    reads = [*files.values(), layout.builder / "panel.py", layout.builder / "wheels.py"]
    steps.step("dashboards", reads=reads, facts=sorted(files), action=action)
    return target


# -- a full distribution --------------------------------------------------------------------------------------


def real_packages(core_lock: Path, known: Collection[str] = ()) -> Real:
    """Return numpy and pandas, with what they need, from the folder that PYODIDE_DIST names; nothing without one.

    Args:
        known: packages that the site has of its own.

    Raises:
        BuildError: the folder is no distribution of this Pyodide, or lacks them.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return Real()
    lock = Path(named) / "pyodide-lock.json"
    if not lock.is_file():
        raise BuildError(f"{VARIABLE}={named} holds no pyodide-lock.json: unpack a full Pyodide distribution there.")
    stated, own = (json.loads(path.read_text(encoding="utf-8")) for path in (lock, core_lock))
    if stated["info"]["abi_version"] != own["info"]["abi_version"]:
        theirs, ours = stated["info"]["abi_version"], own["info"]["abi_version"]
        raise BuildError(f"{VARIABLE}={named} is made for ABI {theirs}, and this site's Python has {ours}.")
    entries = {name: stated["packages"][name] for name in _closure(stated["packages"], named) if name not in known}
    wheels = tuple(Path(named) / entry["file_name"] for entry in entries.values())
    for wheel in wheels:
        if not wheel.is_file():
            raise BuildError(f"{VARIABLE}={named} lacks {wheel.name}, which its pyodide-lock.json names.")
    return Real(wheels, entries)


def _closure(packages: Mapping[str, Any], named: str) -> list[str]:
    found: dict[str, None] = {}
    left = list(REAL)
    while left:
        name = left.pop()
        if name not in packages:
            raise BuildError(f"{VARIABLE}={named} has no {name}: its pyodide-lock.json does not name it.")
        if name not in found:
            found[name] = None
            left += packages[name]["depends"]
    return sorted(found)


# -- JavaScript -----------------------------------------------------------------------------------------------


def build_panel_scripts(steps: Steps, layout: Layout) -> None:
    """Unpack the scripts and styles of Panel and Bokeh into dist/panel, where Python says that they are."""
    folder, target = layout.work / "wheels" / "panel", layout.dist / "panel"
    wheels = [next(folder.glob(f"{name}-*.whl")) for name in ("panel", "bokeh")]

    def action() -> list[Path]:
        shutil.rmtree(target, ignore_errors=True)
        return list(_unpack(wheels[0], wheels[1], target))

    steps.step("scripts of Panel", reads=[*wheels, layout.builder / "panel.py"], action=action)


def comms_extension(steps: Steps, layout: Layout) -> Path:
    """Unpack Panel's extension of JupyterLab, which carries what a reader does in an output to its kernel."""
    (wheel,) = (layout.work / "wheels" / "panel").glob("pyviz_comms-*.whl")
    target, below = layout.work / "jupyter" / "@pyviz" / "jupyterlab_pyviz", "pyviz_comms/labextension/"

    def action() -> list[Path]:
        shutil.rmtree(target, ignore_errors=True)
        with zipfile.ZipFile(wheel) as archive:
            names = _files(archive, re.compile(below))
            return [_write(target / name.removeprefix(below), archive.read(name)) for name in names]

    steps.step("Panel's extension of notebooks", reads=[wheel, layout.builder / "panel.py"], action=action)
    return target


def page_scripts(layout: Layout) -> list[str]:
    """Return the scripts of a page that shows what Panel draws, in their order; from the site's folder."""
    folder = layout.dist / "panel"
    bokeh = [next((folder / "bokeh" / "release").glob(f"{name}-[0-9]*.min.js")) for name in BOKEH_SCRIPTS]
    found = [*folder.glob("npm/**/*.min.js"), *bokeh, *folder.glob("panel/*/dist/panel.min.js")]
    return [path.relative_to(layout.dist).as_posix() for path in found]


def _unpack(panel: Path, bokeh: Path, target: Path) -> Iterator[Path]:
    with zipfile.ZipFile(panel) as archive:
        version = json.loads(archive.read("panel/package.json"))["version"]
        for name in _files(archive, SERVED):
            below = name.removeprefix("panel/dist/")
            yield _write(target / "panel" / version / "dist" / below, _without_cdn(archive.read(name)))
            if below.startswith(f"bundled/{MODULES}/"):  # asked for as a package of npm, too
                place = target / "npm" / below.removeprefix(f"bundled/{MODULES}/")
                yield _write(place, _without_cdn(archive.read(name)))
    with zipfile.ZipFile(bokeh) as archive:
        release = bokeh.name.split("-")[1]
        for script in (*BOKEH_SCRIPTS, *NOTEBOOK_SCRIPTS):
            content = archive.read(f"bokeh/server/static/js/{script}.min.js")
            yield _write(target / "bokeh" / "release" / f"{script}-{release}.min.js", _without_cdn(content))


def _without_cdn(script: bytes) -> bytes:
    """Let what would ask a CDN fail instead: icons by name, formulas, modules that nobody serves here."""
    return script.replace(CDN.encode(), NOWHERE.encode())


def _files(archive: zipfile.ZipFile, pattern: re.Pattern[str]) -> Iterable[str]:
    return [name for name in archive.namelist() if pattern.match(name) and not name.endswith(("/", ".map"))]


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def bundled_licences(layout: Layout) -> list[tuple[str, str]]:
    """Return what is bundled in Panel's wheel and served here, with the texts of the licences."""
    (panel,) = (layout.work / "wheels" / "panel").glob("panel-*.whl")
    with zipfile.ZipFile(panel) as archive:
        names = _files(archive, LICENCES)
        return [(Path(name).stem, archive.read(name).decode().strip()) for name in names]
