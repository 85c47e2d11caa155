"""Panel and Bokeh in the site's Python: stand-ins for the packages they lack there, and where their JavaScript is.

The site's wheel of Bokeh imports this package before anything else of it does, so that ``import panel`` is all that a
notebook says. It is a room of its own because it belongs to neither: the dashboards know nothing of a browser, and the
engine nothing of Panel.
"""

from __future__ import annotations

from .addresses import point_at_site
from .loops import lend_loop
from .standins import stand_in


def prepare() -> None:
    """Do all of it: what Bokeh's first line asks for."""
    stand_in()
    lend_loop()
    point_at_site()


__all__ = ["lend_loop", "point_at_site", "prepare", "stand_in"]
