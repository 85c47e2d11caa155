"""Lists what the site contains of others' work, with the texts of the licences, in dist/licences.txt."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from playground.build.layout import Layout
from playground.build.panel import bundled_licences
from playground.build.steps import BuildError, Steps

# npm packages whose code esbuild puts into the page: everything under these scopes and names in the lock.
BUNDLED = ("@codemirror/", "@lezer/", "@marijn/", "crelt", "minisearch", "style-mod", "w3c-keyname")
# Pyodide's npm package carries no licence texts.
PYODIDE = """\
Pyodide is licensed under the Mozilla Public License 2.0 (SPDX: MPL-2.0). Its sources are published by the Pyodide
project under the version named above, and the npm package `pyodide` of that version holds the files as distributed;
here the standard library is compiled to bytecode, the address of a CDN is replaced, and in one copy of the WebAssembly
binary the declared memory maximum is lowered.
It contains CPython and its standard library (Python Software Foundation License 2.0, SPDX: PSF-2.0; copyright 2001
Python Software Foundation, all rights reserved), SQLite (public domain), zlib, bzip2, xz, libffi, mpdecimal, expat,
HACL* and the Emscripten runtime, each under its own permissive licence."""


# The scripts of JupyterLite say themselves what is in them.
JUPYTERLITE = """\
JupyterLab, JupyterLite and their Python kernel are built from the PyPI packages named above, under the BSD 3-Clause
licence below. Whatever else their scripts contain is listed, with its licence texts, in
jupyter/build/third-party-licenses.json and in the file of the same name in every folder of jupyter/extensions."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One third party: what it is and under which terms."""

    name: str
    version: str
    licence: str
    text: str


def write_licences(steps: Steps, layout: Layout) -> None:
    """Write the notices of every third party in the site."""
    target = layout.dist / "licences.txt"
    folders = ("libs", "notebooks", "panel", "built")
    wheels = [path for folder in folders for path in sorted((layout.work / "wheels" / folder).glob("*.whl"))]
    packages = _bundled(layout)

    def action() -> list[Path]:
        own = (layout.root / "LICENSE").read_text(encoding="utf-8").strip()
        notices = [_pyodide(layout), _jupyterlite(), *(_npm(path) for path in packages), *map(_wheel, wheels)]
        for name, text in bundled_licences(layout):
            package, _, release = name.rpartition("@")
            notices.append(Notice(package, release, "as below", text))
        entries = [f"{each.name} {each.version} ({each.licence})\n\n{each.text}" for each in notices]
        rule = f"\n\n{'-' * 80}\n\n"
        target.write_text(
            rule.join([f"Dynamic Workflows {layout.version}\n\n{own}", *entries]) + "\n", encoding="utf-8"
        )
        return [target]

    reads = [layout.root / "LICENSE", layout.root / "package-lock.json", layout.builder / "licences.py", *wheels]
    steps.step("licences", reads=reads, facts=layout.version, action=action)


def _bundled(layout: Layout) -> Iterator[Path]:
    modules = layout.root / "node_modules"
    for manifest in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        if manifest.parent.relative_to(modules).as_posix().startswith(BUNDLED):
            yield manifest


def _pyodide(layout: Layout) -> Notice:
    stated = json.loads((layout.pyodide / "package.json").read_text(encoding="utf-8"))
    return Notice("Pyodide", stated["version"], stated["license"], PYODIDE)


def _jupyterlite() -> Notice:
    core = distribution("jupyterlite-core")
    text = next(each.read_text() for each in core.files or () if each.name == "LICENSE")
    return Notice("JupyterLite", core.version, "BSD-3-Clause", f"{JUPYTERLITE}\n\n{text.strip()}")


def _npm(manifest: Path) -> Notice:
    stated = json.loads(manifest.read_text(encoding="utf-8"))
    texts = sorted(manifest.parent.glob("LICEN[CS]E*"))
    if not texts:
        raise BuildError(f"The npm package {stated['name']} carries no licence text.")
    return Notice(stated["name"], stated["version"], stated["license"], texts[0].read_text(encoding="utf-8").strip())


def _wheel(path: Path) -> Notice:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
        texts = [archive.read(name).decode().strip() for name in names if _is_licence(name)]
    fields = dict(line.split(": ", 1) for line in metadata.split("\n\n")[0].splitlines() if ": " in line)
    licence = fields.get("License-Expression") or fields.get("License") or "see below"
    return Notice(fields["Name"], fields["Version"], licence, "\n\n".join(texts) or "Licence as named above.")


def _is_licence(name: str) -> bool:
    stem = name.rsplit("/", 1)[-1].upper()
    return ".dist-info/" in name and stem.startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
