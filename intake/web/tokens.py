"""Signed tokens, such as offers and session cookies. Only this module imports itsdangerous (SHA-512, a salt per purpose)."""

import hashlib
import secrets
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

import msgspec
from itsdangerous import BadSignature, Signer

from crypto.encoding import b64, unb64
from crypto.errors import EncodingError
from crypto.secret import Secret
from intake.errors import StaleError

T = TypeVar("T", bound=msgspec.Struct)


class Purpose(StrEnum):
    """The purpose of a token. A token for one purpose is never valid for another."""

    OFFER = "sealed-intake offer"
    SESSION = "sealed-intake session"
    PASSKEY = "sealed-intake passkey"
    NOJS = "sealed-intake nojs"
    WORK = "sealed-intake work"


class Tokens:
    """Signs and reads small values. A value contains its own expiry, so that the caller's clock decides."""

    def __init__(self, secret: Secret) -> None:
        self._signers = {
            purpose: Signer(secret.reveal(), purpose.value, key_derivation="hmac", digest_method=hashlib.sha512)
            for purpose in Purpose
        }

    def sign(self, purpose: Purpose, value: msgspec.Struct) -> str:
        """Return the value as a URL-safe token."""
        return self._signers[purpose].sign(b64(msgspec.json.encode(value))).decode()

    def read(self, purpose: Purpose, shape: type[T], token: str) -> T:
        """Return the value of a token that this server signed for this purpose.

        Raises:
            StaleError: This server did not sign such a token.
        """
        try:
            return msgspec.json.decode(unb64(self._signers[purpose].unsign(token).decode()), type=shape)
        except (BadSignature, EncodingError, msgspec.MsgspecError, UnicodeError):
            raise StaleError("the token is not valid. Nothing was changed. Take a new one") from None


def new_bearer() -> str:
    """Generate 32 random bytes for an invitation or a session."""
    return b64(secrets.token_bytes(32))


def bearer_hash(token: str) -> str:
    """Return the hash of a bearer token, which is what the store keeps."""
    return b64(sha256(token.encode()).digest())
