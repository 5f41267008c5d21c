"""Find cases that the host dropped or replaced since the last sign-in. docs/reference/format.md, Unlockers and keyring."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from crypto.keyring import HeldCase


@dataclass(frozen=True, slots=True)
class Changed:
    """The ids of cases that disappeared before their day, and of cases whose id now has another request."""

    missing: tuple[str, ...]
    replaced: tuple[str, ...]


def compare(before: Sequence[HeldCase], now: Sequence[HeldCase], today: dt.date) -> Changed:
    """Compare the cases that a member held before with those that the host shows now.

    A case that was withdrawn, closed or handed over has disappeared too. The member must know the reason, or ask for it.
    """
    present = {held.case: held.request for held in now}
    missing = tuple(held.case for held in before if held.case not in present and held.until > today.isoformat())
    replaced = tuple(held.case for held in before if present.get(held.case, held.request) != held.request)
    return Changed(missing, replaced)
