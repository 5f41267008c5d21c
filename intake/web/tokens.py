"""Signed tokens: offers, session cookies. The one module that touches itsdangerous: SHA-512, one salt per purpose."""

import hashlib
import secrets
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from crypto.encoding import b64
from crypto.secret import Secret
from intake.errors import StaleError

T = TypeVar("T", bound=msgspec.Struct)


class Purpose(StrEnum):
    """What a token is for; one is never taken for another."""

    OFFER = "sealed-intake offer"
    SESSION = "sealed-intake session"
    PASSKEY = "sealed-intake passkey"
    PLAIN = "sealed-intake plain"
    WORK = "sealed-intake work"


class Tokens:
    """Signs and reads small values; expiry stands in the value, so that the clock is the caller's."""

    def __init__(self, secret: Secret) -> None:
        options = {"digest_method": hashlib.sha512, "key_derivation": "hmac"}
        self._serializers = {
            purpose: URLSafeSerializer(secret.reveal(), salt=purpose.value, signer_kwargs=options) for purpose in Purpose
        }

    def sign(self, purpose: Purpose, value: msgspec.Struct) -> str:
        """The value as a URL-safe token."""
        return str(self._serializers[purpose].dumps(msgspec.to_builtins(value)))

    def read(self, purpose: Purpose, shape: type[T], token: str) -> T:
        """The value of a token that we signed for this purpose.

        Raises:
            StaleError: it is not one.
        """
        try:
            return msgspec.convert(self._serializers[purpose].loads(token), type=shape)
        except (BadData, msgspec.ValidationError):
            raise StaleError("this token is not valid") from None


def new_bearer() -> str:
    """32 random bytes for an invite or a session."""
    return b64(secrets.token_bytes(32))


def bearer_hash(token: str) -> str:
    """What the store keeps of it."""
    return b64(sha256(token.encode()).digest())
