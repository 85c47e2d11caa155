"""Every public error class has a page that is named after it, and every such page is of a class."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import dynamic_workflows
from dynamic_workflows.shared.errors import WorkflowError
from tests.docs.pages import DOCS, pages


def classes(base: type[WorkflowError] = WorkflowError) -> Iterator[type[WorkflowError]]:
    """Yield every error class of the package that somebody outside of it can meet."""
    if base.__module__.startswith("dynamic_workflows.") and not (base.__doc__ or "").startswith("Internal:"):
        yield base
    for other in base.__subclasses__():
        yield from classes(other)


def import_everything() -> None:
    """Import every module, so that every class exists."""
    for module in pkgutil.walk_packages(dynamic_workflows.__path__, "dynamic_workflows."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_every_error_has_a_page_and_every_page_an_error() -> None:
    import_everything()
    named = {kind.__name__ for kind in classes()}
    assert {page.stem for page in pages() if page.parent == DOCS / "errors"} - {"index"} == named
    for kind in classes():
        assert kind.page == f"errors/{kind.__name__}"


def test_the_page_links_every_error_that_has_a_page() -> None:
    script = (DOCS.parents[1] / "playground" / "ui" / "docs.js").read_text(encoding="utf-8")
    listed = script.partition("ERROR_PAGES = new Set(`")[2].partition("`")[0].split()
    assert sorted(listed) == listed
    assert set(listed) == {page.stem for page in pages() if page.parent == DOCS / "errors"} - {"index"}


def test_a_page_has_the_four_parts_in_order() -> None:
    parts = ["**What happened.**", "**Why.**", "**What to do.**"]
    for page in (page for page in pages() if page.parent == DOCS / "errors" and page.stem != "index"):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.stem}\n"), page.stem
        places = [text.find(part) for part in parts]
        assert -1 not in places, (page.stem, places)
        assert places == sorted(places), page.stem
