"""The stand-ins for numpy and pandas, in the Python and with the Bokeh that the site serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playground.build.tools import find_node
from tests.house.sources import ROOT

WITHOUT = """
import importlib.util, json, os

def said(act):
    try:
        return str(act())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

before = importlib.util.find_spec("numpy") is not None
import bokeh.models, bokeh.resources
import micropip, numpy, pandas
import dynamic_workflows_panel.standins as standins
from importlib.metadata import version

json.dumps({
    "before": before,
    "mocks": sorted(micropip.list_mock_packages()),
    "versions": [numpy.__version__, version("pandas")],
    "array": said(lambda: numpy.array([1])),
    "made": said(lambda: numpy.ndarray((1,))),
    "table": said(lambda: pandas.DataFrame({})),
    "read": said(lambda: pandas.read_csv("a.csv")),
    "has": [hasattr(numpy, "array"), hasattr(numpy, "ndarray"), hasattr(numpy, "__wrapped__")],
    "is": [isinstance(1, numpy.integer), isinstance([1], numpy.ndarray), issubclass(numpy.int32, numpy.generic)],
    "dtypes": [numpy.dtype(numpy.int8) == numpy.dtype(numpy.int8), numpy.dtype(numpy.int8) == numpy.dtype(numpy.int16)],
    "from": said(lambda: exec("from numpy import array")),
    "again": standins.stand_in(),
    "places": [os.environ["PANEL_CDN_ROOT"], os.environ["PANEL_NPM_CDN"], bokeh.resources.Resources("cdn").js_files[0]],
})
"""
WITH = """
import json, pathlib, site, sys
real = pathlib.Path(site.getsitepackages()[0], "numpy")
real.mkdir()
(real / "__init__.py").write_text("__version__ = '2.4.0'")
import importlib
importlib.invalidate_caches()
import dynamic_workflows_panel.standins as standins
stood = standins.stand_in()
import numpy
json.dumps([stood, numpy.__version__])
"""
LOOP = """
import asyncio, json, sys, types
from dynamic_workflows_panel import lend_loop

alone = lend_loop()
sys.modules["tornado"] = types.ModuleType("tornado")  # as JupyterLite's kernel does
lent = lend_loop()
from tornado.ioloop import IOLoop

heard = asyncio.Event()
IOLoop.current().call_later(0.01, heard.set)
await heard.wait()
json.dumps([alone, lent, lend_loop()])
"""
# A Node has no locks of a browser, so that attaching to an engine fails: after the app has been opened.
APP = """
import asyncio, json
from dynamic_workflows_panel import served

heard = asyncio.get_running_loop().create_future()
where = {"href": "http://site.example/docs/dashboard/index.html", "search": "?run=a", "pathname": "/docs/dashboard/index.html"}
document = json.loads(await served.opened(json.dumps(where), heard.set_result))
from panel.io.state import state

said = await heard
json.dumps([sorted(document), state.location.query_params, said.splitlines()[0], "app.py" in said])
"""


def ran(code: str, tmp_path: Path) -> Any:
    """Return what code answers in the site's Python."""
    path = tmp_path / "code.py"
    path.write_text(code, encoding="utf-8")
    said = find_node(ROOT).run(["tests/dashboards/site/standins.mjs", str(ROOT / "dist"), str(path)], ROOT)
    return json.loads(said.splitlines()[-1])


def test_bokeh_imports_with_names_alone_and_whatever_else_is_asked_of_them_raises_by_name(tmp_path: Path) -> None:
    found = ran(WITHOUT, tmp_path)
    assert not found["before"], "numpy is not there until Bokeh asks for it"
    assert found["mocks"] == ["numpy", "pandas"]
    assert found["versions"] == ["2.0.0+standin", "3.0.0+standin"]
    lacking = (
        "NotInStandIn: {0} is not here: {1} is a stand-in of a few names, with which Panel is imported in this browser."
        " Use lists and dicts, or a site built with PYODIDE_DIST=, which brings the real one."
    )
    assert found["array"] == lacking.format("numpy.array", "numpy")
    assert found["made"] == lacking.format("numpy.ndarray()", "numpy")
    assert found["table"] == lacking.format("pandas.DataFrame", "pandas")
    assert found["read"] == lacking.format("pandas.read_csv()", "pandas")
    assert found["has"] == [False, True, False]
    assert found["is"] == [False, False, True]
    assert found["dtypes"] == [True, False]
    assert found["from"].startswith("ImportError: cannot import name 'array' from 'numpy'")
    assert found["again"] == []
    root = "http://site.example/docs/panel"
    assert found["places"] == [f"{root}/panel/", f"{root}/npm", f"{root}/bokeh/release/bokeh-3.10.2.min.js"]


def test_they_step_aside_for_a_real_package(tmp_path: Path) -> None:
    assert ran(WITH, tmp_path) == [["pandas"], "2.4.0"]


def test_an_app_is_opened_with_the_pages_address_and_its_failure_is_told(tmp_path: Path) -> None:
    said = [["documents", "items"], {"run": "a"}, "Traceback (most recent call last):", True]
    assert ran(APP, tmp_path) == said


def test_panel_finds_a_loop_where_the_kernel_stands_in_for_tornado(tmp_path: Path) -> None:
    assert ran(LOOP, tmp_path) == [False, True, False]
