"""Writes pyodide-lock.json: the packages that a notebook's Python may load, and nothing that lies elsewhere."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from playground.build.steps import BuildError

# Asked for by command lines, by servers, and for time zones that nothing here computes with.
NOT_WANTED = frozenset({"pip", "psutil", "tzdata"})


def lock_text(
    core_lock: Path,
    wheels: Iterable[Path],
    left_out: Collection[str] = NOT_WANTED,
    *,
    needs: Mapping[str, Sequence[str]] | None = None,
    entries: Mapping[str, Any] | None = None,
) -> str:
    """Return a lock of these wheels for the Pyodide whose npm package holds `core_lock`.

    Args:
        needs: packages that others need beyond what their metadata says.
        entries: what another lock says of packages of its own, which are named as they are.

    Raises:
        BuildError: a wheel is not pure Python, or one needs a package that is not among them.
    """
    info = json.loads(core_lock.read_text(encoding="utf-8"))["info"]
    environment = _environment(info)
    packages = dict(_package(wheel, environment, left_out) for wheel in sorted(wheels))
    for name, more in (needs or {}).items():
        packages[name]["depends"] = sorted({*packages[name]["depends"], *more})
    packages |= entries or {}
    missing = sorted({f"{name} needs {need}" for name, entry in packages.items() for need in entry["depends"]
                      if need not in packages})  # fmt: skip
    if missing:
        raise BuildError(f"A package for notebooks is missing in requirements/: {'; '.join(missing)}.")
    return json.dumps({"info": info, "packages": packages}, indent=1) + "\n"


def _package(wheel: Path, environment: dict[str, str], left_out: Collection[str]) -> tuple[str, dict[str, Any]]:
    name, version, _, tags = parse_wheel_filename(wheel.name)
    if "any" not in {tag.platform for tag in tags}:
        raise BuildError(f"{wheel.name} is not pure Python.")
    with zipfile.ZipFile(wheel) as archive:
        metadata = _metadata(archive)
        imports = sorted(set(_top_level(archive)))
    return canonicalize_name(name), {
        "name": metadata["Name"],
        "version": str(version),
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": imports,
        "depends": sorted(_needs(metadata, environment) - set(left_out)),
        "unvendored_tests": False,
    }


def _metadata(archive: zipfile.ZipFile) -> Message:
    name = next(each for each in archive.namelist() if each.count("/") == 1 and each.endswith(".dist-info/METADATA"))
    return HeaderParser().parsestr(archive.read(name).decode())


def _needs(metadata: Message, environment: dict[str, str]) -> set[str]:
    stated = map(Requirement, metadata.get_all("Requires-Dist") or [])
    return {canonicalize_name(each.name) for each in stated if not each.marker or each.marker.evaluate(environment)}


def _top_level(archive: zipfile.ZipFile) -> Iterator[str]:
    for name in archive.namelist():
        first, _, rest = name.partition("/")
        module = first if rest else first.removesuffix(".pyc").removesuffix(".py")
        if module.isidentifier() and (rest or module != first):
            yield module


def _environment(info: dict[str, str]) -> dict[str, str]:
    """Return what markers are evaluated against: not this machine, but Pyodide."""
    version = info["python"]
    return {
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "implementation_name": "cpython",
        "implementation_version": version,
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "emscripten",
        "platform_system": "Emscripten",
        "platform_machine": "wasm32",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }
