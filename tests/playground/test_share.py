"""Sharing: what a link holds is shown first, what arrives by one is shown as a stranger's, and nothing runs by itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror, editor_text, write
from tests.playground.test_runs import READY, RUN, STEP

SAMPLES = Path(__file__).parents[1] / "share" / "first"
CLIPBOARD = ["clipboard-read", "clipboard-write"]
pytestmark = pytest.mark.timeout(300)


def sample(name: str) -> dict[str, Any]:
    """Return a link that was written once, and what it holds."""
    read: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return read


def banner(page: Page, words: str = "From a link. It has not run here.") -> None:
    expect(page.locator(".notice.shared .what > p").first).to_have_text(words)


def copied(page: Page) -> str:
    page.locator("dialog.share .button.filled").click()
    expect(page.locator("dialog.share .button.filled")).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_link_shows_code_and_run_before_python_and_leaves_own_work_alone(open_page: Open) -> None:
    link = sample("order")["link"]
    page = open_page()
    write(page, "mine = 1")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.goto(page.url + "#" + link)
    banner(page)
    expect(page.locator(".tl-row")).to_have_count(6)
    expect(page.locator("#summary")).to_contain_text("Complete. Killed once.")
    quote = page.locator(".notice.shared figure")
    assert re.split("\n+", quote.inner_text()) == ["The sender wrote:", "A lamp", "Kill it twice."]
    expect(quote.locator("bdi")).to_have_count(2)
    codemirror(page)
    assert editor_text(page).startswith("from workers import WorkflowEntrypoint\n\n\nclass Order")
    tenant = page.locator("#tenant").inner_text()
    assert re.fullmatch(r"link-[0-9a-f]{8}", tenant)
    assert page.locator(".notice").count() == 1, "no other bar beside the sender's"

    page.reload()
    banner(page)
    assert page.locator("#tenant").inner_text() == tenant, "the same link is the same tenant in this tab"
    page.go_back()
    expect(page.locator(".notice.shared")).to_have_count(0)
    assert editor_text(page) == "mine = 1"
    assert page.locator("#tenant").inner_text() == "acme"
    page.go_forward()
    banner(page)

    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.insert_text("\n# edited")
    page.wait_for_function("!location.hash")
    assert page.evaluate("new URLSearchParams(location.search).get('tenant')") == tenant
    expect(page.locator("#saved")).to_have_text("Saved")
    page.reload()
    codemirror(page)
    banner(page)
    assert editor_text(page).endswith("# edited")
    expect(page.locator(".notice.shared blockquote")).to_contain_text("Kill it twice.")

    page.get_by_role("button", name="Keep a copy").click()
    expect(page.locator("#tenant")).to_have_text("my-order")
    expect(page.locator(".notice.shared")).to_have_count(0)
    assert editor_text(page).endswith("# edited")


def test_links_that_cannot_be_read_say_so_with_the_numbers(open_page: Open) -> None:
    link = sample("order")["link"]
    page = open_page("#" + link[:700])
    trouble = page.locator("[data-notice=shared-trouble] p")
    expect(trouble).to_have_text(f"This link is cut off: 700 of {len(link):,} characters arrived.")
    codemirror(page)
    assert editor_text(page).startswith("from workers"), "the page is as without a link"
    for hash, words in {
        "1" + link[1:600] + ("A" if link[600] != "A" else "B") + link[601:]: "This link is damaged",
        "8" + link[1:]: "This was made by a newer version of this page, in format 8.",
        link[:9]: "This link is cut off: only 9 characters arrived.",
    }.items():
        page.evaluate("hash => { location.hash = hash; }", hash)
        expect(trouble).to_contain_text(words)
    page.evaluate("hash => { location.hash = hash; }", sample("report")["link"])
    banner(page)
    expect(page.locator("[data-notice=shared-trouble]")).to_have_count(0)
    expect(page.locator(".notice.shared figure")).to_have_count(0)


def test_the_dialog_lists_what_leaves_and_gives_it_in_four_forms(open_page: Open, site: str) -> None:
    page = open_page(permissions=CLIPBOARD)
    codemirror(page)
    page.keyboard.press("ControlOrMeta+s")
    dialog = page.locator("dialog.share")
    expect(dialog).to_contain_text("Already saved in this browser.")
    listed = dialog.locator(".contents").inner_text()
    for told in (
        "order.py",
        "958 characters",
        "ada@example.com",
        "charge card",
        '{"id": "charge-1"}',
        'Event "approve"',
        "charge [40]",
        "Output of the run",
    ):
        assert told in listed, told
    expect(dialog.locator(".length")).to_contain_text("of 2,000 characters: chats and mail carry it whole.")
    expect(dialog).to_contain_text("This link opens only on this computer.")
    assert copied(page).startswith(site + "#1")
    dialog.get_by_label("Public address").fill("https://example.org/flows/index.html")
    expect(dialog.get_by_text("This link opens only on this computer.")).to_be_hidden()
    dialog.get_by_label("Title").fill("A <b>lamp</b> [x]")
    dialog.get_by_role("radio", name="Markdown").check()
    expect(dialog.get_by_label("Text to copy")).to_have_value(
        re.compile(r"^\[A \\<b\\>lamp\\</b\\> \\\[x\\\]\]\(https://example\.org/flows/#1[\w-]+\)$")
    )
    dialog.get_by_role("radio", name="Embed").check()
    expect(dialog.get_by_label("Text to copy")).to_have_value(re.compile("^<script"))
    snippet = dialog.get_by_label("Text to copy").input_value()
    assert '<script async src="https://example.org/flows/embed.js"></script>' in snippet
    assert "order[&quot;item&quot;]" in snippet
    with_run = dialog.locator(".contents dt").count()
    dialog.get_by_label("Include the recorded run, 6 steps").uncheck()
    assert dialog.locator(".contents dt").count() == 2 < with_run
    dialog.get_by_role("radio", name="File").check()
    expect(dialog.locator(".length")).to_contain_text("readable text")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save file").click()
    assert download.value.suggested_filename == "order.workflow"
    page.keyboard.press("Escape")

    # The same file, dropped on the page; and one that is none.
    text = download.value.path().read_text(encoding="utf-8")
    drop = """([name, text]) => { const data = new DataTransfer(); data.items.add(new File([text], name));
        document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})); }"""
    page.evaluate(drop, ["other.workflow", "{}"])
    expect(page.locator("[data-notice=shared-trouble]")).to_contain_text(
        "other.workflow is no workflow file and no report."
    )
    page.evaluate(drop, ["order.workflow", text])
    banner(page, "From a file. It has not run here.")
    expect(page.locator(".notice.shared blockquote")).to_have_text("A <b>lamp</b> [x]")
    assert page.locator("#tenant").inner_text().startswith("file-")


def test_a_strangers_code_runs_only_on_run_as_nobody_and_its_report_opens_at_its_last_row(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    codemirror(page)
    page.evaluate("hash => { location.hash = hash; }", sample("order")["link"])
    banner(page)
    expect(page.locator("#kernel-state")).to_have_text("Ready", timeout=READY)
    ask = "([verb, args]) => window.dynamicWorkflows.kernel.request(verb, args)"
    assert page.evaluate(ask, ["runs", {}]) == []
    delay = "() => window.dynamicWorkflows.kernel.request('settings', {}).then(({world_delay}) => world_delay)"
    assert page.evaluate(delay) == 1_500, "a link that says nothing is shown as every page begins"
    write(page, editor_text(page).replace("        await charge()", "        raise ValueError('no\\u202e stock')"))
    page.locator(RUN).click()
    expect(page.locator("#summary")).to_contain_text("Errored.", timeout=STEP)
    tenant = page.locator("#tenant").inner_text()
    banner(page, f"It runs as {tenant}, a tenant of its own, and reaches nothing of yours.")
    assert page.evaluate(ask, ["tenants", {}]) == [tenant]
    assert [run["tenant"] for run in page.evaluate(ask, ["runs", {}])] == [tenant]
    page.get_by_role("button", name="Copy report").click()
    report = page.locator("pre.report").inner_text()
    for told in (
        "Pyodide: 314",
        "Storage: kept by the browser (IndexedDB)",
        "Code version: ",
        '"item": "lamp"',
        "Clock: created 2",
        "Seed: none",
        "step.completed do:reserve stock-1 1",
        "ValueError",
        "\nrecord: 1",
    ):
        assert told in report, told
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#summary")).to_contain_text("Errored.", timeout=READY)
    assert "no" in editor_text(page), "the code of a run is found again after a reload"

    # What the page is set to leaves with a link, is listed first, and is given back when something else is open.
    page.goto("about:blank")
    page = open_page("?example=cron&world-delay=20", kernel=True, permissions=CLIPBOARD)
    codemirror(page)
    expect(page.locator("#schedule #cron")).to_have_value("0 6 * * *", timeout=READY)
    page.evaluate("() => { document.querySelector('workflow-timeline').look = {as: 'table', clock: 'wall'}; }")
    page.keyboard.press("ControlOrMeta+s")
    listed = page.locator("dialog.share .contents").inner_text()
    for told in ("An outside answer takes", "20 ms", "Schedule", "0 6 * * *", "as a table, by the wall clock"):
        assert told in listed, told
    link = copied(page)
    page.keyboard.press("Escape")
    look = "document.querySelector('workflow-timeline').look"
    page.evaluate("() => { document.querySelector('workflow-timeline').look = {as: 'bars', clock: 'run'}; }")
    page.evaluate("hash => { location.hash = hash; }", link[link.index("#") :])
    banner(page)
    assert page.evaluate(look) == {"as": "table", "toScale": False, "clock": "wall"}
    expect(page.locator("#schedule #cron")).to_have_value("0 6 * * *")
    page.evaluate("hash => { location.hash = hash; }", sample("order")["link"])
    page.wait_for_function("() => window.dynamicWorkflows.workspace.main === 'order.py'")
    page.wait_for_function(f"() => ({delay})().then(ms => ms === 1500)")
    assert page.evaluate(look)["as"] == "bars"
    expect(page.locator("#schedule")).to_be_hidden()
    page.go_back()
    page.wait_for_function(f"() => ({delay})().then(ms => ms === 20)")

    other = open_page()
    codemirror(other)
    with other.expect_file_chooser() as chooser:
        other.locator("#more-button").click()
        other.get_by_role("menuitem", name="Open file…").click()
    chooser.value.set_files({"name": "order-1.report.txt", "mimeType": "text/plain", "buffer": report.encode()})
    banner(other, "From a report. It has not run here.")
    expect(other.locator("#summary")).to_contain_text("Errored.")
    expect(other.locator("#failure")).to_contain_text(r"ValueError: no\u202e stock")
    expect(other.locator(".tl-row")).to_have_count(1)
    assert "raise ValueError" in editor_text(other)
