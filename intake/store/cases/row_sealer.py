"""The vault: rows sealed before the first write and opened after reading, by day root and lock keys.

The only module of the store that sees a leaf's key.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, case, select, union_all, update

from crypto import rows
from crypto.dayroot import DayRoot, Draw, LockName, Walk
from crypto.rows import RowName
from crypto.secret import Secret
from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.engines.engine import among
from intake.store.errors import NotThereError, StoreError
from retention.days import DayRoots
from retention.ports import DayRecord, KeyStore

SIGN_IN = "sign-in"  # the purpose of the lock key for handles, verifiers and passkeys
_WITH_LEAVES = (schema.cases, schema.punctures)


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
    key_store: KeyStore
    roots: DayRoots

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
        days = schema.days
        return self.root_of(tx, day, tx.scalars(select(days.c.generation).where(days.c.day == day)).one())

    def root_of(self, tx: Connection, day: str, generation: int) -> DayRoot:
        """A day's root of the generation that is the committed one."""
        # A root of a day with many punctures is large: it is fetched only when this process does not hold it.
        held = self.roots.held(day, generation)
        if held is not None:
            return held
        sealed = tx.scalars(select(schema.roots.c.root).where(schema.roots.c.day == day)).one()
        return self.roots.root(DayRecord(day, generation, sealed))

    def sign_in_key(self, tx: Connection) -> SignInKey:
        """The key of what members sign in with, asked of the keeper each time: without the keeper nobody signs in.

        Raises:
            StoreError: the store is not brought up to date.
        """
        generation = tx.scalar(select(schema.store.c.sign_in))
        if generation is None:
            raise StoreError("what members sign in with is not sealed yet: run `intake migrate`")
        return SignInKey(self.key_store.key(SIGN_IN, generation), LockName(self.store, SIGN_IN, generation))

    def epoch_lock(self, tx: Connection, member: str, epoch: str) -> Secret:
        """The lock key of a grantee's epoch.

        Raises:
            NotThereError: there is no such epoch key.
        """
        return self.epoch_locks(tx, {(member, epoch)})[member, epoch]

    def epoch_locks(self, tx: Connection, epochs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Secret]:
        """Lock keys by member and epoch; raises as `epoch_lock`."""
        table = schema.epochs
        query = select(table.c.member, table.c.id, table.c.generation)
        rows = tx.execute(query.where(among(tx, table.c.id, {epoch for _, epoch in epochs}))).all()
        generations = {(row.member, row.id): row.generation for row in rows}
        if not generations.keys() >= set(epochs):
            raise NotThereError("no such epoch key")
        return {of: self.key_store.key(epoch_purpose(*of), generations[of]) for of in epochs}


@dataclass(slots=True)
class Reading:
    """Opens and seals many rows in one transaction: each day's root and each lock key is fetched once."""

    vault: Vault
    tx: Connection
    _roots: dict[str, Walk] = field(default_factory=dict)
    _locks: dict[tuple[str, str], Secret] = field(default_factory=dict)
    _last: tuple[tuple[str, int], Secret] | None = None  # the leaf key of the case that is being read or written

    def take_leaf(self, case: str, day: str) -> Leaf:
        """A free leaf of `day` for `case`; counts it as taken.

        Raises:
            NotThereError: the day has no root (not made ahead, or being purged).
        """
        leaf = self.take_leaves([(case, day)])[0]
        if leaf is None:
            raise NotThereError("no such day")
        return leaf

    def take_leaves(self, wanted: Sequence[tuple[str, str]]) -> list[Leaf | None]:
        """Free leaves for cases of some days, counted as taken; None where a day takes no case (`take_leaf`)."""
        days, counts = schema.days, Counter(day for _, day in wanted)
        more = case(counts, value=days.c.day)
        counting = update(days).where(among(self.tx, days.c.day, counts), ~days.c.purging).values(taken=days.c.taken + more)
        draws = {}
        for row in self.tx.execute(counting.returning(days.c.day, days.c.generation, days.c.taken)).all():
            root = self.vault.root_of(self.tx, row.day, row.generation)
            self._roots[row.day] = Walk(root)
            draws[row.day] = Draw(root, row.taken - counts[row.day], counts[row.day])
        while asked := {day: leaves for day, draw in draws.items() if (leaves := draw.candidates())}:
            taken = self._taken(asked)
            for day, leaves in asked.items():
                draws[day].keep(leaves, taken[day])
        found = {day: iter(draw.leaves) for day, draw in draws.items()}
        return [Leaf(case, day, next(found[day])) if day in found else None for case, day in wanted]

    def _taken(self, asked: dict[str, list[int]]) -> dict[str, set[int]]:
        # Some leaf of one day is found taken in another: more is found than was asked for, in one question.
        leaves = {leaf for each in asked.values() for leaf in each}
        ours = [
            select(table.c.day, table.c.leaf).where(among(self.tx, table.c.day, asked), among(self.tx, table.c.leaf, leaves))
            for table in _WITH_LEAVES
        ]
        taken: dict[str, set[int]] = {day: set() for day in asked}
        for day, leaf in self.tx.execute(union_all(*ours)):
            taken[day].add(leaf)
        return taken

    def fetch_locks(self, epochs: Collection[tuple[str, str]]) -> None:
        """Fetch the lock keys of several grantees' epochs (member, epoch) at once; raises as `Vault.epoch_lock`."""
        if missing := set(epochs) - self._locks.keys():
            self._locks |= self.vault.epoch_locks(self.tx, missing)

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
        self.fetch_locks([(member, epoch)])
        return self._locks[member, epoch]

    def _leaf_key(self, where: Leaf) -> Secret:
        if where.day not in self._roots:
            self._roots[where.day] = Walk(self.vault.root(self.tx, where.day))
        if self._last is None or self._last[0] != (where.day, where.leaf):
            self._last = (where.day, where.leaf), self._roots[where.day].evaluate(where.leaf)
        return self._last[1]


def epoch_purpose(member: str, epoch: str) -> str:
    """The purpose of a grantee's epoch lock key."""
    return f"epoch {member} {epoch}"


def keyring_purpose(member: str) -> str:
    """The purpose of a keyring's lock key."""
    return f"keyring {member}"
