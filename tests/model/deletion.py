"""Deletion keys, the data under them, and a thief who copies one or the other at any time.

Day roots and rows are real. The key store is a dictionary from which keys are deleted for good.
"""

import datetime as dt
from dataclasses import dataclass, field

from crypto import dayroot, rows
from crypto.dayroot import DayRoot, DeletionKeyName, LeafDraw
from crypto.encoding import CaseId, new_id
from crypto.errors import PuncturedError, RowError
from crypto.rows import RowName
from crypto.secret import Secret
from tests.model.oracle import Violation


@dataclass
class Thief:
    """Copies of the database and of the key store, from any time."""

    roots: set[tuple[DeletionKeyName, bytes]] = field(default_factory=set)
    rows: dict[RowName, bytes] = field(default_factory=dict)
    keys: dict[DeletionKeyName, Secret] = field(default_factory=dict)

    def opens(self, case: CaseId) -> bool:
        """Return whether anything of a case opens with everything that was taken."""
        for name, sealed in self.roots:
            key = self.keys.get(name)
            if key is None:
                continue
            root = dayroot.open_(sealed, key, name)
            for row, blob in self.rows.items():
                if row.case != case or name.purpose != f"day {row.day}":
                    continue
                try:
                    rows.open_(blob, row, root.evaluate(row.leaf))
                except (PuncturedError, RowError):
                    continue
                return True
        return False


class Deletion:
    """The rows of all cases, their days' roots, and the key store."""

    def __init__(self) -> None:
        self._store = new_id()
        self._key_store: dict[DeletionKeyName, Secret] = {}
        self._roots: dict[str, tuple[DeletionKeyName, bytes]] = {}
        self._rows: dict[RowName, bytes] = {}
        self._days: dict[CaseId, dt.date] = {}
        self._gone: dict[CaseId, bool] = {}  # whether the thief had its key before it was destroyed
        self.thief = Thief()

    @property
    def living(self) -> list[CaseId]:
        """The cases that are neither expired nor withdrawn."""
        return list(self._days)

    def put(self, case: CaseId, day: dt.date, blobs: dict[str, bytes]) -> None:
        """Store a case's blobs under a leaf of its day."""
        text = day.isoformat()
        if text not in self._roots:
            self._seal(text, DayRoot.generate(), 1)
        root = self._root(text)
        taken = {row.leaf for row in self._rows if row.day == text}
        draw = LeafDraw(root, len(taken), 1)
        while candidates := draw.candidates():
            draw.keep(candidates, taken)
        leaf = draw.leaves[0]
        for item, blob in blobs.items():
            name = RowName(self._store, "entries", case, item, text, leaf)
            self._rows[name] = rows.seal(blob, name, root.evaluate(leaf))
        self._days[case] = day

    def read(self, case: CaseId) -> bool:
        """Return whether the server itself opens a case."""
        for name, blob in self._rows.items():
            if name.case == case:
                rows.open_(blob, name, self._root(name.day).evaluate(name.leaf))
                return True
        return False

    def purge(self, today: dt.date) -> None:
        """Destroy the deletion keys of all days that are due. Nothing else of these days must be deleted."""
        for case in [case for case, day in self._days.items() if day <= today]:
            self._let_go(case)
        for text in [text for text in self._roots if text <= today.isoformat()]:
            del self._key_store[self._roots.pop(text)[0]]

    def withdraw(self, case: CaseId) -> None:
        """Puncture a case's leaf, and destroy the old root's deletion key."""
        name = next(name for name in self._rows if name.case == case)
        self._let_go(case)
        before, root = self._roots[name.day][0], self._root(name.day).puncture([name.leaf])
        self._seal(name.day, root, before.generation + 1)
        del self._key_store[before]

    def copy_database(self) -> None:
        """The thief takes everything but the key store."""
        self.thief.roots |= set(self._roots.values())
        self.thief.rows |= self._rows

    def copy_key_store(self) -> None:
        """The thief takes every deletion key that exists."""
        self.thief.keys |= self._key_store

    def check(self) -> None:
        """Check that a thief opens nothing deleted unless they had its key before, and that every live case opens."""
        for case, taken in self._gone.items():
            if not taken and self.thief.opens(case):
                raise Violation("deletion", "a case that opens after its day, or after it was withdrawn")
        if not all(self.read(case) for case in self._days):
            raise Violation("deletion", "a living case that went with another")

    def _let_go(self, case: CaseId) -> None:
        del self._days[case]
        day = next(name.day for name in self._rows if name.case == case)
        # With the key of any generation and a copy from then, every leaf of the day opens.
        self._gone[case] = any(name.purpose == f"day {day}" for name in self.thief.keys)

    def _seal(self, day: str, root: DayRoot, generation: int) -> None:
        name, key = DeletionKeyName(self._store, f"day {day}", generation), Secret(new_id().encode())
        self._key_store[name] = key
        self._roots[day] = (name, dayroot.seal(root, key, name))

    def _root(self, day: str) -> DayRoot:
        name, sealed = self._roots[day]
        return dayroot.open_(sealed, self._key_store[name], name)
