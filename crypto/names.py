"""The names file: the members' names, encrypted to all members. docs/reference/format.md, Names."""

from collections.abc import Sequence
from hashlib import sha256

from msgspec import UNSET, UnsetType

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.case.sequence import SnapshotPoint
from crypto.encoding import GroupId, MemberId, Shape, Whole, b64, from_json, to_json, unb64
from crypto.errors import BindingError, NamesError
from crypto.keylist.state import KeyList
from crypto.labels import Label
from crypto.sheet import AuthorKey, Sizes
from crypto.signing import Signed, SigningKey


class Names(Shape, frozen=True):
    """Names by member id. `number` grows with each change. `head` is missing in files from before heads existed.

    `words` is missing in a group without group words. Writers repeat it as it is. `crypto.group_words` reads it.
    """

    format: str
    group: GroupId
    number: Whole
    author: MemberId
    members: dict[str, str]
    words: list[Signed] | UnsetType = UNSET
    head: str | UnsetType = UNSET


def seal(names: Names, recipients: Sequence[Recipient], key: SigningKey) -> bytes:
    """Encrypt names for every recipient, signed by their author."""
    return age.encrypt(sheet.write(to_json(names), Sizes.KEYRING, Label.NAMES, author=key), recipients)


def open_(file: bytes, identities: Sequence[Identity], group: GroupId, key_of: AuthorKey) -> Names:
    """Open a names file of this group.

    Raises:
        CryptoError: it does not open, is another group's, or not signed by a member.
    """
    parsed = sheet.parse(age.decrypt(file, identities), Sizes.KEYRING)
    parsed.check_mac(None)
    names = from_json(Names, parsed.body)
    if names.format != Label.NAMES or names.group != group:
        raise BindingError("the names of another group")
    parsed.check_signature(Label.NAMES, key_of(names.author, signed_under(names)))
    return names


def digest_of(file: bytes) -> str:
    """Return the digest by which a snapshot names a names file: 32 bytes as b64."""
    return b64(sha256(file).digest())


def check_rollback(names: Names, digest: str, keys: KeyList, snapshot: SnapshotPoint) -> None:
    """Refuse a names file that contradicts the newest snapshot.

    Args:
        names: the opened file.
        digest: the file's digest.
        keys: the verified key list.
        snapshot: the newest snapshot.

    Raises:
        NamesError: the file is older than the snapshot's, or another file has the same number. A newer file is refused if its
            author signed under a head from before the snapshot, or has left since.
    """
    if names.number < snapshot.names:
        raise NamesError("names older than the newest snapshot's")
    if names.number == snapshot.names:
        if snapshot.names_digest is not None and digest != snapshot.names_digest:
            raise NamesError("other names than the newest snapshot's")
        return
    head = signed_under(names)
    if head is None or keys.number_of(head) < snapshot.number:
        raise NamesError("names newer than a snapshot, with a head older than the snapshot's")
    if names.author not in keys.members:
        raise NamesError("names newer than a snapshot, by a former member")


def signed_under(names: Names) -> str | None:
    """Return the head of the key list that the author had verified, or None for a file from before heads existed.

    Raises:
        EncodingError: not a hash.
    """
    if names.head is UNSET:
        return None
    unb64(names.head, 32)
    return names.head
