"""What the model skips to be fast: Argon2id, Bech32, and verifying the same signature again."""

import contextlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any
from unittest import mock

from rich.console import Console

from crypto import argon2id
from crypto.age import Identity, bech32
from crypto.errors import EncodingError, SignatureError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import VerifyingKey
from intake.cli import group


@contextlib.contextmanager
def in_a_hurry() -> Iterator[None]:
    """Skip what takes time and is not tested here: Argon2id, Bech32, verifying the same signature again."""

    def stretch(password: bytes, salt: bytes, cost: argon2id.Cost) -> Secret:
        return Secret(sha256(salt + password).digest())

    def verify(key: VerifyingKey, label: Label, body: bytes, signature: str) -> None:
        if not _verifies(VERIFY, key, label, body, signature):
            raise SignatureError("a signature that does not verify")

    with (
        mock.patch.object(argon2id, "stretch", stretch),
        mock.patch.object(group, "out", Console(quiet=True)),
        mock.patch.object(bech32, "encode", lambda prefix, data: f"{prefix}1{data.hex()}"),
        mock.patch.object(bech32, "decode", _plain_decode),
        mock.patch.object(VerifyingKey, "verify", verify),
        mock.patch.object(Identity, "_halves", property(lambda identity: _expanded(identity.seed.reveal()))),
    ):
        yield


VERIFY = VerifyingKey.verify
_HALVES = vars(Identity)["_halves"].func


@lru_cache(maxsize=4096)
def _expanded(seed: bytes) -> Any:
    return _HALVES(Identity(Secret(seed)))


def _plain_decode(prefix: str, text: str) -> bytes:
    if not text.startswith(f"{prefix}1"):
        raise EncodingError("not a key of this kind")
    return bytes.fromhex(text.removeprefix(f"{prefix}1"))


@lru_cache(maxsize=65536)
def _verifies(verify: Callable[..., None], key: VerifyingKey, label: Label, body: bytes, signature: str) -> bool:
    try:
        verify(key, label, body, signature)
    except SignatureError:
        return False
    return True


def forget_verified() -> None:
    """Forget which signatures verified under other rules."""
    _verifies.cache_clear()
