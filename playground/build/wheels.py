"""Makes wheels smaller and quicker to import: without parts that nobody reads, and as bytecode."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


def slim(source: Path, target: Path, dropped: str, appended: Mapping[str, str] | None = None) -> None:
    """Copy a wheel without the files whose names begin with a match of `dropped`; `seal` it afterwards.

    Args:
        appended: text by the name of the file at whose end it is put.
    """
    pattern = re.compile(dropped) if dropped else None
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        kept = {name: archive.read(name) for name in names if pattern is None or not pattern.match(name)}
    for name, text in (appended or {}).items():
        kept[name] += text.encode()
    _write(target, kept, zipfile.ZIP_STORED)


def pack(target: Path, name: str, files: Mapping[str, bytes], needs: Sequence[str]) -> None:
    """Write a wheel of files as they are; its name and version are those of the target."""
    project, version, _ = target.name.split("-", 2)
    needed = "".join(f"Requires-Dist: {each}\n" for each in needs)
    about = {
        "METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{needed}",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: playground.build\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    stated = {f"{project}-{version}.dist-info/{each}": text.encode() for each, text in about.items()}
    _write(target, {**files, **stated}, zipfile.ZIP_STORED)
    seal(target)


def seal(wheel: Path) -> None:
    """Write a wheel's RECORD anew: its files are others than those it was published with."""
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    record = next(name for name in files if name.endswith(".dist-info/RECORD"))
    lines = [f"{name},sha256={_hash(data)},{len(data)}" for name, data in sorted(files.items()) if name != record]
    files[record] = ("\n".join([*lines, f"{record},,"]) + "\n").encode()
    _write(wheel, files, zipfile.ZIP_DEFLATED)


def by_project(paths: Sequence[Path]) -> dict[str, Path]:
    """Return wheels by their project's name; of several of one project the last."""
    return {path.name.partition("-")[0].lower().replace("_", "-"): path for path in paths}


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _write(target: Path, files: Mapping[str, bytes], method: int) -> None:
    """Write a zip whose bytes depend on nothing but its files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", method, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), files[name], method, 9)
