"""The built site is complete, asks no other host for anything, and is not built twice."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from playground.build.assets import TOGETHER, content_hash
from playground.build.steps import BuildError
from playground.build.tools import find_node
from playground.build.wasm import Patch, memory_patch
from tests.house.sources import ROOT

DIST = ROOT / "dist"
JUPYTER = DIST / "jupyter"  # JupyterLite's: it has lists of its own
PANEL = DIST / "panel"  # Panel's and Bokeh's scripts, which name their authors' hosts
CDNS = ("cdn.jsdelivr.net", "cdn.holoviz.org", "cdn.bokeh.org", "unpkg.com", "fonts.googleapis.com")
MANIFEST = json.loads((DIST / "runtime" / "manifest.json").read_bytes())
FIRST_SCREEN_BYTES = 60_000  # compressed, without the editor and Python
STUB_BYTES = 240  # of an example that is not open
ZIPS = ("python_stdlib.zip", "engine.zip", "guest.zip", "libs.zip")
# Names in URLs' clothes: XML namespaces, the hosts that exist nowhere or stand for any, and one in the words of an error.
NOT_HOSTS = {"www.w3.org", "pyodide.invalid", "example.org", "developers.cloudflare.com"}


def asset(name: str) -> Path:
    """Return where a file of the kernel is."""
    return DIST / str(MANIFEST["assets"][name]["path"])


# What other pages than the playground consist of: a browser keeps it once it has been used.
OTHER_PAGES = ("wheels/", "timeline/", "dashboard/", "docs/", "embed", "lab/", "notebooks/", "panel/", "repl/")


def names_in(archive: str) -> list[str]:
    with zipfile.ZipFile(asset(archive)) as opened:
        return opened.namelist()


def test_the_manifest_tells_the_sizes_of_every_file() -> None:
    paths = [path for path in DIST.rglob("*") if path.is_file() and not path.is_relative_to(JUPYTER)]
    found = {path.relative_to(DIST).as_posix(): path.read_bytes() for path in paths}
    listed = MANIFEST["files"]
    assert set(found) - set(listed) == {"runtime/manifest.json", "offline.js"}
    assert {name: one["bytes"] for name, one in listed.items()} == {name: len(found[name]) for name in listed}
    for name in ("page/main-", "licences.txt"):
        (one,) = [path for path in listed if path.startswith(name)]
        assert abs(listed[one]["gz"] - len(gzip.compress(found[one], 6))) < 100
    for asset in MANIFEST["assets"].values():
        assert {**listed[asset["path"]], "path": asset["path"]} == asset


def test_every_address_that_is_kept_names_its_content() -> None:
    for name, asset in MANIFEST["assets"].items():
        folder = (DIST / asset["path"]).parent
        together = [path for path in folder.iterdir() if path.name in TOGETHER]
        assert folder.name.endswith(content_hash(together or [DIST / asset["path"]])), name
    for path in (DIST / "examples").iterdir():
        assert path.stem.endswith(hashlib.sha256(path.read_bytes()).hexdigest()[:10])


def test_the_manifest_lists_each_chunk_of_the_page_with_its_size() -> None:
    chunks = {chunk["path"]: chunk for chunk in MANIFEST["chunks"]}
    assert set(chunks) == {f"page/{path.name}" for path in (DIST / "page").glob("*.js")}
    for path, chunk in chunks.items():
        assert chunk["gz"] == len(gzip.compress((DIST / path).read_bytes(), 9, mtime=0))
    page = (DIST / "index.html").read_text(encoding="utf-8")
    first = {path for path, chunk in chunks.items() if chunk["first"]}
    assert first == set(re.findall(r'(?:modulepreload" href|module" src)="([^"]+)"', page))
    assert not any("codemirror" in path or "gallery" in path for path in first)


def test_the_service_worker_keeps_what_the_page_consists_of() -> None:
    text = (DIST / "offline.js").read_text(encoding="utf-8")
    listing = json.loads(re.findall(r"^self\.BUILD=(.*);$", text, re.MULTILINE)[0])
    assert listing["build"] == MANIFEST["build"]
    page = (DIST / "index.html").read_text(encoding="utf-8")
    assert f'"build":"{listing["build"]}"' in page
    for one in listing["fixed"]:
        content = (DIST / (one["path"] or "index.html")).read_bytes()
        assert one["sha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
    elsewhere = {path for path in MANIFEST["files"] if path.startswith(OTHER_PAGES)}
    kept = {*listing["kept"], *(one["path"] or "index.html" for one in listing["fixed"])}
    assert set(MANIFEST["files"]) - elsewhere == kept - {"runtime/manifest.json"}


def test_the_site_can_be_installed() -> None:
    app = json.loads((DIST / "manifest.webmanifest").read_bytes())
    assert app["display"] == "standalone"
    for icon in app["icons"]:
        assert (DIST / icon["src"]).is_file()
    for size in (192, 512):
        content = (DIST / f"icon-{size}.png").read_bytes()
        assert struct.unpack(">II", content[16:24]) == (size, size)


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
    default, *others = content["examples"]
    assert default["name"] == "order"
    assert default["recorded"]["rows"]
    for stub in others:
        whole = json.loads((DIST / stub["at"]).read_bytes())
        assert {**whole, **stub} == {**whole, "at": stub["at"]}
        assert whole["recorded"]["rows"]
        assert whole["files"]


def test_the_page_does_not_grow_with_its_examples() -> None:
    page = (DIST / "index.html").read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    _, *others = json.loads(data[1])["examples"]
    assert len(others) >= 11
    assert max(len(json.dumps(stub)) for stub in others) <= STUB_BYTES


def test_the_first_screen_needs_little_script() -> None:
    first = [DIST / chunk["path"] for chunk in MANIFEST["chunks"] if chunk["first"]]
    assert first
    assert not any(path.name.startswith(("codemirror-", "dialog-", "link-")) for path in first), "these are on demand"
    assert sum(len(gzip.compress(path.read_bytes())) for path in first) <= FIRST_SCREEN_BYTES


@pytest.mark.parametrize("kind", ["html", "js", "mjs", "css", "json"])
def test_no_file_of_ours_names_another_host(kind: str) -> None:
    found = {
        (path.relative_to(DIST).as_posix(), host)
        for path in DIST.rglob(f"*.{kind}")
        if not path.is_relative_to(JUPYTER) or path.is_relative_to(JUPYTER / "extensions" / "dynamic-workflows")
        if not path.is_relative_to(PANEL)
        for host in re.findall(r"""(?:https?|wss?):\\?/\\?/([\w.-]+\.\w+)""", path.read_text(encoding="utf-8"))
        if host not in NOT_HOSTS
    }
    assert found == set()


def test_no_script_of_panel_names_a_place_to_fetch_from() -> None:
    scripts = [path for path in PANEL.rglob("*") if path.suffix in (".js", ".css")]
    assert {path.name.partition("-")[0] for path in scripts} >= {"bokeh", "es", "panel.min.js"}
    named = {(path.name, cdn) for path in scripts for cdn in CDNS if cdn in path.read_text(encoding="utf-8")}
    assert named == set()


def test_the_frame_runs_its_own_script_and_nothing_else() -> None:
    document = json.loads(asset("frame.json").read_bytes())["html"]
    policy, script = re.findall(r'content="([^"]*)"><script>(.*)</script>$', document, re.DOTALL)[0]
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert html.unescape(policy) == (
        f"default-src 'none'; script-src 'sha256-{hashed}' 'wasm-unsafe-eval'; worker-src blob:"
    )


def test_the_sandbox_worker_is_one_classic_script() -> None:
    script = "new (require('node:vm').Script)(require('node:fs').readFileSync(process.argv[1], 'utf8'))"
    find_node(ROOT).run(["--input-type=commonjs", "-e", script, str(asset("sandbox-worker.js"))], ROOT)


def test_only_bytecode_is_shipped_and_no_host_code_reaches_a_sandbox() -> None:
    for archive in ZIPS:
        assert [name for name in names_in(archive) if name.endswith(".py") and "lib2to3" not in name] == [], archive
    guest = names_in("guest.zip")
    assert "dynamic_workflows/__init__.pyc" in guest
    assert {name.split("/")[1] for name in guest if name.count("/") > 1} == {"shared", "guest", "lint"}
    engine = names_in("engine.zip")
    assert set(guest) < set(engine)
    assert any(name.startswith("dynamic_workflows_browser/") for name in engine)
    assert "sqlite_utils/__init__.pyc" in names_in("libs.zip")


def test_a_sandbox_cannot_have_more_than_256_mib() -> None:
    original = asset("pyodide.asm.wasm").read_bytes()
    stated = json.loads(asset("frame.json").read_bytes())["memory"]
    patch = memory_patch(original, 256)
    assert stated == {"at": patch.at, "before": list(patch.before), "after": list(patch.after)}
    patched = patch.apply(original)
    assert len(patched) == len(original)
    assert memory_patch(patched, 4096) == Patch(patch.at, patch.after, patch.before)
    with pytest.raises(BuildError, match="needs"):
        memory_patch(original, 1)
    with pytest.raises(BuildError, match="not a WebAssembly binary"):
        memory_patch(b"#!/bin/sh", 256)


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
