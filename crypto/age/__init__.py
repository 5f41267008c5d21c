"""Encrypts and decrypts age v1 files to post-quantum hybrid recipients.

No other module imports HPKE. The module supports no armour, no passphrases and no other recipient type, so nobody can downgrade
a file to them. C2SP age.md, mlkem768x25519; docs/reference/format.md, Age files.
"""

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHAKE256, Hash
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from crypto.age import bech32, kem, stream
from crypto.age import header as age_header
from crypto.age.header import Stanza
from crypto.age.kem import MLKEM_PUBLIC, X25519_PUBLIC
from crypto.encoding import ID_BYTES, EpochId, b64
from crypto.errors import EncodingError, HeaderError, NoMatchError, SizeError
from crypto.secret import Secret

KIND = "mlkem768x25519"
MAX_RECIPIENTS = 255  # the names file of the largest group has this many recipients (keylist.MAX_MEMBERS)
MAX_FILE = 2 * 1024 * 1024  # bytes; the largest sheet is 1 MiB
_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_FILE_KEY = 16  # bytes
_SEED = 32  # bytes
_ENC = 1088 + X25519_PUBLIC  # bytes: ML-KEM-768 ciphertext and X25519 share
_BODY = 32  # bytes: file key and tag
_PUBLIC = MLKEM_PUBLIC + X25519_PUBLIC
# Matches a whole header of hybrid stanzas alone, in canonical base64. The last character of a share carries four zero bits; the
# last character of a body or a MAC carries two.
_STANZA = rb"-> %b [A-Za-z0-9+/]{1493}[AQgw]\n[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]\n" % KIND.encode()
_MAC = rb"--- [A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]\n"
_HEADER = re.compile(re.escape(age_header.VERSION_LINE) + b"(?:%b){1,%d}" % (_STANZA, MAX_RECIPIENTS) + _MAC)


@dataclass(frozen=True)
class Recipient:
    """A recipient: the raw 1216 bytes of an X-Wing public key, fully validated on construction."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _PUBLIC:
            raise EncodingError("not a key of this kind")
        kem.check(self.raw)

    @classmethod
    def parse(cls, text: str) -> "Recipient":
        """Parse an `age1pq1…` string.

        Raises:
            EncodingError: the text is not such a string, or holds no valid public key.
        """
        return _recipient(text)

    def __str__(self) -> str:
        return bech32.encode("age1pq", self.raw)

    @property
    def id(self) -> EpochId:
        """Return the first 16 bytes of SHA-256 of the raw key, as b64."""
        return EpochId(b64(sha256(self.raw).digest()[:ID_BYTES]))

    @cached_property
    def _key(self) -> MLKEM768X25519PublicKey:
        mlkem = MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_PUBLIC])
        return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(self.raw[MLKEM_PUBLIC:]))

    def wrap(self, file_key: bytes) -> Stanza:
        """Wrap the file key in a stanza that this recipient's identity opens."""
        sealed = _SUITE.encrypt(file_key, self._key, info=_INFO)
        return Stanza(KIND, (age_header.encode_base64(sealed[:_ENC]).decode("ascii"),), sealed[_ENC:])


# Every submission parses the same few recipients; parsing took half of its time. Public keys may be cached.
@lru_cache(maxsize=256)
def _recipient(text: str) -> Recipient:
    return Recipient(bech32.decode("age1pq", text))


@dataclass(frozen=True)
class Identity:
    """An identity: the 32-byte seed from which X-Wing expands both halves of the secret key."""

    seed: Secret

    def __post_init__(self) -> None:
        if len(self.seed) != _SEED:
            raise EncodingError("not a key of this kind")

    @classmethod
    def generate(cls) -> "Identity":
        """Generate an identity from the system's random source."""
        return cls(Secret(os.urandom(_SEED)))

    @classmethod
    def parse(cls, text: str) -> "Identity":
        """Parse an `AGE-SECRET-KEY-PQ-1…` string, in upper case only.

        Raises:
            EncodingError: the text is not such a string.
        """
        if text != text.upper():
            raise EncodingError("not a key of this kind")
        return cls(Secret(bech32.decode("age-secret-key-pq-", text.lower())))

    def reveal(self) -> str:
        """Return `AGE-SECRET-KEY-PQ-1…`, for an export that a person asked for."""
        return bech32.encode("age-secret-key-pq-", self.seed.reveal()).upper()

    @cached_property
    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        # `cryptography` does not accept a 32-byte seed for the hybrid, so expand it as X-Wing does: SHAKE256 to 96 bytes.
        shake = Hash(SHAKE256(96))
        shake.update(self.seed.reveal())
        expanded = shake.finalize()
        return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])

    @cached_property
    def recipient(self) -> Recipient:
        """The matching public key."""
        mlkem, x25519 = self._halves
        return Recipient(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the file key, or None if the stanza is for another identity.

        Raises:
            HeaderError: a hybrid stanza has other arguments or lengths than the type allows.
        """
        if stanza.kind != KIND:
            return None
        share = _check_stanza(stanza)
        mlkem, x25519 = self._halves
        try:
            return bytes(_SUITE.decrypt(share + stanza.body, MLKEM768X25519PrivateKey(mlkem, x25519), info=_INFO))
        except InvalidTag:
            return None


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a file shows without a key: the number of recipients and the size of the plaintext in bytes."""

    recipients: int
    plaintext_size: int


def encrypt(plaintext: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Encrypt `plaintext` so that each of `recipients` can decrypt it.

    Raises:
        ValueError: there is no recipient, or more than `MAX_RECIPIENTS`.
    """
    return b"".join(encrypt_parts([plaintext], recipients))


def encrypt_parts(parts: Iterable[bytes], recipients: Sequence[Recipient]) -> Iterator[bytes]:
    """Encrypt a plaintext that comes in parts and need not fit into memory. Raises as `encrypt`."""
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise ValueError(f"one to {MAX_RECIPIENTS} recipients")
    file_key = os.urandom(_FILE_KEY)
    yield age_header.build(tuple(recipient.wrap(file_key) for recipient in recipients), file_key)
    yield from stream.seal_parts(file_key, parts)


def decrypt_parts(parts: Iterable[bytes], identities: Sequence[Identity]) -> Iterator[bytes]:
    """Decrypt a file of any size that comes in parts. The caller must discard all parts if an error follows.

    Raises:
        HeaderError, NoMatchError, HeaderMacError, PayloadError: named after the layer that refused.
    """
    source, start = iter(parts), b""
    while len(start) < age_header.MAX_HEADER and (part := next(source, b"")):
        start += part
    header = age_header.parse(start)
    file_key = _unwrap(header.stanzas, identities)
    age_header.check_mac(header, file_key)
    yield from stream.open_parts(file_key, itertools.chain((start[header.size :],), source))


def decrypt(file: bytes, identities: Sequence[Identity]) -> bytes:
    """Return the whole plaintext of `file`.

    Raises:
        SizeError: the file is larger than `MAX_FILE`.
        HeaderError, NoMatchError, HeaderMacError, PayloadError: named after the layer that refused.
    """
    if len(file) > MAX_FILE:
        raise SizeError("a file over the ceiling")
    header = age_header.parse(file)
    file_key = _unwrap(header.stanzas, identities)
    age_header.check_mac(header, file_key)
    return stream.open_(file_key, file[header.size :])


def inspect(file: bytes) -> FileInfo:
    """Check everything about `file` that can be checked without a key.

    Raises:
        SizeError, HeaderError, PayloadError: as `decrypt`; also for stanzas of another type or more than `MAX_RECIPIENTS`.
    """
    if len(file) > MAX_FILE:
        raise SizeError("a file over the ceiling")
    # A regular expression replaces the parser of `decrypt` here. Each submission brings about five files, and the expression
    # takes a quarter of the time on the event loop. A test compares both.
    header = _HEADER.match(file)
    if header is None:
        raise HeaderError("not an age file to hybrid recipients alone, or to too many")
    return FileInfo(file.count(b"\n-> ", 0, header.end()), stream.plaintext_size(len(file) - header.end()))


def _check_stanza(stanza: Stanza) -> bytes:
    if len(stanza.arguments) != 1 or len(stanza.body) != _BODY:
        raise HeaderError("a malformed hybrid stanza")
    share = age_header.decode_base64(stanza.arguments[0].encode("ascii"))
    if len(share) != _ENC:
        raise HeaderError("a hybrid stanza with a share of the wrong length")
    # HPKE reports a small-order share in the same way as a foreign stanza, but age requires a refusal of the file as malformed.
    if kem.has_small_order(share[-X25519_PUBLIC:]):
        raise HeaderError("a stanza with an invalid share")
    return share


def _unwrap(stanzas: Sequence[Stanza], identities: Sequence[Identity]) -> bytes:
    # Check the syntax of every stanza before trying any, so that a malformed stanza is refused at any position.
    for stanza in stanzas:
        if stanza.kind == KIND:
            _check_stanza(stanza)
    for stanza in stanzas:
        for identity in identities:
            file_key = identity.unwrap(stanza)
            if file_key is not None:
                return file_key
    raise NoMatchError("none of the identities opens this file")
