"""Vectors of age files and recipients that must be refused."""

# One vector a line, as far as may be.

from crypto.age import bech32, header, stream
from crypto.encoding import b64
from tests.vectors.world import (
    EPOCH,
    bad,
    save,
)

FILE_KEY = b"k" * 16
Q = 3329
P = 2**255 - 19


def headers():
    """age files that are malformed in one place. Each has the stanza that would open it."""
    mine = header._encode(EPOCH.recipient.wrap(FILE_KEY)).decode("latin-1")
    payload = stream.seal(FILE_KEY, b"hello")

    def file(stanzas, *, mac=None, rest=payload, version="age-encryption.org/v1\n"):
        covered = (version + stanzas + "---").encode("latin-1")
        tag = header._mac(FILE_KEY, covered).finalize() if mac is None else mac
        return covered + b" " + header.encode_base64(tag) + b"\n" + rest

    def vector(name, about, data, reason):
        bad(f"age-{name}", about, "age", {"file": b64(data), "identities": [EPOCH.reveal()]}, "age", reason)

    good = {"file": b64(file(mine)), "identities": [EPOCH.reveal()]}
    save("age-ok", "one hybrid stanza", "age", good, output="aGVsbG8")
    both = {"file": b64(file("-> other thing\n\n" + mine)), "identities": [EPOCH.reveal()]}
    save("age-with-an-unknown-stanza", "readers pass over kinds that they do not know", "age", both, output="aGVsbG8")
    share, body = mine.split("\n")[0].split(" ")[2], mine.split("\n")[1]
    line = "A" * 64 + "\n"
    for name, about, stanzas, reason in (
        ("with-an-empty-argument", "after the stanza that opens", mine + "-> a  b\n\n", "a malformed stanza"),
        ("with-a-character-of-no-argument", "after the stanza that opens", mine + "-> a\x7f\n\n", "a malformed stanza"),
        ("without-a-stanza", "a MAC alone", "", "a MAC of the wrong length, or no stanza"),
        ("with-a-long-line", "65 characters", mine + "-> a\n" + "A" * 65 + "\n", "a stanza line that is too long"),
        ("with-stray-bits", "after the stanza that opens", mine + "-> a\nAB\n", "not canonical base64"),
        ("with-padding", "after the stanza that opens", mine + "-> a\nAA==\n", "not canonical base64"),
        (
            "with-a-short-hybrid-body",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 {share}\nAAAA\n",
            "a malformed hybrid stanza",
        ),
        (
            "with-two-shares",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 {share} {share}\n{body}\n",
            "a malformed hybrid stanza",
        ),
        (
            "with-a-short-share",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 AAAA\n{body}\n",
            "a hybrid stanza with a share of the wrong length",
        ),
        (
            "with-a-share-of-small-order",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 {header.encode_base64(bytes(1120)).decode()}\n{body}\n",
            "a stanza with an invalid share",
        ),
        (
            "over-the-ceiling",
            "a header of more than 512 KiB",
            "-> a\n" + line * 8192 + "\n" + mine,
            "an unfinished or oversized header",
        ),
    ):
        vector(name, about, file(stanzas), reason)
    vector("of-another-version", "age v2", file(mine, version="age-encryption.org/v2\n"), "not an age v1 file")
    vector("unfinished", "the file ends within its header", file(mine)[:99], "an unfinished or oversized header")
    vector("with-a-short-mac", "31 bytes", file(mine, mac=bytes(31)), "a MAC of the wrong length, or no stanza")
    vector("with-a-foreign-mac", "of zeros", file(mine, mac=bytes(32)), "the header's MAC does not verify")
    vector(
        "without-a-payload", "the file ends within the nonce", file(mine, rest=bytes(15)), "a file that ends before its payload"
    )
    vector("within-a-chunk", "a chunk of 15 bytes", file(mine, rest=bytes(31)), "a payload that ends within a chunk")
    cipher = stream._cipher(FILE_KEY, b"n" * 16)
    empty = b"n" * 16 + cipher.encrypt(stream._chunk_nonce(0, final=False), bytes(65_536), None)
    empty += cipher.encrypt(stream._chunk_nonce(1, final=True), b"", None)
    vector("with-an-empty-last-chunk", "after a full one", file(mine, rest=empty), "an empty last chunk")


def recipients():
    """Recipients that one library accepts and another refuses."""
    raw = EPOCH.recipient.raw
    save("recipient-ok", "its id", "recipient", {"recipient": str(EPOCH.recipient)}, output=EPOCH.recipient.id)

    def vector(name, about, changed, reason):
        text = changed if isinstance(changed, str) else bech32.encode("age1pq", changed)
        bad(f"recipient-{name}", about, "recipient", {"recipient": text}, "encoding", reason)

    def low(coefficient):
        return coefficient.to_bytes(2, "little") + raw[2:]

    def x25519(u):
        return raw[:1184] + u.to_bytes(32, "little")

    mlkem, canonical, order = (
        f"a recipient whose {what}"
        for what in ("ML-KEM part is not reduced", "X25519 part is not canonical", "X25519 part has a small order")
    )
    vector("of-zeros-but-its-x25519-part", "the first coefficient is q", low(Q), mlkem)
    vector(
        "of-a-second-coefficient-of-q",
        "the upper half of three bytes",
        raw[:1] + bytes([raw[1] & 0x0F | Q << 4 & 0xF0, Q >> 4]) + raw[3:],
        mlkem,
    )
    vector("of-a-last-coefficient-of-4095", "the end of the vector", raw[:1150] + b"\xff\xff" + raw[1152:], mlkem)
    for u in (
        0,
        1,
        P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    ):
        vector(f"of-small-order-{u % 997}", "the shared secret would be zero", x25519(u), order)
    for u in (P, P + 1, 2**255 - 1, 9 + 2**255):
        vector(f"not-canonical-{u % 997}", "another writing of some coordinate", x25519(u), canonical)
    text = str(EPOCH.recipient)
    kind = "not a key of this kind"
    vector("of-a-wrong-checksum", "its last character", text[:-1] + ("q" if text[-1] != "q" else "p"), kind)
    vector("in-capitals", "age writes lower case", text.upper(), kind)
    vector("too-short", "1215 bytes", raw[:-1], kind)
    vector("of-x25519-alone", "another kind of recipient", bech32.encode("age", raw[1184:]), kind)
