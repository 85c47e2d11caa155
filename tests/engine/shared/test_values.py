"""Wire values: Python types come back, what cannot is refused, sizes are those of the value."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, namedtuple
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamic_workflows.shared.errors import NotSerialisable
from dynamic_workflows.shared.limits import RESULT_BYTES
from dynamic_workflows.shared.values import AttributeDict, decode, encode, size, too_large

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.none() | st.just(UTC))
)
hashable = st.recursive(scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)
values = st.recursive(
    scalars | st.sets(hashable, max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("$"), inner, max_size=4),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, as Python's own does not."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


@given(values)
def test_values_come_back_with_their_types(value: Any) -> None:
    text = encode(value)
    assert text.isascii()
    assert same(decode(text), value)
    assert decode(text, attributes=True) == value


@given(values)
def test_encoding_what_was_decoded_changes_nothing(value: Any) -> None:
    text = encode(value)
    assert encode(decode(text)) == text


def test_special_floats_and_big_integers_survive() -> None:
    back = decode(encode([math.nan, math.inf, -math.inf, -0.0, 2.0, 2**53, 2**53 + 1, -(2**80)]))
    assert math.isnan(back[0])
    assert [str(item) for item in back[1:5]] == ["inf", "-inf", "-0.0", "2.0"]
    assert back[5:] == [2**53, 2**53 + 1, -(2**80)]


def test_keys_become_text_and_tuples_lists() -> None:
    assert decode(encode({7: "a", 2.0: "b", 2.5: "c", None: (1, 2), True: 0})) == {
        "7": "a", "2": "b", "2.5": "c", "null": [1, 2], "true": 0
    }  # fmt: skip


def test_subclasses_are_stored_as_what_they_extend() -> None:
    colour = enum.IntEnum("colour", {"RED": 3})
    name = enum.StrEnum("name", {"A": "x"})
    point = namedtuple("point", "x y")
    assert encode([colour.RED, name.A, point(1, 2), OrderedDict(a=1), AttributeDict(b=2), bytearray(b"z")]) == (
        '[3,"x",[1,2],{"a":1},{"b":2},{"$":"bytes","v":"eg=="}]'
    )


def test_a_set_is_written_in_one_order() -> None:
    assert encode({"b", "a", 3, (1, 2)}) == encode({(1, 2), 3, "a", "b"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal(1), r"A decimal\.Decimal cannot be stored, at value\."),
        ({"a": [1, object()]}, r"A object cannot be stored, at value\['a'\]\[1\]\."),
        (lambda: 1, "A function cannot be stored"),
        ((item for item in [0]), "A generator cannot be stored"),
        ({(1, 2): 3}, "A tuple cannot be a key, at value"),
        ([10**5_000], "an integer that is too long"),
    ],
)
def test_other_types_are_refused_with_their_place(value: Any, text: str) -> None:
    with pytest.raises(NotSerialisable, match=text):
        encode(value)


def test_cycles_are_refused_and_repetition_is_not() -> None:
    part: list[Any] = [1]
    assert decode(encode([part, part])) == [[1], [1]]
    part.append({"me": part})
    with pytest.raises(NotSerialisable, match=r"contains itself, at value\[1\]\['me'\]"):
        encode(part)


def test_deep_nesting_is_refused_before_it_cannot_be_read_back() -> None:
    deep: list[Any] = []
    for _ in range(199):
        deep = [deep]
    assert decode(encode(deep)) == deep
    tagged: dict[str, Any] = {}
    for _ in range(198):
        tagged = {"$": tagged}
    assert decode(encode(tagged)) == tagged
    with pytest.raises(NotSerialisable, match="more than 200 levels"):
        encode([deep])


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "nul", "NaN", "Infinity", '{"$":1,"v":2}', '{"$":"bytes"}', '{"$":"bytes","v":"*"}', '{"$":"what","v":1}',
        '{"$":"int","v":"x"}', '{"$":"int","v":3}', '{"$":"float","v":null}', '{"$":"datetime","v":"today"}',
        '{"$":"set","v":{}}', '{"$":"set","v":[{}]}', '{"$":"dict","v":[]}', '{"$":"set","v":[1],"w":2}', "[" * 100_000,
        '{"$":["x"],"v":1}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("attributes", [False, True])
def test_text_that_is_no_value_is_a_value_error(text: str, attributes: bool) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the class is the contract
        decode(text, attributes=attributes)


@given(st.text(alphabet='{}[]"$v:,bytesinloaf0129.-\\un ', max_size=60))
def test_no_text_breaks_the_decoder(text: str) -> None:
    try:
        decode(text)
    except ValueError:
        return


def test_attribute_access_reads_keys_and_names_what_is_missing() -> None:
    value = decode('{"a":{"b":[{"c":1}]},"items":2}', attributes=True)
    assert value.a.b[0].c == 1
    assert value["items"] == 2
    assert callable(value.items)
    with pytest.raises(AttributeError, match="no key 'x'; there are 'a', 'items'"):
        value.x  # noqa: B018


@given(st.text() | st.binary() | st.lists(st.text() | st.binary()))
def test_size_is_that_of_the_value_not_of_its_wire_form(value: Any) -> None:
    if isinstance(value, str):
        expected = len(value.encode("utf-8", "surrogatepass")) + 2
        quotes = sum(value.count(c) for c in '"\\')  # counted as one byte each, like the rest
        assert expected - quotes <= size(encode(value)) <= expected
    elif isinstance(value, bytes):
        assert len(value) <= size(encode(value)) <= len(value) + 4
    else:
        assert size(encode(value)) <= sum(size(encode(item)) + 1 for item in value) + 2


def test_a_mebibyte_fits_whatever_its_encoding() -> None:
    value: Any
    for value in (
        "a" * (RESULT_BYTES - 2),
        "é" * (RESULT_BYTES // 2 - 1),
        "\n" * (RESULT_BYTES - 2),
        b"a" * (RESULT_BYTES - 8),
    ):
        assert not too_large(encode(value))
    for value in ("a" * RESULT_BYTES, "é" * (RESULT_BYTES // 2), b"a" * (RESULT_BYTES + 8), list(range(400_000))):
        assert too_large(encode(value))
