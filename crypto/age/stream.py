"""The age v1 payload: STREAM over ChaCha20-Poly1305 in chunks of 64 KiB. C2SP age.md, "File format: payload"."""

import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto.errors import HeaderError, PayloadError

NONCE = 16  # bytes, before the first chunk
CHUNK = 64 * 1024  # bytes of plaintext
TAG = 16  # bytes


def seal(file_key: bytes, plaintext: bytes) -> bytes:
    """Return the nonce and the encrypted chunks of `plaintext`."""
    return b"".join(seal_parts(file_key, [plaintext]))


def open_(file_key: bytes, payload: bytes) -> bytes:
    """Return the whole plaintext.

    Raises:
        HeaderError: the payload is too short for its nonce (the test kit counts this as a header failure).
        PayloadError: the payload is truncated, extended, reordered or altered.
    """
    check_size(len(payload))
    return b"".join(open_parts(file_key, [payload]))


def seal_parts(file_key: bytes, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Encrypt a plaintext that comes in parts of any size and need not fit into memory."""
    nonce = os.urandom(NONCE)
    cipher = _cipher(file_key, nonce)
    yield nonce
    chunks = _chunks(parts, CHUNK)
    pending, i = next(chunks, b""), 0
    for following in chunks:
        yield cipher.encrypt(_chunk_nonce(i, final=False), pending, None)
        pending, i = following, i + 1
    yield cipher.encrypt(_chunk_nonce(i, final=True), pending, None)


def open_parts(file_key: bytes, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Decrypt in parts. Each part is authentic, but the caller must discard all of them if an error follows.

    Raises:
        HeaderError, PayloadError: as `open_`.
    """
    chunks = _chunks(parts, CHUNK + TAG, first=NONCE)
    nonce = next(chunks, b"")
    if len(nonce) != NONCE:
        raise HeaderError("a file that ends before its payload")
    cipher = _cipher(file_key, nonce)
    pending, i = next(chunks, b""), 0
    for following in chunks:
        yield _opened(cipher, i, pending, final=False)
        pending, i = following, i + 1
    last = _opened(cipher, i, pending, final=True)
    if i > 0 and not last:
        raise PayloadError("an empty last chunk")
    yield last


def _opened(cipher: ChaCha20Poly1305, i: int, chunk: bytes, *, final: bool) -> bytes:
    try:
        return cipher.decrypt(_chunk_nonce(i, final=final), chunk, None)
    except InvalidTag:
        raise PayloadError("a chunk that does not verify") from None


def _chunks(parts: Iterable[bytes], size: int, first: int = 0) -> Iterator[bytes]:
    """Regroup the same bytes into pieces of `size`. The first piece has `first` bytes if given; the last has the rest."""
    wanted, buffer = first or size, bytearray()
    for part in parts:
        buffer += part
        while len(buffer) >= wanted:
            yield bytes(buffer[:wanted])
            del buffer[:wanted]
            wanted = size
    if buffer:
        yield bytes(buffer)


def check_size(size: int) -> int:
    """Return the number of chunks in a payload of `size` bytes.

    Raises:
        HeaderError: the payload is too short for a nonce.
        PayloadError: no sequence of chunks has this length.
    """
    size -= NONCE
    if size < 0:
        raise HeaderError("a file that ends before its payload")
    chunks, rest = divmod(size, CHUNK + TAG)
    if (rest and rest < TAG) or size < TAG:
        raise PayloadError("a payload that ends within a chunk")
    return chunks + (rest > 0)


def plaintext_size(size: int) -> int:
    """Return the bytes of plaintext in a payload of `size` bytes. Raises as `check_size`."""
    return size - NONCE - TAG * check_size(size)


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=nonce, info=b"payload").derive(file_key))


def _chunk_nonce(i: int, *, final: bool) -> bytes:
    # An 11-byte counter and a flag on the last chunk: a reordered or truncated payload does not verify.
    return i.to_bytes(11, "big") + bytes([final])
