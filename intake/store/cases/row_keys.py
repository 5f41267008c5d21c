"""Looks up the keys under which a store's rows are encrypted: day roots, epoch deletion keys and the sign-in key."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from crypto.dayroot import DayRoot, DeletionKeyName
from crypto.secret import Secret
from crypto.sign_in import SignInKey
from intake.store import schema
from intake.store.engines.engine import among
from intake.store.errors import NotThereError, StoreError
from retention.days import DayRoots
from retention.ports import DayRecord, KeyStore

BLOCK = 256  # leaves that a process counts at once
SIGN_IN = "sign-in"  # the purpose of the deletion key for handles, verifiers and passkeys


def epoch_purpose(member: str, epoch: str) -> str:
    """Return the purpose of the deletion key of a member's epoch."""
    return f"epoch {member} {epoch}"


def keyring_purpose(member: str) -> str:
    """Return the purpose of the deletion key of a member's keyring."""
    return f"keyring {member}"


@dataclass(frozen=True, slots=True)
class RowKeys:
    """Looks up the keys of one store's rows."""

    store: str
    key_store: KeyStore
    roots: DayRoots
    _counted: Counter[str] = field(default_factory=Counter)  # leaves that this process has counted and not taken yet, by day

    def root(self, tx: Connection, day: str) -> DayRoot:
        """Return the committed root of a day."""
        days = schema.days
        return self.root_of(tx, day, tx.scalars(select(days.c.generation).where(days.c.day == day)).one())

    def root_of(self, tx: Connection, day: str, generation: int) -> DayRoot:
        """Return the root of a day, at the committed generation that the caller has read."""
        # A root with many punctures takes megabytes. Fetch it only if this process does not hold it in memory.
        held = self.roots.cached(day, generation)
        if held is not None:
            return held
        # Read both again: another process may have punctured the day since the caller read the generation.
        both = select(schema.days.c.generation, schema.day_roots.c.root).join_from(schema.days, schema.day_roots)
        row = tx.execute(both.where(schema.days.c.day == day)).one()
        return self.roots.root(DayRecord(day, row.generation, row.root))

    def count_leaves(self, day: str, count: int) -> int:
        """Count `count` leaves as taken. Return how many more the store must count; usually none.

        A process counts leaves in blocks, so that processes seldom change the same row. The store's count is an estimate: it is
        at most a block for each start of a process too high, or too low by what a failed transaction was to count.
        """
        block = -(-max(0, count - self._counted[day]) // BLOCK) * BLOCK
        self._counted[day] += block - count
        return block

    def sign_in_key(self, tx: Connection) -> SignInKey:
        """Return the key of the sign-in rows. This reads the key store each time, so that nobody can sign in without it.

        Raises:
            StoreError: the sign-in rows of this store are not encrypted yet.
        """
        generation = tx.scalar(select(schema.store.c.sign_in_generation))
        if generation is None:
            raise StoreError("the sign-in data of this store is not encrypted yet. Run `intake migrate`")
        return SignInKey(self.key_store.key(SIGN_IN, generation), DeletionKeyName(self.store, SIGN_IN, generation))

    def epoch_keys(self, tx: Connection, epochs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Secret]:
        """Return the deletion keys of epochs, by member and epoch.

        Raises:
            NotThereError: one of the epochs does not exist.
        """
        table = schema.epochs
        query = select(table.c.member, table.c.id, table.c.generation)
        rows = tx.execute(query.where(among(tx, table.c.id, {epoch for _, epoch in epochs}))).all()
        generations = {(row.member, row.id): row.generation for row in rows}
        if not generations.keys() >= set(epochs):
            raise NotThereError("the member has no such epoch key")
        return {
            (member, epoch): self.key_store.key(epoch_purpose(member, epoch), generations[member, epoch])
            for member, epoch in epochs
        }
