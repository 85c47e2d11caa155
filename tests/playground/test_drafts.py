"""Text is never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect

from tests.browser import FLAGS, find_chromium
from tests.playground.conftest import NO_KERNEL, Open, codemirror, editor_text, write


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")


def test_text_and_payload_survive_a_reload_before_the_first_paint(open_page: Open) -> None:
    page = open_page()
    write(page, "mine = 1\n")
    page.locator("#payload-text").fill('{"mine": true}')
    page.reload(wait_until="commit")
    page.wait_for_selector("#source, .cm-content", state="attached")
    assert page.evaluate("dynamicWorkflowsShown") == "mine = 1\n"
    codemirror(page)
    assert editor_text(page) == "mine = 1\n"
    expect(page.locator("#payload-text")).to_have_value('{"mine": true}')


def test_a_key_is_stored_within_half_a_second(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    page.locator(".cm-line").nth(1).click()
    stored = page.evaluate(
        """async () => {
          const open = () => new Promise(done => { const r = indexedDB.open('dynamic-workflows-drafts'); r.onsuccess = () => done(r.result); });
          const database = await open();
          window.stored = () => new Promise(done => {
            const r = database.transaction('projects').objectStore('projects').getAll();
            r.onsuccess = () => done(r.result.map(one => Object.values(one.files).join()).join());
          });
          return window.stored();
        }"""
    )
    assert "qqqq" not in stored
    page.keyboard.type("q" * 20, delay=40)  # never a pause: the write must not wait for one
    began = time.monotonic()
    page.wait_for_function("async () => (await window.stored()).includes('q'.repeat(20))", polling=20)
    assert time.monotonic() - began < 0.5


def test_a_draft_survives_the_death_of_the_browser(playwright: Playwright, site: str, tmp_path: Path) -> None:
    def start() -> tuple[subprocess.Popen[bytes], Page]:
        port_file = tmp_path / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        command = [find_chromium(), "--headless", *FLAGS, f"--user-data-dir={tmp_path}", "--remote-debugging-port=0"]
        process = subprocess.Popen([*command, "about:blank"], start_new_session=True, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().strip()):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port_file.read_text().split()[0]}")
        page = browser.contexts[0].pages[0]
        page.route(NO_KERNEL, lambda route: None)
        page.goto(site, wait_until="commit")
        codemirror(page)
        return process, page

    process, page = start()
    write(page, "written = 'before the crash'\n")
    saved(page)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process, page = start()
    try:
        page.wait_for_function("() => document.querySelector('.cm-content').textContent.includes('before the crash')")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_choosing_an_example_keeps_the_text_and_undo_brings_it_back(open_page: Open) -> None:
    page = open_page()
    write(page, "mine = 2\n")
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="Order at globex").click()
    expect(page.locator("#tenant")).to_have_text("globex")
    assert "asyncio.gather" in editor_text(page)
    expect(page.locator(".notice")).to_contain_text("Your earlier text is kept.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#tenant")).to_have_text("acme")
    assert editor_text(page) == "mine = 2\n"
    saved(page)


def test_choosing_the_example_that_is_open_resets_it_and_undo_brings_the_text_back(open_page: Open) -> None:
    page = open_page()
    write(page, "mine = 3\n")
    saved(page)
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="Order", exact=True).click()
    page.wait_for_function("() => document.querySelector('.cm-content').textContent.includes('WorkflowEntrypoint')")
    page.get_by_role("button", name="Undo").click()
    assert editor_text(page) == "mine = 3\n"
    saved(page)
    page.reload(wait_until="commit")
    codemirror(page)
    assert editor_text(page) == "mine = 3\n"


def test_each_example_has_a_draft_of_its_own_and_back_and_forward_find_it(open_page: Open) -> None:
    page = open_page()
    write(page, "mine = 4\n")
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="Order at globex").click()
    expect(page.locator("#tenant")).to_have_text("globex")
    assert "example=order-globex" in page.url
    write(page, "theirs = 1\n")
    page.go_back()
    expect(page.locator("#tenant")).to_have_text("acme")
    assert editor_text(page) == "mine = 4\n"
    page.go_forward()
    expect(page.locator("#tenant")).to_have_text("globex")
    assert editor_text(page) == "theirs = 1\n"


def test_keys_typed_before_the_kept_text_is_read_do_not_replace_it(open_page: Open) -> None:
    page = open_page()
    write(page, "kept = 1\n")
    saved(page)
    page.evaluate("localStorage.removeItem('dynamic-workflows.draft')")  # as after a crash: only the database has it
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { const area = document.querySelector('#source');"
        " area.value = 'typed' + area.value; area.dispatchEvent(new Event('input', {bubbles: true})); }, {capture: true})"
    )
    # A module script runs before DOMContentLoaded: type even earlier, while the document is still parsed.
    page.add_init_script(
        "new MutationObserver((_, self) => { if (!document.querySelector('#live')) return; self.disconnect();"
        " document.querySelector('#source').value = 'early ' + document.querySelector('#source').value; })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.reload(wait_until="commit")
    codemirror(page)
    expect(page.locator(".notice")).to_contain_text("Your earlier text is kept.")
    assert "early " in editor_text(page)
    page.get_by_role("button", name="Undo").click()
    assert editor_text(page) == "kept = 1\n"
