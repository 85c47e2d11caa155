"""The tools that are found are ones that work: a Node that is new enough, a browser that starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.build.tools import find_node
from tests import browser
from tests.house.sources import ROOT


def program(path: Path, says: str, code: int = 0) -> Path:
    """Write a program that says something and ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_a_node_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, version in (("old", "v18.20.4"), ("none", "nothing"), ("new", "v20.0.0"), ("newer", "v24.1.0")):
        program(tmp_path / name / "node", version)
        program(tmp_path / name / "npm", "11.0.0")
    monkeypatch.setenv("PATH", ":".join(str(tmp_path / name) for name in ("absent", "old", "none", "new", "newer")))
    assert find_node(ROOT).node == tmp_path / "new" / "node"


def test_a_node_without_npm_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bare" / "node", "v22.0.0")
    program(tmp_path / "whole" / "node", "v22.0.0")
    program(tmp_path / "whole" / "npm", "11.0.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bare'}:{tmp_path / 'whole'}")
    assert find_node(ROOT).npm == (str(tmp_path / "whole" / "npm"),)


def test_the_chromium_that_is_named_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = program(tmp_path / "chromium", "Chromium 1.0")
    monkeypatch.setenv("CHROMIUM", str(named))
    assert browser.find_chromium.__wrapped__() == str(named)


def test_a_named_chromium_that_does_not_start_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(program(tmp_path / "chromium", "", code=127)))
    with pytest.raises(browser.NoBrowserError, match=r"CHROMIUM=.*/chromium is not a browser that starts\."):
        browser.find_chromium.__wrapped__()
