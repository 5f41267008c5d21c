"""Open one numbered sequence of a case entry by entry and check its order. docs/reference/format.md, Heads.

An entry that does not open or does not follow is left out and named in a warning. The other entries are still shown.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from crypto.encoding import parse_day
from crypto.entry import Entry, Sequence
from crypto.errors import BindingError, CryptoError
from crypto.keylist import KeyList

NOTHING_YET = -1  # the number of the last entry of an empty sequence
BEFORE_HEADS = -1  # sorts before every position of a head
DAYS_APART = 1  # days by which two honest clocks may differ


class SnapshotPoint(Protocol):
    """What a reader knows of the newest snapshot: its day and the position of its head."""

    @property
    def day(self) -> dt.date:
        """The day of its signature."""

    @property
    def number(self) -> int:
        """The number of the key-list entry that it names."""

    @property
    def names(self) -> int:
        """The number of the names file that it names."""

    @property
    def names_digest(self) -> str | None:
        """The digest of that file; None in an earlier snapshot, which names no file."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a session saw of a case under a snapshot. Later entries must not be signed before the snapshot's head."""

    numbers: Mapping[Sequence, int]
    head: int


@dataclass(frozen=True, slots=True)
class VerifiedGroup:
    """What a reader checks a case against: the verified key list, the newest snapshot, and what the session saw."""

    keys: KeyList
    snapshot: SnapshotPoint | None = None
    floor: Floor | None = None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as a host serves it: its age file, or None if the reader may not have it."""

    number: int
    digest: str
    file: bytes | None


@dataclass(frozen=True, slots=True)
class Last:
    """The last entry of a sequence, which the next entry follows."""

    number: int
    digest: str


class WarningKind(StrEnum):
    """The kinds of warnings that a person must see about a case."""

    MISSING = "missing"  # an entry is missing, was changed or does not follow
    BEHIND = "behind"  # an entry was signed under an older key list than was current
    DATES = "dates"  # an entry has an earlier date than one before it
    LATE = "late"  # the host keeps the case longer than its requester chose


@dataclass(frozen=True, slots=True)
class CaseWarning:
    """A warning about a case: which rule was broken, and by which entry if by one."""

    kind: WarningKind
    reason: str
    sequence: Sequence | None = None
    number: int = NOTHING_YET

    @property
    def why(self) -> str:
        """The warning in words, for a terminal."""
        prefix = f"{self.sequence} entry {self.number}: " if self.sequence else ""
        return prefix + self.reason


@dataclass(frozen=True, slots=True)
class OpenedSequence:
    """The entries that open, in the order of their numbers, and the warnings."""

    entries: tuple[Entry, ...]
    last: Last
    hidden: int
    warnings: tuple[CaseWarning, ...]


class BehindError(BindingError):
    """Raised when an entry was signed under an older key list than the one that the reader checks it against."""


@dataclass
class _HeadOrder:
    """Checks that heads never move back along one sequence. Refused entries do not count for later ones."""

    which: Sequence
    group: VerifiedGroup
    highest: int = field(default=BEFORE_HEADS)

    def check(self, opened: Entry) -> None:
        if not opened.author:
            return
        at = BEFORE_HEADS if opened.head is None else self.group.keys.number_of(opened.head)
        snapshot, floor = self.group.snapshot, self.group.floor
        if at < self.highest:
            raise BehindError("an entry whose head is older than an earlier entry's")
        if snapshot and at < snapshot.number and parse_day(opened.day) > snapshot.day:
            raise BehindError("an entry dated after a snapshot, with a head older than the snapshot's")
        if floor and at < floor.head and opened.position.number > floor.numbers.get(self.which, NOTHING_YET):
            raise BehindError("an entry received after a snapshot, with a head older than the snapshot's")
        self.highest = at


def check_head(opened: Entry, group: VerifiedGroup) -> None:
    """Check the head of one entry by itself, as far as that is possible without the earlier ones.

    Raises:
        BehindError: The entry was signed under an older key list than the snapshot allows.
        KeyListError: The key list does not contain its head.
    """
    _HeadOrder(opened.position.sequence, group).check(opened)


def last_of(stored: Many[StoredEntry]) -> Last:
    """Return the entry with the highest number, whether it opens or not. A host never overwrites a number."""
    newest = max(stored, key=lambda stored_entry: stored_entry.number, default=None)
    return Last(newest.number, newest.digest) if newest else Last(NOTHING_YET, "")


def open_all(
    which: Sequence,
    stored: Many[StoredEntry],
    open_entry: Callable[[StoredEntry], Entry],
    group: VerifiedGroup,
    *,
    needed: int = NOTHING_YET,
    accept: Callable[[Entry], None] = lambda _: None,
) -> OpenedSequence:
    """Open what may be opened, in order, and check that each entry follows the one before.

    Args:
        which: the sequence that the entries belong to.
        stored: the entries, in any order.
        open_entry: decrypts and checks one entry.
        group: the verified key list and snapshots.
        needed: the number of an entry without which there is nothing to show.
        accept: called with each valid entry before the next is opened. It can still refuse the entry.

    Raises:
        CryptoError: the needed entry does not open.
    """
    entries_by_number: dict[int, Entry] = {}
    warnings: list[CaseWarning] = []
    order = _HeadOrder(which, group)
    for stored_entry in sorted(stored, key=lambda stored_entry: stored_entry.number):
        if stored_entry.file is None:
            continue
        try:
            if stored_entry.number in entries_by_number:
                raise BindingError("two entries with the same number")
            opened = open_entry(stored_entry)
            order.check(opened)
            accept(opened)
            entries_by_number[stored_entry.number] = opened
        except CryptoError as error:
            if stored_entry.number == needed:
                raise
            kind = WarningKind.BEHIND if isinstance(error, BehindError) else WarningKind.MISSING
            warnings.append(CaseWarning(kind, str(error), which, stored_entry.number))
    entries = tuple(entries_by_number.values())
    warnings += _out_of_order(which, entries, {stored_entry.number: stored_entry.digest for stored_entry in stored})
    warnings += _out_of_time(which, entries)
    hidden = sum(1 for stored_entry in stored if stored_entry.file is None)
    return OpenedSequence(entries, last_of(stored), hidden, tuple(warnings))


def broken_numbers(entries: Many[Entry], digests: Mapping[int, str]) -> list[int]:
    """Return the numbers where the sequence has a gap or a fork: an entry is missing, or its `previous` names another.

    Args:
        entries: the opened entries of one sequence.
        digests: what the server says each number holds, opened or not.
    """
    all_digests = {**digests, **{entry.position.number: entry.digest for entry in entries}}
    missing = [n for n in range(max(all_digests, default=-1) + 1) if n not in all_digests]
    forked = [
        entry.position.number
        for entry in entries
        if entry.previous != (all_digests.get(entry.position.number - 1, "") if entry.position.number else "")
        or digests.get(entry.position.number, entry.digest) != entry.digest
    ]
    return sorted({*missing, *forked})


def _out_of_order(which: Sequence, entries: Many[Entry], digests: Mapping[int, str]) -> list[CaseWarning]:
    return [
        CaseWarning(WarningKind.MISSING, "something before it is missing or was replaced", which, number)
        for number in broken_numbers(entries, digests)
    ]


def _out_of_time(which: Sequence, entries: Many[Entry]) -> list[CaseWarning]:
    """Warn of entries that are dated before an earlier one.

    Signers choose the dates, so a wrong date never hides an entry. Otherwise one date far ahead would silence the rest.
    """
    latest, warnings = dt.date.min, []
    for opened in entries:
        if opened.author:
            day = parse_day(opened.day)
            if latest - day > dt.timedelta(days=DAYS_APART):
                warnings.append(CaseWarning(WarningKind.DATES, "dated before an earlier one", which, opened.position.number))
            latest = max(latest, day)
    return warnings
