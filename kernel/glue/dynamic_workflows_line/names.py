"""The names of locks and channels, as `kernel/names.js` makes them."""

from __future__ import annotations

PROTOCOL = 1
DATABASE = "dynamic-workflows"
NOTEBOOKS = "/jupyter/extensions/"  # below the site's folder: where JupyterLite's kernel worker lies


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
    """Return the path of the site's folder from that of a script of its notebooks."""
    return worker.partition(NOTEBOOKS)[0] + "/"
