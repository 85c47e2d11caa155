"""The suite can fail: the same probes get out of frames from which one half of the protection was taken."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Playwright

from tests.attacks import frames, network, storage
from tests.attacks.town import SECRET, town


def test_without_the_policy_the_network_is_open(playwright: Playwright, tmp_path: Path) -> None:
    with town(playwright, tmp_path, policy=False, tidied=False) as t:
        found = t.probe(network.PROBES, "attacker")
        leaks = {probe.name for probe in network.PROBES if probe.leaks}
        print({name: result for name, result in found.items() if name in leaks}, t.heard())

        def all_heard() -> bool:
            heard = "\n".join(t.heard())
            return all(re.search(rf"[/=]{name}\b", heard) for name in leaks)

        t.until(all_heard, "everything that leaks has arrived")


def test_without_the_opaque_origin_every_store_and_tab_is_open(playwright: Playwright, tmp_path: Path) -> None:
    with town(playwright, tmp_path, opaque=False, tidied=False) as t:
        found = {**t.probe(storage.PROBES, "attacker"), **t.probe(frames.PROBES, "attacker")}
    leaks = {probe.name for probe in [*storage.PROBES, *frames.PROBES] if probe.leaks}
    print(found)
    assert {name for name in leaks if not found[name].startswith("got: ")} == set()
    assert SECRET in found["indexed_db"]
    assert found["broadcast_to_the_page"] == f"got: {SECRET}"
