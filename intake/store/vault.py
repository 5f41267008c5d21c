"""The vault: rows sealed before the first write and opened after reading, by day root and lock keys.

The only module of the store that sees a leaf's key.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, union_all

from crypto import rows
from crypto.dayroot import DayRoot, draw_leaves
from crypto.rows import RowName
from crypto.secret import Secret
from intake.store import tables
from intake.store.errors import NotThereError
from retention.days import DayRoots
from retention.ports import DayRecord, Keeper

_WITH_LEAVES = (tables.cases, tables.punctures)


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a case lies: its id, its day, its leaf."""

    case: str
    day: str
    leaf: int


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens a case's rows."""

    store: str
    keeper: Keeper
    roots: DayRoots

    def take_leaf(self, tx: Connection, case: str, day: str) -> Leaf:
        """A free leaf of `day` for `case`; counts it as taken.

        Raises:
            NotThereError: the day has no root (not made ahead, or being purged).
        """
        return self.take_leaves(tx, [case], day)[0]

    def take_leaves(self, tx: Connection, cases: Sequence[str], day: str) -> list[Leaf]:
        """As `take_leaf`, for several cases of a day."""
        days = tables.days
        tx.execute(days.update().where(days.c.day == day).values(taken=days.c.taken + len(cases)))
        found = tx.execute(select(days.c.generation, days.c.purging, days.c.taken).where(days.c.day == day)).one_or_none()
        if found is None or found.purging:
            raise NotThereError("no such day")
        root = self._root(tx, day, found.generation)

        def taken(leaves: Collection[int]) -> set[int]:
            ours = [select(table.c.leaf).where(table.c.day == day, table.c.leaf.in_(leaves)) for table in _WITH_LEAVES]
            return set(tx.scalars(union_all(*ours)))

        leaves = draw_leaves(root, taken, found.taken - len(cases), len(cases))
        return [Leaf(case, day, leaf) for case, leaf in zip(cases, leaves, strict=True)]

    def seal(self, tx: Connection, where: Leaf, table: str, item: str, file: bytes) -> bytes:
        """What is stored of an age file."""
        return rows.seal(file, self.name(where, table, item), self._leaf_key(tx, where))

    def open(self, tx: Connection, where: Leaf, table: str, item: str, stored: bytes) -> bytes:
        """Inverse of `seal`."""
        return rows.open_(stored, self.name(where, table, item), self._leaf_key(tx, where))

    def seal_grant(self, tx: Connection, where: Leaf, member: str, epoch: str, file: bytes) -> bytes:
        """What is stored of a grant: also under its grantee's epoch lock key."""
        lock = self.epoch_lock(tx, member, epoch)
        return rows.seal(file, self.name(where, "grants", member), self._leaf_key(tx, where), lock)

    def open_grant(self, tx: Connection, where: Leaf, member: str, epoch: str, stored: bytes) -> bytes:
        """Inverse of `seal_grant`."""
        lock = self.epoch_lock(tx, member, epoch)
        return rows.open_(stored, self.name(where, "grants", member), self._leaf_key(tx, where), lock)

    def name(self, where: Leaf, table: str, item: str) -> RowName:
        """What a row is bound to."""
        return RowName(self.store, table, where.case, item, where.day, where.leaf)

    def _leaf_key(self, tx: Connection, where: Leaf) -> Secret:
        return self.root(tx, where.day).evaluate(where.leaf)

    def root(self, tx: Connection, day: str) -> DayRoot:
        """A day's root as it is now."""
        days = tables.days
        return self._root(tx, day, tx.scalars(select(days.c.generation).where(days.c.day == day)).one())

    def _root(self, tx: Connection, day: str, generation: int) -> DayRoot:
        # A root of a day with many punctures is large: it is fetched only when this process does not hold it.
        held = self.roots.held(day, generation)
        if held is not None:
            return held
        sealed = tx.scalars(select(tables.days.c.root).where(tables.days.c.day == day)).one()
        return self.roots.root(DayRecord(day, generation, sealed))

    def epoch_lock(self, tx: Connection, member: str, epoch: str) -> Secret:
        """The lock key of a grantee's epoch.

        Raises:
            NotThereError: there is no such epoch key.
        """
        table = tables.epochs
        query = select(table.c.generation).where(table.c.member == member, table.c.id == epoch)
        generation = tx.scalar(query)
        if generation is None:
            raise NotThereError("no such epoch key")
        return self.keeper.key(epoch_purpose(member, epoch), generation)


@dataclass(slots=True)
class Reading:
    """Opens and seals many rows in one transaction: each day's root and each lock key is fetched once."""

    vault: Vault
    tx: Connection
    _roots: dict[str, DayRoot] = field(default_factory=dict)
    _locks: dict[tuple[str, str], Secret] = field(default_factory=dict)
    _last: tuple[tuple[str, int], Secret] | None = None  # the leaf key of the case that is being read or written

    def open(self, where: Leaf, table: str, item: str, stored: bytes) -> bytes:
        """As `Vault.open`."""
        return rows.open_(stored, self.vault.name(where, table, item), self._leaf_key(where))

    def open_grant(self, where: Leaf, member: str, epoch: str, stored: bytes) -> bytes:
        """As `Vault.open_grant`."""
        name = self.vault.name(where, "grants", member)
        return rows.open_(stored, name, self._leaf_key(where), self._lock(member, epoch))

    def seal(self, where: Leaf, table: str, item: str, file: bytes) -> bytes:
        """As `Vault.seal`."""
        return rows.seal(file, self.vault.name(where, table, item), self._leaf_key(where))

    def seal_grant(self, where: Leaf, member: str, epoch: str, file: bytes) -> bytes:
        """As `Vault.seal_grant`."""
        return rows.seal(file, self.vault.name(where, "grants", member), self._leaf_key(where), self._lock(member, epoch))

    def _lock(self, member: str, epoch: str) -> Secret:
        if (member, epoch) not in self._locks:
            self._locks[member, epoch] = self.vault.epoch_lock(self.tx, member, epoch)
        return self._locks[member, epoch]

    def _leaf_key(self, where: Leaf) -> Secret:
        if where.day not in self._roots:
            self._roots[where.day] = self.vault.root(self.tx, where.day)
        if self._last is None or self._last[0] != (where.day, where.leaf):
            self._last = (where.day, where.leaf), self._roots[where.day].evaluate(where.leaf)
        return self._last[1]


def epoch_purpose(member: str, epoch: str) -> str:
    """The purpose of a grantee's epoch lock key."""
    return f"epoch {member} {epoch}"


def keyring_purpose(member: str) -> str:
    """The purpose of a keyring's lock key."""
    return f"keyring {member}"
