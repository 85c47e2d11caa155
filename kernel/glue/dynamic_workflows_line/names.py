"""The names of locks and channels, as `kernel/names.js` makes them."""

from __future__ import annotations

import re

PROTOCOL = 1
DATABASE = "dynamic-workflows"
# Below the site's folder: where the workers lie in which Python runs, that of JupyterLite and that of the dashboards.
WORKER = re.compile(r"(.*/)(?:jupyter/extensions/.*|dashboard/[^/]*)")


class Names:
    """The names of one database of one site.

    Args:
        path: the path of the site's folder, with its last slash.
    """

    def __init__(self, path: str, database: str = DATABASE) -> None:
        scope = f"{database}:{path}:{PROTOCOL}"
        self.lobby, self.sessions, self._clients = f"{scope}#lobby", f"{scope}#session/", f"{scope}#client/"

    def session(self, id: str) -> str:
        """Return the lock and channel of one life of the engine."""
        return self.sessions + id

    def client(self, id: str) -> str:
        """Return the lock and channel of one client."""
        return self._clients + id


def site_path(worker: str) -> str:
    """Return the path of the site's folder from that of a worker's script, of notebooks or dashboards."""
    found = WORKER.fullmatch(worker)
    return found[1] if found else "/"
