"""Objects of docs/reference/format.md for the differential fuzzer: properly signed and encrypted, with some content changed.

A maker takes a source of randomness and gives an operation of tests/crypto/operations.py with its input. To fuzz one more kind
of
object, write a maker and add it to `MAKERS`. To fuzz one more kind of key-list entry, add it to `_KINDS`.
"""

# One field a line would hide what is changed.
# ruff: noqa: E501

import datetime as dt
import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from crypto import age, digits, keylist, sheet
from crypto.age import Recipient, bech32
from crypto.ed25519 import L, P
from crypto.encoding import as_dict, b64, parse_day
from crypto.errors import CryptoError
from crypto.keylist.entry import Change, SignedEntry
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import Sizes
from crypto.signing import Signed, SigningKey
from crypto.snapshot import hash_of
from tests.fuzz import headers, texts
from tests.vectors import signatures
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DAY,
    DESK_KEY,
    DESK_MAC,
    EPOCH,
    GROUP,
    HERE,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SHARED_MAC,
    SIGNERS,
)

Made = tuple[str, dict[str, Any]]
DAYS = [DAY, "2026-11-19", "2026-11-21", "2026-11-24", "2026-12-20", "2027-01-19", "2027-01-21", "1970-01-01", "0000-01-01", "8999-12-31",
        "9999-12-31", "2026-02-29", "2026-1-1", ""]  # fmt: skip
NUMBERS = [0, 1, 2, 3, 9, 10, 7, 60, 61, 2**31 - 1, 2**31, -1]
_KINDS = [kind.value for kind in Change]
SMALL = [b64(signatures.encode(point)) for point in signatures.SMALL]
ODD_KEYS = [*SMALL, b64(b"\2" + bytes(31)), b64((P + 1).to_bytes(32, "little")), b64(b"\xff" * 32), "", "x", b64(bytes(31))]
WORDS = ["", "x", "ليلى", "a\u0085b", "\ufeff", "\u2028", "é", "e\u0301", "🥖", "\0", "x" * 41, "new", "done"]
RAW = EPOCH.recipient.raw
LATEST = dt.date(2027, 1, 1)


@cache
def recipients() -> list[str]:
    """Valid ones, and some to which nobody can encrypt."""
    odd = [RAW[:1184] + u.to_bytes(32, "little") for u in (0, 1, 9, 2**255 - 20, 2**255 - 19, 2**255 - 1, 2**256 - 1)]
    odd += [b"\x01\x0d" + RAW[2:], b"\x00\x0d" + RAW[2:], RAW[:1151] + b"\xd0" + RAW[1152:], RAW[:-1], b""]
    return [str(EPOCH.recipient), str(CASE_KEY.recipient), *(bech32.encode("age1pq", raw) for raw in odd), "age1pq1", ""]


def chosen(random: Random, good: Any, odd: list[Any], chance: float = 0.05) -> Any:
    """Mostly the valid one."""
    return random.choice(odd) if random.random() < chance else good


def written(random: Random, fields: dict[str, Any]) -> str:
    """The object as JSON: mostly compact, sometimes in another form."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return texts.changed(random, text) if random.random() < 0.25 else text


def _sign(random: Random, key: SigningKey, label: Label, text: str) -> str:
    body = text.encode("utf-8", "replace")
    signature = key.sign(label, body)
    return (
        signature
        if random.random() < 0.97
        else random.choice([signature[:-1], "", signature[:43] + b64(L.to_bytes(32, "little"))])
    )


_ANSWERS = ["stop", "agree"]
# What each kind of entry says; another kind says a hash of something.
_SAYS = {
    "found": ("member", "key", "value"), "enrol": ("member", "key"), "remove": ("member",), "recover": ("member", "key"),
    "quorum": ("value",), "epoch": ("value",), "freshness": ("value",), "recovery": ("key", "value"), "retention": ("key",),
}  # fmt: skip


def _entry(random: Random, before: list[SignedEntry], defect: bool) -> SignedEntry:
    """An entry that could follow; with a defect, something in it differs."""
    keys = keylist.verify(before, parse_day(keylist.body_of(before[-1]).day)) if before else None
    members = [i for i in range(len(MEMBERS)) if keys and MEMBERS[i] in keys.members] or [0]
    strangers = [i for i in range(len(MEMBERS)) if keys and MEMBERS[i] not in keys.known] or [0]
    waits = keys is not None and keys.pending is not None
    kind = (
        "found" if not before else random.choice([*_ANSWERS, "enact", "enact"] if waits else _could(keys, members, strangers))
    )
    which = random.choice(strangers if kind == "enrol" else members) if before else 0
    says = _SAYS.get(kind, ("key",))
    key = before[-1].hash if before and "member" not in says and kind != "retention" else KEYS[MEMBERS[which]]
    evidence = _evidence(random, keys) if keys and kind == "enact" else None
    if evidence:
        key = hash_of(evidence)
    value = random.choice([7, 14, 60] if kind in ("epoch", "freshness") else [2])
    days = (
        [DAY, DAY, "2026-11-21", "2026-11-24"] if kind != "enact" else ["2026-11-23", "2026-11-24", "2026-12-20", "2026-12-24"]
    )
    fields: dict[str, Any] = {
        "format": Label.KEY_LIST.value, "group": GROUP, "number": len(before), "previous": before[-1].hash if before else "",
        "day": max(keys.days[-1].isoformat(), random.choice(days)) if keys else DAY, "kind": kind,
        "member": MEMBERS[which] if "member" in says else "", "key": key if "key" in says else "", "value": value if "value" in says else 0,
    }  # fmt: skip
    odd: dict[str, list[Any]] = {
        "format": [Label.STATEMENT.value], "group": [OTHER_CASE, "x"], "number": NUMBERS, "previous": ["", GROUP, b64(bytes(32))],
        "day": DAYS, "kind": [*_KINDS, "other"], "member": [*MEMBERS, "", "x"], "key": [*ODD_KEYS, *KEYS.values(), before[-1].hash if before else ""], "value": NUMBERS,
    }  # fmt: skip
    signers = members if random.random() < 0.5 and not waits else random.sample(members, 1 if len(members) <= 2 else 2)
    name = random.choice([*odd, "signers", "text", "signature"]) if defect else ""
    if name in odd:
        fields[name] = random.choice(odd[name])
    if name == "signers":
        signers = random.sample(range(4), random.randint(0, 3))
    text = json.dumps(fields, separators=(",", ":"))
    text = texts.changed(random, text) if name == "text" else text
    signatures_ = {MEMBERS[i]: SIGNERS[i].sign(Label.KEY_LIST, text.encode("utf-8", "replace")) for i in signers}
    if name == "signers" and random.random() < 0.3:
        signatures_[random.choice(["__proto__", "constructor", "x", "", "0"])] = SIGNERS[0].sign(
            Label.KEY_LIST, text.encode("utf-8", "replace")
        )
    if name == "signature" and signers:
        signatures_[MEMBERS[signers[0]]] = _sign(random, SIGNERS[3], Label.KEY_LIST, text)
    if name == "signature" and random.random() < 0.5:
        # missing, or present where it must not be
        evidence = chosen(random, None, [Signed(body="{}", signature=""), evidence], 0.5)
    return SignedEntry(body=text, signatures=signatures_, evidence=evidence)


def _evidence(random: Random, keys: keylist.KeyList) -> Signed:
    """A snapshot by one of two, mostly of the pending entry and old enough."""
    number = chosen(random, len(keys.hashes) - 1, list(range(len(keys.hashes))), 0.2)
    who = random.choice([i for i in range(len(MEMBERS)) if MEMBERS[i] in keys.members])
    fields = _seen(random, chosen(random, who, [0, 1, 2, 3]), number, keys.hashes[number], [DAY, "2026-11-21", "2026-11-24"])
    text = written(random, fields)
    return Signed(body=text, signature=_sign(random, SIGNERS[who], Label.SNAPSHOT, text))


def _seen(random: Random, who: int, number: int, head: str, days: list[str]) -> dict[str, Any]:
    """What a snapshot says."""
    digest = b64(bytes(32))
    return {
        "format": chosen(random, Label.SNAPSHOT.value, [Label.STATEMENT.value]), "group": chosen(random, GROUP, [OTHER_CASE, ""]),
        "member": MEMBERS[who], "version": chosen(random, 1, NUMBERS, 0.2), "day": chosen(random, random.choice(days), DAYS, 0.1),
        "number": chosen(random, number, NUMBERS), "head": chosen(random, head, ["", GROUP, digest]),
        "statements": {random.choice([*MEMBERS, "__proto__", "0", ""]): chosen(random, digest, ["", "x", GROUP], 0.05) for _ in range(random.randrange(3))},
        "names": chosen(random, 1, NUMBERS, 0.1), "cases": chosen(random, digest, ["", GROUP]),
        **({"names_digest": chosen(random, digest, ["", GROUP])} if random.random() < 0.5 else {}),
    }  # fmt: skip


def snapshot(random: Random) -> Made:
    """A snapshot by one of three members, on a day, with a version that its reader has seen."""
    entries = _three()
    heads = [SignedEntry(**one).hash for one in entries]
    number, who = random.randrange(len(heads)), random.randrange(3)
    text = written(random, _seen(random, who, number, heads[number], [DAY, DAY, "2026-11-21", "2026-12-20"]))
    signed = {"body": text, "signature": _sign(random, SIGNERS[who], Label.SNAPSHOT, text)}
    today = chosen(random, DAY, DAYS[:8], 0.5)
    return "snapshot", {"signed": signed, "entries": entries, "today": today, "seen_version": chosen(random, 0, [1, 2, 9], 0.3)}


def _could(keys: keylist.KeyList | None, members: list[int], strangers: list[int]) -> list[str]:
    """The kinds of which something could follow."""
    several = ["remove"] if len(members) > 1 else []
    three = ["recovery", *(["recover"] if keys and keys.recovery else [])] if len(members) > 2 else []
    return [*["enrol"] * (3 if strangers != [0] else 0), "quorum", "epoch", "freshness", "retention", *several, *three]


def _list(random: Random, length: int) -> list[dict[str, Any]]:
    """Entries each of which could follow, except one, with which the list ends."""
    entries: list[SignedEntry] = []
    for _ in range(length):
        defect = random.random() < 0.2
        entries.append(_entry(random, entries, defect))
        try:
            keylist.verify(entries, LATEST)
        except CryptoError:
            break
    return [as_dict(one) for one in entries]


def key_list(random: Random) -> Made:
    """A list of up to ten entries."""
    entries = _list(random, random.randint(1, 10))
    if random.random() < 0.05:
        random.shuffle(entries)
    return "read key list", {"entries": entries, "today": chosen(random, "2026-12-20", DAYS[:8], 0.2)}


@cache
def _three() -> list[dict[str, Any]]:
    vector = json.loads((HERE / "statement-ok.json").read_bytes())
    return list(vector["input"]["entries"])


def statement(random: Random) -> Made:
    """A statement of one of three members, on a day."""
    entries = _three()
    heads = [SignedEntry(**one).hash for one in entries]
    who = random.randrange(3)
    fields = {
        "format": chosen(random, Label.STATEMENT.value, [Label.CANDIDATE.value]),
        "group": chosen(random, GROUP, [OTHER_CASE]),
        "member": chosen(random, MEMBERS[who], MEMBERS),
        "recipient": chosen(random, recipients()[0], recipients(), 0.3),
        "head": chosen(random, random.choice(heads), ["", GROUP]),
        "from": chosen(random, DAY, DAYS, 0.2),
        "until": chosen(random, "2027-01-19", [*DAYS, "2027-03-20", "2027-03-21"], 0.3),
        "tags": chosen(random, ["lang:ar"], [[], [""], ["x" * 40], ["x" * 41], ["x"] * 16, ["x"] * 17, ["🥖" * 40], [1]], 0.3),
    }
    text = written(random, fields)
    signed = {"body": text, "signature": _sign(random, SIGNERS[who], Label.STATEMENT, text)}
    return "statement", {"signed": signed, "entries": entries, "today": random.choice(DAYS[:8])}


def candidate(random: Random) -> Made:
    """A candidate, with a key of any kind."""
    key = chosen(random, KEYS[MEMBERS[3]], ODD_KEYS, 0.2)
    fields = {"format": Label.CANDIDATE.value, "group": chosen(random, GROUP, [OTHER_CASE]), "member": chosen(random, MEMBERS[3], ["x", ""]), "key": key}  # fmt: skip
    text = written(random, fields)
    return "candidate", {
        "signed": {"body": text, "signature": _sign(random, SIGNERS[3], Label.CANDIDATE, text)},
        "group": GROUP,
    }


def hold(random: Random) -> Made:
    """A hold that some have signed."""
    fields = {"format": Label.HOLD.value, "case": chosen(random, CASE, [OTHER_CASE]), "until": chosen(random, "2026-12-10", DAYS, 0.3), "entry": b64(bytes(32))}  # fmt: skip
    text = written(random, fields)
    signers = random.sample(range(4), random.randint(0, 3))
    made = {MEMBERS[i]: _sign(random, SIGNERS[i], Label.HOLD, text) for i in signers}
    return "hold", {"body": text, "signatures": made, "case": CASE, "keys": dict(list(KEYS.items())[: random.randint(2, 4)])}


def _page(random: Random, text: str, sizes: Sizes, label: Label, author: SigningKey | None, mac: Secret | None) -> bytes:
    page = sheet.write(text.encode("utf-8", "replace"), sizes, label, author=chosen(random, author, [None, SIGNERS[3]]), mac_key=chosen(random, mac, [None, DESK_MAC]))  # fmt: skip
    return texts.damaged(random, page) if random.random() < 0.1 else page


def _sealed(page: bytes, to: Recipient) -> str:
    return b64(age.encrypt(page, [to]))


def _content(random: Random, kind: str) -> Any:

    def word() -> str:
        return random.choice(WORDS)

    summary = {
        "arrived": DAY, "name": word(), "kinds": [word()], "line": word(), "language": "ar", "direction": "need", "deletion": word(),
        "area": word(), "urgency": "", "contact": word(),
    }  # fmt: skip
    standing = {"status": chosen(random, "new", WORDS, 0.2), "summary": summary}
    request = {
        "form": "f", "language": "ar", "direction": "need", "name": word(), "shown": random.random() < 0.5, "sealed_by": "browser",
        "answers": [{"question": "q", "text": word(), "values": [word()], "labels": []} for _ in range(random.randrange(3))],
        "contact": {"how": word(), "voicemail": "no", "say_who": "", "safe_time": "", "return_only": chosen(random, False, [0, None, "no"])},
        "deletion": chosen(random, DAY, DAYS, 0.2),
        "recipients": {"case": chosen(random, recipients()[1], recipients(), 0.2), "receipt": recipients()[0]},
    }  # fmt: skip
    told = {"number": chosen(random, 1, NUMBERS), "recipient": chosen(random, recipients()[1], recipients(), 0.2), "mac": chosen(random, b64(bytes(32)), ["", b64(bytes(31))])}  # fmt: skip
    contents = {
        "request": request, "keys": told, "hold": {"text": word(), "until": chosen(random, DAY, DAYS, 0.2)}, "status": standing,
        "note": {**standing, "text": word()}, "draft": {**standing, "text": word()}, "match": {**standing, "other": word()},
    }  # fmt: skip
    return contents.get(kind, {"text": word()})


def entry(random: Random) -> Made:
    """An entry of any kind, in either sequence."""
    sequence = random.choice(["shared", "desk"])
    number = random.choice([0, 1])
    first = sequence == "shared" and number == 0
    kinds = ["message", "correction", "keys", "hold"] if sequence == "shared" else ["note", "status", "draft", "match"]
    kind = "request" if first else random.choice(kinds)
    who = random.randrange(3)
    author = (
        MEMBERS[who] if kind in ("keys", "hold") or sequence == "desk" or (kind == "message" and random.random() < 0.5) else ""
    )
    fields = {
        "format": chosen(random, Label.ENTRY.value, [""], 0.02), "case": chosen(random, CASE, [OTHER_CASE], 0.02), "sequence": sequence,
        "number": chosen(random, number, NUMBERS, 0.03), "kind": chosen(random, kind, [*kinds, "request", "note", "other"], 0.05),
        "key": chosen(random, 0, NUMBERS), "previous": "", "author": chosen(random, author, ["", *MEMBERS]),
        "day": chosen(random, DAY, DAYS), "content": chosen(random, _content(random, kind), [{}, [], None, "x"]),
    }  # fmt: skip
    identity, mac = (CASE_KEY, SHARED_MAC) if sequence == "shared" else (DESK_KEY, DESK_MAC)
    sizes = Sizes.REQUEST if first else Sizes.ENTRY
    page = _page(random, written(random, fields), sizes, Label.ENTRY, SIGNERS[who] if author else None, mac)
    given = {
        "case": CASE,
        "sequence": sequence,
        "number": number,
        "identities": [identity.reveal()],
        "mac_keys": [b64(mac.reveal())],
    }
    return "read entry", {**given, "keys": dict(list(KEYS.items())[:3]), "file": _sealed(page, identity.recipient)}


def _seeds(random: Random, count: int) -> list[str]:
    return [chosen(random, b64(bytes([n]) * 32), ["", b64(bytes(31)), "AB"]) for n in range(count)]


def grant(random: Random) -> Made:
    """A grant by the requester or by a member."""
    who = random.choice([None, 0, 1])
    fields = {
        "format": Label.GRANT.value, "case": chosen(random, CASE, [OTHER_CASE]), "grantee": chosen(random, MEMBERS[0], MEMBERS),
        "epoch": EPOCH.recipient.id, "author": "" if who is None else MEMBERS[who],
        "case_keys": _seeds(random, random.choice([1, 1, 1, 2, 0])), "desk_keys": _seeds(random, random.choice([0, 0, 1]) if who is None else 1),
    }  # fmt: skip
    page = _page(random, written(random, fields), Sizes.GRANT, Label.GRANT, None if who is None else SIGNERS[who], None)
    given = {"case": CASE, "grantee": MEMBERS[0], "epoch": EPOCH.recipient.id, "identities": [EPOCH.reveal()], "keys": KEYS}
    return "grant", {**given, "file": _sealed(page, EPOCH.recipient)}


def receipt_grant(random: Random) -> Made:
    """A receipt grant, as its identity opens it."""
    fields = {
        "format": Label.RECEIPT_GRANT.value, "case": chosen(random, CASE, [OTHER_CASE]), "recipient": chosen(random, recipients()[1], recipients(), 0.3),
        "mac": chosen(random, b64(bytes(32)), ["", "AB"]), "request": b64(bytes(32)), "shown": chosen(random, True, [0, "true"]),
        "deletion": chosen(random, DAY, DAYS, 0.3),
    }  # fmt: skip
    page = _page(random, written(random, fields), Sizes.RECEIPT_GRANT, Label.RECEIPT_GRANT, None, None)
    return "read receipt grant", {"case": CASE, "identity": EPOCH.reveal(), "file": _sealed(page, EPOCH.recipient)}


def names(random: Random) -> Made:
    """A names file."""
    fields = {
        "format": Label.NAMES.value, "group": chosen(random, GROUP, [OTHER_CASE]), "number": chosen(random, 1, NUMBERS, 0.2), "author": MEMBERS[0],
        "members": {random.choice([*MEMBERS, "__proto__", "constructor", "1", "0", ""]): random.choice(WORDS) for _ in range(3)},
    }  # fmt: skip
    page = _page(random, written(random, fields), Sizes.BOOK, Label.NAMES, SIGNERS[0], None)
    return "read names", {"file": _sealed(page, EPOCH.recipient), "identities": [EPOCH.reveal()], "group": GROUP, "keys": KEYS}


def keyring(random: Random) -> Made:
    """A keyring."""
    fields = {
        "format": Label.KEYRING.value, "group": GROUP, "member": chosen(random, MEMBERS[0], MEMBERS), "number": chosen(random, 1, NUMBERS, 0.1),
        "handle": chosen(random, "sam", ["Sam", ""]), "signing": b64(bytes(32)), "head": {"number": chosen(random, 0, NUMBERS), "hash": b64(bytes(32))},
        "epochs": [{"id": EPOCH.recipient.id, "seed": b64(bytes(32)), "from": DAY, "until": random.choice(DAYS)}],
        "unlockers": [{"id": CASE, "kind": "paper", "recipient": random.choice(recipients())}], "shares": [], "views": [],
    }  # fmt: skip
    page = _page(random, written(random, fields), Sizes.BOOK, Label.KEYRING, None, None)
    given = {
        "file": _sealed(page, EPOCH.recipient),
        "identity": EPOCH.reveal(),
        "group": GROUP,
        "member": MEMBERS[0],
        "handle": "sam",
    }
    return "read keyring", given


def share(random: Random) -> Made:
    """A share of the recovery key."""
    fields = {
        "format": Label.SHARE.value, "group": GROUP, "deal": chosen(random, CASE, [OTHER_CASE]), "member": MEMBERS[1], "author": MEMBERS[0],
        "share": chosen(random, b64(bytes(33)), ["", b64(bytes(32))]),
    }  # fmt: skip
    page = _page(random, written(random, fields), Sizes.GRANT, Label.SHARE, SIGNERS[0], None)
    given = {
        "file": _sealed(page, EPOCH.recipient),
        "identities": [EPOCH.reveal()],
        "group": GROUP,
        "member": MEMBERS[1],
        "deal": CASE,
        "keys": KEYS,
    }
    return "share", given


def page(random: Random) -> Made:
    """A sheet as it is, damaged somewhere."""
    text = json.dumps({"text": random.choice(WORDS)}, ensure_ascii=False).encode()
    author, mac = random.choice([None, SIGNERS[0]]), random.choice([None, SHARED_MAC])
    data = texts.damaged(random, sheet.write(text, Sizes.ENTRY, Label.ENTRY, author=author, mac_key=mac))
    sizes = chosen(random, "ENTRY", ["GRANT", "BOOK", "REQUEST", "RECEIPT_GRANT"], 0.1)
    return "read sheet", {"page": b64(data), "sizes": sizes, "key": KEYS[MEMBERS[0]] if author else "", "mac": b64(mac.reveal()) if mac else ""}  # fmt: skip


def signature(random: Random) -> Made:
    """A key, an R and an S, each from edge cases."""
    torsion = random.choice(signatures.SMALL)
    key_torsion = random.choice([signatures.NEUTRAL, torsion])
    # Often only the small-order points remain of the key or of R.
    secret, nonce = (random.choice([0, 0, 1, 2]) for _ in range(2))
    key = signatures.encode(signatures.add(signatures.times(secret, signatures.BASE), key_torsion))
    r = signatures.encode(
        signatures.add(signatures.times(nonce, signatures.BASE), random.choice([signatures.NEUTRAL, torsion]))
    )
    made = signatures.signed(key, secret, r, nonce)
    assert made
    data = bytearray(made[1])
    if random.random() < 0.3:
        data[random.randrange(64)] ^= 1 << random.randrange(8)
    elif random.random() < 0.2:
        data[32:] = ((int.from_bytes(data[32:], "little") + random.randrange(1, 9) * L) % 2**256).to_bytes(32, "little")
    elif random.random() < 0.2:
        data[:32] = random.choice([P, P + 1, P - 1, 1 | 1 << 255, P - 1 | 1 << 255, 2**255 - 1, 2]).to_bytes(32, "little")
    shown = chosen(random, b64(key), ODD_KEYS, 0.1)
    return "verify", {"label": Label.ENTRY.value, "body": signatures.BODY.decode(), "key": shown, "signature": b64(bytes(data))}


def recipient(random: Random) -> Made:
    """A recipient with some bytes changed, its checksum right."""
    raw = bytearray(RAW)
    if random.random() < 0.5:
        raw[random.randrange(1216)] = random.choice([0, 0xFF, 0x0D, 0x7F, random.randrange(256)])
    else:
        raw[1184:] = random.choice([0, 1, P - 1, P, P + 1, 2**255 - 1, 2**255, 2**255 + 1, 2**256 - 1, 9]).to_bytes(
            32, "little"
        )
    text = bech32.encode("age1pq", bytes(raw))
    return "recipient", {"recipient": texts.swapped(random, text) if random.random() < 0.2 else text}


def header(random: Random) -> Made:
    """An age file whose header is changed and whose MAC verifies."""
    return "age", {"file": b64(headers.changed(random)), "identities": [EPOCH.reveal()]}


def json_text(random: Random) -> Made:
    """A names file's text."""
    fields = {"format": "f", "group": "g", "number": 1, "author": "a", "members": {"m": random.choice(WORDS), "__proto__": "n"}}
    return "json", {"text": texts.changed(random, json.dumps(fields, ensure_ascii=random.random() < 0.5))}


def day(random: Random) -> Made:
    """A day, or nearly one."""
    text = f"{random.choice([0, 1, 1969, 1970, 2026, 2028, 2100, 8999, 9000, 9999]):04}-{random.randrange(14):02}-{random.randrange(33):02}"
    return "day", {"text": texts.swapped(random, text) if random.random() < 0.2 else text}


def base64(random: Random) -> Made:
    """Base64url, or nearly."""
    text = b64(random.randbytes(random.randrange(40)))
    return "b64", {"text": texts.swapped(random, text) if random.random() < 0.5 and text else text}


def receipt(random: Random) -> Made:
    """A receipt as people type it."""
    code = digits.generate(24) if random.random() < 0.9 else "1" * 24
    return "receipt digits", {"typed": texts.typed(random, code)}


def ascii_digits(random: Random) -> Made:
    """Any text, its digits as ASCII."""
    return "ascii digits", {"text": texts.typed(random, "tel. 0123 456 789")}


def handle(random: Random) -> Made:
    """A handle as people type it."""
    return "handle", {
        "typed": texts.typed(random, random.choice(["sam", "María.Ⅳ", "ليلى_٢", "ΟΔΟΣ", "İDA", "ﬁx", "ẞtraße"])),
        "group": GROUP,
    }


MAKERS: list[Callable[[Random], Made]] = [
    *[key_list] * 4, *[signature] * 4, *[json_text] * 3, *[recipient] * 2, *[statement] * 2, *[snapshot] * 2, candidate, hold, *[entry] * 2, grant, receipt_grant,
    names, keyring, share, page, header, day, base64, receipt, ascii_digits, handle,
]  # fmt: skip
"""Every maker; those that are cheap or have many rules appear several times."""
