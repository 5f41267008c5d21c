"""Ed25519 signatures, each under a label. docs/reference/format.md, Conventions (`sign`, `hash`) and Ed25519."""

import os
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto import ed25519
from crypto.encoding import MemberId, Shape, b64, to_json, unb64
from crypto.errors import EncodingError, SignatureError
from crypto.labels import Label
from crypto.secret import Secret

KEY = 32  # bytes, for the public key and the seed
SIGNATURE = 64  # bytes


class Signed(Shape, frozen=True):
    """A signed text as it travels: the exact text that was signed, and one signature (b64)."""

    body: str
    signature: str


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public key of a member or of the deletion job, 32 bytes as b64."""

    text: str

    def verify(self, label: Label, body: bytes, signature: str) -> None:
        """Check that `signature` (b64) is this key's over `body` under `label`.

        Raises:
            SignatureError: it is not.
        """
        try:
            key, signature_bytes = unb64(self.text, KEY), unb64(signature, SIGNATURE)
        except EncodingError as error:
            raise SignatureError(error.reason) from None
        ed25519.check_signature(signature_bytes)
        ed25519.check_key(key)
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature_bytes, _message(label, body))
        except InvalidSignature:
            raise SignatureError("a signature that does not verify") from None

    def check(self) -> None:
        """Check that this key may enter a key list.

        Raises:
            SignatureError: not canonical, not on the curve, or of small order.
        """
        try:
            ed25519.check_key(unb64(self.text, KEY))
        except EncodingError as error:
            raise SignatureError(error.reason) from None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A member's secret key: the 32-byte seed of RFC 8032."""

    seed: Secret

    @classmethod
    def generate(cls) -> "SigningKey":
        """Generate a key from the system's random source."""
        return cls(Secret(os.urandom(KEY)))

    @property
    def verifying_key(self) -> VerifyingKey:
        """The matching public key."""
        return VerifyingKey(b64(self._key().public_key().public_bytes_raw()))

    def sign(self, label: Label, body: bytes) -> str:
        """Return the signature over `body` under `label`, as b64 (86 characters)."""
        return b64(self._key().sign(_message(label, body)))

    def sign_json(self, label: Label, value: Shape) -> Signed:
        """Sign the JSON of a value under `label`. Return the text that was signed, with its signature."""
        text = to_json(value)
        return Signed(body=text.decode(), signature=self.sign(label, text))

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed.reveal())


@dataclass(frozen=True, slots=True)
class Author:
    """A member who signs inside a case: the key, and the head of the key list that they verified."""

    member: MemberId
    key: SigningKey
    head: str


def labelled_hash(label: Label, body: bytes) -> str:
    """Return SHA-256 of what `sign` signs, as b64 (43 characters)."""
    return b64(sha256(_message(label, body)).digest())


def _message(label: Label, body: bytes) -> bytes:
    # DSSE v1 pre-authentication encoding: nobody can confuse the label with the body.
    kind = label.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
