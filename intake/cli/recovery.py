"""Recovery at a terminal: the same steps as the browser's. DESIGN.md, Recovery key."""

from collections.abc import Callable

import msgspec

from crypto import keylist, recovery
from crypto.age import Identity
from crypto.encoding import CaseId, GroupId, MemberId, as_dict, b64, unb64
from crypto.errors import BindingError, CryptoError
from crypto.keylist import Body, Change
from crypto.keylist_state import Recovered
from crypto.keyring import KeptShare, Keyring
from crypto.labels import Label
from intake.cli.answers import RefusedError
from intake.cli.desk import Desk
from intake.cli.member import Member


def deal(me: Member, threshold: int) -> int:
    """Make, split, propose, forget. Returns how many signatures lack.

    Raises:
        ValueError: a colleague has no valid keys now.
    """
    identity, members = Identity.generate(), list(me.keys.members)
    if any(member not in me.seats for member in members):
        raise ValueError("a colleague has no valid keys: they must sign in first")
    if not 2 <= threshold <= len(members):
        raise ValueError(f"between 2 and {len(members)} members open it together")
    shares = {
        member: _sealed(me, identity.recipient.id, member, share)
        for member, share in zip(members, recovery.split(identity, len(members), threshold), strict=True)
    }
    key = recovery.key_hash(identity.recipient)
    body = keylist.next_body(me.keys, Change.RECOVERY, me.signing_day, key=key, value=threshold)
    more: dict[str, object] = {"recipient": str(identity.recipient), "shares": shares}
    return _send(me, body, "/api/desk/recovery/deal", more)


def renew(me: Member) -> bool:
    """Members have changed: propose a new key, as soon as everyone has valid keys. True if one was proposed."""
    old, members = me.keys.recovery, set(me.keys.members)
    able = len(members) >= keylist.MIN_SHARED and members <= set(me.seats)
    if old is None or old.members == members or not able:
        return False
    deal(me, min(old.threshold, len(members)))
    return True


def keep_share(me: Member) -> None:
    """Put the share that waits for this member into the keyring, once the group has decided for its deal."""
    current = me.deal
    if current is None:
        return
    for one in me.ask("GET", "/api/desk/recovery/shares")["shares"]:
        if one["purpose"] == current.id:
            share = _open(me, one["file"], current.id)
            kept = KeptShare(deal=current.id, share=share.share)
            hanging = {deal for deal, count in me.told["hanging"].items() if count and deal != current.id}
            _keep(me, kept, hanging)
            me.ask("DELETE", f"/api/desk/recovery/shares/{current.id}")


def agree(me: Member, body: Body, opener: str) -> int:
    """Sign a decision to recover, and give one's share to whoever opens the key.

    Raises:
        BindingError: no share of the present key.
    """
    keep_share(me)
    current = me.deal
    mine = next((one for one in me.ring.shares if current and one.deal == current.id), None)
    if current is None or mine is None:
        raise BindingError("you have no share of the present recovery key")
    file = _sealed(me, current.id, MemberId(opener), mine.share)
    return _send(me, body, "/api/desk/recovery/sign", {"to": opener, "share": file})


def open_all(desk: Desk, progress: Callable[[int, int], None]) -> tuple[int, int]:
    """Carry out every decision whose shares are here: how many cases were moved, how many could not be."""
    moved, left = 0, 0
    for one in desk.me.keys.recovered:
        if desk.me.id in one.signers:
            done, failed = _open_one(desk, one, progress)
            moved, left = moved + done, left + failed
    return moved, left


def _open_one(desk: Desk, decision: Recovered, progress: Callable[[int, int], None]) -> tuple[int, int]:
    me, current = desk.me, desk.me.deal
    purpose = me.keys.entries[decision.number].hash
    given = [one for one in me.ask("GET", "/api/desk/recovery/shares")["shares"] if one["purpose"] == purpose]
    if current is None or len(given) < len(decision.signers):
        return 0, 0
    desk.recovery = recovery.combine([_open(me, one["file"], current.id).share for one in given], current.id)
    try:
        named = _named(me, decision)
        outcomes = []
        for number, case in enumerate(named):
            progress(number, len(named))
            outcomes.append(_move(desk, case, decision))
    finally:
        desk.recovery = None
    if all(outcomes):
        me.ask("DELETE", f"/api/desk/recovery/shares/{purpose}")
    return outcomes.count(True), outcomes.count(False)


def _named(me: Member, decision: Recovered) -> list[str]:
    """The cases that a decision names, of those that it names."""
    told = me.ask("GET", f"/api/desk/recovery/cases/{decision.number}")
    if (told["of"], told["to"]) != (decision.of, decision.to):
        raise BindingError("another decision than was asked for")
    return [str(case) for case in told["cases"]]


def _move(desk: Desk, case: str, decision: Recovered) -> bool:
    try:
        opened = desk.look(CaseId(case))
        rest = [MemberId(m) for m in opened.holders if m != decision.of and m in desk.me.seats]
        desk.rekey(opened, list(dict.fromkeys([*rest, decision.to])))
    except (CryptoError, RefusedError):
        return False
    return True


def _sealed(me: Member, deal_id: str, to: MemberId, share: str) -> str:
    made = recovery.Share(
        format=Label.SHARE.value, group=GroupId(me.keys.group), deal=deal_id, member=to, author=me.id, share=share
    )
    return b64(recovery.seal_share(made, me.seats[to].recipient, me.ring.signing_key))


def _open(me: Member, file: str, deal_id: str) -> recovery.Share:
    group, key_of = GroupId(me.keys.group), me.keys.key_of
    return recovery.open_share(unb64(file), me.ring.identities, group, me.id, deal_id, key_of)


def _keep(me: Member, kept: KeptShare, hanging: set[str]) -> None:
    def with_share(ring: Keyring) -> Keyring:
        return msgspec.structs.replace(ring, shares=[*(one for one in ring.shares if one.deal in hanging), kept])

    me.change_ring(with_share)


def _send(me: Member, body: Body, path: str, more: dict[str, object]) -> int:
    entry = keylist.sign(body, dict([me.author]))
    lacking = int(me.ask("POST", path, {"number": body.number, "entry": as_dict(entry), **more})["lacking"])
    me.refresh()
    return lacking
