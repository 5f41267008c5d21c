"""Ed25519 as docs/reference/format.md requires it, a second time and slowly, as the reference for every other reader.

Written from RFC 8032 and the format alone, so that a rule missing in `crypto.signing` shows as a difference.
"""

from functools import lru_cache
from hashlib import sha512

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    """Return the sum of two points in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    """Return `scalar` times `point`."""
    product = NEUTRAL
    while scalar:
        if scalar & 1:
            product = add(product, point)
        point, scalar = add(point, point), scalar >> 1
    return product


def encode(point: Point) -> bytes:
    """Return a point's canonical 32 bytes."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


@lru_cache(maxsize=4096)
def decode(data: bytes) -> Point | None:
    """Return the point of a canonical encoding, else None."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * _ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def small_order(point: Point) -> bool:
    """Return whether eight times the point is the neutral element."""
    x, y, z, _ = multiply(8, point)
    return x % P == 0 and (y - z) % P == 0


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
assert BASE is not None


@lru_cache(maxsize=4096)
def good_key(key: bytes) -> bool:
    """Return whether a public key may enter the list: canonical, not of small order."""
    point = decode(key)
    return point is not None and not small_order(point)


@lru_cache(maxsize=4096)
def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """The one verification: canonical key, R and S, none of small order, the equation without the cofactor."""
    a, r, s = decode(key), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or small_order(a) or small_order(r):
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % L
    assert BASE is not None
    return encode(add(r, multiply(k, a))) == encode(multiply(s, BASE))


def small_points() -> list[bytes]:
    """Return the canonical encodings of the eight points of small order."""
    for y in range(2, 100):
        point = decode(y.to_bytes(32, "little"))
        if point is None:
            continue
        torsion = multiply(L, point)
        if encode(multiply(4, torsion)) != encode(NEUTRAL):
            return sorted(encode(multiply(n, torsion)) for n in range(8))
    raise AssertionError


def forge(key: bytes, message: bytes, tries: int = 64) -> bytes | None:
    """Return a signature that needs no secret: for a small-order key, one whose challenge happens to cancel the key."""
    a = decode(key)
    assert a is not None
    assert BASE is not None
    for s in range(1, tries):
        r = encode(multiply(s, BASE))
        k = int.from_bytes(sha512(r + key + message).digest(), "little") % L
        if encode(multiply(k, a)) == encode(NEUTRAL):
            return r + s.to_bytes(32, "little")
    return None
