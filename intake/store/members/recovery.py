"""Stores deals of recovery keys, shares on their way to members, and recovery grants. The server cannot decrypt any of them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from crypto import dayroot
from crypto.age import Recipient
from crypto.dayroot import DeletionKeyName
from crypto.errors import CryptoError
from crypto.labels import Label
from crypto.recovery import RECOVERY, SignedDeal, key_hash
from crypto.secret import Secret
from intake.store import schema
from intake.store.cases.cases import NewGrant, of_case
from intake.store.cases.row_keys import RowKeys, epoch_purpose
from intake.store.cases.row_sealer import Leaf, RowSealer
from intake.store.errors import ConflictError, NotThereError
from intake.store.json_text import flat
from intake.store.members.decisions import retire
from intake.store.members.members import Seat, set_epoch
from retention.errors import RetentionError

DEALS, EPOCHS, GRANTS, SHARES = schema.recovery_deals, schema.epochs, schema.grants, schema.recovery_shares


@dataclass(frozen=True, slots=True)
class Deal:
    """A recovery key: its id, its recipient, and the text that its dealer and the member who tested it signed."""

    id: str
    recipient: str
    signed: SignedDeal | None


def add_deal(tx: Connection, deal: str, recipient: str, signed: SignedDeal) -> None:
    """Store a deal that a decision can name.

    Raises:
        ConflictError: the deal is stored already.
    """
    if tx.scalar(select(DEALS.c.id).where(DEALS.c.id == deal)) is not None:
        raise ConflictError("this recovery key is stored already")
    values = {"body": signed.body, "signatures": json.dumps(signed.signatures)}
    tx.execute(insert(DEALS).values(id=deal, recipient=recipient, **values))


def sign_deal(tx: Connection, deal: Deal, signed: SignedDeal) -> None:
    """Replace the signed text of a deal by one with another signature."""
    tx.execute(update(DEALS).where(DEALS.c.id == deal.id).values(signatures=json.dumps(signed.signatures)))


def named(tx: Connection, keys: Collection[str]) -> list[Deal]:
    """Return the deals whose recipients have these hashes."""
    deals = (_deal(row) for row in tx.execute(select(DEALS)).all())
    return [deal for deal in deals if key_hash(Recipient.parse(deal.recipient)) in keys]


def _deal(row: Row[Any]) -> Deal:
    signed = SignedDeal(body=row.body, signatures=flat(row.signatures, "a deal")) if row.body else None
    return Deal(row.id, row.recipient, signed)


def current(tx: Connection) -> Deal | None:
    """Return the deal to which clients encrypt new grants, or None."""
    query = select(DEALS).join(EPOCHS, EPOCHS.c.id == DEALS.c.id).where(EPOCHS.c.member == RECOVERY, EPOCHS.c.current)
    row = tx.execute(query).one_or_none()
    return _deal(row) if row else None


def decide(tx: Connection, row_keys: RowKeys, key: str) -> None:
    """Make the deal whose recipient has this hash the current one. An empty hash makes none current.

    Raises:
        NotThereError: no such deal is stored.
    """
    if not key:
        tx.execute(update(EPOCHS).where(EPOCHS.c.member == RECOVERY).values(current=False))
        return
    deal = next(iter(named(tx, [key])), None)
    if deal is None:
        raise NotThereError("no such deal")
    set_epoch(tx, row_keys, Seat(RECOVERY, deal.id, ""))


def sweep(tx: Connection) -> None:
    """Delete older deals that no grant needs, and retire their deletion keys."""
    used = set(tx.scalars(select(GRANTS.c.epoch).where(GRANTS.c.member == RECOVERY).distinct()))
    for old in tx.scalars(select(EPOCHS.c.id).where(EPOCHS.c.member == RECOVERY, EPOCHS.c.current.is_(False))).all():
        if old not in used:
            retire(tx, epoch_purpose(RECOVERY, old))
            tx.execute(delete(EPOCHS).where(EPOCHS.c.member == RECOVERY, EPOCHS.c.id == old))
            tx.execute(delete(DEALS).where(DEALS.c.id == old))
            tx.execute(delete(SHARES).where(SHARES.c.purpose == old))


def move(tx: Connection, row_keys: RowKeys, location: Leaf, grant: NewGrant) -> None:
    """Store the recovery grant of a case, in place of the previous one, if any."""
    tx.execute(delete(GRANTS).where(of_case(GRANTS, location), GRANTS.c.member == RECOVERY))
    file = RowSealer(row_keys, tx).seal_grant(location, RECOVERY, grant.epoch, grant.file)
    tx.execute(insert(GRANTS).values(day=location.day, case_id=location.case, member=RECOVERY, epoch=grant.epoch, file=file))


def all_deals(tx: Connection) -> dict[str, int]:
    """Return every deal with a count of 1, for use until the real counts are known."""
    return dict.fromkeys(tx.scalars(select(DEALS.c.id)), 1)


def put_share(tx: Connection, row_keys: RowKeys, purpose: str, member: str, sender: str, file: bytes) -> None:
    """Store a share for a member, under the deletion key of the member's epoch.

    Raises:
        NotThereError: the member has no epoch key.
    """
    lock, name = _lock(tx, row_keys, member)
    sealed = dayroot.seal_under(lock, Label.SHARE_ROW, name, file)
    mine = SHARES.c.purpose == purpose, SHARES.c.member == member, SHARES.c.sender == sender
    tx.execute(delete(SHARES).where(*mine))
    tx.execute(insert(SHARES).values(purpose=purpose, member=member, sender=sender, file=sealed))


def shares(tx: Connection, row_keys: RowKeys, member: str) -> list[tuple[str, str, bytes]]:
    """Return purpose, sender and age file of each share for a member. Leave out shares under an older epoch."""
    readable = []
    for row in tx.execute(select(SHARES).where(SHARES.c.member == member)).all():
        lock, name = _lock(tx, row_keys, member)
        try:
            readable.append((row.purpose, row.sender, dayroot.open_under(lock, Label.SHARE_ROW, name, row.file)))
        except (CryptoError, RetentionError):
            continue
    return readable


def drop_shares(tx: Connection, purpose: str, member: str) -> None:
    """Delete the shares of one purpose that a member has fetched."""
    tx.execute(delete(SHARES).where(SHARES.c.purpose == purpose, SHARES.c.member == member))


def _lock(tx: Connection, row_keys: RowKeys, member: str) -> tuple[Secret, DeletionKeyName]:
    row = tx.execute(select(EPOCHS).where(EPOCHS.c.member == member, EPOCHS.c.current)).one_or_none()
    if row is None:
        raise NotThereError("no epoch key")
    name = DeletionKeyName(row_keys.store, epoch_purpose(member, row.id), row.generation)
    return row_keys.key_store.key(name.purpose, name.generation), name
