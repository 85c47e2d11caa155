"""The stranger's script, told once: what a person does, what has to be there before, and what is true after it.

Whoever carries it out is a `Person`: somebody with a mouse, with keys, with fingers or with a screen reader, in any
browser. The script knows what things are called; a person knows how to reach them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tests.e2e.served import Site

LONG = 120.0  # s: a browser on a busy machine of two cores
LINE, BACK, TYPED = 21, len('review")'), "a "  # `@step.do("ask for review")` becomes "ask for a review"
NAMES = ["reserve stock", "charge card", "approval", "ship parcel", "time to try it", "ask for a review"]
WHOLE = "Complete. Every outside call was done once."
KILLED = (
    "Complete. Killed once. 0 finished steps ran again. 1 step was cut off and tried again."
    " Every outside call was done once."
)

TEXT = "document.querySelector({}).innerText"
STATUS, SUMMARY = TEXT.format("'#status'"), "document.querySelector('#summary').textContent"
READY = "/Ready|Connected/.test(document.querySelector('#kernel-state').textContent)"
ROWS = "(document.querySelector('workflow-timeline').data?.rows ?? [])"
DRAWN = "[...document.querySelectorAll('.tl-name')].map(one => one.getAttribute('title') || one.textContent)"
LEDGER = """[...document.querySelectorAll('#ledger tbody tr:has(td.asked)')].map(row => [
  row.querySelector('th bdi').textContent, ...['td.asked', 'td.done'].map(cell => row.querySelector(cell).textContent)].join(' '))"""
LINK = "document.querySelector('dialog.share textarea[readonly]')?.value ?? ''"
LOADED = "!('serviceWorker' in navigator) || navigator.serviceWorker.controller?.state === 'activated'"
CHARGE = "do:charge card-1"
TRIES = 3
OWN = "new URLSearchParams(location.search).get('run')"  # until then a recorded run is drawn
SOURCE = "window.dynamicWorkflows.workspace.text"


class Person(Protocol):
    """One way of using the page, in one browser with a profile of its own."""

    def open(self, url: str) -> None:
        """Go to an address; it need not have loaded to its end."""

    def reload(self) -> None:
        """Load the page again."""

    def press(self, words: str) -> None:
        """Press the control that is called so, once it can be pressed."""

    def edit(self, line: int, back: int, text: str) -> None:
        """Type a text into a line of the code, `back` characters before its end."""

    def leave(self) -> None:
        """Close the dialog that is open."""

    def wait(self, condition: str, seconds: float = LONG) -> None:
        """Wait until an expression is true."""

    def eval(self, expression: str) -> Any:
        """Return the value of an expression."""

    def troubles(self) -> list[str]:
        """Return requests to other hosts, and what the console was told of errors."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place of the script where somebody may look around."""

    name: str
    person: Person


def holds(words: str, where: str = STATUS) -> str:
    """Return the condition that a place says `words`."""
    return f"{where}.includes({json.dumps(words)})"


def happened(kind: str, key: str, attempt: int | None = None) -> str:
    """Return the condition that the drawn history has such a row."""
    again = "" if attempt is None else f" && row.attempt === {attempt}"
    return f"{ROWS}.some(row => row.kind === {json.dumps(kind)} && row.key === {json.dumps(key)}{again})"


def tell(person: Person, friend: Callable[[], Person], site: Site, look: Callable[[Stop], None]) -> None:
    """Carry the whole script out, on a site that is being served; `friend` is the one who gets the link."""
    _read_and_edit(person, site, look)
    _run_to_the_end(person, look)
    link = _share(person, look)
    _untroubled(person)
    other = friend()
    _open_before_python(other, link, site, look)
    _keep_and_run(other, site, look)
    _untroubled(other)


def _untroubled(person: Person) -> None:
    troubles = person.troubles()
    assert not troubles, "\n".join(troubles)


def _read_and_edit(person: Person, site: Site, look: Callable[[Stop], None]) -> None:
    person.open(site.address)
    person.wait(holds("Recorded run. Press Run to make your own."))
    person.wait(holds(KILLED, SUMMARY))
    look(Stop("recorded", person))
    person.wait(READY)
    person.edit(LINE, BACK, TYPED)
    assert '@step.do("ask for a review")' in person.eval(SOURCE)


def _run_to_the_end(person: Person, look: Callable[[Stop], None]) -> None:
    _kill_in_the_charge(person, look)
    person.wait(holds('Waiting for "approve"'))
    look(Stop("waiting", person))
    person.press('Send "approve"')
    person.wait(holds("Sleeping until"))
    person.reload()
    person.wait(READY)
    person.wait(holds("Sleeping until"))
    look(Stop("sleeping", person))
    person.press("Skip 30 days")
    person.wait(holds(KILLED, SUMMARY))
    look(Stop("complete", person))
    assert person.eval(LEDGER) == ledger(charged=2)
    assert person.eval(DRAWN) == NAMES
    assert json.loads(person.eval("document.querySelector('#output pre').textContent")) == {"id": "email-1"}
    began = person.eval(
        f"{ROWS}.filter(row => row.kind === 'step.started').map(row => `${{row.key}} ${{row.attempt}}`)"
    )
    assert began == [
        "do:reserve stock-1 1", "do:charge card-1 1", "do:charge card-1 2", "do:ship parcel-1 1", "do:ask for a review-1 1",
    ]  # fmt: skip


def _kill_in_the_charge(person: Person, look: Callable[[Stop], None]) -> None:
    """Run, and kill the engine while the card is charged; whoever comes too late on a busy machine runs again."""
    for _ in range(TRIES):
        look(Stop("run", person))
        before = person.eval("location.search")
        person.press("Run")
        person.wait(f"{OWN} && location.search !== {json.dumps(before)}")
        person.wait(happened("step.started", CHARGE, 1))
        person.wait("document.querySelectorAll('#ledger td.asked').length === 2")  # done outside, not stored here yet
        person.press("Kill the engine")
        person.wait(f"{happened('step.failed', CHARGE, 1)} || {happened('step.completed', CHARGE)}")
        if person.eval(happened("step.failed", CHARGE, 1)):
            return
        person.wait(READY)
        person.wait(holds('Waiting for "approve"'))
        look(Stop("late", person))
    raise AssertionError(f"the card was charged before the engine was killed, {TRIES} times")


def _share(person: Person, look: Callable[[Stop], None]) -> str:
    person.press("Share this run")
    person.wait(f"({LINK}).length > 100")
    look(Stop("share", person))
    link = str(person.eval(LINK))
    person.press("Copy")
    person.wait("document.querySelector('dialog.share .button.filled').textContent === 'Copied'")
    look(Stop("copied", person))
    person.leave()
    person.wait("!document.querySelector('dialog')")
    return link


def _open_before_python(other: Person, link: str, site: Site, look: Callable[[Stop], None]) -> None:
    with site.holding("runtime/"):
        other.open(link)
        other.wait(holds(KILLED, SUMMARY))
        other.wait("document.querySelector('.notice.shared').innerText.includes('From a link. It has not run here.')")
        other.wait(f"{DRAWN}.join() === {json.dumps(','.join(NAMES))}")
        other.wait(holds('@step.do("ask for a review")', SOURCE))
        assert not other.eval(READY), "the run is read before any Python"
        look(Stop("link", other))
    other.wait(READY)


def _keep_and_run(other: Person, site: Site, look: Callable[[Stop], None]) -> None:
    other.wait(LOADED)
    site.stop()
    other.press("Keep a copy")
    other.wait("document.querySelector('#tenant').textContent === 'my-order'")
    other.press("Run")
    other.wait(OWN)
    other.wait(holds('Waiting for "approve"'))
    other.press('Send "approve"')
    other.wait(holds("Sleeping until"))
    other.press("Skip 30 days")
    other.wait(holds(WHOLE, SUMMARY))
    look(Stop("kept", other))
    assert other.eval(LEDGER) == ledger(charged=1)
    assert other.eval("new URLSearchParams(location.search).get('tenant')") == "my-order"


def ledger(charged: int) -> list[str]:
    """Return the calls to the outside, how often each was asked for and done."""
    return ["reserve lamp 1× 1×", f"charge 40 {charged}× 1×", "ship lamp 1× 1×", "email ada@example.com 1× 1×"]
