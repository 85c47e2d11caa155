"""Python's own ways around a wall: bridges to JavaScript, memory, imports, the platform's objects."""

from __future__ import annotations

from .probe import Probe

PROBES = [
    Probe("host_code", "import dynamic_workflows.host.engine\nreturn 'imported'"),
    Probe("browser_code", "import dynamic_workflows_browser\nreturn 'imported'"),
    Probe("processes_code", "import dynamic_workflows.subprocesses\nreturn 'imported'"),
    Probe("import_by_loader", "import importlib\nreturn importlib.import_module('dynamic_workflows.host')"),
    Probe("import_by_hook", "sys.meta_path.insert(0, sys.meta_path[-1])\nreturn __import__('dynamic_workflows.host')"),
    Probe(
        "import_of_an_address",
        """
        sys.path.insert(0, url)
        import stolen_from_an_address
        return 'imported'
        """,
    ),
    Probe(
        "secret_in_memory",
        r"""
        heap = pyodide_js._module.HEAPU8.to_bytes()
        return re.search(rb"SECRET-[0-9a-f]{16}", heap)
        """,
    ),
    Probe(
        "secret_by_ctypes",
        r"""
        import ctypes
        return re.search(rb"SECRET-[0-9a-f]{16}", ctypes.string_at(0, 10_000_000))
        """,
    ),
    Probe(
        "secret_among_objects",
        r"""
        import gc
        texts = (o for o in gc.get_objects() if isinstance(o, (dict, list)) and len(o) < 1000)
        return next((t for t in texts if re.search(r"SECRET-[0-9a-f]{16}", repr(t)[:9999])), None)
        """,
    ),
    Probe("evaluated_by_the_bridge", "return js.eval('1 + 1')"),
    Probe("runtime_evaluates", "return pyodide_js._module.eval('1')"),
    Probe("pyodide_internals", "import _pyodide_core\nreturn _pyodide_core.run_js('1 + 1')"),
    Probe("runtime_loads_a_library", "return await pyodide_js._api.loadDynlib(url)"),
    Probe("runtime_environment", "return [v for v in os.environ.values() if 'SECRET' in v or 'TOKEN' in v]"),
    Probe("threads", "import threading\nthreading.Thread(target=print).start()\nreturn 'started'"),
    Probe("processes", "import subprocess\nreturn subprocess.run(['ls'])"),
    Probe("fork", "return os.fork()"),
]
