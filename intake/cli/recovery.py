"""Create, sign and open the recovery key, as the browser does. docs/explanation/architecture.md, Recovery key."""

from collections.abc import Callable

import msgspec

from crypto import keylist, recovery
from crypto.age import Identity
from crypto.encoding import CaseId, GroupId, MemberId, as_dict, b64, unb64
from crypto.errors import BindingError, CryptoError
from crypto.keylist import Body, Change, SignedEntry
from crypto.keylist.signing import check_signing
from crypto.keylist.state import Recovered
from crypto.keyring import Keyring, KeyringShare
from crypto.labels import Label
from intake.cli.answers import RefusedError
from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from intake.cli.member import Member

SIGN = "/api/desk/recovery/sign"


def deal(me: Member, threshold: int, tested_by: str = "") -> int:
    """Make a recovery key, split it among all members, propose it, and delete the key.

    Args:
        me: the member who makes the key.
        threshold: how many members must open it together.
        tested_by: the member who tests the key before it is in force. Without one, an active colleague.

    Returns:
        How many signatures are missing.

    Raises:
        CommandError: A colleague has no valid keys, or nobody else can test the key.
        KeyListError: Fewer members could open the key than must sign a decision.
    """
    identity, members = Identity.generate(), list(me.keys.members)
    if any(member not in me.seats for member in members):
        raise CommandError("a colleague has no valid keys, so nothing was changed. They must sign in first")
    if not 2 <= threshold <= len(members):
        raise CommandError(f"2 to {len(members)} members can open the key together. Nothing was made")
    tester = MemberId(tested_by) if tested_by else _tester(me)
    if tester is None or tester == me.id or not {tester, me.id} <= set(members):
        raise CommandError("another member must test the key. Nothing was made. Name one with --tested-by")
    key = recovery.key_hash(identity.recipient)
    body = keylist.next_body(me.keys, Change.RECOVERY, me.signing_day, member=tester, key=key, value=threshold)
    check_signing(me.keys, body)
    shares = dict(zip(members, recovery.split(identity, len(members), threshold), strict=True))
    text = recovery.new_deal(GroupId(me.keys.group), identity.recipient, threshold, shares)
    signed = recovery.SignedDeal(body=text.decode(), signatures={me.id: me.ring.signing_key.sign(Label.DEAL, text)})
    deal_id = identity.recipient.id
    fields: dict[str, object] = {
        "deal": as_dict(signed),
        "shares": {member: _sealed_share(me, deal_id, member, share) for member, share in shares.items()},
        "share": _sealed_share(me, deal_id, tester, shares[me.id]),
    }
    return _send(me, body, "/api/desk/recovery/deal", fields)


def renew(me: Member) -> bool:
    """Propose a new recovery key if the members have changed and all have valid keys. Return whether one was proposed."""
    old, members = me.keys.recovery, set(me.keys.members)
    can_renew = len(members) >= keylist.MIN_SHARED and members <= set(me.seats) and _tester(me) is not None
    if old is None or old.members == members or not can_renew:
        return False
    deal(me, max(min(old.threshold, len(members)), me.keys.needed))
    return True


def keep_share(me: Member) -> None:
    """Store the share that waits for this member in the keyring, once its recovery key is in force.

    Raises:
        BindingError: The share differs from the one that was dealt and tested. It is not stored.
    """
    current, in_force = me.deal, me.keys.recovery
    if current is None or in_force is None:
        return
    for row in me.ask("GET", "/api/desk/recovery/shares")["shares"]:
        if row["purpose"] == current.id:
            share = _open_share(me, row["file"], current.id)
            if in_force.tested_by:
                recovery.check_share(_deal(me, in_force.key, in_force.tested_by)[0], me.id, share.share)
            own_share = KeyringShare(deal=current.id, share=share.share)
            still_used = {deal for deal, count in me.group["recovery_grants"].items() if count and deal != current.id}
            _store_share(me, own_share, still_used)
            me.ask("DELETE", f"/api/desk/recovery/shares/{current.id}")


def agree_to_deal(me: Member, entry: SignedEntry) -> int:
    """Sign for a new recovery key. Send the member's share to the colleague who tests it or, as that colleague, test it.

    Returns:
        How many signatures are missing.

    Raises:
        BindingError: A share is wrong, or there are too few shares to test the key.
    """
    body = keylist.body_of(entry)
    check_signing(me.keys, body)
    dealt, signed = _deal(me, body.key)
    dealer = next(iter(signed.signatures))
    if (
        set(dealt.shares) != set(me.keys.members)
        or set(signed.signatures) != {dealer}
        or dealer == body.member
        or dealt.value != body.value
    ):
        raise BindingError("a recovery key without shares for all members, or tested by its maker")
    waiting = me.ask("GET", "/api/desk/recovery/shares")["shares"]
    own_share = next((_open_share(me, row["file"], dealt.id) for row in waiting if row["purpose"] == dealt.id), None)
    if own_share is None or own_share.author != dealer:
        raise BindingError("no share of this recovery key")
    recovery.check_share(dealt, me.id, own_share.share)
    if body.member != me.id:
        return _send(me, body, SIGN, {"share": _sealed_share(me, dealt.id, MemberId(body.member), own_share.share), "deal": ""})
    collected = [_open_share(me, row["file"], dealt.id) for row in waiting if row["purpose"] == entry.hash]
    shares = {str(share.author): share.share for share in collected if share.author in entry.signatures}
    recovery.verify_shares(dealt, {me.id: own_share.share, **shares})
    missing = _send(me, body, SIGN, {"share": "", "deal": me.ring.signing_key.sign(Label.DEAL, signed.body.encode())})
    me.ask("DELETE", f"/api/desk/recovery/shares/{entry.hash}")
    return missing


def agree(me: Member, body: Body) -> int:
    """Sign a decision to recover, and send the member's share to the colleague who receives the cases.

    Returns:
        How many signatures are missing.

    Raises:
        BindingError: This member has no share of the current key.
        KeyListError: The key opens with fewer shares than members must sign.
    """
    check_signing(me.keys, body)
    keep_share(me)
    current = me.deal
    own_share = next((share for share in me.ring.shares if current and share.deal == current.id), None)
    if current is None or own_share is None:
        raise BindingError("no share of the current recovery key")
    if body.member == me.id:
        return _send(me, body, SIGN, {"share": "", "deal": ""})
    return _send(me, body, SIGN, {"share": _sealed_share(me, current.id, MemberId(body.member), own_share.share), "deal": ""})


def open_all(desk: Desk, progress: Callable[[int, int], None]) -> tuple[int, int]:
    """Move the cases of every decision whose shares have arrived.

    Returns:
        How many cases were moved, and how many could not be moved.
    """
    moved, not_moved = 0, 0
    for decision in desk.me.keys.recovered:
        if desk.me.id == decision.to:
            done, failed = _carry_out(desk, decision, progress)
            moved, not_moved = moved + done, not_moved + failed
    return moved, not_moved


def _carry_out(desk: Desk, decision: Recovered, progress: Callable[[int, int], None]) -> tuple[int, int]:
    me, current = desk.me, desk.me.deal
    purpose = me.keys.entries[decision.number].hash
    waiting = [row for row in me.ask("GET", "/api/desk/recovery/shares")["shares"] if row["purpose"] == purpose]
    if current is None or not waiting:
        return 0, 0
    collected = [_open_share(me, row["file"], current.id) for row in waiting]
    shares = {str(share.author): share.share for share in collected if share.author in decision.signers}
    if not decision.signers - {me.id} <= set(shares):
        return 0, 0
    shares |= {own.deal: own.share for own in me.ring.shares if own.deal == current.id}
    desk.recovery = recovery.combine(list(shares.values()), current.id)
    try:
        to_move = _cases_to_move(me, decision)
        outcomes = []
        for number, case in enumerate(to_move):
            progress(number, len(to_move))
            outcomes.append(_move(desk, case, decision))
    finally:
        desk.recovery = None
    if all(outcomes):
        me.ask("DELETE", f"/api/desk/recovery/shares/{purpose}")
    return outcomes.count(True), outcomes.count(False)


def _cases_to_move(me: Member, decision: Recovered) -> list[str]:
    """Return the cases of the former holder whom a decision names."""
    response = me.ask("GET", f"/api/desk/recovery/cases/{decision.number}")
    if (response["of"], response["to"]) != (decision.of, decision.to):
        raise BindingError("another decision than the requested one")
    return [str(case) for case in response["cases"]]


def _move(desk: Desk, case: str, decision: Recovered) -> bool:
    try:
        opened = desk.read(CaseId(case))
        rest = [MemberId(m) for m in opened.holders if m != decision.of and m in desk.me.seats]
        desk.rekey(opened, list(dict.fromkeys([*rest, decision.to])))
    except (CryptoError, RefusedError):
        return False
    return True


def _tester(me: Member) -> MemberId | None:
    inactive = set(me.group["inactive"])
    active = (member for member in me.keys.members if member != me.id and member in me.seats and member not in inactive)
    return next(active, None)


def _deal(me: Member, key: str, tested_by: str = "") -> tuple[recovery.Deal, recovery.SignedDeal]:
    """Return the deal of the recovery key that the key list or an entry names."""
    for fields in me.group["recovery_deals"]:
        signed = recovery.SignedDeal(**fields)
        try:
            deal = recovery.read_deal(signed, GroupId(me.keys.group), key, me.keys.key_of)
        except BindingError:
            continue  # The deal is of another key.
        if not tested_by or tested_by in signed.signatures:
            return deal, signed
    raise BindingError("a recovery key without a signed deal")


def _sealed_share(me: Member, deal_id: str, to: MemberId, share: str) -> str:
    if to not in me.seats:
        raise CommandError("a colleague has no valid keys, so nothing was changed. They must sign in first")
    content = recovery.Share(
        format=Label.SHARE.value, group=GroupId(me.keys.group), deal=deal_id, member=to, author=me.id, share=share
    )
    return b64(recovery.seal_share(content, me.seats[to].recipient, me.ring.signing_key))


def _open_share(me: Member, file: str, deal_id: str) -> recovery.Share:
    group, key_of = GroupId(me.keys.group), me.keys.key_of
    return recovery.open_share(unb64(file), me.ring.identities, group, me.id, deal_id, key_of)


def _store_share(me: Member, new: KeyringShare, still_used: set[str]) -> None:
    def with_share(ring: Keyring) -> Keyring:
        return msgspec.structs.replace(ring, shares=[*(share for share in ring.shares if share.deal in still_used), new])

    me.change_ring(with_share)


def _send(me: Member, body: Body, path: str, fields: dict[str, object]) -> int:
    entry = keylist.sign(body, me.signers)
    missing = int(me.ask("POST", path, {"number": body.number, "entry": as_dict(entry), **fields})["missing_signatures"])
    me.refresh()
    return missing
