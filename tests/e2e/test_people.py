"""The stranger's script by mouse, by keys alone, by touch on a phone, and through the accessibility tree alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.persons import FOCUSED, Fingers, Keys, Listener, Mouse
from tests.e2e.served import Site, served
from tests.e2e.spoken import Spoken, differences
from tests.e2e.story import Stop, tell

pytestmark = pytest.mark.timeout(600)
Launch = Callable[..., BrowserContext]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# A box to tick is as large as the label that ticks it.
SMALL = """[...document.querySelectorAll('button, a[href], select, input, textarea, [role=tab]')].map(one => one.closest('label') ?? one).filter(one => {
    const box = one.getBoundingClientRect();
    return one.checkVisibility() && box.width && !one.closest('.visually-hidden, .skip-links, .cm-editor, p')
      && (box.height < 43.5 || box.width < 43.5) && box.top >= 0 && box.bottom <= innerHeight;
}).map(one => `${one.getAttribute('aria-label') || one.textContent}: ${one.getBoundingClientRect().width} × ${one.getBoundingClientRect().height}`)"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """Yield a site of this test's own, whose network can be cut."""
    with served(tmp_path / "served") as site:
        yield site


@pytest.fixture
def site(own: Site) -> str:
    """The address that the browser may ask, and no other."""
    return own.address


def persons(launch: Launch, own: Site, kind: type[Mouse], **options: Any) -> tuple[Mouse, Callable[[], Mouse]]:
    """Return somebody, and how to get a second one with a clean profile."""
    options = {"permissions": ["clipboard-read", "clipboard-write"], **options}
    host = urlsplit(own.address).netloc
    return kind(launch(**options), host), lambda: kind(launch("friend", **options), host)


def test_by_mouse_and_what_is_said_meanwhile(launch: Launch, own: Site) -> None:
    person, friend = persons(launch, own, Mouse)
    spoken = Spoken(person.page)
    tell(person, friend, own, spoken.look)
    spoken.compare()


def test_by_keys_alone(launch: Launch, own: Site) -> None:
    person, friend = persons(launch, own, Keys)

    def look(stop: Stop) -> None:
        if stop.name == "recorded":
            person.page.keyboard.press("Tab")
            first = person.eval(f"({FOCUSED})()")["name"]
            assert first == "Skip to the code", "the first stop is the way past the header"
            person.page.keyboard.press("Shift+Tab")

    tell(person, friend, own, look)


def test_by_touch_on_a_phone(launch: Launch, own: Site) -> None:
    person, friend = persons(launch, own, Fingers, **PHONE)

    def look(stop: Stop) -> None:
        wide = stop.person.eval("document.documentElement.scrollWidth")
        assert wide <= 390, f"{stop.name}: something stands out of the screen"
        assert stop.person.eval(SMALL) == [], f"{stop.name}: every target is 44 px"

    tell(person, friend, own, look)


def test_through_the_accessibility_tree_alone(launch: Launch, own: Site) -> None:
    person, friend = persons(launch, own, Listener)

    def look(stop: Stop) -> None:
        assert isinstance(stop.person, Listener)
        if stop.name in {"waiting", "complete", "link"}:
            assert stop.person.find({"table"}, "Steps of the run")
            assert stop.person.hears("reserve stock: complete"), "a row is a sentence"

    tell(person, friend, own, look)


def test_a_sentence_that_changed_is_seen() -> None:
    kept = ["? Ready", "Recorded run.", "? order · 1: Running.", "Complete."]
    assert differences(["Recorded run.", "Complete."], kept) == []
    assert differences(["Ready", "Recorded run.", "order · 1: Running.", "Complete."], kept) == []
    assert differences(["Recorded run.", "Done."], kept) == ["said: Done.", "not said: Complete."]
    assert differences(["Complete.", "Recorded run."], kept) == ["not said: Recorded run.", "said: Recorded run."]
