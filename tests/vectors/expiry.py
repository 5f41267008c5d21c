"""Vectors of expiry days. The days are written out, so that a vector does not repeat the rule that it checks."""

from tests.vectors.world import save

CASES = {
    "one-day": ("one day, however late on the first day it begins", "2026-11-20", 1, "2026-11-22"),
    "default": ("thirty days, over the end of a year", "2026-12-15", 30, "2027-01-15"),
    "leap-day": ("a day that only leap years have", "2028-02-27", 1, "2028-02-29"),
    "no-leap-day": ("the end of February in another year", "2027-02-27", 1, "2027-03-01"),
    "longest": ("the most days of any form", "2027-03-01", 366, "2028-03-02"),
    "none": ("no day at all ends at the next midnight", "2026-12-31", 0, "2027-01-01"),
}


def expiry_vectors() -> None:
    for name, (about, first, days, expires) in CASES.items():
        save(f"expiry-{name}", about, "expiry", {"first": first, "days": days}, output=expires)
