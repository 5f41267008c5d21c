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
    """Nonce and chunks of `plaintext`."""
    return b"".join(seal_parts(file_key, [plaintext]))


def open_(file_key: bytes, payload: bytes) -> bytes:
    """The plaintext, all of it or none.

    Raises:
        HeaderError: the payload is too short for its nonce (the testkit counts this among header failures).
        PayloadError: truncated, extended, reordered or altered.
    """
    check_size(len(payload))
    return b"".join(open_parts(file_key, [payload]))


def seal_parts(file_key: bytes, parts: Iterable[bytes]) -> Iterator[bytes]:
    """As `seal`, of a plaintext that comes in parts of any size and need not fit into memory."""
    nonce = os.urandom(NONCE)
    cipher = _cipher(file_key, nonce)
    yield nonce
    chunks = _chunks(parts, CHUNK)
    held, i = next(chunks, b""), 0
    for following in chunks:
        yield cipher.encrypt(_chunk_nonce(i, final=False), held, None)
        held, i = following, i + 1
    yield cipher.encrypt(_chunk_nonce(i, final=True), held, None)


def open_parts(file_key: bytes, parts: Iterable[bytes]) -> Iterator[bytes]:
    """As `open_`, in parts. What was given out before an error is true, but not all: the caller throws it away.

    Raises:
        HeaderError, PayloadError: as `open_`.
    """
    chunks = _chunks(parts, CHUNK + TAG, first=NONCE)
    nonce = next(chunks, b"")
    if len(nonce) != NONCE:
        raise HeaderError("a file that ends before its payload")
    cipher = _cipher(file_key, nonce)
    held, i = next(chunks, b""), 0
    for following in chunks:
        yield _opened(cipher, i, held, final=False)
        held, i = following, i + 1
    last = _opened(cipher, i, held, final=True)
    if i > 0 and not last:
        raise PayloadError("an empty last chunk")
    yield last


def _opened(cipher: ChaCha20Poly1305, i: int, chunk: bytes, *, final: bool) -> bytes:
    try:
        return cipher.decrypt(_chunk_nonce(i, final=final), chunk, None)
    except InvalidTag:
        raise PayloadError("a chunk that does not verify") from None


def _chunks(parts: Iterable[bytes], size: int, first: int = 0) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the first of `first` where given, the last of what is left."""
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
    """The number of chunks in a payload of `size` bytes.

    Raises:
        HeaderError: it is too short for a nonce.
        PayloadError: its length is not that of any sequence of chunks.
    """
    size -= NONCE
    if size < 0:
        raise HeaderError("a file that ends before its payload")
    chunks, rest = divmod(size, CHUNK + TAG)
    if (rest and rest < TAG) or size < TAG:
        raise PayloadError("a payload that ends within a chunk")
    return chunks + (rest > 0)


def plaintext_size(size: int) -> int:
    """Bytes of plaintext in a payload of `size` bytes; see `check_size` for what it raises."""
    return size - NONCE - TAG * check_size(size)


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=nonce, info=b"payload").derive(file_key))


def _chunk_nonce(i: int, *, final: bool) -> bytes:
    # An 11-byte counter and a flag on the last chunk: neither reordering nor truncation verifies.
    return i.to_bytes(11, "big") + bytes([final])
