"""Renew a member's keys, as the browser does. docs/explanation/architecture.md, Key rotation."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from crypto import grant, keyring, snapshot, statement
from crypto.age import Identity, Recipient
from crypto.case import is_inherited
from crypto.encoding import CaseId, EpochId, GroupId, as_dict, b64, unb64
from crypto.errors import BindingError, CryptoError, UnknownHeadError
from crypto.grant import Address
from crypto.keyring import Epoch, Keyring
from crypto.labels import Label
from crypto.names import digest_of
from crypto.signing import Signed
from intake.cli import snapshots
from intake.cli.answers import RefusedError
from intake.cli.desk import Desk
from intake.cli.member import Member, identity_of
from intake.cli.snapshots import NamesFile
from retention.policy import HARD_MAXIMUM, expiry_day

ROUNDS = 6  # attempts to commit, because the group may change meanwhile
AT_ONCE = 25  # grants encrypted and sent together. A killed command loses no more
Progress = Callable[[int, int], None]


def rotate(me: Member, progress: Progress) -> int:
    """Renew the member's keys, or continue a renewal that was begun.

    Returns:
        How many cases could not be opened and were left unchanged.

    Raises:
        RefusedError: Another window is renewing the keys, or the server refused.
        ClocksError: This machine's clock and the server's do not agree. Nothing was changed.
    """
    _ = me.signing_day  # raises before anything is changed
    me.refresh()  # Verify by the newest list, because a grant's author may have enrolled since sign-in
    epoch = me.ask("GET", "/api/desk/rotation")["epoch"] or _begin(me)
    lost: dict[str, str] = {}
    for attempt in range(ROUNDS):
        _stage_all(me, epoch, lost, progress)
        try:
            _commit(me, epoch, lost)
            return len(lost)
        except RefusedError as error:
            if error.kind not in ("missing", "stale") or attempt == ROUNDS - 1:
                raise
            me.refresh()
    raise AssertionError


def _begin(me: Member) -> str:
    fresh, keys = Identity.generate(), me.keys
    seat = me.seats.get(me.id)
    body = statement.Body(
        format=Label.STATEMENT.value,
        group=GroupId(keys.group),
        member=me.id,
        recipient=str(fresh.recipient),
        head=keys.head,
        from_=me.signing_day,
        until=_day_after(me, keys.epoch_days + statement.GRACE_DAYS),
        tags=sorted(seat.tags) if seat else [],
    )
    signed_statement = statement.sign(body, me.ring.signing_key)
    epoch = keyring.new_epoch(fresh, me.signing_day, _day_after(me, keys.epoch_days))

    def with_new(ring: Keyring) -> Keyring:
        return msgspec.structs.replace(ring, epochs=[*ring.epochs, epoch])

    me.change_ring(
        with_new, "POST", "/api/desk/rotation", lambda sealed: {"statement": as_dict(signed_statement), "keyring": sealed}
    )
    return epoch.id


def _stage_all(me: Member, epoch: str, lost: dict[str, str], progress: Progress) -> None:
    to, total = identity_of(me.ring, epoch).recipient, 0
    while True:
        state = me.ask("GET", "/api/desk/rotation")
        total = max(total, state["missing"])
        progress(total - state["missing"], total)
        waiting = [row for row in state["grants"] if row["case"] not in lost]
        if not waiting:
            return
        for start in range(0, len(waiting), AT_ONCE):
            chunk = waiting[start : start + AT_ONCE]
            sealed = [new for row in chunk if (new := _resealed(me, row, epoch, to, lost))]
            if sealed:
                me.ask("PUT", "/api/desk/rotation/grants", {"grants": sealed})
            progress(total - state["missing"] + min(start + AT_ONCE, len(waiting)), total)


def _resealed(me: Member, row: dict[str, Any], epoch: str, to: Recipient, lost: dict[str, str]) -> dict[str, object] | None:
    """Encrypt a grant for the new epoch key. Return None if it cannot be opened, or if the case got new keys instead."""
    address = Address(CaseId(row["case"]), me.id, EpochId(row["epoch"]))
    try:
        opened = grant.open_(unb64(row["grant"]), address, [identity_of(me.ring, row["epoch"])], me.keys.author_key)
        if is_inherited(opened, me.keys):
            # A former member granted these keys, so they cannot be trusted. The case gets new keys, and the server lists it
            # again.
            Desk(me).replace_inherited_keys(row["case"])
            return None
    except UnknownHeadError:
        raise
    except CryptoError:
        lost[row["case"]] = row["epoch"]
        return None
    file = grant.seal(Address(address.case, me.id, EpochId(epoch)), opened.keys, to, me.author)
    return {"case": row["case"], "version": row["version"], "file": b64(file)}


def _commit(me: Member, epoch: str, lost: dict[str, str]) -> None:
    """Commit the renewal. An older epoch key that a grant still needs stays in the keyring."""
    needed = {epoch, *lost.values(), *me.ask("GET", "/api/desk/rotation")["older"]}
    others = [seat.recipient for member, seat in me.seats.items() if member != me.id]
    names = me.sealed_names([*others, identity_of(me.ring, epoch).recipient])
    signed_statement = Signed(**me.ask("GET", "/api/desk/rotation")["statement"])
    if statement.check(signed_statement, me.keys, me.today).recipient.id != epoch:
        raise BindingError("another statement than the rotation's")
    named = NamesFile(me.names_number + 1, digest_of(unb64(str(names["file"]))))
    seen = snapshots.next_body(me, named, signed_statement)
    signed = as_dict(snapshot.sign(seen, me.ring.signing_key))

    def without_old(ring: Keyring) -> Keyring:
        return msgspec.structs.replace(ring, epochs=[key for key in ring.epochs if key.id in needed and not _is_old(me, key)])

    me.change_ring(
        without_old,
        "POST",
        "/api/desk/rotation/commit",
        lambda sealed: {"keyring": sealed, "names": names, "lost": sorted(lost), "snapshot": signed},
    )
    snapshots.pin(me, seen, signed_statement)
    me.refresh()


def _is_old(me: Member, key: Epoch) -> bool:
    """Return whether a key is older than any case. It is then deleted, even if the server names a grant for it."""
    return expiry_day(dt.date.fromisoformat(key.until), HARD_MAXIMUM) < me.clocks.own


def _day_after(me: Member, days: int) -> str:
    return (me.clocks.signing_day + dt.timedelta(days=days)).isoformat()
