"""``Request`` and ``Response`` in plain Python: enough to answer a call, without a network behind them."""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from typing import Any

Bytes = bytes  # the name of a method below
Body = str | Bytes | bytearray | None


class Headers(dict[str, str]):
    """Header fields; names are kept in lower case and looked up in any."""

    def __init__(self, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__({str(name).lower(): str(value) for name, value in (fields or {}).items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name.lower(), value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field or the default."""
        return super().get(name.lower(), default)


class _Message:
    """What a request and a response share: headers and a body."""

    def __init__(self, body: Body, headers: Mapping[str, Any] | None) -> None:
        if body is not None and not isinstance(body, (str, bytes, bytearray)):
            raise TypeError(f"A body is text or bytes, not {type(body).__name__}; use Response.from_json for values.")
        self.headers = Headers(headers)
        self._body = body.encode() if isinstance(body, str) else bytes(body or b"")

    async def bytes(self) -> Bytes:
        """Return the body."""
        return self._body

    async def text(self) -> str:
        """Return the body as text."""
        return self._body.decode()


class Request(_Message):
    """A request to a worker's ``fetch``."""

    def __init__(
        self, url: str, method: str = "GET", *, headers: Mapping[str, Any] | None = None, body: Body = None
    ) -> None:
        super().__init__(body, headers)
        self.url = url
        self.method = method.upper()

    async def json(self) -> Any:
        """Return the body's JSON value."""
        return _json.loads(self._body)


class _Json:
    """``Response.json(value)`` makes a response; ``await response.json()`` reads one."""

    def __get__(self, response: Response | None, owner: type[Response]) -> Any:
        return owner.from_json if response is None else response._parsed


class Response(_Message):
    """A worker's answer."""

    json = _Json()

    def __init__(
        self,
        body: Body = None,
        status: int = 200,
        status_text: str = "",
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(body, headers)
        self.status = int(status)
        self.status_text = status_text
        if isinstance(body, str):
            self.headers.setdefault("content-type", "text/plain;charset=UTF-8")

    @classmethod
    def from_json(
        cls, data: Any, status: int = 200, status_text: str = "", headers: Mapping[str, Any] | None = None
    ) -> Response:
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

    async def _parsed(self) -> Any:
        return _json.loads(self._body)
