"""A member's own record of their cases: it shows what a host has dropped or replaced."""

import datetime as dt

from crypto.held import Changed, compare
from crypto.keyring import HeldCase

TODAY = dt.date(2026, 11, 20)


def held(case: str, request: str = "as it was", until: str = "2026-12-20") -> HeldCase:
    return HeldCase(case=case, request=request, until=until)


def test_a_case_that_the_host_drops_before_its_day_is_reported() -> None:
    assert compare([held("kept"), held("dropped")], [held("kept"), held("new")], TODAY) == Changed(("dropped",), ())


def test_an_expired_case_is_not_reported_as_missing() -> None:
    assert compare([held("gone", until="2026-11-20")], [], TODAY) == Changed((), ())


def test_a_case_that_the_host_replaces_under_its_id_is_reported() -> None:
    assert compare([held("case")], [held("case", "another's words")], TODAY) == Changed((), ("case",))
