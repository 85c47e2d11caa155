"""The list of what runs over guests in this process only names tests that there are."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.engine.host.guests import ONLY_IN_PROCESS


@pytest.mark.parametrize("name", ONLY_IN_PROCESS)
def test_the_list_names_tests_that_there_are(name: str) -> None:
    module, _, test = name.partition(".")
    found = import_module(f"tests.engine.host.{module}")
    assert not test or callable(getattr(found, test))
