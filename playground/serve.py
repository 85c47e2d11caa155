"""Serves the built site on this computer: `python -m playground.serve`; PORT= and OPEN=1 are its settings."""

from __future__ import annotations

import errno
import functools
import os
import sys
import webbrowser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
DIST = Path(__file__).resolve().parents[1] / "dist"


class Handler(SimpleHTTPRequestHandler):
    """Answers with files and their types only: the site needs no special headers."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012  the base class declares it as a plain attribute
        **SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".mjs": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".wasm": "application/wasm",
        ".whl": "application/zip",
        ".zip": "application/zip",
    }

    def end_headers(self) -> None:
        """Let the browser ask each time whether a file has changed: a rebuilt site shows at once."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""


class Server(ThreadingHTTPServer):
    """Serves every request in a thread of its own."""

    daemon_threads = True
    request_queue_size = 128  # several pages load at once in the tests

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about a browser that went away in the middle of an answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def open_server(port: int, folder: Path = DIST) -> Server:
    """Return a server bound to the port (0: any free one), not yet serving."""
    return Server((HOST, port), functools.partial(Handler, directory=str(folder)))


def main() -> int:
    """Serve until interrupted."""
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        return _fail(f"PORT={text} is not a port number.")
    if not (DIST / "index.html").exists():
        return _fail("There is no site to serve yet. Run make playground, which builds it.")
    try:
        server = open_server(int(text))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _fail(f"Port {text} is in use. Choose another one: make playground PORT={int(text) + 1}")
        return _fail(f"Port {text} cannot be used: {error.strerror}.")
    url = f"http://{HOST}:{server.server_address[1]}/"
    print(f"Dynamic Workflows is at {url}  (Ctrl+C stops it)", flush=True)
    if os.environ.get("OPEN") == "1" and sys.stdout.isatty():
        webbrowser.open(url)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
