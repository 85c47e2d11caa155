"""Every way in which code in a worker could send a byte."""

from __future__ import annotations

from .probe import Probe

PROBES = [
    Probe("fetch", "return (await js.fetch(url)).status", "sink"),
    Probe(
        "fetch_post_without_cors", 'return await js.fetch(url, new(method="POST", mode="no-cors", body="x"))', "sink"
    ),
    Probe("fetch_that_outlives", 'return await js.fetch(url, new(method="POST", keepalive=True, body="x"))', "sink"),
    Probe("fetch_of_the_site", "return (await js.fetch(site)).status", "site"),
    Probe("fetch_by_prototype", "return (await js.Reflect.get(js.self, 'fetch').call(js.self, url)).status", "sink"),
    Probe("name_lookup", 'return await js.fetch("http://looked-up.attack.invalid/")'),
    Probe(
        "python_fetch",
        """
        from pyodide.http import pyfetch
        return (await pyfetch(url)).status
        """,
        "sink",
    ),
    Probe(
        "python_urllib",
        """
        import urllib.request
        return urllib.request.urlopen(url, timeout=2).status
        """,
    ),
    Probe(
        "python_socket",
        """
        import socket
        from urllib.parse import urlsplit
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 2) as connection:
            connection.setblocking(False)
            return connection.send(b"GET /python_socket HTTP/1.0") and None  # it says so even where nothing leaves
        """,
    ),
    Probe("python_process", "return os.system('curl ' + url) == 0"),
    Probe("package", "return await pyodide_js.loadPackage(url + '.whl')", "sink"),
    Probe(
        "xhr",
        """
        request = js.XMLHttpRequest.new()
        request.open("GET", url, False)
        request.send()
        return request.status
        """,
        "sink",
    ),
    Probe(
        "websocket",
        """
        await event(js.WebSocket.new(url.replace("http", "ws")), "open", "error")
        """,
        "sink",
    ),
    Probe("websocket_stream", 'return await js.WebSocketStream.new(url.replace("http", "ws")).opened'),
    Probe("event_source", "return (await event(js.EventSource.new(url), 'open', 'error')).type == 'open'", "sink"),
    Probe("web_transport", 'return await js.WebTransport.new(url.replace("http:", "https:")).ready'),
    Probe("peer_connection", 'return js.RTCPeerConnection.new(new(iceServers=[new(urls="stun:127.0.0.1")]))'),
    Probe("beacon", "return js.navigator.sendBeacon(url, 'x')"),
    Probe("image", "return js.Image.new()"),
    Probe("font", "return await js.FontFace.new('f', f'url({url})').load()", "sink"),
    Probe("scripts", "return js.importScripts(url) or 'loaded'"),
    Probe(
        "scripts_by_prototype",
        "return js.WorkerGlobalScope.prototype.importScripts.call(js.self, url) or 'loaded'",
        "sink",
    ),
    Probe("evaluated", "return await js.eval(f\"fetch('{url}')\")", "sink"),
    Probe("evaluated_import", "return await js.eval(f\"import('{url}')\")", "sink"),
    Probe("function", "return await js.Reflect.construct(js.Function, to_js([f\"return fetch('{url}')\"]))()", "sink"),
    Probe(
        "function_of_a_function",
        """
        maker = js.Reflect.get(js.Object, "constructor")
        return await maker.call(None, "u", "return import(u)")(url)
        """,
        "sink",
    ),
    Probe(
        "timer_of_text",
        """
        js.setTimeout(f"fetch('{url}')", 0)
        await asyncio.sleep(0.5)
        """,
        "sink",
    ),
    Probe(
        "run_js",
        """
        from pyodide.code import run_js
        return await run_js(f"fetch('{url}')")
        """,
        "sink",
    ),
    Probe(
        "worker_of_a_blob",
        """
        blob = js.Blob.new(to_js([f"fetch('{url}').finally(() => postMessage(1))"]))
        await event(js.Worker.new(js.URL.createObjectURL(blob)), "message", "error")
        """,
        "sink",
    ),
    Probe(
        "worker_of_a_data_url",
        """
        code = f"fetch('{url}').finally(() => postMessage(1))"
        await event(js.Worker.new("data:text/javascript," + js.encodeURIComponent(code)), "message", "error")
        """,
        "sink",
    ),
    Probe("worker_of_an_address", "return (await event(js.Worker.new(url), 'message', 'error')).type == 'message'"),
    Probe("shared_worker", "return js.SharedWorker.new(url)"),
    Probe("service_worker", "return await js.navigator.serviceWorker.register(url)"),
    Probe("streamed_wasm", "return await js.WebAssembly.compileStreaming(js.fetch(url))", "sink"),
    Probe("cache_add", "return await (await js.caches.open('x')).add(url) or 'added'"),
    Probe("location", "js.location.href = url\nawait asyncio.sleep(0.5)"),
    Probe("window", "return js.self.open(url)"),
    Probe("background_fetch", "return await js.registration.backgroundFetch.fetch('x', url)"),
    Probe("error_report", "js.reportError(js.Error.new(url))\nawait asyncio.sleep(0.2)"),
    Probe(
        "source_map",
        """
        blob = js.Blob.new(to_js([f"throw 1\\n//# sourceMappingURL={url}"]))
        return await js.eval("import('" + js.URL.createObjectURL(blob) + "')")
        """,
    ),
]
