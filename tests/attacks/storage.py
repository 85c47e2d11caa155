"""Every store of the browser that code in a worker could reach. The page keeps a secret in each of them."""

from __future__ import annotations

from .probe import Probe

PROBES = [
    Probe(
        "indexed_db",
        """
        opened = js.indexedDB.open("vault", 1)
        await event(opened, "success", "error")
        got = opened.result.transaction("kept").objectStore("kept").get("secret")
        await event(got, "success")
        return got.result
        """,
        "secret",
    ),
    Probe(
        "engine_database",
        """
        names = [one.name for one in await js.indexedDB.databases()]
        return names and names[0]
        """,
        "secret",
    ),
    Probe(
        "delete_database",
        "return (await event(js.indexedDB.deleteDatabase('bait'), 'success', 'error')).type",
        "secret",
    ),
    Probe("caches", "return await (await js.caches.match(site.split('index')[0] + 'secret')).text()", "secret"),
    Probe(
        "origin_files",
        """
        folder = await js.navigator.storage.getDirectory()
        return await (await (await folder.getFileHandle("secret")).getFile()).text()
        """,
        "secret",
    ),
    Probe(
        "native_files", "return await pyodide_js.mountNativeFS('/native', await js.navigator.storage.getDirectory())"
    ),
    Probe(
        "emscripten_idbfs",
        """
        fs = pyodide_js.FS
        fs.mkdir("/stolen")
        fs.mount(fs.filesystems.IDBFS, js.Object.new(), "/stolen")
        done = asyncio.get_running_loop().create_future()
        fs.syncfs(True, create_proxy(done.set_result))
        return (await done) is None
        """,
    ),
    Probe("local_storage", "return js.localStorage.getItem('secret')"),
    Probe("session_storage", "return js.sessionStorage.length"),
    Probe("cookies", "return js.document.cookie"),
    Probe("cookie_store", "return await js.cookieStore.getAll()"),
    Probe("buckets", "return await js.navigator.storageBuckets.keys()"),
    Probe("estimate", "return (await js.navigator.storage.estimate()).usage", "secret"),
    Probe("old_file_system", "return js.webkitRequestFileSystemSync(0, 1000).name", "secret"),
    Probe("locks", "return [lock.name for lock in (await js.navigator.locks.query()).held]", "secret"),
    Probe(
        "steal_locks",
        """
        taken = asyncio.get_running_loop().create_future()
        js.navigator.locks.request("bait", new(steal=True), create_proxy(lambda lock: taken.set_result(lock.name)))
        return await taken
        """,
        "secret",
    ),
    Probe("files_of_the_computer", "return os.path.exists('/etc/passwd') and open('/etc/passwd').read()[200:]"),
]
