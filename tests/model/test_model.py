"""A short search by the machine, and faults that it finds within seconds; `make fuzz` takes longer, and has all of them."""

import time

import pytest

from tests.model.__main__ import find, search
from tests.model.machine import GUARANTEES

SECONDS = 10


def test_a_short_search_breaks_no_guarantee() -> None:
    began = time.monotonic()
    for number in range(1000):
        found = search(number, GUARANTEES, examples=5)
        assert found is None, found
        if time.monotonic() - began > SECONDS:
            return


@pytest.mark.parametrize("name", ["unusable-recipient", "founding-link"])
def test_a_rule_that_is_left_out_is_found_within_seconds(name: str) -> None:
    assert find(name, 240) is not None
