"""Requests and responses: fields, bodies that are read once, and their way over the wire."""

from __future__ import annotations

import json
from http import HTTPMethod, HTTPStatus
from typing import Any

import pytest

from dynamic_workflows.shared.errors import NotSerialisable
from dynamic_workflows.shared.http import Headers, Request, Response
from dynamic_workflows.shared.values import decode, encode


def test_headers_are_found_in_any_case_and_repeated_ones_joined() -> None:
    headers = Headers([("X-A", "1"), ("x-a", 2)])
    assert (headers["x-A"], headers.get("X-a"), "X-A" in headers, headers.get("no", 5)) == ("1, 2", "1, 2", True, 5)
    headers["X-A"] = "3"
    assert dict(headers) == {"x-a": "3"}
    del headers["X-A"]
    assert dict(headers) == {}


async def test_a_body_is_read_once_and_a_clone_has_its_own() -> None:
    request = Request("https://a", "put", body="näh", headers={"X-A": "1"})
    copy, again = request.clone(), Request(request, headers={"x-b": "2"})
    assert request.body_used
    with pytest.raises(OSError, match="Body already used"):
        await request.text()
    with pytest.raises(OSError, match="Body already used"):
        request.clone()
    assert await copy.text() == "näh"
    assert (again.method, again.headers["x-b"], await again.bytes()) == (HTTPMethod.PUT, "2", "näh".encode())
    response = Response("one", HTTPStatus.CREATED, headers={"x-a": "1"})
    other = response.replace_body(b"two")
    assert [await one.text() for one in (response.clone(), response, other)] == ["one", "one", "two"]
    assert (other.status, other.headers["x-a"], repr(other)) == (
        201, "1", "Response(status=201, content_type='text/plain;charset=UTF-8')",
    )  # fmt: skip


async def test_methods_are_http_methods_and_unknown_ones_text() -> None:
    assert Request("/").method is HTTPMethod.GET
    assert Request("/", "purge").method == "PURGE"
    assert repr(Request("/a", cache="no-store")) == "Request(method='GET', url='/a')"
    assert await Request("/a", body=b"[1.5]").json(parse_float=str) == ["1.5"]
    assert await Request("/a", body=b"x").buffer() == b"x"


async def test_they_travel_in_calls_and_are_no_values() -> None:
    request = Request("https://a", "PURGE", headers={"X-A": "1"}, body=b"\xff")
    text = encode([1, {"deep": (request, Response.json({"a": 1}, status=404, status_text="No"))}], call=True)
    one, deep = decode(text, attributes=True)
    sent, answer = deep.deep
    assert (one, sent.method, sent.url, dict(sent.headers), await sent.bytes()) == (
        1, "PURGE", "https://a", {"x-a": "1"}, b"\xff",
    )  # fmt: skip
    assert (answer.status, answer.status_text, answer.ok, await answer.json()) == (404, "No", False, {"a": 1})
    for value in (Response("x"), [Request("/")]):
        with pytest.raises(NotSerialisable, match="cannot be stored"):
            encode(value)


FIELDS: dict[str, Any] = {"url": "/", "headers": {}, "body": {"$": "bytes", "v": ""}}


@pytest.mark.parametrize(
    "fields",
    [
        {}, {**FIELDS, "url": 5}, {**FIELDS, "body": "x"}, {**FIELDS, "headers": []}, {**FIELDS, "status": "200"},
        {**FIELDS, "method": None}, {**FIELDS, "headers": {"a": 1}}, {**FIELDS, "status_text": 1},
    ],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["request", "response"])
def test_what_is_no_message_is_refused(tag: str, fields: dict[str, Any]) -> None:
    if "method" in fields and tag == "response":
        fields = {}
    with pytest.raises(ValueError, match="malformed"):
        decode(json.dumps({"$": tag, "v": fields}))
