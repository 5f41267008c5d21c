"""One numbered sequence of a case, as a host answers it: opened entry by entry, its order checked. docs/format.md, Entry.

An entry that does not open or does not follow is left out and named in a warning: what is left is still shown.
"""

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from enum import StrEnum

from crypto import entry
from crypto.entry import Entry, Sequence
from crypto.errors import BindingError, CryptoError

NOTHING_YET = -1  # the number of the last entry of an empty sequence


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as a host hands it over: its age file, or None where the asker may not have it."""

    number: int
    digest: str
    file: bytes | None


@dataclass(frozen=True, slots=True)
class Last:
    """What the next entry follows."""

    number: int
    digest: str


class WarningKind(StrEnum):
    """What a person must be shown about a case."""

    MISSING = "missing"  # an entry is missing, was changed or does not follow
    LATE = "late"  # the host keeps the case longer than its requester chose


@dataclass(frozen=True, slots=True)
class CaseWarning:
    """Something about a case that a person must be shown; `why` is for a terminal."""

    kind: WarningKind
    why: str


@dataclass(frozen=True, slots=True)
class OpenedSequence:
    """The entries that open, in the order of their numbers, and what looked wrong."""

    entries: tuple[Entry, ...]
    last: Last
    hidden: int
    warnings: tuple[CaseWarning, ...]


def last_of(stored: Many[StoredEntry]) -> Last:
    """The highest number, opened or not: nothing is ever written over it."""
    newest = max(stored, key=lambda one: one.number, default=None)
    return Last(newest.number, newest.digest) if newest else Last(NOTHING_YET, "")


def open_all(
    which: Sequence, stored: Many[StoredEntry], open_one: Callable[[StoredEntry], Entry], needed: int = NOTHING_YET
) -> OpenedSequence:
    """Open what may be opened, in order, and check that each follows the one before.

    Args:
        needed: the number of an entry without which there is nothing to show.

    Raises:
        CryptoError: the needed entry does not open.
    """
    found: dict[int, Entry] = {}
    warnings: list[CaseWarning] = []
    for one in sorted(stored, key=lambda one: one.number):
        if one.file is None:
            continue
        try:
            if one.number in found:
                raise BindingError("a second entry of one number")
            found[one.number] = open_one(one)
        except CryptoError as error:
            if one.number == needed:
                raise
            warnings.append(CaseWarning(WarningKind.MISSING, f"{which} entry {one.number} was left out: {error}"))
    entries = tuple(found.values())
    warnings += _out_of_order(which, entries, {one.number: one.digest for one in stored})
    hidden = sum(1 for one in stored if one.file is None)
    return OpenedSequence(entries, last_of(stored), hidden, tuple(warnings))


def _out_of_order(which: Sequence, entries: Many[Entry], digests: Mapping[int, str]) -> list[CaseWarning]:
    return [
        CaseWarning(WarningKind.MISSING, f"{which} entry {number}: something before it is missing or was replaced")
        for number in entry.check_sequence(entries, dict(digests))
    ]
