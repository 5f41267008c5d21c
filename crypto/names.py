"""The names file: what members call each other, sealed to all of them. docs/format.md, Names."""

from collections.abc import Sequence

from crypto import age, sheet
from crypto.age import Identity, Recipient
from crypto.encoding import GroupId, MemberId, Shape, Whole, from_json, to_json
from crypto.errors import BindingError
from crypto.labels import Label
from crypto.sheet import KeyOf, Sizes
from crypto.signing import SigningKey


class Names(Shape, frozen=True):
    """Names by member id; `number` grows with each change."""

    format: str
    group: GroupId
    number: Whole
    author: MemberId
    members: dict[str, str]


def seal(names: Names, recipients: Sequence[Recipient], key: SigningKey) -> bytes:
    """An age file for every recipient, signed by its author."""
    return age.encrypt(sheet.write(to_json(names), Sizes.BOOK, Label.NAMES, author=key), recipients)


def open_(file: bytes, identities: Sequence[Identity], group: GroupId, key_of: KeyOf) -> Names:
    """The names of this group.

    Raises:
        CryptoError: it does not open, is another group's, or not signed by a member.
    """
    page = sheet.parse(age.decrypt(file, identities), Sizes.BOOK)
    page.check_mac(None)
    names = from_json(Names, page.body)
    if names.format != Label.NAMES or names.group != group:
        raise BindingError("the names of another group")
    page.check_signature(Label.NAMES, key_of(names.author))
    return names
