"""What lies around the worker: the frame, the page, other workers, other tabs."""

from __future__ import annotations

from .probe import Probe

PROBES = [
    Probe("origin", "return js.self.origin != 'null' and js.self.origin", "secret"),
    Probe("parent", "return js.self.parent.document"),
    Probe("top", "return js.self.top.location.href"),
    Probe("opener", "return js.self.opener"),
    Probe("document", "return js.document.title"),
    Probe("clients", "return await js.clients.matchAll()"),
    Probe(
        "broadcast_to_the_page",
        """
        channel = js.BroadcastChannel.new("vault")
        channel.postMessage("who?")
        while (heard := (await event(channel, "message")).data) == "who?":  # another probe
            pass
        return heard
        """,
        "secret",
    ),
    Probe(
        "broadcast_by_a_nested_worker",
        """
        code = (
            "const c = new BroadcastChannel('vault');"
            "c.onmessage = e => e.data !== 'who?' && postMessage(e.data); c.postMessage('who?')"
        )
        worker = js.Worker.new(js.URL.createObjectURL(js.Blob.new(to_js([code]))))
        return (await event(worker, "message", "error")).data
        """,
        "secret",
    ),
    Probe(
        "forged_reports",
        """
        for kind in ("hello", "ready", "failed", "pong", "boot", "connect", "kill"):
            js.self.postMessage(new(kind=kind, message="forged", number=1, assets=None))
        js.self.postMessage(None)
        """,
    ),
    Probe("forged_orders", "js.self.dispatchEvent(js.MessageEvent.new('message', new(data=new(kind='kill'))))"),
    Probe("shared_memory", "return js.SharedArrayBuffer.new(8)"),
    Probe("high_resolution_isolation", "return js.crossOriginIsolated"),
    Probe(
        "devices",
        """
        reached = []
        for name, ask in ("usb", "getDevices"), ("serial", "getPorts"), ("hid", "getDevices"), ("gpu", "requestAdapter"):
            try:
                await getattr(getattr(js.navigator, name), ask)()
                reached.append(name)
            except Exception:
                continue
        return reached
        """,
        "secret",
    ),
    Probe("notifications", "return (await event(js.Notification.new('x'), 'show', 'error')).type == 'show'"),
    Probe("polluted_prototype", "js.Object.prototype.polluted = 'yes'"),
    Probe("polluted_json", "js.JSON.parse = js.JSON.stringify = None"),
]
