"""Every probe in real sandboxes: no byte leaves, no store is read, and nobody else notices."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Playwright

from tests.attacks import escapes, frames, network, storage
from tests.attacks.town import SECRET, town

GROUPS = {"network": network, "storage": storage, "frames": frames, "escapes": escapes}
ALL = [(group, probe.name) for group, module in GROUPS.items() for probe in module.PROBES]


@dataclass(frozen=True)
class Record:
    """What one browser with all groups of probes in it came to."""

    found: dict[str, dict[str, str]]
    heard: list[str]
    net_log: str


@pytest.fixture(scope="module", params=["shipped", "with every constructor"])
def record(request: pytest.FixtureRequest, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Let every group attack in a sandbox of its own, beside the victim; the browser writes down what its network does.

    Once as shipped, once with what is removed from workers as defence in depth: the frame holds without it.
    """
    folder = tmp_path_factory.mktemp("attacks")
    net_log = folder / "net-log.json"
    with town(
        playwright, folder / "profile", tidied=request.param == "shipped", flags=[f"--log-net-log={net_log}"]
    ) as t:
        found = {group: t.probe(module.PROBES, f"attacker-{group}") for group, module in GROUPS.items()}
        t.page.wait_for_timeout(500)  # for what is sent late
        t.check_untouched()
        t.check_victim_completes()
        heard = t.heard()
    return Record(found, heard, net_log.read_text(errors="replace"))


@pytest.mark.parametrize(("group", "name"), ALL, ids=[f"{group}-{name}" for group, name in ALL])
def test_a_probe_is_stopped(record: Record, group: str, name: str) -> None:
    assert record.found[group][name].startswith("stopped: "), record.found[group][name]


def test_nothing_was_heard_and_no_secret_was_told(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    escaped = [was for found in record.found.values() for was in found.values() if not was.startswith("stopped: ")]
    with capsys.disabled():
        print(f"\n{len(ALL)} probes tried, {len(escaped) + len(record.heard)} escaped")
    assert record.heard == []
    assert SECRET not in str(record.found)


def test_no_name_was_looked_up(record: Record) -> None:
    """The resolver of the system cannot be listened to; the browser's own log of its network can."""
    assert "127.0.0.1" in record.net_log  # of the page itself
    assert re.findall(r"[\w.-]*attack\.invalid", record.net_log) == []
