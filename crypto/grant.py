"""Grants: a case's keys, encrypted to one coordinator's epoch key. docs/reference/format.md, Grant."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, MemberId, Shape, b64, from_json, to_json, unb64
from crypto.errors import BindingError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import AuthorKey, Sizes
from crypto.signing import Author


@dataclass(frozen=True, slots=True)
class Address:
    """The case, the grantee, and the grantee's epoch key."""

    case: CaseId
    grantee: MemberId
    epoch: EpochId


@dataclass(frozen=True, slots=True)
class CaseKeys:
    """All case keys and desk keys of a case, oldest first."""

    case_keys: tuple[Identity, ...]
    desk_keys: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """An opened and verified grant: its keys, and the member who gave them. The author is empty for the requester."""

    keys: CaseKeys
    author: str


class _Body(Shape, frozen=True):
    format: str
    case: str
    grantee: str
    epoch: str
    author: str
    case_keys: list[str]
    desk_keys: list[str]
    head: str | UnsetType = UNSET


def seal(address: Address, keys: CaseKeys, to: Recipient, author: Author | None = None) -> bytes:
    """Encrypt one grant to the grantee's epoch recipient.

    Raises:
        ValueError: `to` is not the epoch key of `address`, or desk keys have no author to sign them.
        SizeError: the keys are larger than the largest size.
    """
    if to.id != address.epoch or (keys.desk_keys and author is None):
        raise ValueError("not this grantee's key, or desk keys that nobody signs")
    body = _Body(
        format=Label.GRANT.value,
        case=address.case,
        grantee=address.grantee,
        epoch=address.epoch,
        author=author.member if author else "",
        head=author.head if author else UNSET,
        case_keys=[b64(key.seed.reveal()) for key in keys.case_keys],
        desk_keys=[b64(key.seed.reveal()) for key in keys.desk_keys],
    )
    plaintext = sheet.write(to_json(body), Sizes.GRANT, Label.GRANT, author=author.key if author else None)
    return age.encrypt(plaintext, [to])


def open_(file: bytes, address: Address, epoch_keys: Sequence[Identity], key_of: AuthorKey) -> Granted:
    """Open the keys, which must be those of `address`.

    An unsigned grant comes from the requester. It must hold one case key and no desk key.

    Raises:
        CryptoError: it does not open, has another address, or breaks one of these rules.
    """
    parsed = sheet.parse(age.decrypt(file, epoch_keys), Sizes.GRANT)
    parsed.check_mac(None)
    body = from_json(_Body, parsed.body)
    if body.format != Label.GRANT or Address(CaseId(body.case), MemberId(body.grantee), EpochId(body.epoch)) != address:
        raise BindingError("a grant of another case, member or epoch")
    parsed.check_signature(Label.GRANT, key_of(body.author, _head(body)) if body.author else None)
    if not body.author and body.head is not UNSET:
        raise BindingError("a head without a member's signature")
    if not body.case_keys:
        raise BindingError("a grant without a case key")
    if not body.author and (len(body.case_keys) != 1 or body.desk_keys):
        raise BindingError("a grant with keys that its author cannot give")
    return Granted(CaseKeys(_identities(body.case_keys), _identities(body.desk_keys)), body.author)


def _head(body: _Body) -> str | None:
    if body.head is UNSET:
        return None
    unb64(body.head, 32)
    return body.head


def _identities(texts: list[str]) -> tuple[Identity, ...]:
    return tuple(Identity(Secret(unb64(text, 32))) for text in texts)
