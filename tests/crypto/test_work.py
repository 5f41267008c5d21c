"""The price of files, what an entry under a receipt pays for, and the search for a nonce. The vectors test who has paid."""

import pytest

from crypto import work

TRIES = 64  # on average, so that a nonce which nobody searched for rarely pays


@pytest.mark.parametrize(("size", "tries"), [(0, 0), (1, 1), (work.UNIT, 5), (work.UNIT + 1, 6), (2 * work.UNIT, 10)])
def test_files_cost_their_share_of_the_price_rounded_up_to_a_whole_try(size: int, tries: int) -> None:
    assert work.cost(5, size) == tries


def test_an_entry_under_a_receipt_pays_for_its_case_its_number_and_its_digest() -> None:
    assert work.for_entry("lookup", 7, "digest") == "lookup 7 digest"


def test_a_nonce_found_by_searching_pays() -> None:
    assert work.fits("offer", work.pay("offer", TRIES), TRIES)
