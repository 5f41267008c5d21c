"""Encrypts the rows of cases before they are written, and decrypts them after they are read.

No other module of the store sees the key of a leaf.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Integer, case, cast, null, select, union_all, update

from crypto import rows
from crypto.dayroot import LeafDraw, LeafReader
from crypto.rows import RowName
from crypto.secret import Secret
from intake.store import schema
from intake.store.cases.row_keys import RowKeys
from intake.store.engines import postgresql
from intake.store.engines.engine import among
from intake.store.errors import BusyStoreError, NotThereError

_TABLES_WITH_LEAVES = (schema.cases, schema.punctures)


@dataclass(frozen=True, slots=True)
class Leaf:
    """Identifies the rows of a case: the case's id, its expiry day, and its leaf of the day's root."""

    case: str
    day: str
    leaf: int


@dataclass(slots=True)
class RowSealer:
    """Encrypts and decrypts rows in one transaction. Fetches each day root and each epoch key only once."""

    keys: RowKeys
    tx: Connection
    _roots: dict[str, LeafReader] = field(default_factory=dict)
    _epoch_keys: dict[tuple[str, str], Secret] = field(default_factory=dict)
    _last_leaf_key: tuple[tuple[str, int], Secret] | None = None  # the next row is usually of the same case

    def seal(self, location: Leaf, table: str, item: str, file: bytes) -> bytes:
        """Encrypt an age file for its row."""
        return rows.seal(file, self._name(location, table, item), self._leaf_key(location))

    def open(self, location: Leaf, table: str, item: str, stored: bytes) -> bytes:
        """Decrypt what `seal` returned."""
        return rows.open_(stored, self._name(location, table, item), self._leaf_key(location))

    def seal_grant(self, location: Leaf, member: str, epoch: str, file: bytes) -> bytes:
        """Encrypt a grant for its row, also under the deletion key of the grantee's epoch.

        Raises:
            NotThereError: the epoch does not exist.
        """
        name = self._name(location, "grants", member)
        return rows.seal(file, name, self._leaf_key(location), self._epoch_key(member, epoch))

    def open_grant(self, location: Leaf, member: str, epoch: str, stored: bytes) -> bytes:
        """Decrypt what `seal_grant` returned.

        Raises:
            NotThereError: the epoch does not exist.
        """
        name = self._name(location, "grants", member)
        return rows.open_(stored, name, self._leaf_key(location), self._epoch_key(member, epoch))

    def fetch_epoch_keys(self, epochs: Collection[tuple[str, str]]) -> None:
        """Fetch the deletion keys of several epochs (member, epoch) with one query.

        Raises:
            NotThereError: one of the epochs does not exist.
        """
        if missing := set(epochs) - self._epoch_keys.keys():
            self._epoch_keys |= self.keys.epoch_keys(self.tx, missing)

    def take_leaf(self, case: str, day: str) -> Leaf:
        """Take a free leaf of `day` for `case`, and count it as taken.

        Raises:
            NotThereError: the day has no root: no run has made it yet, or a run is deleting the day.
        """
        leaf = self.take_leaves([(case, day)])[0]
        if leaf is None:
            raise NotThereError("no such day")
        return leaf

    def take_leaves(self, wanted: Sequence[tuple[str, str]]) -> list[Leaf | None]:
        """Take free leaves for several cases, and count them as taken.

        Args:
            wanted: the id and the expiry day of each case.

        Returns:
            For each case its leaf, or None if the day has no root (see `take_leaf`).
        """
        counts = Counter(day for _, day in wanted)
        draws, generations = {}, {}
        for day, generation, ever_taken in self._counted(counts):
            root = self.keys.root_of(self.tx, day, generation)
            self._roots[day] = LeafReader(root)
            draws[day] = LeafDraw(root, ever_taken, counts[day])
            generations[day] = generation
        while candidates := {day: leaves for day, draw in draws.items() if (leaves := draw.candidates())}:
            claimed = self._claimed(candidates)
            taken = self._taken(claimed, generations)
            for day, leaves in claimed.items():
                draws[day].keep(leaves, taken[day])
        drawn = {day: iter(draw.leaves) for day, draw in draws.items()}
        return [Leaf(case, day, next(drawn[day])) if day in drawn else None for case, day in wanted]

    def _counted(self, counts: Counter[str]) -> Sequence[tuple[str, int, int]]:
        """Count leaves as taken. Return each day that is not being deleted, its generation, and its count from before."""
        days = schema.days
        is_one = among(self.tx, days.c.day, counts), ~days.c.purging
        if self.tx.dialect.name != "postgresql":
            counting = update(days).where(*is_one).values(leaves_taken=days.c.leaves_taken + case(counts, value=days.c.day))
            returned = self.tx.execute(counting.returning(days.c.day, days.c.generation, days.c.leaves_taken)).all()
            return [(row.day, row.generation, row.leaves_taken - counts[row.day]) for row in returned]
        # KEY SHARE keeps a run from beginning to delete the day before this transaction ends (`PurgeStore.begin_purge`).
        # Processes share it, so a count that changes each time would make them wait. `LeafDraw` copes with an estimate.
        locked = select(days.c.day, days.c.generation, days.c.leaves_taken).where(*is_one).order_by(days.c.day)
        counted = []
        for row in self.tx.execute(locked.with_for_update(read=True, key_share=True)).all():
            if block := self.keys.count_leaves(row.day, counts[row.day]):
                more = days.c.leaves_taken + block
                self.tx.execute(update(days).where(days.c.day == row.day).values(leaves_taken=more))
            counted.append((row.day, row.generation, row.leaves_taken + block - counts[row.day]))
        return counted

    def _claimed(self, candidates: dict[str, list[int]]) -> dict[str, list[int]]:
        """Leave out the leaves that another process is taking at this moment."""
        if self.tx.dialect.name != "postgresql":
            return candidates
        names = {f"leaf {day} {leaf}": (day, leaf) for day, leaves in candidates.items() for leaf in leaves}
        locked = postgresql.try_names(self.tx, names.keys())
        return {day: [leaf for leaf in leaves if f"leaf {day} {leaf}" in locked] for day, leaves in candidates.items()}

    def _taken(self, candidates: dict[str, list[int]], generations: dict[str, int]) -> dict[str, set[int]]:
        """Return the leaves of cases, and of cases that wait to be punctured, by day.

        Raises:
            BusyStoreError: another process has punctured a day meanwhile, and its root covers fewer leaves now.
        """
        # One query covers all days. It also finds candidates that are taken on another day, which `LeafDraw.keep` ignores.
        leaves = {leaf for each in candidates.values() for leaf in each}
        queries = [
            select(table.c.day, table.c.leaf, cast(null(), Integer)).where(
                among(self.tx, table.c.day, candidates), among(self.tx, table.c.leaf, leaves)
            )
            for table in _TABLES_WITH_LEAVES
        ]
        days = schema.days
        queries.append(select(days.c.day, null(), days.c.generation).where(among(self.tx, days.c.day, candidates)))
        taken: dict[str, set[int]] = {day: set() for day in candidates}
        for day, leaf, generation in self.tx.execute(union_all(*queries)):
            if leaf is not None:
                taken[day].add(leaf)
            elif generation != generations[day]:
                raise BusyStoreError("another process has punctured a day. Nothing was stored")
        return taken

    def _name(self, location: Leaf, table: str, item: str) -> RowName:
        return RowName(self.keys.store, table, location.case, item, location.day, location.leaf)

    def _epoch_key(self, member: str, epoch: str) -> Secret:
        self.fetch_epoch_keys([(member, epoch)])
        return self._epoch_keys[member, epoch]

    def _leaf_key(self, location: Leaf) -> Secret:
        if location.day not in self._roots:
            self._roots[location.day] = LeafReader(self.keys.root(self.tx, location.day))
        if self._last_leaf_key is None or self._last_leaf_key[0] != (location.day, location.leaf):
            self._last_leaf_key = (location.day, location.leaf), self._roots[location.day].evaluate(location.leaf)
        return self._last_leaf_key[1]
