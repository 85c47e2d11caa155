"""The attack suite's probes in the other browsers: what no tenant may reach is out of reach in each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.attacks import escapes, floods, forgery, frames, network, storage
from tests.attacks.probe import Probe, source
from tests.attacks.sink import listening
from tests.attacks.town import FINAL, SECRET, Town, address, serving
from tests.browsers.driver import Driver
from tests.browsers.firefox import Firefox
from tests.browsers.page import DriverPage

pytestmark = pytest.mark.timeout(400)
GROUPS = {"network": network, "storage": storage, "frames": frames, "escapes": escapes}
# Ways out that each of these browsers has: they are taken where no policy forbids them.
OPEN = {"fetch", "fetch_post_without_cors", "evaluated", "function", "run_js", "scripts_by_prototype"}
# Firefox throws here what Pyodide cannot turn into an exception of Python: it gives up, and the sandbox is ended.
FATAL = {"estimate"}
CHEAP = {"foreign-runs", "malformed", "changed-result", "stolen-port", "pollution", "frames", "one-frame", "os-exit"}


@contextmanager
def town(driver: Driver, *, policy: bool = True) -> Iterator[Town]:
    """Yield a page of the built site in this browser."""
    asked: list[str] = []
    with listening() as sink, serving(asked, policy=policy) as site:
        files = SECRET if driver.keeps_storage else None
        keeps = [SECRET, SECRET, SECRET, files, True, False, 0, False, "function", "/"]
        yield Town(DriverPage(driver), site, sink, asked, keeps)


def probes(driver: Driver, group: str) -> list[Probe]:
    """Return the probes of a group that leave their sandbox alive in this browser."""
    return [probe for probe in GROUPS[group].PROBES if not (isinstance(driver, Firefox) and probe.name in FATAL)]


def test_no_probe_gets_out_and_no_attack_disturbs_anybody(driver: Driver, capsys: pytest.CaptureFixture[str]) -> None:
    with town(driver) as t:
        found = {group: t.probe(probes(driver, group), f"attacker-{group}") for group in GROUPS}
        got = {
            f"{g} {name}": was
            for g, all in found.items()
            for name, was in all.items()
            if not was.startswith("stopped: ")
        }
        assert got == {}
        assert SECRET not in str(found)
        for probe in storage.PROBES:
            if isinstance(driver, Firefox) and probe.name in FATAL:
                code = source([probe], t.sink_address, f"{t.site}index.html")
                run = address(t.ask("run", tenant="fatal", files={"main.py": code}, main="main.py", payload={}))
                assert t.wait(run, *FINAL)["status"] == "errored"
                assert "The sandbox of this run ended: crashed" in t.told(run)
        for attack in [*forgery.ATTACKS, *floods.ATTACKS]:
            if attack.name in CHEAP:
                run = t.attack(attack)
                assert t.wait(run, *FINAL, seconds=90)["status"] == attack.status, attack.name
                assert re.search(attack.says, t.told(run)), attack.name
        t.check_untouched()
        t.check_victim_completes()
        with capsys.disabled():
            tried = sum(len(module.PROBES) for module in GROUPS.values())
            print(f"\n{type(driver).__name__}: {tried} probes and {len(CHEAP)} attacks tried, 0 escaped")


def test_without_the_policy_the_network_is_open(driver: Driver) -> None:
    with town(driver, policy=False) as t:
        found = t.probe(network.PROBES, "attacker")

        def all_heard() -> bool:
            heard = "\n".join(t.heard())
            return all(re.search(rf"[/=]{name}\b", heard) for name in OPEN)

        print({name: found[name] for name in OPEN}, t.heard())
        t.until(all_heard, "everything that leaks has arrived")
