"""Sign snapshots and enact decisions, like the browser's `desk/member/snapshots.ts`. docs/reference/format.md, Snapshot."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from msgspec import UNSET

from crypto import held, keylist, keyring, snapshot, statement
from crypto.encoding import CaseId, GroupId, MemberId, as_dict, from_dict, from_json
from crypto.errors import CryptoError, StaleSnapshotError
from crypto.held import Changed
from crypto.keylist import Change, KeyList
from crypto.keyring import HeldCase, Keyring
from crypto.labels import Label
from crypto.signing import Signed, SigningKey
from crypto.snapshot import Snapshot
from intake.cli.answers import RefusedError
from intake.cli.clocks import Clocks

TRIES = 3  # to sign a snapshot, because a colleague may change something meanwhile


@dataclass(frozen=True, slots=True)
class NamesFile:
    """The number and digest by which a snapshot names a names file; 0 and None without one."""

    number: int
    digest: str | None


class SignedIn(Protocol):
    """A signed-in member, as far as snapshots need one. `intake.cli.member.Member` is one."""

    keys: KeyList
    ring: Keyring
    clocks: Clocks
    snapshot: Snapshot | None
    snapshots: list[Signed]
    statements: list[Signed]
    held: list[HeldCase]
    changed: Changed | None
    present_names: NamesFile | None

    @property
    def id(self) -> MemberId:
        """The member's id."""
        ...

    @property
    def today(self) -> dt.date:
        """The day to verify by."""
        ...

    @property
    def signing_day(self) -> str:
        """The day to sign with."""
        ...

    @property
    def signers(self) -> dict[MemberId, SigningKey]:
        """The signing key for entries of the key list, by member."""
        ...

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request and return the answer."""
        ...

    def refresh(self) -> None:
        """Fetch and verify the current group."""
        ...

    def change_ring(self, change: Callable[[Keyring], Keyring]) -> None:
        """Change the keyring and store it."""
        ...


def sign_present(me: SignedIn) -> None:
    """Sign the current state, unless the newest snapshot names it and this member has signed one today.

    It signs nothing while the server shows names that are not trusted.

    Raises:
        RefusedError: The server refuses the snapshot.
        StaleSnapshotError: The server accepts the snapshot but still shows an older one.
    """
    for attempt in range(TRIES):
        names = me.present_names
        if not me.clocks.agree or names is None or _is_present(me, names):  # no date while the clocks differ
            return
        signed = False
        try:
            body = next_body(me, names)
            me.ask("PUT", "/api/desk/snapshot", as_dict(snapshot.sign(body, me.ring.signing_key)))
            pin(me, body)
            signed = True
        except RefusedError as error:
            if error.kind != "stale" or attempt == TRIES - 1:
                raise
        me.refresh()
        if signed and me.snapshot is None:
            raise StaleSnapshotError("a snapshot older than one seen before")


def fetch_cases(me: SignedIn) -> None:
    """Fetch the member's cases, and compare them with those of the last sign-in."""
    me.held = [from_dict(HeldCase, row) for row in me.ask("GET", "/api/desk/held")["held"]]
    if me.changed is None:
        me.changed = held.compare(me.ring.held, me.held, me.today)


def next_body(me: SignedIn, names: NamesFile, own: Signed | None = None) -> snapshot.Body:
    """Return the body of the next snapshot.

    Args:
        me: the member who signs it.
        names: the present names file, or the one that is sent with the snapshot.
        own: replaces this member's statement.
    """
    fetch_cases(me)
    return snapshot.Body(
        format=Label.SNAPSHOT.value,
        group=GroupId(me.keys.group),
        member=me.id,
        version=_newest_version(me) + 1,
        day=me.clocks.signing_day.isoformat(),
        number=len(me.keys.entries) - 1,
        head=me.keys.head,
        statements={member: statement.hash_of(signed) for member, (signed, _) in _present(me, own).items()},
        names=names.number,
        names_digest=UNSET if names.digest is None else names.digest,
        cases=snapshot.digest_of(CaseId(case.case) for case in me.held),
    )


def pin(me: SignedIn, body: snapshot.Body, own: Signed | None = None) -> None:
    """Store in the keyring which versions a snapshot names, so that this member's later snapshots name nothing older."""
    named = {member: first.isoformat() for member, (_, first) in _present(me, own).items()}

    def with_seen(ring: Keyring) -> Keyring:
        version = max(ring.snapshot.version, body.version)
        seen = keyring.Seen(version=version, starts={**ring.snapshot.starts, **named})
        return msgspec.structs.replace(ring, snapshot=seen, held=me.held)

    me.change_ring(with_seen)


def enact_pending(me: SignedIn) -> bool:
    """Enact the pending decision that this member signed, if its waiting time is over. Return whether it was enacted."""
    pending = me.keys.pending
    if pending is None or me.id not in pending.entry.signatures or not me.clocks.agree:
        return False
    for seen in _readable(me):
        day = keylist.enact_day(pending, seen)
        if day is not None and day.isoformat() <= me.signing_day:
            body = keylist.next_body(me.keys, Change.ENACT, me.signing_day, key=seen.hash)
            entry = keylist.sign(body, me.signers, seen.signed)
            me.ask("POST", "/api/desk/keylist", {"number": body.number, "entry": as_dict(entry)})
            me.refresh()
            return True
    return False


def _is_present(me: SignedIn, names: NamesFile) -> bool:
    newest = me.snapshot
    if newest is None or newest.head != me.keys.head or (newest.names, newest.names_digest) != (names.number, names.digest):
        return False
    named = {member: statement.hash_of(signed) for member, (signed, _) in _present(me).items()}
    return named == newest.statements and any(
        seen.member == me.id and seen.day == me.clocks.signing_day for seen in _readable(me)
    )


def _present(me: SignedIn, own: Signed | None = None) -> dict[MemberId, tuple[Signed, dt.date]]:
    """Return the statements that are valid today and not older than one that this member's snapshots named."""
    present: dict[MemberId, tuple[Signed, dt.date]] = {}
    for signed in [*me.statements, *([own] if own else [])]:
        try:
            valid = statement.check(signed, me.keys, me.today)
        except CryptoError:
            continue  # Its member waits for approval, or must renew it.
        if valid.first.isoformat() >= me.ring.snapshot.starts.get(valid.member, ""):
            present[valid.member] = signed, valid.first
    return present


def _newest_version(me: SignedIn) -> int:
    versions = [me.ring.snapshot.version]
    for signed in me.snapshots:
        try:
            versions.append(from_json(snapshot.Body, signed.body).version)
        except CryptoError:
            continue
    return max(versions)


def _readable(me: SignedIn) -> list[Snapshot]:
    readable = []
    for signed in me.snapshots:
        try:
            readable.append(snapshot.read(signed, me.keys))
        except CryptoError:
            continue  # Its member has left.
    return readable
