"""Tenant code as content-addressed trees: the same files have the same hash, and a hash never changes its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.errors import CodeError

FILES_MAX = 200
FILE_BYTES = 1 << 20
PATH_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Tree:
    """One version of a tenant's code."""

    main: str
    files: Mapping[str, str]

    @property
    def hash(self) -> str:
        """Return the version's name: 40 hexadecimal characters over names and contents."""
        return _hash("tree", self._listing())

    def _listing(self) -> bytes:
        blobs = {path: _hash("blob", text.encode()) for path, text in sorted(self.files.items())}
        return json.dumps({"main": self.main, "files": blobs}, sort_keys=True).encode()

    @classmethod
    def of(cls, files: object, main: object) -> Tree:
        """Check files that came from outside.

        Raises:
            CodeError: a path or a file breaks its rule.
        """
        if not isinstance(files, Mapping) or not files:
            raise CodeError("There are no files to run.")
        if len(files) > FILES_MAX:
            raise CodeError(f"There are {len(files)} files; {FILES_MAX} is the most.")
        for path, text in files.items():
            if not isinstance(path, str) or not 0 < len(path) <= PATH_LENGTH or not _plain(path):
                raise CodeError(f"{path!r:.80} is not a file name: use letters, digits, _ - . and / between folders.")
            if not isinstance(text, str) or len(text.encode("utf-8", "replace")) > FILE_BYTES:
                raise CodeError(f"{path} is not text of at most 1 MiB.", file=path)
        if main not in files or not str(main).endswith(".py"):
            raise CodeError(f"{main!r:.80} is not one of the files, or not a .py file.")
        if not files[main].strip():
            raise CodeError(f"{main} is empty.", file=str(main), line=1, column=1)
        return cls(str(main), dict(files))

    def save(self, tx: Transaction, tenant: str) -> str:
        """Store what is not stored yet, point the tenant's ``main`` at it, and return the hash."""
        for text in self.files.values():
            content = text.encode()
            tx.execute("insert or ignore into object values (?, 'blob', ?)", (_hash("blob", content), content))
        hash = self.hash
        tx.execute("insert or ignore into object values (?, 'tree', ?)", (hash, self._listing()))
        tx.execute("insert or replace into ref values (?, ?, ?, ?)", (tenant, f"run/{self.main}", hash, tx.now))
        tx.execute("insert or ignore into ref values (?, ?, ?, ?)", (tenant, f"tree/{hash}", hash, tx.now))
        return hash


def load_tree(tx: Transaction, tenant: str, hash: str) -> Tree:
    """Return one of a tenant's versions.

    Raises:
        CodeError: this tenant has no such version.
    """
    if not tx.query("select 1 from ref where tenant = ? and name = ?", (tenant, f"tree/{hash}")):
        raise CodeError(f"Tenant {tenant} has no version {hash:.12}.")
    listing = json.loads(tx.query("select bytes from object where hash = ?", (hash,))[0][0])
    files = {
        path: tx.query("select bytes from object where hash = ?", (blob,))[0][0].decode()
        for path, blob in listing["files"].items()
    }
    return Tree(listing["main"], files)


def _hash(kind: str, content: bytes) -> str:
    return hashlib.sha256(kind.encode() + b"\0" + content).hexdigest()[:40]


def _plain(path: str) -> bool:
    parts = path.split("/")
    return all(part.strip(".") and all(c.isalnum() or c in "_-." for c in part) for part in parts)
