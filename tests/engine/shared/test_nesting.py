"""Nesting is measured without parsing: brackets in strings do not count, escapes do not confuse it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamic_workflows.shared.nesting import nested_deeper

texts = st.text(alphabet='[]{}"\\a\u00e9\ud800') | st.text()
values = st.recursive(
    st.none() | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(values, st.booleans())
def test_it_is_the_depth_of_the_value(value: Any, ascii: bool) -> None:
    text, found = json.dumps(value, ensure_ascii=ascii), depth(value)
    padded = f"[{text}{',[]' * 50}]"  # so that counting brackets alone does not decide
    assert not nested_deeper(text, max(found, 1))
    assert not nested_deeper(padded, found + 2)
    assert nested_deeper(padded, found) or found == 0


@pytest.mark.parametrize(
    "text",
    ["[" * 50, '{"a":' * 50, "[{" * 25, "]" * 50 + "[" * 50, '["' + "[" * 50 + '",' + "[" * 50, "[]" * 50 + "[" * 50],
)
def test_what_does_not_close_is_too_deep(text: str) -> None:
    assert nested_deeper(text, 32)


def test_strings_are_not_structure() -> None:
    assert not nested_deeper(json.dumps(["[" * 1_000, '\\"[' * 1_000, '"' * 999, "\\" * 999, "[{"]), 3)
