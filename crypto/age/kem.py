"""Validate hybrid recipients without their secret. docs/reference/format.md, Age files.

The rules are the modulus check of FIPS 203, 7.2, RFC 7748, and the small-order points of cr.yp.to/ecdh.html. Libraries check
them only when they encrypt, some with an exception and some not at all. By then a submission has failed.
"""

import re

from crypto.errors import EncodingError

MLKEM_PUBLIC = 1184  # bytes: 768 coefficients of 12 bits and the seed of the matrix
X25519_PUBLIC = 32  # bytes
_COEFFICIENTS = 1152  # bytes
# Coefficients below q = 0xd01, as three hexadecimal digits each. The last one of the key is the first one here.
_REDUCED = re.compile("(?:[0-9a-c]..|d00)*")
_P = 2**255 - 19
# The u coordinates below p, on the curve and on its twist, that every X25519 scalar maps to zero.
_SMALL_ORDER = frozenset(
    {
        0,
        1,
        _P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)


def check(raw: bytes) -> None:
    """Check that 1216 bytes are an ML-KEM-768 and an X25519 public key that a file can be encrypted to.

    Raises:
        EncodingError: a coefficient is not reduced, a coordinate is not canonical, or a point has a small order.
    """
    if not _REDUCED.fullmatch(raw[_COEFFICIENTS - 1 :: -1].hex()):
        raise EncodingError("a recipient whose ML-KEM part is not reduced")
    share = raw[MLKEM_PUBLIC:]
    if share[31] & 0x80 or _u(share) >= _P:
        raise EncodingError("a recipient whose X25519 part is not canonical")
    if has_small_order(share):
        raise EncodingError("a recipient whose X25519 part has a small order")


def has_small_order(share: bytes) -> bool:
    """Return whether an X25519 key, in any encoding, gives a shared secret of zero."""
    return _u(share) % _P in _SMALL_ORDER


def _u(share: bytes) -> int:
    # X25519 ignores the highest bit.
    return int.from_bytes(share, "little") & (1 << 255) - 1
