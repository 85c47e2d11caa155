"""`make test-embeds`: the markup of the docs, built by MkDocs and Sphinx as it stands there, runs in Chromium."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from playground.serve import DIST, open_server
from tests.browser import FLAGS, find_chromium
from tests.docs.pages import DOCS, ROOT, blocks

PAGE = DOCS / "howto" / "embed-in-docs.md"
TOOLS = ROOT / "build" / "embeds"
NEEDS = ROOT / "requirements" / "embeds.txt"
OURS = "https://example.org/flows/"
BUILT = "site"
BUILDS = {"mkdocs": ["mkdocs", "build", "--strict", "--quiet"], "sphinx": ["sphinx", "-W", "-q", ".", BUILT]}
AROUND = {
    "docs/index.md": "# Orders\n\nBefore.\n\n@@\n\n**After.**\n",
    "index.rst": "Orders\n======\n\n@@\n\n**After.**\n",
}


@pytest.fixture(scope="session")
def tools() -> Path:
    """Return the Python of an environment that has the tools, made on first use."""
    python = TOOLS / "bin" / "python"
    if not (TOOLS / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        pip = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", str(NEEDS)]
        subprocess.run([str(python), *pip], check=True)
        (TOOLS / "made").touch()
    return python


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """Yield a stack for the servers of a test."""
    with ExitStack() as stack:
        yield stack


def serve(stack: ExitStack, folder: Path, host: str) -> str:
    server = stack.enter_context(open_server(0, folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    return f"http://{host}:{server.server_address[1]}/"


def write(tool: str, folder: Path, site: str) -> None:
    """Write what the docs say for a tool into an empty folder, with the address of a site that is there."""
    for block in (block for block in blocks(PAGE) if block.options.get("tool") == tool):
        path = folder / str(block.options["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        text = AROUND.get(str(block.options["file"]), "@@").replace("@@", block.text.rstrip("\n"))
        path.write_text(text.replace(OURS, site), encoding="utf-8")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tool", sorted(BUILDS))
def test_the_markup_of_the_docs_runs(tool: str, tools: Path, tmp_path: Path, servers: ExitStack) -> None:
    site = serve(servers, DIST, "127.0.0.1")
    write(tool, tmp_path, site)
    subprocess.run([str(tools), "-m", *BUILDS[tool]], cwd=tmp_path, check=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.goto(serve(servers, tmp_path / BUILT, "localhost"))  # of another origin than the site
        expect(page.locator("strong", has_text="After.")).to_be_visible()
        embed = page.locator("dynamic-workflow")
        assert embed.get_by_label("Python code").input_value().startswith("from workers import WorkflowEntrypoint\n")
        embed.locator("[data-act=run]").click()
        expect(embed.locator(".results .code").first).to_have_text('"Hello Ada"', timeout=120_000)
        browser.close()


def test_the_docs_name_the_versions_that_are_tried() -> None:
    pinned = dict(line.split("==") for line in NEEDS.read_text(encoding="utf-8").splitlines() if "==" in line)
    told = dict(re.findall(r"^\| (MkDocs|Sphinx) \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert told == {"MkDocs": pinned["mkdocs"], "Sphinx": pinned["sphinx"]}
