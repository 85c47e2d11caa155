"""The reference is what the docstrings say, and leaves no public name out."""

from __future__ import annotations

import dynamic_workflows
from tests.docs import reference


def test_it_is_what_the_docstrings_say() -> None:
    written = {page.stem: page.read_text(encoding="utf-8") for page in reference.FOLDER.glob("*.md")}
    written.pop("index", None)
    stale = {name for name, text in reference.texts().items() if written.get(name) != text}
    assert stale == set(), "run `python -m tests.docs.reference`"
    assert written.keys() == reference.texts().keys()


def test_every_public_name_is_in_it() -> None:
    whole = "\n".join(reference.texts().values())
    assert [name for name in dynamic_workflows.__all__ if f"## `{name}" not in whole] == []
