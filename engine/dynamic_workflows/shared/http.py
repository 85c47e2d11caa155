"""``Request`` and ``Response`` in plain Python, for tenant code and for the host's gateways alike."""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Mapping
from http import HTTPMethod
from typing import Any

Bytes = bytes  # the name of a method below
Body = str | Bytes | bytearray | None
Fields = Mapping[str, Any] | Iterable[tuple[str, Any]] | None


class Headers(dict[str, str]):
    """Header fields; names are kept in lower case and looked up in any, values of a repeated name are joined."""

    def __init__(self, fields: Fields = None) -> None:
        super().__init__()
        for name, value in fields.items() if isinstance(fields, Mapping) else fields or ():
            self[name] = f"{self[name]}, {value}" if name in self else str(value)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(str(name).lower(), value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field or the default."""
        return super().get(name.lower(), default)


class _Message:
    """What a request and a response share: headers, and a body that is read once."""

    url: str

    def __init__(self, body: Body, headers: Fields) -> None:
        if body is not None and not isinstance(body, (str, bytes, bytearray)):
            raise TypeError(f"A body is text or bytes, not {type(body).__name__}; use Response.from_json for values.")
        self.headers = Headers(headers)
        self.body_used = False
        self._body = body.encode() if isinstance(body, str) else bytes(body or b"")

    def _take(self) -> Bytes:
        if self.body_used:
            raise OSError("Body already used")
        self.body_used = True
        return self._body

    async def bytes(self) -> Bytes:
        """Return the body."""
        return self._take()

    async def buffer(self) -> Bytes:
        """Return the body."""
        return self._take()

    async def text(self) -> str:
        """Return the body as text."""
        return self._take().decode()


class Request(_Message):
    """A request to a worker's ``fetch``, or to a gateway.

    ``method`` is one of ``http.HTTPMethod`` where it has a name there; those are text.

    Args:
        input: its address, or a request to copy what is not given from.
        options: those of the platform that mean nothing here (``cache``, ``redirect``, …).
    """

    method: str

    def __init__(
        self,
        input: str | Request,
        method: str | None = None,
        *,
        headers: Fields = None,
        body: Body = None,
        **options: Any,
    ) -> None:
        if isinstance(input, Request):
            method = input.method if method is None else method
            headers = input.headers if headers is None else headers
            body = input._take() if body is None else body
            input = input.url
        super().__init__(body, headers)
        self.url = str(input)
        name = str(method or "GET").upper()
        self.method = HTTPMethod[name] if name in HTTPMethod.__members__ else name
        if isinstance(body, str):
            self.headers.setdefault("content-type", "text/plain;charset=UTF-8")

    async def json(self, **options: Any) -> Any:
        """Return the body's JSON value; options are those of ``json.loads``."""
        return _json.loads(self._take(), **options)

    def clone(self) -> Request:
        """Return a request of its own with the same body, which must not have been read."""
        copy = Request(self.url, self.method, headers=self.headers, body=self._take())
        self.body_used = False
        return copy

    def __repr__(self) -> str:
        return f"Request(method={str(self.method)!r}, url={self.url!r})"


class _Json:
    """``Response.json(value)`` makes a response; ``await response.json()`` reads one."""

    def __get__(self, response: Response | None, owner: type[Response]) -> Any:
        return owner.from_json if response is None else response._parsed


class Response(_Message):
    """A worker's or a gateway's answer."""

    json = _Json()

    def __init__(
        self,
        body: Body = None,
        status: int | None = None,
        status_text: str = "",
        headers: Fields = None,
        *,
        url: str = "",
    ) -> None:
        super().__init__(body, headers)
        self.status = 200 if status is None else int(status)
        self.status_text = status_text
        self.url = url
        if isinstance(body, str):
            self.headers.setdefault("content-type", "text/plain;charset=UTF-8")

    @classmethod
    def from_json(cls, data: Any, status: int = 200, status_text: str = "", headers: Fields = None) -> Response:
        """Return a response with a value as JSON."""
        fields = {"content-type": "application/json", **Headers(headers)}
        return cls(_json.dumps(data).encode(), status, status_text, fields)

    @classmethod
    def redirect(cls, url: str, status: int = 302) -> Response:
        """Return a redirect."""
        return cls(None, status, headers={"location": url})

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status < 300

    def clone(self) -> Response:
        """Return a response of its own with the same body, which must not have been read."""
        copy = self.replace_body(self._take())
        self.body_used = False
        return copy

    def replace_body(self, body: Body) -> Response:
        """Return a response with the same status and headers and another body."""
        return Response(body, self.status, self.status_text, self.headers, url=self.url)

    async def _parsed(self, **options: Any) -> Any:
        return _json.loads(self._take(), **options)

    def __repr__(self) -> str:
        return f"Response(status={self.status}, content_type={self.headers.get('content-type')!r})"


def fields_of(message: Request | Response) -> tuple[str, dict[str, Any]]:
    """Return what a message is, ``request`` or ``response``, and the plain values it consists of."""
    common = {"headers": dict(message.headers), "body": message._take(), "url": message.url}
    if isinstance(message, Request):
        return "request", {**common, "method": str(message.method)}
    return "response", {**common, "status": message.status, "status_text": message.status_text}


def message_from(kind: str, fields: Mapping[str, Any]) -> Request | Response:
    """Return the message of ``fields_of``.

    Raises:
        ValueError: the fields are not those of such a message.
    """
    url, headers, body = fields.get("url", ""), fields.get("headers"), fields.get("body")
    method, status = fields.get("method", "GET"), fields.get("status", 200)
    status_text = fields.get("status_text", "")
    texts = (url, method, status_text, *(headers.values() if isinstance(headers, dict) else (None,)))
    if not all(isinstance(part, str) for part in texts) or type(body) is not bytes or type(status) is not int:
        raise ValueError(f"The text holds a malformed {kind}.")
    if kind == "request":
        return Request(url, method, headers=headers, body=body)
    return Response(body, status, status_text, headers, url=url)
