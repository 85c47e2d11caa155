"""A site of the test's own: below a sub-path, on a server that can be stopped, that counts, compresses, and takes a new build."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import json
import os
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playground.serve import DIST, Handler, Server

BELOW = "some/where"


class Counting(Handler):
    """Counts the bytes of each answer's body, and compresses when it is told to."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        self.site = site
        super().__init__(*args, **kwargs)

    def parse_request(self) -> bool:
        if self.site.stopped:  # a connection that outlived the server
            self.close_connection = True
            return False
        return super().parse_request()

    def do_GET(self) -> None:  # noqa: N802  the base class calls it so
        name = self.path.split("?")[0].removeprefix(f"/{BELOW}/")
        path = Path(self.directory) / BELOW / name
        self.site.wait_for(name)
        if not self.site.compresses or not path.is_file():
            super().do_GET()
            return
        content = self.site.compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.site.sent[name].append(len(content))
        self.wfile.write(content)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        name = self.path.split("?")[0].removeprefix(f"/{BELOW}/")
        content = source.read()
        self.site.sent[name].append(len(content))
        outputfile.write(content)


class Site:
    """A copy of the built site, and its server."""

    def __init__(self, folder: Path, *, compresses: bool = False) -> None:
        self.folder, self.compresses = folder, compresses
        self.sent: dict[str, list[int]] = defaultdict(list)
        self._port = 0
        self._server: Server | None = None
        self._held = ""
        self._free = threading.Event()
        self._free.set()
        self._compressed: dict[Path, bytes] = {}
        shutil.copytree(DIST, folder / BELOW, copy_function=os.link)

    @property
    def address(self) -> str:
        """The address of the site's folder; the same after a stop."""
        return f"http://127.0.0.1:{self._port}/{BELOW}/"

    def compressed(self, path: Path) -> bytes:
        """Return a file as a server sends it that compresses."""
        if path not in self._compressed:
            self._compressed[path] = gzip.compress(path.read_bytes(), 6, mtime=0)
        return self._compressed[path]

    @contextmanager
    def holding(self, folder: str) -> Iterator[None]:
        """Let what lies in a folder wait, as a slow network would."""
        self._held = folder
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def wait_for(self, name: str) -> None:
        """Return once a file may be sent."""
        if self._held and name.startswith(self._held):
            self._free.wait()

    @property
    def stopped(self) -> bool:
        """Whether the network is cut."""
        return self._server is None

    def start(self) -> None:
        """Serve."""
        handler = functools.partial(Counting, directory=str(self.folder), site=self)
        self._server = Server(("127.0.0.1", self._port), handler)
        self._port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Cut the network."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()

    def renew(self) -> str:
        """Put another build in the place of this one, of which nothing is left; return its name."""
        root = self.folder / BELOW
        listing = _listing(root)
        old, new = listing["build"], "another1build"
        renamed = {path: path.replace(".js", "-new.js") for path in listing["kept"] if path.startswith("page/")}
        for path, name in renamed.items():
            (root / path).rename(root / name)
        for path in [
            *(root / "page").iterdir(),
            root / "index.html",
            root / "runtime/manifest.json",
            root / "offline.js",
        ]:
            text = path.read_text(encoding="utf-8").replace(old, new)
            for before, after in renamed.items():
                text = text.replace(Path(before).name, Path(after).name)
            path.unlink()  # a link to the real site's file: that one stays as it is
            path.write_text(text, encoding="utf-8")
        listing = _listing(root)
        for one in listing["fixed"]:
            content = (root / (one["path"] or "index.html")).read_bytes()
            one["sha256"] = base64.b64encode(hashlib.sha256(content).digest()).decode()
        script = (root / "offline.js").read_text(encoding="utf-8")
        (root / "offline.js").write_text(
            LISTING.sub(lambda _: f"self.BUILD={json.dumps(listing)};", script), encoding="utf-8"
        )
        return new


LISTING = re.compile(r"^self\.BUILD=(.*);$", re.MULTILINE)


def _listing(root: Path) -> dict[str, Any]:
    found = LISTING.search((root / "offline.js").read_text(encoding="utf-8"))
    assert found is not None
    listing: dict[str, Any] = json.loads(found[1])
    return listing


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Site]:
    """Yield a site that is being served."""
    site = Site(folder, **options)
    site.start()
    try:
        yield site
    finally:
        site.stop()
