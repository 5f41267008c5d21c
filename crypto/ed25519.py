"""Checks Ed25519 keys and signatures beyond the library's equation, so that every reader decides alike.

Libraries differ on non-canonical encodings, on small-order points and on the cofactor (Chalkias, Garillot and Nikolaenko,
"Taming the many EdDSAs", 2020). OpenSSL solves the equation without the cofactor and compares the bytes of R, but it accepts
small-order keys. These checks add the other rules of docs/reference/format.md, Ed25519. They see only public bytes, so their
timing reveals nothing. docs/adr/0023.
"""

from functools import lru_cache

from crypto.errors import SignatureError

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
# The y of the eight points whose order divides the cofactor. The four of order 8 share two values; those of order 4 share 0.
_SMALL_ORDER = frozenset(
    {
        0,
        1,
        P - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


@lru_cache(maxsize=1024)
def check_key(key: bytes) -> None:
    """Check that 32 bytes are a usable public key.

    Raises:
        SignatureError: not the canonical encoding of a point, or a small-order point.
    """
    if not _is_canonical(key):
        raise SignatureError("a key that is not canonical")
    if not _is_on_curve(_y(key)):
        raise SignatureError("a key that is not on the curve")
    if _y(key) in _SMALL_ORDER:
        raise SignatureError("a key of small order")


def check_signature(signature: bytes) -> None:
    """Check that 64 bytes are R and S as this profile allows. The verification equation checks whether R is on the curve.

    Raises:
        SignatureError: a non-canonical encoding, or an R of small order.
    """
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if not _is_canonical(r):
        raise SignatureError("a signature whose R is not canonical")
    if _y(r) in _SMALL_ORDER:
        raise SignatureError("a signature whose R has a small order")
    if s >= L:
        raise SignatureError("a signature whose S is not reduced")


def _y(point: bytes) -> int:
    return int.from_bytes(point, "little") & (1 << 255) - 1


def _is_canonical(point: bytes) -> bool:
    """Return whether an encoding is canonical: y is below p, and the sign is 0 if x is 0 (RFC 8032, 5.1.3)."""
    return _y(point) < P and not (_y(point) in (1, P - 1) and point[31] & 0x80)


def _is_on_curve(y: int) -> bool:
    """Return whether x^2 = (y^2 - 1) / (d y^2 + 1) has a root. d is not a square, so the divisor is never 0."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    return square == 0 or pow(square, (P - 1) // 2, P) == 1
