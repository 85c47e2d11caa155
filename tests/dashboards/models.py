"""Builds the views over a store, in the Python that has Panel, and prints as JSON what their models hold."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "content"))

from dashboards import fleet, instance
from dynamic_workflows.notebook import connect

SECONDS = 60


def parts_of(view: Any) -> list[Any]:
    """Return the models of a view's parts, as a page would get them."""
    return list(view.get_root().children[0].children)


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110  what a view shows is no event
            await asyncio.sleep(0.02)


async def sends(view: Any, **message: str) -> None:
    """Let the reader do something in the first part of a view."""
    await view[0][0]._handle_msg(message)


async def main(store: str, code: str) -> None:
    """Make three orders, look at them, act, and print what was seen."""
    seen: dict[str, Any] = {}
    async with await connect(store) as platform:
        for number in range(3):
            await (await platform.run("acme", code, "lamp", id=f"order-{number}")).settled()
        view = fleet.view(platform)
        models = parts_of(view)
        await until(lambda: "order · 3" in models[-1].data.html)
        seen["fleet"] = [part.data.html for part in models]
        await sends(view, act="filter", state="complete")
        await until(lambda: "No run is in this state." in models[-1].data.html)
        await sends(view, act="filter", state="")
        await until(lambda: "order · 3" in models[-1].data.html)

        one = instance.view(platform, "order-1")
        head, timeline, *rest = parts_of(one)
        await until(lambda: bool(timeline.data.run))
        seen["run"] = {"head": head.data.html, "timeline": timeline.data.run, "rest": [part.data.html for part in rest]}
        await sends(one, act="pause")
        await until(lambda: "Resume" in head.data.html)
        await sends(one, act="resume")
        await until(lambda: "Pause" in head.data.html)
        await sends(one, act="send", type="no good type!", payload="1")
        await until(lambda: "refused" in head.data.html or "banner" in head.data.html)
        seen["refused"] = head.data.html
        await sends(one, act="send", type="approve", payload='"Grace"')
        await until(lambda: "Sleeping" in head.data.html)
        await sends(one, act="skip")
        await until(lambda: "Complete" in head.data.html)
        seen["output"] = rest[0].data.html
        await until(lambda: "Complete" in models[1].data.html)
        gone = await platform.get("acme", "order", "order-1")
        await gone.delete()
        await until(lambda: "This run is not here" in head.data.html)
        nobody = instance.view(platform, "order-1", tenant="globex")
        await until(lambda: "This run is not here" in nobody[0][0].html)
        await platform.close()
        await until(lambda: "This platform is closed" in models[0].data.html)  # asked again: it was closing at first
        seen["lost"] = models[0].data.html
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8")))
