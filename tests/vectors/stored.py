"""Known answers for the bytes that a store keeps, computed from docs/reference/format.md with the primitives it names alone.

No function of `crypto` that these vectors are for takes part: where page and code differ, the vector is red. Only the server reads
these, so that only Python runs them (`tests/crypto/test_store_vectors.py`).
"""

# One vector a line, as far as may be.
# ruff: noqa: E501

import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import age
from crypto.age import Identity
from crypto.encoding import b64
from crypto.secret import Secret
from tests.vectors.world import CASE, DAY, HERE, MEMBERS, OTHER_CASE

FOLDER = HERE / "store"
STORE = b64(bytes([5]) * 16)
DELETION_KEY, OTHER_DELETION_KEY, NONCE = bytes([41]) * 32, bytes([42]) * 32, bytes(range(12))
ALTERED = "a file under a deletion key that was altered or moved"
MOVED = "a stored row that was altered or moved"


def ns(*parts):
    """Netstrings, as format.md's Conventions define them, with numbers in decimal digits."""
    data = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return b"".join(str(len(part)).encode() + b":" + part + b"," for part in data)


def derive(secret, label, *context):
    """HKDF-SHA256, as format.md's Conventions define it."""
    return HKDF(SHA256(), 32, salt=None, info=ns(label, *context)).derive(secret)


def dsse(label, body):
    """What is signed and hashed."""
    return b"DSSEv1 " + str(len(label)).encode() + b" " + label.encode() + b" " + str(len(body)).encode() + b" " + body


def sealed(key, data, bound):
    """Nonce and AES-256-GCM."""
    return b64(NONCE + AESGCM(key).encrypt(NONCE, data, bound))


def child(node, bit):
    """One step down the tree."""
    return hmac.new(node, bytes([bit]), hashlib.sha256).digest()


def leaf(node, number, depth=32):
    """The value of a leaf, its bits from the most significant on."""
    for level in range(depth):
        node = child(node, number >> (31 - level) & 1)
    return node


def record(depth, prefix, value):
    """A node of a root on disk."""
    return bytes([depth]) + prefix.to_bytes(4, "big") + value


def punctured(node, number):
    """Records of the siblings along the path to a leaf, ascending by prefix."""
    records = []
    for level in range(32):
        bit = number >> (31 - level) & 1
        prefix = (number >> (32 - level) << (32 - level)) | (1 - bit) << (31 - level)
        records.append((prefix, record(level + 1, prefix, child(node, 1 - bit))))
        node = child(node, bit)
    return b"".join(data for _, data in sorted(records))


def save(name, about, operation, given, *, output=None, reason=None):
    """Write a vector, with `reason` if a reader must refuse it."""
    outcome = {"refused": "store", "reason": reason} if reason else {"output": output}
    vector = {"about": about, "operation": operation, "input": given, **outcome}
    (FOLDER / f"{name}.json").write_text(json.dumps(vector, ensure_ascii=False, indent=1) + "\n")


def write():
    """All of them."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    roots()
    rows()
    sign_in_rows()
    chains()
    backups()


def packed(value):
    """MessagePack, of the few kinds and small sizes that these vectors hold."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return bytes([value]) if value < 128 else b"\xcd" + value.to_bytes(2, "big")
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    if isinstance(value, str):
        data = value.encode()
        return (bytes([0xA0 | len(data)]) if len(data) < 32 else b"\xd9" + bytes([len(data)])) + data
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(packed, value))
    return bytes([0x80 | len(value)]) + b"".join(packed(key) + packed(of) for key, of in value.items())


def frame(data):
    """A length and as many bytes."""
    return len(data).to_bytes(4, "big") + data


def backups():
    """The content of a backup: what the age file holds."""
    head = {"schema": "0007", "tables": {"days": ["day", "root", "number"], "notes": ["text", "read", "day"]}}
    rows = [[0, DAY, bytes(range(40)), 300], [1, "b\u00e2ton, " * 5, True, None]]
    label = "sealed-intake/1/backup"
    content = b"".join([label.encode() + b"\n", frame(packed(head)), *(frame(packed(row)) for row in rows), bytes(4)])
    names = list(head["tables"])
    shown = [
        [names[row[0]], *({"b64": b64(value)} if isinstance(value, bytes) else value for value in row[1:])] for row in rows
    ]
    name = {"deletion_key": b64(DELETION_KEY), "store": STORE, "purpose": "sign-in", "generation": 2}

    def closed(deletion_key=DELETION_KEY, store=STORE, generation=2, label=label):
        return content + hmac.new(derive(deletion_key, label, store, "sign-in", generation), content, hashlib.sha256).digest()

    output = {"schema": head["schema"], "tables": head["tables"], "rows": shown}
    save(
        "backup",
        "label, head, rows, an empty frame, the MAC over all of it",
        "backup",
        {**name, "content": b64(closed())},
        output=output,
    )
    altered = bytearray(closed())
    altered[len(content) // 2] ^= 1
    reason = "it was altered"
    for lie, data in (
        ("altered", bytes(altered)),
        ("cut-off", closed()[:-1]),
        ("longer", closed() + b"\0"),
        ("without-a-mac", content),
        ("under-another-key", closed(deletion_key=OTHER_DELETION_KEY)),
        ("of-another-store", closed(store=b64(bytes([7]) * 16))),
        ("of-another-generation", closed(generation=3)),
        ("under-another-label", closed(label="sealed-intake/1/sign-in row")),
    ):
        save(f"backup-{lie}", "refused", "backup", {**name, "content": b64(data)}, reason=reason)


def sign_in_rows():
    """Rows that members sign in with, and decoys of passkeys."""
    name, label = (STORE, "sign-in", 1), "sealed-intake/1/sign-in row"
    given = {"store": STORE, "purpose": "sign-in", "generation": 1, "deletion_key": b64(DELETION_KEY)}
    handle_id = b64(bytes([6]) * 16)

    def long(what, length, *context):
        info = ns(f"sealed-intake/1/sign-in {what}", *name, *context)
        return b64(HKDF(SHA256(), length, salt=None, info=info).derive(DELETION_KEY))

    stored = long("handle", 16, handle_id)
    save("sign-in-handle", "what a handle is found by", "sign-in handle", {**given, "handle_id": handle_id}, output=stored)
    for length in (16, 64):
        decoy = {**given, "handle_id": handle_id, "length": length, "number": 1}
        save(
            f"sign-in-decoy-of-{length}", "a credential id", "decoy", decoy, output=long("decoy", length, handle_id, length, 1)
        )
    row = ["unlockers", b64(bytes([7]) * 16), MEMBERS[0], stored, "passphrase"]
    file = sealed(derive(DELETION_KEY, label, *name), b"a verifier", ns(label, *name, *row))
    given |= {"row": row, "sealed": file}
    save("sign-in-row", "a verifier", "sign-in row", given, output=b64(b"a verifier"))
    for what, changed in {
        "member": {"row": [*row[:2], MEMBERS[1], *row[3:]]},
        "handle": {"row": [*row[:3], handle_id, row[4]]},
        "kind": {"row": [*row[:4], "paper"]},
        "key": {"deletion_key": b64(OTHER_DELETION_KEY)},
        "store": {"store": b64(bytes([6]) * 16)},
    }.items():
        save(f"sign-in-row-of-another-{what}", f"another {what}", "sign-in row", {**given, **changed}, reason=ALTERED)


def roots():
    """Day roots: the tree, its bytes, its sealing."""
    node = bytes(range(32))
    whole = b64(record(0, 0, node))
    for number in (0, 1, 2**31, 0xDEADBEEF, 2**32 - 1):
        given = {"root": whole, "leaf": number}
        save(f"leaf-{number}", "32 steps of HMAC-SHA256", "leaf", given, output=b64(leaf(node, number)))
        save(
            f"puncture-{number}",
            "the siblings along the path",
            "puncture",
            {"root": whole, "leaves": [number]},
            output=b64(punctured(node, number)),
        )
    holed = b64(punctured(node, 7))
    save("leaf-beside-a-hole", "neighbours are not touched", "leaf", {"root": holed, "leaf": 6}, output=b64(leaf(node, 6)))
    save("leaf-punctured", "nothing is left of it", "leaf", {"root": holed, "leaf": 7}, reason="data that was destroyed")
    unordered = b64(record(1, 2**31, node) + record(1, 0, node))
    save("root-out-of-order", "descending", "leaf", {"root": unordered, "leaf": 0}, reason="a day root with nodes out of order")
    below = b64(record(0, 0, node) + record(1, 2**31, node))
    save(
        "root-with-a-node-below-another",
        "covered twice",
        "leaf",
        {"root": below, "leaf": 0},
        reason="a day root with nodes out of order",
    )
    bits = b64(record(1, 2**30, node))
    save(
        "root-with-an-unused-bit",
        "the prefix is longer than its depth",
        "leaf",
        {"root": bits, "leaf": 0},
        reason="a day root with nodes out of order",
    )
    save(
        "root-cut-off",
        "a byte less",
        "leaf",
        {"root": b64(record(0, 0, node)[:-1]), "leaf": 0},
        reason="a day root of the wrong length",
    )
    label, name = "sealed-intake/1/day root", (STORE, f"day {DAY}", 3)
    given = {"deletion_key": b64(DELETION_KEY), "store": STORE, "purpose": f"day {DAY}", "generation": 3}
    given["sealed"] = sealed(derive(DELETION_KEY, label, *name), record(0, 0, node), ns(label, *name))
    save("day-root", "under its day's deletion key", "open day root", given, output=whole)
    for what, changed in (
        ("store", {"store": OTHER_CASE}),
        ("day", {"purpose": "day 2026-11-21"}),
        ("generation", {"generation": 2}),
        ("key", {"deletion_key": b64(OTHER_DELETION_KEY)}),
    ):
        save(f"day-root-of-another-{what}", f"another {what}", "open day root", {**given, **changed}, reason=ALTERED)
    day_alone = sealed(derive(DELETION_KEY, label, *name), record(0, 0, node), ns(label, STORE, DAY, 3))
    save(
        "day-root-bound-to-the-bare-day",
        "the purpose is bound, not the day alone",
        "open day root",
        {**given, "sealed": day_alone},
        reason=ALTERED,
    )


def rows():
    """A case's blobs, keyrings and shares."""
    label, leaf_key, epoch = "sealed-intake/1/row", bytes([51]) * 32, bytes([52]) * 32
    row_name = {"store": STORE, "table": "entries", "case": CASE, "item": "shared/0", "day": DAY, "leaf": 9}
    bound = ns(label, STORE, "entries", CASE, "shared/0", DAY, 9)
    data = b"an age file"
    given = {**row_name, "key": b64(leaf_key), "sealed": sealed(derive(leaf_key, label, "entries"), data, bound)}
    save("row", "an entry under its leaf", "row", given, output=b64(data))
    for what, changed in (
        ("store", {"store": OTHER_CASE}),
        ("table", {"table": "grants"}),
        ("case", {"case": OTHER_CASE}),
        ("item", {"item": "shared/1"}),
        ("day", {"day": "2026-11-21"}),
        ("leaf", {"leaf": 8}),
        ("key", {"key": b64(epoch)}),
    ):
        save(f"row-of-another-{what}", f"another {what}", "row", {**given, **changed}, reason=MOVED)
    save("row-cut-off", "shorter than a nonce", "row", {**given, "sealed": b64(bytes(11))}, reason=MOVED)
    granted = {**row_name, "table": "grants", "item": MEMBERS[0], "key": b64(leaf_key), "epoch": b64(epoch)}
    bound = ns(label, STORE, "grants", CASE, MEMBERS[0], DAY, 9)
    granted["sealed"] = sealed(derive(leaf_key + epoch, label, "grants"), data, bound)
    save("row-of-a-grant", "under its leaf and the grantee's epoch deletion key", "row", granted, output=b64(data))
    save("row-of-a-grant-without-its-epoch", "the leaf alone", "row", {**granted, "epoch": ""}, reason=MOVED)
    for kind, purpose in (("keyring row", f"keyring {MEMBERS[0]}"), ("share row", f"epoch {MEMBERS[0]} {CASE}")):
        label, name = f"sealed-intake/1/{kind}", (STORE, purpose, 2)
        given = {"label": label, "deletion_key": b64(DELETION_KEY), "store": STORE, "purpose": purpose, "generation": 2}
        given["sealed"] = sealed(derive(DELETION_KEY, label, *name), data, ns(label, *name))
        name = kind.replace(" ", "-")
        save(name, "under its deletion key", "deletion key row", given, output=b64(data))
        save(f"{name}-of-another-generation", "an older one", "deletion key row", {**given, "generation": 1}, reason=ALTERED)
        other = "sealed-intake/1/" + ("share row" if kind == "keyring row" else "keyring row")
        save(f"{name}-under-another-label", "labels separate", "deletion key row", {**given, "label": other}, reason=ALTERED)


def chains():
    """Signed and linked records, and the keys that a token makes."""
    label = "sealed-intake/1/certificate"
    key = Ed25519PrivateKey.from_private_bytes(bytes([61]) * 32)
    public = b64(key.public_key().public_bytes_raw())
    texts = []
    for number in (0, 1):
        previous = b64(hashlib.sha256(dsse(label, texts[-1])).digest()) if texts else ""
        said = {
            "format": label, "store": STORE, "number": number, "previous": previous, "day": DAY, "days": [DAY], "cases": 2, "withdrawn": 0,
            "keys": [b64(hashlib.sha256(DELETION_KEY).digest())], "scrub": "clean",
        }  # fmt: skip
        texts.append(json.dumps(said, separators=(",", ":")).encode())
    first, second = (b64(key.sign(dsse(label, text))) for text in texts)
    given = {"text": texts[0].decode(), "signature": first, "key": public, "previous": None}
    save(
        "certificate",
        "the first",
        "certificate",
        given,
        output={"number": 0, "keys": [b64(hashlib.sha256(DELETION_KEY).digest())]},
    )
    chained = {"text": texts[1].decode(), "signature": second, "key": public, "previous": texts[0].decode()}
    save(
        "certificate-chained",
        "the second",
        "certificate",
        chained,
        output={"number": 1, "keys": [b64(hashlib.sha256(DELETION_KEY).digest())]},
    )
    chain = "a certificate that does not continue the chain"
    for name, changed, reason in (
        ("without-the-one-before", {"previous": None}, chain),
        ("after-another", {"previous": texts[1].decode()}, chain),
        (
            "by-another-key",
            {"key": b64(Ed25519PrivateKey.from_private_bytes(DELETION_KEY).public_key().public_bytes_raw())},
            "a signature that does not verify",
        ),
        ("altered", {"text": texts[1].decode().replace('"cases":2', '"cases":3')}, "a signature that does not verify"),
    ):
        save(f"certificate-{name}", "refused", "certificate", {**chained, **changed}, reason=reason)
    given = {"secret": b64(DELETION_KEY), "purpose": f"day {DAY}", "generation": 1}
    made = hmac.new(DELETION_KEY, b"sealed-intake/1/lock key", hashlib.sha256).digest()
    output = {"key": b64(made), "fingerprint": b64(hashlib.sha256(made).digest())}
    save("deletion-key-of-a-token", "HMAC-SHA256 of the token's secret", "deletion key", given, output=output)
    seed = derive(DELETION_KEY, "sealed-intake/1/notices")
    said = {"format": "sealed-intake/1/notices", "member": MEMBERS[0], "url": "ntfys://example.org/topic", "language": "ar"}
    body = json.dumps(said, separators=(",", ":")).encode()
    page = body.ljust(1024 - 4) + b"\n-\n-"
    given = {
        "file": b64(age.encrypt(page, [Identity(Secret(seed)).recipient])),
        "secret": b64(DELETION_KEY),
        "member": MEMBERS[0],
    }
    save("notice-address", "sealed to the server's notice key", "notice", given, output={"url": said["url"], "language": "ar"})
    save(
        "notice-address-of-someone-else",
        "moved",
        "notice",
        {**given, "member": MEMBERS[1]},
        reason="an address of someone else",
    )
