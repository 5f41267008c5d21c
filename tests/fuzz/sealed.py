"""Makers of sealed objects: entries, grants, names, keyrings and shares."""

# One field a line would hide what is changed.
# ruff: noqa: E501

from random import Random
from typing import Any

from crypto import age, sheet
from crypto.age import Recipient
from crypto.encoding import b64
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import Sizes
from crypto.signing import SigningKey
from tests.fuzz import texts
from tests.fuzz.choices import DAYS, NUMBERS, WORDS, Made, chosen, recipients, written
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DAY,
    DESK_KEY,
    DESK_MAC,
    EPOCH,
    GROUP,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SHARED_MAC,
    SIGNERS,
)


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
    if random.random() < 0.3:
        summary["deletion"] = chosen(random, "2027-01-01", DAYS, 0.1)
        member = chosen(random, MEMBERS[0], ["", "x", None], 0.2)
        standing["follow_up"] = {
            "day": chosen(random, DAY, DAYS, 0.2),
            "text": word() * random.choice([1, 30]),
            "member": member,
        }
    later = {
        name: chosen(random, word(), [0, None, False])
        for name in ("text_message", "who_else", "call_language")
        if random.random() < 0.7
    }
    request = {
        "form": "f", "language": "ar", "direction": "need", "name": word(), "shown": random.random() < 0.5, "sealed_by": "browser",
        "answers": [{"question": "q", "text": word(), "values": [word()], "labels": []} for _ in range(random.randrange(3))],
        "contact": {"how": word(), "voicemail": "no", "say_who": "", "safe_time": "", "return_only": chosen(random, False, [0, None, "no"]), **later},
        "deletion": chosen(random, DAY, DAYS, 0.2),
        "recipients": {"case": chosen(random, recipients()[1], recipients(), 0.2), "receipt": recipients()[0]},
    }  # fmt: skip
    keys = {"number": chosen(random, 1, NUMBERS), "recipient": chosen(random, recipients()[1], recipients(), 0.2), "mac": chosen(random, b64(bytes(32)), ["", b64(bytes(31))])}  # fmt: skip
    contents = {
        "request": request, "keys": keys, "hold": {"text": word(), "until": chosen(random, DAY, DAYS, 0.2)}, "status": standing,
        "progress": {"stage": chosen(random, "read", ["in-progress", "closed", "answered", "waiting", ""], 0.5)},
        "note": {**standing, "text": word()}, "draft": {**standing, "text": word()}, "match": {**standing, "other": word()},
        "follow-up": standing,
    }  # fmt: skip
    return contents.get(kind, {"text": word()})


def entry(random: Random) -> Made:
    """An entry of any kind, in either sequence."""
    sequence = random.choice(["shared", "desk"])
    number = random.choice([0, 1])
    first = sequence == "shared" and number == 0
    kinds = (
        ["message", "correction", "keys", "hold", "progress"]
        if sequence == "shared"
        else ["note", "status", "draft", "match", "follow-up"]
    )
    kind = "request" if first else random.choice(kinds)
    who = random.randrange(3)
    author = (
        MEMBERS[who]
        if kind in ("keys", "hold", "progress") or sequence == "desk" or (kind == "message" and random.random() < 0.5)
        else ""
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
    page = _page(random, written(random, fields), Sizes.KEYRING, Label.NAMES, SIGNERS[0], None)
    return "read names", {"file": _sealed(page, EPOCH.recipient), "identities": [EPOCH.reveal()], "group": GROUP, "keys": KEYS}


def keyring(random: Random) -> Made:
    """A keyring."""
    fields = {
        "format": Label.KEYRING.value, "group": GROUP, "member": chosen(random, MEMBERS[0], MEMBERS), "number": chosen(random, 1, NUMBERS, 0.1),
        "handle": chosen(random, "sam", ["Sam", ""]), "signing": b64(bytes(32)), "head": {"number": chosen(random, 0, NUMBERS), "hash": b64(bytes(32))},
        "epochs": [{"id": EPOCH.recipient.id, "seed": b64(bytes(32)), "from": DAY, "until": random.choice(DAYS)}],
        "unlockers": [{"id": CASE, "kind": "paper", "recipient": random.choice(recipients())}], "shares": [], "views": [],
    }  # fmt: skip
    page = _page(random, written(random, fields), Sizes.KEYRING, Label.KEYRING, None, None)
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
