"""Signatures at the edges of Ed25519: the twelve cases of ed25519-speccheck, signed again under our label.

Points are computed here, in plain affine coordinates, because no library makes such signatures. Nothing of it is secret.
"""

# One vector a line, as far as may be.

from hashlib import sha512

from crypto.ed25519 import L, P
from crypto.encoding import b64
from crypto.labels import Label
from crypto.signing import _message
from tests.vectors.world import save

D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
NEUTRAL: Point = (0, 1)
BODY = b'{"format":"sealed-intake/1/entry"}'


def add(a: Point, b: Point) -> Point:
    """The sum of two points of the curve."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(n: int, point: Point) -> Point:
    """`point`, n times."""
    result = NEUTRAL
    while n:
        if n & 1:
            result = add(result, point)
        point, n = add(point, point), n >> 1
    return result


def root(y: int, *, odd: bool) -> Point:
    """The point of this y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (P - x if x % 2 != odd else x), y


def encode(point: Point) -> bytes:
    """The canonical 32 bytes."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


BASE = root(4 * pow(5, -1, P) % P, odd=False)
ORDER_8 = root(
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"), odd=False
)
SMALL = [times(n, ORDER_8) for n in range(8)]
SECRET, NONCE = 0x5EA1ED % L, 0xC0FFEE % L


def signed(key: bytes, secret: int, r: bytes, nonce: int, *, accept: object = None) -> tuple[bytes, bytes] | None:
    """Key and signature with S = nonce + k * secret, or None where k does not suit."""
    k = int.from_bytes(sha512(r + key + _message(Label.ENTRY, BODY)).digest(), "little") % L
    if accept is not None and not accept(k):  # type: ignore[operator]
        return None
    return key, r + ((nonce + k * secret) % L).to_bytes(32, "little")


def search(key: bytes, secret: int, torsion: Point, accept: object) -> tuple[bytes, bytes]:
    """The first signature, by nonces from 1 on, whose k suits."""
    for nonce in range(1, 1000):
        made = signed(key, secret, encode(add(times(nonce, BASE), torsion)), nonce, accept=accept)
        if made:
            return made
    raise AssertionError


def vector(name: str, about: str, made: tuple[bytes, bytes], reason: str | None) -> None:
    """One signature over the same text."""
    key, signature = made
    given = {"label": Label.ENTRY.value, "body": BODY.decode(), "key": b64(key), "signature": b64(signature)}
    outcome = {"refused": "signature", "reason": reason} if reason else {"output": True}
    save(f"signature-{name}", about, "verify", given, **outcome)


def write() -> None:
    """All of them."""
    honest, small = encode(times(SECRET, BASE)), "a key of small order"
    mixed = encode(add(times(SECRET, BASE), ORDER_8))
    neutral, order_8 = encode(NEUTRAL), encode(ORDER_8)
    r = encode(times(NONCE, BASE))
    key, good = signed(honest, SECRET, r, NONCE) or (b"", b"")
    vector("honest", "as everyone makes them", (key, good), None)
    # 0 to 2: small A and R, small A, small R.
    vector(
        "of-the-neutral-element",
        "case 0: A and R are the neutral element and S is 0: good for every text",
        (neutral, neutral + bytes(32)),
        "a signature whose R has a small order",
    )
    vector(
        "by-a-key-of-small-order",
        "case 1: the cofactorless equation holds",
        search(order_8, 0, NEUTRAL, lambda k: k % 8 == 0),
        small,
    )
    vector(
        "with-an-r-of-small-order",
        "case 2: A is honest",
        signed(honest, SECRET, order_8, 0) or (b"", b""),
        "a signature whose R has a small order",
    )
    # 3: A and R of mixed order, both equations hold; 4 and 5: only the one with the cofactor does.
    both = search(mixed, SECRET, ORDER_8, lambda k: (1 + k) % 8 == 0)
    vector("of-mixed-order", "case 3: A and R of mixed order, and both equations hold", both, None)
    vector(
        "by-the-cofactor-alone",
        "case 4: R of mixed order: good only for those who clear the cofactor",
        signed(honest, SECRET, encode(add(times(NONCE, BASE), ORDER_8)), NONCE) or (b"", b""),
        "a signature that does not verify",
    )
    vector(
        "by-the-cofactor-alone-of-a-mixed-key",
        "case 5: A of mixed order, k not a multiple of 8",
        search(mixed, SECRET, NEUTRAL, lambda k: k % 8 != 0),
        "a signature that does not verify",
    )
    # 6 and 7: S not reduced, by a little and by much.
    s = int.from_bytes(good[32:], "little")
    for name, about, grown in (
        ("with-s-beyond-the-order", "case 6: S and the order", s + L),
        ("with-s-far-beyond-the-order", "case 7: S and eight times the order", s + 8 * L),
    ):
        vector(name, about, (key, good[:32] + grown.to_bytes(32, "little")), "a signature whose S is not reduced")
    # 8 and 9: R not canonical; 10 and 11: A not canonical.
    zero = (P + 1).to_bytes(32, "little")
    signed_one = (1 | 1 << 255).to_bytes(32, "little")
    vector(
        "with-an-r-beyond-p",
        "case 8: R is the neutral element, its y written as p + 1",
        signed(honest, SECRET, zero, 0) or (b"", b""),
        "a signature whose R is not canonical",
    )
    vector(
        "with-an-r-of-minus-zero",
        "case 9: R is the neutral element, with the sign of x set",
        signed(honest, SECRET, signed_one, 0) or (b"", b""),
        "a signature whose R is not canonical",
    )
    vector(
        "by-a-key-beyond-p",
        "case 10: A is the neutral element, its y written as p + 1",
        signed(zero, 0, r, NONCE) or (b"", b""),
        "a key that is not canonical",
    )
    vector(
        "by-a-key-of-minus-zero",
        "case 11: A is the neutral element, with the sign of x set",
        signed(signed_one, 0, r, NONCE) or (b"", b""),
        "a key that is not canonical",
    )
    off = next(y for y in range(2, 99) if not _is_on_curve(y))
    vector(
        "by-a-key-off-the-curve", "no x belongs to this y", (off.to_bytes(32, "little"), good), "a key that is not on the curve"
    )
    vector(
        "of-another-text",
        "an honest signature over something else",
        (honest, r + (NONCE).to_bytes(32, "little")),
        "a signature that does not verify",
    )
    for n, point in enumerate(SMALL):
        vector(f"by-small-point-{n}", f"A is {n} times the point of order 8", (encode(point), good), small)


def _is_on_curve(y: int) -> bool:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    return pow(square, (P - 1) // 2, P) == 1
