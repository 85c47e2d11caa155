"""Puts Python for the browser together: Pyodide, bytecode zips, the sandbox's wasm, worker and frame."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from playground.build.esbuild import bundle, classic_script
from playground.build.layout import Layout
from playground.build.steps import BuildError, Steps, files_under
from playground.build.tools import Node, download_wheels
from playground.build.wasm import memory_patch

SANDBOX_MEMORY_MIB = 256
# Pyodide names a CDN for packages outside its core. None is used here; a mistake shall fail, not leave the host.
CDN = "https://cdn.jsdelivr.net/"
NOWHERE = "https://pyodide.invalid/"
# In the sandbox's Python path: no host code beside tenant code.
GUEST_PARTS = ("__init__.py", "py.typed", "shared", "guest", "lint")


def build_runtime(steps: Steps, layout: Layout, node: Node) -> None:
    """Build everything that the kernel loads."""
    layout.runtime.mkdir(parents=True, exist_ok=True)
    _core(steps, layout)
    _standard_library(steps, layout, node)
    _libraries(steps, layout, node)
    _engine(steps, layout, node)
    _sandbox_worker(steps, layout, node)
    _frame(steps, layout, node)
    _engine_worker(steps, layout, node)


def _core(steps: Steps, layout: Layout) -> None:
    names = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")

    def action() -> list[Path]:
        for name in names[:2]:
            (layout.runtime / name).write_text(_loader_text(layout.pyodide / name), encoding="utf-8")
        shutil.copyfile(layout.pyodide / names[2], layout.runtime / names[2])
        return [layout.runtime / name for name in names]

    steps.step(
        "Pyodide", reads=[layout.pyodide / name for name in names] + _builder(layout, "runtime.py"), action=action
    )


def _loader_text(source: Path) -> str:
    """Return one of Pyodide's scripts without its CDN and its source map."""
    text = source.read_text(encoding="utf-8").replace(CDN, NOWHERE)
    return re.sub(r"//# sourceMappingURL=.*\s*$", "", text)


def _standard_library(steps: Steps, layout: Layout, node: Node) -> None:
    source = layout.pyodide / "python_stdlib.zip"
    target = layout.runtime / source.name
    steps.step(
        "standard library to bytecode",
        reads=[source, *_compiler(layout)],
        action=lambda: _compile(layout, node, {source: target}),
    )


def _libraries(steps: Steps, layout: Layout, node: Node) -> None:
    wheels = download_wheels(
        steps, "libraries for the browser", layout.root / "requirements" / "libs.txt", layout.work / "wheels" / "libs"
    )
    source, target = layout.work / "sources" / "libs.zip", layout.runtime / "libs.zip"

    def action() -> list[Path]:
        files: dict[str, bytes] = {}
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                kept = (name for name in archive.namelist() if not name.endswith("/") and ".dist-info/" not in name)
                files.update((name, archive.read(name)) for name in kept)
        _zip(source, files)
        return _compile(layout, node, {source: target})

    steps.step("libraries to bytecode", reads=[*wheels, *_compiler(layout)], action=action)


def _engine(steps: Steps, layout: Layout, node: Node) -> None:
    whole = files_under(layout.engine, layout.glue)
    guest = files_under(*(layout.engine / part for part in GUEST_PARTS if (layout.engine / part).exists()))
    sources = layout.work / "sources"

    def action() -> list[Path]:
        _zip(sources / "engine.zip", _by_module(whole))
        _zip(sources / "guest.zip", _by_module(guest))
        names = ("engine.zip", "guest.zip")
        return _compile(layout, node, {sources / name: layout.runtime / name for name in names})

    steps.step("engine to bytecode", reads=[*whole, *_compiler(layout)], facts=GUEST_PARTS, action=action)


def _by_module(files: Iterable[Path]) -> dict[str, bytes]:
    """Return the files by their path from the folder that holds their package."""
    packages = ("dynamic_workflows", "dynamic_workflows_browser")
    found: dict[str, bytes] = {}
    for file in files:
        start = next(index for index, part in enumerate(file.parts) if part in packages)
        found["/".join(file.parts[start:])] = file.read_bytes()
    return found


def _zip(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a zip whose bytes depend on nothing but its files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name])


def _compile(layout: Layout, node: Node, zips: Mapping[Path, Path]) -> list[Path]:
    """Compile zips of sources in one run of Pyodide."""
    pairs = [str(path) for pair in zips.items() for path in pair]
    node.run(["playground/build/bytecode.mjs", *pairs], layout.root)
    return list(zips.values())


def _sandbox_worker(steps: Steps, layout: Layout, node: Node) -> None:
    entry, target = layout.kernel / "sandbox-worker.js", layout.runtime / "sandbox-worker.js"
    loader, glue = layout.pyodide / "pyodide.mjs", layout.pyodide / "pyodide.asm.mjs"

    def action() -> list[Path]:
        target.write_text(
            _classic_worker(_loader_text(loader), _loader_text(glue), classic_script(layout, node, entry, target.name)),
            encoding="utf-8",
        )
        return [target]

    steps.step(
        "sandbox worker",
        reads=[loader, glue, *_modules(layout), *_builder(layout, "runtime.py", "bundle.mjs")],
        action=action,
    )


def _classic_worker(loader: str, glue: str, runtime: str) -> str:
    """Join Pyodide and the sandbox's runtime into one classic script.

    A module worker from a blob: address does not load in an opaque origin (Chromium), and Pyodide refuses classic
    workers by trying importScripts, which therefore has to fail first.
    """
    exported = re.search(r"export\{(\w+) as loadPyodide,(\w+) as version\};", loader)
    default = "export default _createPyodideModule;"
    if exported is None or default not in glue or glue.count("import.meta.url") != 3:
        raise BuildError(
            "The sandbox worker cannot be made of this Pyodide: its scripts are not shaped like those of 314.0.7."
        )
    loader = loader.replace(exported[0], f"return {{loadPyodide:{exported[1]},version:{exported[2]}}};")
    glue = glue.replace(default, "return _createPyodideModule;")
    glue = glue.replace("import.meta.url", json.dumps(NOWHERE + "pyodide.asm.mjs"))
    return (
        '"use strict";self.importScripts=()=>{throw new TypeError("importScripts is off")};\n'
        f"const PYODIDE=(()=>{{{loader}\n}})();\nconst createPyodideModule=(()=>{{{glue}\n}})();\n{runtime}"
    )


def _frame(steps: Steps, layout: Layout, node: Node) -> None:
    entry, target = layout.kernel / "frame.js", layout.runtime / "frame.json"
    wasm = layout.pyodide / "pyodide.asm.wasm"

    def action() -> list[Path]:
        html = frame_html(classic_script(layout, node, entry, "frame.js"))
        memory = memory_patch(wasm.read_bytes(), SANDBOX_MEMORY_MIB)
        target.write_text(json.dumps({"html": html, "memory": memory.as_json()}), encoding="utf-8")
        return [target]

    reads = [wasm, *_modules(layout), *_builder(layout, "runtime.py", "wasm.py", "bundle.mjs")]
    steps.step("sandbox frame", reads=reads, facts=SANDBOX_MEMORY_MIB, action=action)


def _engine_worker(steps: Steps, layout: Layout, node: Node) -> None:
    """Bundle the engine worker with the modules it imports: one request instead of a chain of them at every start."""
    entry, target = layout.kernel / "engine-worker.js", layout.runtime / "engine-worker.js"

    def action() -> list[Path]:
        bundle(layout, node, entry, outfile=str(target), format="esm", minify=True)
        return [target]

    steps.step("engine worker", reads=[*_modules(layout), *_builder(layout, "runtime.py", "bundle.mjs")], action=action)


def frame_html(script: str) -> str:
    """Return the document of a sandbox frame: one script, allowed by its hash, and nothing else."""
    script = script.strip()
    if "</script" in script.lower() or "<!--" in script:
        raise BuildError("kernel/frame.js holds text that would end its own script element.")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{allowed}' 'wasm-unsafe-eval'; worker-src blob:"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
    return f"<!doctype html>{meta}<script>{script}</script>"


def _modules(layout: Layout) -> list[Path]:
    return files_under(layout.kernel, suffixes=(".js",))


def _builder(layout: Layout, *names: str) -> list[Path]:
    return [layout.builder / name for name in names]


def _compiler(layout: Layout) -> list[Path]:
    return _builder(layout, "bytecode.mjs", "compile_zip.py", "runtime.py")
