"""The files of content/deploy: what they say is right, and with their headers, below a sub-path, everything runs."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from playground.serve import DIST, Handler, Server
from tests.e2e.playground import Playground
from tests.house.sources import ROOT
from tests.notebooks.site import START, Notebook

DEPLOY = ROOT / "content" / "deploy"
BELOW = "docs/x"
HASH = re.compile(r"(?<=[/-])[0-9a-zA-Z]{8,10}(?=[/.])")
Launch = Callable[[], BrowserContext]
Rule = tuple[re.Pattern[str], dict[str, str]]


def rules() -> list[Rule]:
    """Return the rules of _headers: a pattern of addresses, and the headers of what it fits."""
    found: list[Rule] = []
    for line in (DEPLOY / "_headers").read_text(encoding="utf-8").splitlines():
        if line.startswith("/"):
            found.append((re.compile(re.sub(r":\w+", "[^/]+", line).replace("*", ".*")), {}))
        elif line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            found[-1][1][name] = value
    return found


def headers_of(path: str) -> dict[str, str]:
    """Return the headers of an address below the site's folder.

    A header that two rules give would be sent twice: there is none.
    """
    found: dict[str, str] = {}
    for pattern, headers in rules():
        if pattern.fullmatch(path):
            assert not found.keys() & headers.keys(), path
            found.update(headers)
    return found


class Deployed(Handler):
    """Answers with the headers that _headers gives, as the hosts that read it do."""

    def send_header(self, keyword: str, value: str) -> None:
        """Leave out the header of the local server."""
        if keyword != "Cache-Control":
            super().send_header(keyword, value)

    def end_headers(self) -> None:
        """Send the headers of the file."""
        given = {"Cache-Control": "public, max-age=0, must-revalidate"} | headers_of(
            self.path.split("?")[0].removeprefix(f"/{BELOW}")
        )
        for name, value in given.items():
            super().send_header(name, value)
        super().end_headers()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a copy of the site below a sub-path, with those headers."""
    shutil.copytree(DIST, tmp_path / "www" / BELOW, copy_function=os.link)
    with Server(("127.0.0.1", 0), functools.partial(Deployed, directory=str(tmp_path / "www"))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{BELOW}/"
        server.shutdown()


def test_what_is_kept_for_ever_is_named_by_its_content_and_all_else_is_asked_about() -> None:
    kept = [path for path in files() if "immutable" in headers_of(path).get("Cache-Control", "")]
    assert [path for path in kept if not HASH.search(path)] == []
    assert {path.split("/")[1] for path in kept} == {"docs", "embed", "examples", "kernel", "page", "runtime"}
    assert "/runtime/manifest.json" not in kept


def files() -> list[str]:
    return [f"/{path.relative_to(DIST).as_posix()}" for path in DIST.rglob("*") if path.is_file()]


def test_nginx_and_caddy_say_the_same() -> None:
    _, common = rules()[0]
    nginx, caddy = ((DEPLOY / name).read_text(encoding="utf-8") for name in ("nginx.conf", "Caddyfile"))
    for name, value in common.items():
        assert f'add_header {name} "{value}";' in nginx
        assert f'{name} "{value}"' in caddy
    for path in files():
        told = headers_of(path)
        for_ever, policy = told.get("Cache-Control", "no-cache"), told.get("Content-Security-Policy", STRICT)
        assert mapped(nginx, "cache", path) == matched(caddy, "Cache-Control", path) == for_ever, path
        assert mapped(nginx, "policy", path) == matched(caddy, "Content-Security-Policy", path) == policy, path


STRICT = headers_of("/index.html")["Content-Security-Policy"]


def mapped(nginx: str, name: str, path: str) -> str:
    """Return what a map of nginx.conf makes of an address: the first pattern that fits, or the default."""
    block = nginx.partition(f"$flows_{name} {{")[2].partition("}")[0]
    default, *lines = re.findall(r'^ +(\S+) "(.*)";$', block, re.MULTILINE)
    fits = (value for pattern, value in lines if re.match(pattern.strip('"~'), "/flows" + path))
    return str(next(fits, default[1]))


def matched(caddy: str, header: str, path: str) -> str:
    """Return the one value that the matchers of the Caddyfile give a header of an address."""
    found = []
    for name, value in re.findall(rf'header @(\w+) {header} "(.*)"', caddy):
        inverted, patterns = re.findall(rf"@{name} (not )?path (.*)", caddy)[0]
        fits = any(re.fullmatch(one.replace("*", ".*"), "/flows" + path) for one in patterns.split())
        found += [value] if fits != bool(inverted) else []
    (only,) = found
    return str(only)


@pytest.mark.parametrize("server", ["nginx", "caddy"])
def test_the_server_itself_takes_its_file(server: str, tmp_path: Path) -> None:
    if shutil.which(server) is None:
        pytest.skip(f"{server} is not installed here")
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    own = "access_log off;\n" + "".join(
        f"{name}_temp_path {tmp_path};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{own}{nginx}}}\n"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    check = {
        "nginx": ["-t", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")],
        "caddy": ["validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
    }
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([server, *check[server]], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def test_the_workflow_for_github_pages_is_pinned_and_publishes_what_make_build_leaves() -> None:
    text = (DEPLOY / "github-pages.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.+)", text)
    assert [one for one in uses if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []
    assert len(uses) == 6
    told = yaml.safe_load(text)
    steps = told["jobs"]["build"]["steps"]
    (build,) = (step for step in steps if "run" in step)
    assert build["run"] == 'make build PUBLIC_URL="$PUBLIC_URL"'
    assert build["env"]["PUBLIC_URL"] == "${{ steps.pages.outputs.base_url }}"
    assert "pages" in [step.get("id") for step in steps[: steps.index(build)]], (
        "the step whose output is used comes first"
    )
    assert steps[-1]["with"]["path"] == DIST.relative_to(ROOT).as_posix()
    assert re.search(r"^build:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert told["jobs"]["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}


@pytest.mark.timeout(600)
def test_with_these_headers_below_a_sub_path_page_docs_embed_dashboard_and_notebook_work(
    launch: Launch, site: str
) -> None:
    context = launch()
    said = listening(context)
    page = context.new_page()
    p = Playground(page, site, "?world-delay=50")
    p.ready()
    p.run()
    p.expect_status('Waiting for "approve"')
    p.kill()
    p.button('Send "approve"').click()
    p.button("Skip 30 days").click()
    p.expect_status("Complete")
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'", timeout=120_000)

    page.goto(site + "docs/tutorial/first-workflow.html")
    example = page.locator("dynamic-workflow").first
    example.locator("[data-act=run]").click()
    expect(example.locator(".summary")).to_contain_text("Complete.", timeout=120_000)
    page.goto(f"{site}?embed=1&view=run")
    expect(page.locator(".tl-row")).to_have_count(6)
    page.goto(site + "dashboard/")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible(timeout=120_000)
    expect(page.get_by_role("table", name="Runs", exact=True).get_by_role("link")).to_have_text(["order · 1"])
    assert said == []

    notebook = Notebook(page, site, "quickstart.ipynb")
    notebook.run_cells(4)
    expect(page.locator("workflow-run .status .state")).to_be_visible(timeout=START)
    assert [words for words in said if "Content Security Policy" in words] == []


def listening(context: BrowserContext) -> list[str]:
    """Return the errors that any page of a browser tells from now on."""
    said: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    context.on("page", listen)
    return said
