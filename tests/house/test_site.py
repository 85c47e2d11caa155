"""The built site is complete, asks no other host for anything, and is not built twice."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from playground.build.steps import BuildError
from playground.build.tools import find_node
from playground.build.wasm import with_memory_maximum
from tests.house.sources import ROOT

DIST = ROOT / "dist"
RUNTIME = DIST / "runtime"
JUPYTER = DIST / "jupyter"
FIRST_SCREEN_BYTES = 60_000  # compressed, without the editor and Python
ZIPS = ("python_stdlib.zip", "engine.zip", "guest.zip", "libs.zip")
# Names in URLs' clothes: XML namespaces, and the host that exists nowhere.
NOT_HOSTS = {"www.w3.org", "pyodide.invalid"}


def names_in(archive: str) -> list[str]:
    with zipfile.ZipFile(RUNTIME / archive) as opened:
        return opened.namelist()


def test_the_manifest_tells_the_size_of_every_file_but_jupyterlites() -> None:
    manifest = json.loads((RUNTIME / "manifest.json").read_bytes())
    files = [path for path in DIST.rglob("*") if path.is_file() and not path.is_relative_to(JUPYTER)]
    found = {path.relative_to(DIST).as_posix(): path.stat().st_size for path in files}
    assert found.pop("runtime/manifest.json")
    assert manifest["files"] == found
    assert "runtime/pyodide.asm.wasm" in manifest["first"]
    assert set(manifest["first"]) <= set(found)


def test_the_page_has_its_parts() -> None:
    page = (DIST / "index.html").read_text(encoding="utf-8")
    assert "@@" not in page
    script = re.search(r'src="\.?/?(page/main-\w+\.js)"', page)
    assert script is not None
    assert (DIST / script[1]).is_file()
    assert html.escape((ROOT / "content/examples/order/order.py").read_text(encoding="utf-8"), quote=False) in page
    data = re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    content = json.loads(data[1])
    assert content["examples"][0]["name"] == "order"
    for example in content["examples"]:
        assert json.loads((DIST / "examples" / f"{example['name']}.json").read_bytes())["files"] == example["files"]


def test_the_first_screen_needs_little_script() -> None:
    scripts = [path for path in (DIST / "page").glob("*.js") if not path.name.startswith("codemirror-")]
    assert scripts
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) <= FIRST_SCREEN_BYTES


@pytest.mark.parametrize("kind", ["html", "js", "mjs", "css", "json"])
def test_no_file_of_ours_names_another_host(kind: str) -> None:
    found = {
        (path.relative_to(DIST).as_posix(), host)
        for path in DIST.rglob(f"*.{kind}")
        if not path.is_relative_to(JUPYTER) or path.is_relative_to(JUPYTER / "extensions" / "dynamic-workflows")
        for host in re.findall(r"""(?:https?|wss?):\\?/\\?/([\w.-]+\.\w+)""", path.read_text(encoding="utf-8"))
        if host not in NOT_HOSTS
    }
    assert found == set()


def test_the_frame_runs_its_own_script_and_nothing_else() -> None:
    document = json.loads((RUNTIME / "frame.json").read_bytes())["html"]
    policy, script = re.findall(r'content="([^"]*)"><script>(.*)</script>$', document, re.DOTALL)[0]
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert html.unescape(policy) == (
        f"default-src 'none'; script-src 'sha256-{hashed}' 'wasm-unsafe-eval'; worker-src blob:"
    )


def test_the_sandbox_worker_is_one_classic_script() -> None:
    script = "new (require('node:vm').Script)(require('node:fs').readFileSync(process.argv[1], 'utf8'))"
    find_node(ROOT).run(["--input-type=commonjs", "-e", script, str(RUNTIME / "sandbox-worker.js")], ROOT)


def test_only_bytecode_is_shipped_and_no_host_code_reaches_a_sandbox() -> None:
    for archive in ZIPS:
        assert [name for name in names_in(archive) if name.endswith(".py") and "lib2to3" not in name] == [], archive
    guest = names_in("guest.zip")
    assert "dynamic_workflows/__init__.pyc" in guest
    assert {name.split("/")[1] for name in guest if name.count("/") > 1} == {"shared", "guest"}
    engine = names_in("engine.zip")
    assert set(guest) < set(engine)
    assert any(name.startswith("dynamic_workflows_browser/") for name in engine)
    assert "sqlite_utils/__init__.pyc" in names_in("libs.zip")


def test_a_sandbox_cannot_have_more_than_256_mib() -> None:
    original, patched = ((RUNTIME / name).read_bytes() for name in ("pyodide.asm.wasm", "sandbox.wasm"))
    assert with_memory_maximum(original, 256) == patched
    assert with_memory_maximum(patched, 4096) == original
    with pytest.raises(BuildError, match="needs"):
        with_memory_maximum(original, 1)
    with pytest.raises(BuildError, match="not a WebAssembly binary"):
        with_memory_maximum(b"#!/bin/sh", 256)


def test_the_wheel_holds_the_engine_and_its_licence() -> None:
    (wheel,) = (DIST / "wheels").glob("dynamic_workflows-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    assert "dynamic_workflows/__init__.py" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"dynamic_workflows"}


def test_the_licences_of_everything_bundled_are_there() -> None:
    text = (DIST / "licences.txt").read_text(encoding="utf-8")
    for name in (
        "Pyodide 314.0.7",
        "@codemirror/view",
        "@lezer/python",
        "sqlite-utils",
        "Dynamic Workflows",
        "JupyterLite 0.8.6",
        "ipython",
    ):
        assert name in text


def test_a_second_build_does_nothing() -> None:
    before = {path: path.stat().st_mtime_ns for path in DIST.rglob("*")}
    began = time.monotonic()
    said = subprocess.run(
        [sys.executable, "-m", "playground.build"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "nothing has changed" in said.stdout
    assert time.monotonic() - began < 10
    assert {path: path.stat().st_mtime_ns for path in Path(DIST).rglob("*")} == before
