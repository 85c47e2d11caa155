"""Files of a project: the tree, names, uploads; each file has an undo history of its own."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror, editor_text, write
from tests.playground.test_projects import LINKED, opened, saved, snapshot


def paths(page: Page) -> list[str]:
    """Return what the tree shows, in order."""
    found: list[str] = page.locator("#files [role=treeitem]").evaluate_all("items => items.map(i => i.dataset.path)")
    return found


def name(page: Page, text: str) -> None:
    """Answer the dialog that asks for a name."""
    page.locator("#file-name").fill(text)
    page.locator("#file-name").press("Enter")


def menu(page: Page, item: str) -> None:
    """Choose from the file's menu, which is part of the tenant's while there is one file."""
    page.locator("#file-button, #tenant-button").locator("visible=true").last.click()
    page.get_by_role("menuitem", name=item).click()


def drop(page: Page, files: dict[str, str]) -> None:
    """Drop files on the code, as a reader does from a folder."""
    page.evaluate(
        """(files) => {
          const data = new DataTransfer();
          for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
          document.querySelector('#code-pane').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
        }""",
        files,
    )


def test_the_tree_appears_with_the_second_file_and_every_change_can_be_taken_back(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    expect(page.locator("#files")).to_be_hidden()
    menu(page, "Add a file…")
    name(page, "no good")
    expect(page.locator("#file-problem")).to_contain_text("Use letters, digits")
    name(page, "order.py")
    expect(page.locator("#file-problem")).to_have_text("There is a file order.py already.")
    name(page, "lib/prices.py")
    expect(page.locator("#files")).to_be_visible()
    expect(page.locator("#file")).to_have_text("lib/prices.py")
    assert paths(page) == ["lib", "lib/prices.py", "order.py"]
    page.keyboard.type("price = 40")
    saved(page)
    menu(page, "Rename…")
    name(page, "prices.py")
    assert paths(page) == ["order.py", "prices.py"]
    assert editor_text(page) == "price = 40"
    page.keyboard.press("ControlOrMeta+z")  # what was typed under the old name
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+z")
    assert editor_text(page) == ""
    page.keyboard.press("ControlOrMeta+Shift+z")
    page.locator(".notice").get_by_role("button", name="Undo").click()
    assert paths(page) == ["lib", "lib/prices.py", "order.py"]
    menu(page, "Delete")
    expect(page.locator("#files")).to_be_hidden()
    expect(page.locator("#file")).to_have_text("order.py")
    expect(page.locator(".notice")).to_contain_text("lib/prices.py is deleted.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#file")).to_have_text("lib/prices.py")
    assert snapshot(page)["files"]["lib/prices.py"] == "price = 40"
    saved(page)
    page.reload(wait_until="commit")
    codemirror(page)
    expect(page.locator("#file")).to_have_text("lib/prices.py")
    assert editor_text(page) == "price = 40"
    menu(page, "Run this file")
    assert snapshot(page)["main"] == "lib/prices.py"


def test_the_tree_works_by_keyboard_and_files_keep_their_undo(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    opened(page, {**LINKED, "tenant": "mine", "files": {**LINKED["files"], "lib/a.py": "a = 1"}}, "own")
    expect(page.locator("#files")).to_be_visible()
    write(page, "flow")
    page.locator("#files [role=treeitem][tabindex='0']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert paths(page) == ["lib", "flow.py", "part.py"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#file")).to_have_text("lib/a.py")
    assert editor_text(page) == "a = 1"
    page.keyboard.press("End")
    page.keyboard.press("F2")
    name(page, "rest.py")
    assert paths(page) == ["lib", "lib/a.py", "flow.py", "rest.py"]
    page.keyboard.press("End")
    page.keyboard.press("Delete")
    assert paths(page) == ["lib", "lib/a.py", "flow.py"]
    page.locator("[data-path='flow.py']").click()
    assert editor_text(page) == "flow"
    page.keyboard.press("Delete")  # the main file stays
    expect(page.locator(".notice")).to_contain_text("flow.py is the main file.")
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("ControlOrMeta+z")
    assert editor_text(page) == LINKED["files"]["flow.py"]


def test_dropped_files_are_added_and_what_is_no_text_is_refused(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    drop(page, {"table.json": "{}\r\n", "notes.md": "# Hello"})
    expect(page.locator(".notice")).to_contain_text("2 files are added.")
    assert snapshot(page)["files"]["table.json"] == "{}\n"
    drop(page, {"notes.md": "# Other"})
    expect(page.locator(".notice")).to_contain_text("notes.md is replaced.")
    page.get_by_role("button", name="Undo").click()
    assert snapshot(page)["files"]["notes.md"] == "# Hello"
    drop(page, {"shared.workflow": "{}"})  # a whole project: not a file of this one
    drop(page, {"a b.txt": "x"})
    expect(page.locator(".notice")).to_contain_text("a b.txt: Use letters, digits")
    assert sorted(snapshot(page)["files"]) == ["notes.md", "order.py", "table.json"]


def test_a_run_imports_what_stands_beside_its_main_file(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    codemirror(page)
    source = (
        "from workers import WorkflowEntrypoint\nfrom lib.prices import PRICE\nimport pathlib\n\nclass Shop(WorkflowEntrypoint):\n"
        "    async def run(self, event, step):\n        @step.do('price')\n        async def price():\n"
        "            return [PRICE, pathlib.Path('notes.md').read_text()]\n        return await price()"
    )
    files = {"shop.py": source, "lib/prices.py": "PRICE = 41", "notes.md": "hello"}
    project: dict[str, Any] = {**LINKED, "tenant": "shop", "main": "shop.py", "files": files}
    opened(page, project, "own")
    page.locator("#toolbar .run-button").click()
    expect(page.locator("#output")).to_contain_text('[41, "hello"]', timeout=90_000)
    # A change of any file makes the run one of an earlier version; its code is shown beside what differs.
    page.locator("[data-path='lib/prices.py']").click()
    page.locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.type("0")
    expect(page.locator("#status")).to_contain_text("This run uses an earlier version.")
    page.get_by_role("button", name="Show that code").click()
    view = page.locator(".thatcode")
    expect(view.locator(".file-choice")).to_have_value("lib/prices.py")
    expect(view.locator(".cm-deletedChunk")).to_contain_text("PRICE = 410")
    expect(view.locator(".cm-changedLine")).to_contain_text("PRICE = 41")
    view.locator(".file-choice").select_option("shop.py")
    expect(view.locator(".note")).to_have_text("The same as in the editor.")
    page.keyboard.press("Escape")
    expect(view).to_have_count(0)
