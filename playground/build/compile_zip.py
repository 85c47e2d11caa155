"""Turns a zip of Python sources into a zip of bytecode. Runs inside Pyodide, so the bytecode is of its version.

Pyodide's own standard library comes as sources; compiling them was 1.7 s of every boot.
"""

from __future__ import annotations

import importlib.util
import io
import marshal
import struct
import warnings
import zipfile
from typing import Any

UNCHECKED_HASH = struct.pack("<I", 0b01) + bytes(8)  # never compared with a source: none is shipped
EPOCH = (1980, 1, 1, 0, 0, 0)


def compile_zip(source: Any) -> bytes:
    """Return the zip with every .py replaced by its .pyc; the same input gives the same bytes."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(bytes(source))) as sources,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for entry in sources.infolist():
            name, content = entry.filename, sources.read(entry)
            if name.endswith(".py"):
                compiled = _compiled(name, content)
                if compiled is not None:
                    name, content = name + "c", compiled
            info = zipfile.ZipInfo(name, EPOCH)
            target.writestr(info, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    return result.getvalue()


def _compiled(name: str, source: bytes) -> bytes | None:
    """Return the bytes of a .pyc, or None for a file that is not meant for this Python (test data, templates)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = compile(source, name, "exec", dont_inherit=True)
        except SyntaxError:
            return None
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + marshal.dumps(code)
