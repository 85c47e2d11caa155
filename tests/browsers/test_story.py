"""The core story in the browsers that are not Chromium."""

from __future__ import annotations

import pytest

from tests.browsers.driver import Driver

pytestmark = pytest.mark.timeout(300)


def test_the_page_becomes_ready(driver: Driver, site: str) -> None:
    driver.open(site)
    driver.wait("document.body.innerText.includes('Ready')", seconds=120)
