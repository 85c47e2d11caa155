"""The stranger's script by mouse in the browsers that are not Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsers.driver import Driver
from tests.browsers.persons import DriverMouse
from tests.e2e.served import Site, served
from tests.e2e.story import tell

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """Yield a site of this test's own, whose network can be cut."""
    with served(tmp_path / "served") as site:
        yield site


def test_from_the_recorded_run_to_the_copy_of_a_friend(driver: Driver, own: Site) -> None:
    friends: list[Driver] = []

    def friend() -> DriverMouse:
        friends.append(type(driver)())
        return DriverMouse(friends[-1])

    try:
        tell(DriverMouse(driver), friend, own, lambda stop: None)
    finally:
        for one in friends:
            one.close()
