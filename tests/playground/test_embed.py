"""Embeds on pages of others: read without a script, drawn without Python, one kernel for all, from another origin too."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from playground.serve import DIST, open_server
from tests.playground.conftest import editor_text
from tests.playground.test_runs import READY, STEP
from tests.playground.test_share import sample

THREE = (Path(__file__).parent / "pages" / "three.html").read_text(encoding="utf-8")
MEMORY = "This window cannot store runs. They last until you close it."
Serve = Callable[[Path], str]
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Yield a function that serves a folder on a port of its own."""
    with ExitStack() as stack:

        def start(folder: Path) -> str:
            server = stack.enter_context(open_server(0, folder))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_address[1]}/"

        yield start


def three(base: str) -> str:
    """Return a page of somebody else with three embeds of the site at `base`."""
    order = sample("order")
    values = {
        "ORIGIN": "{0.scheme}://{0.netloc}".format(urlsplit(base)), "BASE": base, "LINK": order["link"],
        "CODE": html.escape(order["record"]["files"]["order.py"]),
    }  # fmt: skip
    text = THREE
    for name, value in values.items():
        text = text.replace(f"@@{name}@@", value)
    return text


def watched(browser: Browser, **options: object) -> tuple[Page, list[str], list[str]]:
    """Return a page, the addresses it asks for, and the errors it meets."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, **options).new_page()  # type: ignore[arg-type]
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return page, asked, errors


def press_run(embed: Locator) -> None:
    embed.locator("[data-act=run]").click()


def test_three_embeds_of_another_origin_share_one_kernel_that_starts_with_run(
    browser: Browser, serve: Serve, tmp_path: Path
) -> None:
    base = serve(DIST)
    (tmp_path / "index.html").write_text(three(base), encoding="utf-8")
    page, asked, errors = watched(browser)
    theirs = serve(tmp_path).replace("127.0.0.1", "localhost")
    page.goto(theirs)
    one, two, dark = (page.locator(f"#{name}") for name in ("one", "two", "three"))
    for embed in (one, dark):
        expect(embed.locator(".tl-row")).to_have_count(6)
        expect(embed.locator(".status")).to_have_text("Recorded run. Press Run to make your own.")
        expect(embed.locator(".summary")).to_contain_text("Complete. Killed once.")
    expect(two.locator(".status")).to_have_text("Press Run: steps appear here as they are stored.")
    assert asked == [theirs, base + "embed.js"], "nothing of Python before Run"
    expect(page.locator("iframe")).to_have_count(0)
    schemes = [embed.evaluate("element => getComputedStyle(element).colorScheme") for embed in (one, dark)]
    assert schemes == ["light dark", "dark"]
    assert not dark.locator(".code-pane").is_visible()

    add = """([id, href]) => { const one = document.createElement('dynamic-workflow'); one.id = id;
        one.setAttribute('href', href); document.querySelector('main').append(one); }"""
    page.evaluate(add, ["none", ""])
    expect(page.locator("#none [role=alert]")).to_contain_text("This embed has no code.")
    page.evaluate(add, ["cut", "#" + sample("order")["link"][:900]])
    expect(page.locator("#cut [role=alert]")).to_contain_text("This link is cut off: 900 of 1,")

    press_run(one)
    expect(one.locator("[data-act=run]")).to_have_text("Cancel run")
    two.get_by_label("Python code").fill(two.get_by_label("Python code").input_value().replace("Hello ", "Hi "))
    press_run(two)
    one.get_by_role("button", name='Send "approve"').click(timeout=READY)
    one.get_by_role("button", name="Skip 30 days").click(timeout=STEP)
    expect(one.locator(".summary")).to_have_text("Complete. Every outside call was done once.", timeout=STEP)
    expect(two.locator(".status")).to_have_text('Waiting for "answer"', timeout=STEP)
    expect(two.locator(".memory")).to_have_text(MEMORY)  # a private window gives frames of other sites no storage
    two.get_by_role("button", name="Kill the engine").click()
    expect(two.locator(".tl-cut-label")).to_contain_text("back after", timeout=STEP)
    two.get_by_role("button", name="Edit payload").click()
    two.get_by_label('Payload of "answer"').fill("{")
    two.get_by_role("button", name="Send", exact=True).click()
    expect(two.locator("form [role=alert]")).to_have_text("Payload, line 1, column 2: expected a key in double quotes.")
    two.get_by_label('Payload of "answer"').fill("1")
    two.get_by_role("button", name="Send", exact=True).click()
    expect(two.locator(".results .code").first).to_have_text('"Hi Ada"', timeout=STEP)
    expect(page.locator("iframe")).to_have_count(1)
    assert len([url for url in asked if url.endswith("embed.html")]) == 1
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {
        urlsplit(u).netloc for u in (theirs, base)
    }
    assert errors == []

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.context.expect_page() as opened:
        two.get_by_role("link", name="Open in playground").click()
    playground = opened.value
    expect(playground.locator(".notice.shared")).to_contain_text("From a link. It has not run here.")
    assert 'return "Hi "' in editor_text(playground)
    page.context.close()


def test_without_scripts_the_code_of_an_embed_can_be_read(browser: Browser, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(three(serve(DIST)), encoding="utf-8")
    page, _, _ = watched(browser, java_script_enabled=False)
    page.goto(serve(tmp_path))
    assert "class Order(WorkflowEntrypoint):" in page.locator("#one pre").inner_text()
    assert page.locator("#two pre").is_visible()
    page.context.close()


def test_an_embed_from_a_sub_path_keeps_its_runs_apart_from_the_playgrounds(
    browser: Browser, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "some" / "sub").mkdir(parents=True)
    (tmp_path / "some" / "sub" / "path").symlink_to(DIST)
    root = serve(tmp_path)
    (tmp_path / "index.html").write_text(three(root + "some/sub/path/"), encoding="utf-8")
    page, asked, errors = watched(browser)
    page.goto(root)
    press_run(page.locator("#two"))
    expect(page.locator("#two .status")).to_have_text('Waiting for "answer"', timeout=READY)
    expect(page.locator("#two .memory")).to_be_hidden()
    names = page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))")
    assert [name for name in names if name.startswith("dynamic-workflows-embed:")], names
    assert not [name for name in names if name.startswith("dynamic-workflows:")], names
    assert all(url.startswith((root + "some/sub/path/", "data:", "blob:")) for url in asked if url != root)
    assert errors == []
    page.context.close()


def test_an_iframe_shows_what_its_address_asks_for_and_nothing_of_the_readers(browser: Browser, site: str) -> None:
    link = sample("order")["link"]
    page, asked, errors = watched(browser)
    page.goto(site + "embed.html")
    page.evaluate(
        "localStorage.setItem('dynamic-workflows.draft', JSON.stringify({tenant: 'acme', name: 'order', main: 'order.py', open: 'order.py', files: {'order.py': 'mine'}, payload: '{}', origin: 'example', title: 'Order', at: 1}))"
    )
    frames = "".join(
        f'<iframe name="{name}" width="1000" height="420" sandbox="allow-scripts allow-same-origin allow-popups" '
        f'src="{site}?{query}"></iframe>'
        for name, query in {
            "both": f"embed=1&view=both&theme=dark#{link}",
            "run": f"embed=1&view=run#{link}",
            "code": "embed=1&view=code&world-delay=0",
        }.items()
    )
    page.evaluate("frames => { document.body.innerHTML = frames; }", frames)
    both, run, code = (page.frame_locator(f"[name={name}]") for name in ("both", "run", "code"))
    for frame in (both, run):
        expect(frame.locator(".tl-row")).to_have_count(6)
        expect(frame.get_by_role("link", name="Open in playground")).to_be_visible()
    assert both.locator("html").get_attribute("data-theme") == "dark"
    assert [frame.locator(".code-pane").is_visible() for frame in (both, run, code)] == [True, False, True]
    assert [frame.locator("#run-pane").is_visible() for frame in (both, run, code)] == [True, True, False]
    for frame in (both, run, code):
        assert [frame.locator(name).is_visible() for name in ("#share-button", ".footer", ".band", ".notice")] == [
            False
        ] * 4
    expect(code.locator(".cm-content")).to_contain_text("class Order")
    assert [url for url in asked if "/runtime/" in url or "worker" in url] == [], "no Python before Run"
    code.locator("[data-act=run] >> visible=true").click()
    expect(code.locator("#run-pane")).to_be_visible(timeout=READY)
    expect(code.locator("#status .state")).to_have_text('Waiting for "approve"', timeout=READY)
    assert errors == []
    page.context.close()


def test_an_iframe_that_may_not_load_the_script_says_what_it_needs(browser: Browser, site: str) -> None:
    page, _, _ = watched(browser)
    page.goto(site + "embed.html")
    markup = f"<iframe width=1000 height=500 sandbox='allow-scripts' src='{site}?embed=1'></iframe>"
    page.evaluate("markup => { document.body.innerHTML = markup; }", markup)
    expect(page.frame_locator("iframe").locator(".stopped")).to_contain_text("allow-same-origin")
    page.context.close()
