"""Receipts: 24 digits and the keys derived from them. docs/reference/format.md, Receipt and Receipt grant."""

from dataclasses import dataclass
from hashlib import sha256

from crypto import age, argon2id, digits, sheet
from crypto.age import Identity, Recipient
from crypto.encoding import ID_BYTES, CaseId, GroupId, Shape, b64, from_json, parse_day, to_json, unb64
from crypto.errors import BindingError
from crypto.labels import Label, derive
from crypto.secret import Secret
from crypto.sheet import Sizes

LENGTH = 24  # digits


@dataclass(frozen=True, slots=True)
class Receipt:
    """The keys of a receipt: the look-up token (32 bytes) and the identity that answers are encrypted to."""

    token: Secret
    identity: Identity

    @property
    def lookup(self) -> str:
        """SHA-256 of the token, as b64. The server keeps nothing else of a receipt."""
        return lookup_of(self.token.reveal())


def generate() -> str:
    """Generate digits, without spaces."""
    return digits.generate(LENGTH)


def normalise(text: str) -> str:
    """Return what a person typed as 24 ASCII digits.

    Raises:
        DigitsError: mistyped; no request to a server is needed.
    """
    return digits.normalise(text, LENGTH)


def stretch(code: str, group: GroupId) -> Receipt:
    """Derive token and identity of a normalised receipt. Costs 19 MiB and about 30 ms."""
    root = argon2id.stretch(code.encode("ascii"), unb64(group, ID_BYTES), argon2id.RECEIPT)
    return Receipt(derive(root, Label.RECEIPT_TOKEN), Identity(derive(root, Label.RECEIPT_IDENTITY)))


def lookup_of(token: bytes) -> str:
    """Return SHA-256 of a look-up token, as b64."""
    return b64(sha256(token).digest())


class ReceiptGrant(Shape, frozen=True):
    """The keys that a receipt's holder needs to check answers and to write back. It contains no case key."""

    format: str
    case: CaseId
    recipient: str
    mac: str
    request: str
    shown: bool
    deletion: str

    @property
    def mac_key(self) -> Secret:
        """The MAC key of key number 0."""
        return Secret(unb64(self.mac, 32))

    @property
    def case_recipient(self) -> Recipient:
        """The key that the requester's own entries are encrypted to."""
        return Recipient.parse(self.recipient)


def seal_grant(grant: ReceiptGrant, to: Recipient) -> bytes:
    """Encrypt a receipt grant as an age file of one sheet of 2,304 bytes."""
    return age.encrypt(sheet.write(to_json(grant), Sizes.RECEIPT_GRANT, Label.RECEIPT_GRANT), [to])


def open_grant(file: bytes, receipt: Receipt, case: CaseId) -> ReceiptGrant:
    """Open the grant of `case` to this receipt.

    Raises:
        CryptoError: it does not open, or belongs to another case.
    """
    parsed = sheet.parse(age.decrypt(file, [receipt.identity]), Sizes.RECEIPT_GRANT)
    parsed.check_signature(Label.RECEIPT_GRANT, None)
    parsed.check_mac(None)
    grant = from_json(ReceiptGrant, parsed.body)
    parse_day(grant.deletion)
    if grant.format != Label.RECEIPT_GRANT or grant.case != case:
        raise BindingError("a receipt grant of another case")
    unb64(grant.mac, 32)
    Recipient.parse(grant.recipient)
    return grant
