"""Points Panel and Bokeh at the JavaScript that this site serves: nothing of them is asked of another host."""

from __future__ import annotations

import os
import re
from typing import Any

# Below the site's folder: where the workers lie in which Python runs, that of JupyterLite and that of the dashboards.
WORKER = re.compile(r"(.*/)(?:jupyter/extensions/.*|dashboard/[^/]*)")
FOLDER = "panel"


def site_of(worker: str) -> str | None:
    """Return the address of the site's folder from that of a worker's script."""
    found = WORKER.fullmatch(worker)
    return found[1] if found else None


def point_at_site() -> None:
    """Let Panel and Bokeh load their JavaScript, styles and fonts from the site whose worker this is."""
    import js

    site = site_of(str(js.location.href))
    if site is None:
        return
    root = site + FOLDER
    os.environ["PANEL_CDN_ROOT"] = f"{root}/panel/"  # Panel appends its version and /dist/
    os.environ["PANEL_NPM_CDN"] = f"{root}/npm"  # … a package, @, its version and a file
    import bokeh.resources as resources

    module: Any = resources
    module._cdn_base_url = lambda: root  # no setting of Bokeh's says it; it appends /bokeh/release/…
