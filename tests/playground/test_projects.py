"""Projects of several files: put in place without losing text, kept as the reader's own, found again."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror, editor_text, write

LINKED: dict[str, Any] = {
    "tenant": "link-1",
    "name": "shared",
    "title": "Shared flow",
    "main": "flow.py",
    "payload": '{"n": 1}',
    "files": {"flow.py": "import part\nx = 1", "part.py": "y = 2\n"},
}


def opened(page: Page, project: dict[str, Any], origin: str) -> bool:
    """Put a project in place, as the parts of the page do."""
    script = "([project, origin]) => dynamicWorkflows.workspace.open(project, {origin})"
    return bool(page.evaluate(script, [project, origin]))


def snapshot(page: Page) -> dict[str, Any]:
    """Return what is being edited."""
    found: dict[str, Any] = page.evaluate("dynamicWorkflows.workspace.snapshot()")
    return found


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")


def reopen(page: Page, address: str) -> None:
    """Open an address of the page anew."""
    page.goto(page.url.split("?")[0] + address, wait_until="commit")
    codemirror(page)


def test_a_project_takes_the_place_of_another_and_nothing_is_lost(open_page: Open) -> None:
    page = open_page()
    write(page, "mine = 1")
    page.locator("#payload-text").fill("[1]")
    saved(page)
    assert opened(page, LINKED, "link")
    assert snapshot(page) == LINKED
    assert editor_text(page) == "import part\nx = 1"
    expect(page.locator("#tenant")).to_have_text("link-1")
    expect(page.locator("#file")).to_have_text("flow.py")
    expect(page.locator(".notice")).to_contain_text("Shared flow is open. Your earlier text is kept.")
    page.get_by_role("button", name="Undo").click()
    mine = snapshot(page)
    assert (mine["tenant"], mine["name"], mine["files"]["order.py"]) == ("acme", "order", "mine = 1")
    assert mine["payload"] == "[1]"
    assert "example=order" in page.url

    # A project that was edited makes room for one of the same name, and is a version then.
    opened(page, LINKED, "link")
    write(page, "edited = 1")
    saved(page)
    opened(page, {**LINKED, "files": {"flow.py": "newer"}}, "link")
    assert editor_text(page) == "newer"
    page.get_by_role("button", name="Undo").click()
    assert snapshot(page)["files"] == {"flow.py": "edited = 1", "part.py": "y = 2\n"}
    saved(page)
    reopen(page, "?tenant=link-1")
    expect(page.locator("#tenant")).to_have_text("link-1")
    assert snapshot(page)["files"]["flow.py"] == "edited = 1"
    assert snapshot(page)["files"]["part.py"] == "y = 2\n"


def test_a_copy_is_the_readers_own_and_stands_in_the_tenant_menu(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    opened(page, LINKED, "link")
    assert page.evaluate("dynamicWorkflows.workspace.keepCopy('mine')") == "mine"
    assert page.evaluate("dynamicWorkflows.workspace.keepCopy('mine')") == "mine-2"
    assert snapshot(page) == {**LINKED, "tenant": "mine-2"}
    saved(page)
    page.locator("#tenant-button").click()
    expect(page.get_by_role("menuitemradio")).to_contain_text(["acme", "globex", "mine", "mine-2"])
    page.get_by_role("menuitemradio", name="acme").click()
    expect(page.locator("#file")).to_have_text("order.py")
    page.evaluate("localStorage.clear()")  # the database alone knows the tenant then
    reopen(page, "?tenant=mine")
    page.wait_for_function("() => document.querySelector('#file').textContent === 'flow.py'")
    assert snapshot(page) == {**LINKED, "tenant": "mine"}


def test_what_the_first_release_kept_is_taken_over(open_page: Open) -> None:
    page = open_page(kernel=False)
    page.route("**/page/main*", lambda route: None)
    page.reload(wait_until="commit")
    page.wait_for_selector("#source")
    draft = {"tenant": "acme", "example": "order", "text": "old = 1", "payload": "[2]", "at": 5}
    page.evaluate(
        """async (draft) => {
          await new Promise(done => { indexedDB.deleteDatabase('dynamic-workflows-drafts').onsuccess = done; });
          const request = indexedDB.open('dynamic-workflows-drafts', 1);
          request.onupgradeneeded = () => {
            request.result.createObjectStore('drafts', {keyPath: ['tenant', 'example']}).put(draft);
            request.result.createObjectStore('kept', {autoIncrement: true}).put({...draft, text: 'older = 1'});
          };
          await new Promise(done => { request.onsuccess = done; });
          request.result.close();
        }""",
        draft,
    )
    page.unroute("**/page/main*")
    page.reload(wait_until="commit")
    codemirror(page)
    page.wait_for_function("() => document.querySelector('.cm-content').textContent.includes('old = 1')")
    assert snapshot(page)["payload"] == "[2]"
    versions = page.evaluate(
        """() => new Promise(done => {
          const open = indexedDB.open('dynamic-workflows-drafts');
          open.onsuccess = () => {
            const all = open.result.transaction('versions').objectStore('versions').getAll();
            all.onsuccess = () => done(JSON.stringify(all.result));
          };
        })"""
    )
    assert [(one["name"], one["text"]) for one in json.loads(versions)] == [("order", "older = 1")]


def test_a_payload_typed_before_the_page_has_loaded_stays(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    held: list[Any] = []
    page.route("**/page/main*", lambda route: held.append(route))
    page.reload(wait_until="commit")
    expect(page.locator("#payload-text")).to_have_value(re.compile("lamp"))
    page.locator("#payload-text").fill('{"mine": 1}')
    page.wait_for_function("() => document.readyState !== 'loading'")
    for route in held:
        route.continue_()
    page.unroute("**/page/main*")
    codemirror(page)
    saved(page)
    expect(page.locator("#payload-text")).to_have_value('{"mine": 1}')
    assert snapshot(page)["payload"] == '{"mine": 1}'
