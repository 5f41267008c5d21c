"""Age files whose header is changed after it was made, under a MAC that verifies."""

# One field a line would hide what is changed.
# ruff: noqa: E501

from random import Random

from crypto.age import header, stream
from tests.vectors.world import CASE_KEY, EPOCH

FILE_KEY = b"k" * 16
_MINE = header._encode(EPOCH.recipient.wrap(FILE_KEY))
_OTHER = header._encode(CASE_KEY.recipient.wrap(FILE_KEY))
_SHARE = header.encode_base64(bytes(1088) + b"\x01" + bytes(31))
_STANZAS = [
    _MINE, _OTHER, b"-> x\n\n", b"-> x y z\nAAAA\n", b"-> x\n" + b"A" * 64 + b"\n\n", b"-> x\n" + b"A" * 64 + b"\nAAA\n", b"-> x\nAB\n",
    b"-> x\nAA==\n", b"->  x\n\n", b"-> x \n\n", b"->\n\n", b"-> x\r\n\r\n", b"-> x\x7f\n\n", b"-> \xe9\n\n", b"-> x\n" + b"A" * 68 + b"\n",
    b"-> x\n" + b"A" * 65 + b"\n", b"-> x\nA\n", b"-> x\nA A\n", b"-> x\nAA-_\n", b"-> mlkem768x25519 " + _SHARE + b"\n" + b"A" * 43 + b"\n",
    b"-> mlkem768x25519\n\n", b"-> mlkem768x25519 AA\n\n", b"-> MLKEM768X25519 AA\n\n", b"-> x\n---\n", b"--- \n", b"\n", b"-> x\n",
]  # fmt: skip


def changed(random: Random) -> bytes:
    """A file of some stanzas, mostly including the one that opens."""
    stanzas = [_MINE] if random.random() < 0.9 else []
    for _ in range(random.randrange(3)):
        stanzas.insert(random.randrange(len(stanzas) + 1), random.choice(_STANZAS))
    version = random.choice(
        [b"age-encryption.org/v1\n"] * 20
        + [b"age-encryption.org/v1\r\n", b"age-encryption.org/v2\n", b"", b"\xef\xbb\xbfage-encryption.org/v1\n"]
    )
    covered = version + b"".join(stanzas) + b"---"
    tag = header.encode_base64(header._mac(FILE_KEY, covered).finalize())
    tag = random.choice([tag] * 20 + [tag[:-1], tag + b"=", tag + b" ", b"", tag[:-1] + b"B"])
    payload = stream.seal(FILE_KEY, b"hello" * random.choice([0, 1, 13_108]))
    payload = random.choice(
        [payload] * 10 + [payload[:-1], payload + b"\0", payload[:16], payload[:15], payload[:31], payload[:32], b""]
    )
    return covered + b" " + tag + random.choice([b"\n"] * 20 + [b"\r\n", b""]) + payload
