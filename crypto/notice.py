"""A coordinator's notice address, encrypted to the server's notice key. docs/reference/format.md, Notice address.

The server encrypts and opens it. This protects addresses in backups that lack the key, not from the live server.
"""

from crypto import age, sheet
from crypto.age import Identity
from crypto.encoding import Shape, from_json, to_json
from crypto.errors import BindingError
from crypto.labels import Label, derive
from crypto.secret import Secret
from crypto.sheet import Sizes


class Address(Shape, frozen=True):
    """An address of a notification service, the language of the notice, and whether it gets the daily reminder."""

    format: str
    member: str
    url: str
    language: str
    daily: bool = False

    def __repr__(self) -> str:
        return "Address()"


def key(secret: Secret) -> Identity:
    """Derive the server's notice key."""
    return Identity(derive(secret, Label.NOTICES))


def seal(address: Address, to: Identity) -> bytes:
    """Encrypt an address as an age file of 1 or 4 KiB."""
    return age.encrypt(sheet.write(to_json(address), Sizes.GRANT, Label.NOTICES), [to.recipient])


def open_(file: bytes, member: str, identity: Identity) -> Address:
    """Open a member's address.

    Raises:
        CryptoError: it does not open, or belongs to another member.
    """
    parsed = sheet.parse(age.decrypt(file, [identity]), Sizes.GRANT)
    parsed.check_signature(Label.NOTICES, None)
    parsed.check_mac(None)
    address = from_json(Address, parsed.body)
    if address.format != Label.NOTICES or address.member != member:
        raise BindingError("an address of someone else")
    return address
