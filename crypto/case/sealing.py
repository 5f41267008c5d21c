"""Encrypt what belongs to a case: a new one, grants, the next entry. docs/reference/format.md, The case; `crypto.case`."""

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from crypto import entry, grant, receipt
from crypto.age import Identity, Recipient
from crypto.case.opening import OpenCase, OwnCase, mac_of
from crypto.encoding import CaseId, EpochId, MemberId, b64
from crypto.entry import Keys, Kind, Position, Recipients, Request, Sequence
from crypto.grant import Address, CaseKeys
from crypto.labels import Label
from crypto.receipt import ReceiptGrant
from crypto.signing import Author

_SHARED = (Kind.MESSAGE, Kind.KEYS, Kind.HOLD, Kind.PROGRESS)


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """A case's keys for one grantee, encrypted."""

    member: str
    epoch: str
    file: bytes


@dataclass(frozen=True, slots=True)
class NewCase:
    """A new case, encrypted. `case_key` leaves the requester's client only inside grants."""

    case: CaseId
    request: bytes
    receipt_grant: bytes
    grants: tuple[SealedGrant, ...]
    deletion: str
    shown: bool
    case_key: Identity = field(repr=False)


@dataclass(frozen=True, slots=True)
class Next:
    """An encrypted entry and its position."""

    sequence: Sequence
    number: int
    file: bytes


def seal_new(
    case: CaseId,
    content_of: Callable[[Recipients], Request],
    for_receipt: Recipient,
    seats: Many[tuple[str, Recipient]],
    day: str,
) -> NewCase:
    """Encrypt a request under a fresh case key, to its receipt and to its assignees.

    Args:
        case: the new case's id.
        content_of: makes the request, given the recipients that it contains.
        for_receipt: the receipt's recipient.
        seats: the assignees, by name: members, and the recovery key if there is one.
        day: the day of the request.

    Raises:
        SizeError: the request is larger than the largest size.
    """
    key = Identity.generate()
    mac = entry.shared_mac_key(key, case)
    content = content_of(Recipients(case=str(key.recipient), receipt=str(for_receipt)))
    position = Position(case, Sequence.SHARED, 0)
    to = _readers(content.shown, key.recipient, for_receipt)
    file = entry.seal(position, Kind.REQUEST, content, day=day, previous="", recipients=to, mac_key=mac)
    receipt_grant = ReceiptGrant(
        format=Label.RECEIPT_GRANT.value,
        case=case,
        recipient=str(key.recipient),
        mac=b64(mac.reveal()),
        request=entry.digest_of(file),
        shown=content.shown,
        deletion=content.deletion,
    )
    grants = seal_grants(case, CaseKeys((key,), ()), seats)
    return NewCase(case, file, receipt.seal_grant(receipt_grant, for_receipt), grants, content.deletion, content.shown, key)


def seal_grants(
    case: CaseId, keys: CaseKeys, seats: Many[tuple[str, Recipient]], author: Author | None = None
) -> tuple[SealedGrant, ...]:
    """Encrypt the case's keys for each assignee. At the desk, the author signs them."""
    return tuple(
        SealedGrant(member, to.id, grant.seal(Address(case, MemberId(member), EpochId(to.id)), keys, to, author))
        for member, to in seats
    )


def with_new_keys(keys: CaseKeys) -> CaseKeys:
    """Make a fresh case key and desk key for later entries: at a hand-over, or after someone has left."""
    return CaseKeys((*keys.case_keys, Identity.generate()), (*keys.desk_keys, Identity.generate()))


def with_desk_key(keys: CaseKeys) -> CaseKeys:
    """Make the first desk key. The first coordinator who opens a case does this."""
    return CaseKeys(keys.case_keys, (*keys.desk_keys, Identity.generate()))


def keys_content(case: CaseId, keys: CaseKeys) -> Keys:
    """Return what a `keys` entry tells the receipt's holder about the newest case key."""
    newest = keys.case_keys[-1]
    mac = b64(entry.shared_mac_key(newest, case).reveal())
    return Keys(number=len(keys.case_keys) - 1, recipient=str(newest.recipient), mac=mac)


def seal_next(opened: OpenCase, kind: Kind, content: entry.Content, author: Author, day: str) -> Next:
    """Encrypt a member's next entry.

    Raises:
        ValueError: the keys are inherited, so the case needs new ones first.
        SizeError: the entry is larger than the largest size.
    """
    if opened.inherited:
        raise ValueError("keys of someone who has left: the case needs new ones first")
    which = Sequence.SHARED if kind in _SHARED else Sequence.DESK
    secrets = opened.keys.case_keys if which is Sequence.SHARED else opened.keys.desk_keys
    recipients = [secrets[-1].recipient]
    if which is Sequence.SHARED:
        recipients.append(Recipient.parse(opened.request.recipients.receipt))
    # When readers with a receipt grant read a `keys` entry, they have only the MAC key of key number 0.
    key = 0 if kind is Kind.KEYS else len(secrets) - 1
    last = opened.last[which]
    position = Position(opened.id, which, last.number + 1)
    file = entry.seal(
        position,
        kind,
        content,
        day=day,
        previous=last.digest,
        recipients=recipients,
        mac_key=mac_of(which)(secrets[key], opened.id),
        key=key,
        author=author,
    )
    return Next(which, position.number, file)


def seal_own_next(opened: OwnCase, by: Recipient, kind: Kind, text: str, day: str) -> Next:
    """Encrypt the requester's next entry. `by` is the receipt's recipient.

    Raises:
        SizeError: the entry is larger than the largest size.
    """
    position = Position(opened.grant.case, Sequence.SHARED, opened.last.number + 1)
    file = entry.seal(
        position,
        kind,
        entry.Text(text=text),
        day=day,
        previous=opened.last.digest,
        recipients=_readers(opened.grant.shown, opened.key.recipient, by),
        mac_key=opened.key.mac,
        key=opened.key.number,
    )
    return Next(Sequence.SHARED, position.number, file)


def _readers(shown: bool, case: Recipient, for_receipt: Recipient) -> list[Recipient]:
    return [case, for_receipt] if shown else [case]
