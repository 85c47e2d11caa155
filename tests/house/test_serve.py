"""The local server gives each file its type, says where it is, and says why it cannot start."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from playground.serve import open_server
from tests.house.sources import ROOT


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    for name in ("index.html", "a.js", "b.mjs", "c.wasm", "d.css", "e.json", "f.zip"):
        (tmp_path / name).write_text("x")
    with open_server(0, tmp_path) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("b.mjs", "text/javascript; charset=utf-8"),
        ("c.wasm", "application/wasm"),
        ("d.css", "text/css; charset=utf-8"),
        ("e.json", "application/json"),
        ("f.zip", "application/zip"),
    ],
)
def test_every_file_has_its_type(address: str, name: str, kind: str) -> None:
    with urllib.request.urlopen(address + name) as answer:
        assert answer.headers["Content-Type"] == kind


def test_a_browser_that_goes_away_is_no_news(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    at = urlsplit(address)
    with socket.create_connection((str(at.hostname), int(at.port or 0))) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by a reset
    with urllib.request.urlopen(address) as answer:
        assert answer.status == 200
    assert capfd.readouterr().err == ""


def serve(port: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PORT": port}
    command = [sys.executable, "-m", "playground.serve"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=30)


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(str(port))
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is in use. Choose another one: make playground PORT={port + 1}\n"


def test_a_port_that_is_none_is_refused() -> None:
    assert serve("eight").stderr == "PORT=eight is not a port number.\n"


def test_the_address_is_printed_once_it_answers() -> None:
    environment = {**os.environ, "PORT": "0"}
    command = [sys.executable, "-m", "playground.serve"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            with urllib.request.urlopen(line.split()[4]) as answer:
                assert answer.status == 200
        finally:
            process.terminate()
