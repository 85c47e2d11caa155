"""``playground``: serves a built site on this computer."""

from __future__ import annotations

import functools
import webbrowser
from argparse import Namespace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dynamic_workflows.cli.errors import OK, UserError

HOST = "127.0.0.1"


class Handler(SimpleHTTPRequestHandler):
    """Answers with files; the types a browser is strict about do not depend on this machine's settings."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012  the base class declares it as a plain attribute
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript; charset=utf-8",
        ".mjs": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".wasm": "application/wasm",
        ".whl": "application/zip",
    }

    def end_headers(self) -> None:
        """Let the browser ask each time whether a file has changed."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""


def playground(options: Namespace) -> int:
    """Serve until interrupted."""
    site = Path(options.site)
    if not (site / "index.html").is_file():
        raise UserError(
            f"There is no built site in {site}: it has no index.html."
            " Build one with `make playground` in a checkout, or name its folder with --site."
        )
    try:
        server = ThreadingHTTPServer((HOST, options.port), functools.partial(Handler, directory=str(site)))
    except (OSError, OverflowError) as error:
        raise UserError(f"Port {options.port} cannot be used: {error}. Choose another one with --port.") from None
    server.daemon_threads = True
    url = f"http://{HOST}:{server.server_address[1]}/"
    print(f"The playground is at {url}  (Ctrl-C stops it)", flush=True)
    if options.open:
        webbrowser.open(url)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return OK
