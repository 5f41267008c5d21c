"""Makers of signed objects: key lists, snapshots, statements, candidates and holds."""

# One field a line would hide what is changed.
# ruff: noqa: E501

import json
from functools import cache
from random import Random
from typing import Any

from crypto import keylist
from crypto.encoding import as_dict, b64, parse_day
from crypto.errors import CryptoError
from crypto.keylist.entry import Change, SignedEntry
from crypto.labels import Label
from crypto.signing import Signed, labelled_hash
from tests.fuzz import texts
from tests.fuzz.choices import DAYS, LATEST, NUMBERS, ODD_KEYS, Made, chosen, recipients, sign_text, written
from tests.vectors.world import (
    CASE,
    DAY,
    GROUP,
    HERE,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SIGNERS,
)

_KINDS = [kind.value for kind in Change]


_ANSWERS = ["stop", "agree"]
# The fields of each kind of entry; entries of other kinds contain a hash.
_SAYS = {
    "found": ("member", "key", "value"), "enrol": ("member", "key"), "remove": ("member",), "recover": ("member", "key"),
    "quorum": ("value",), "epoch": ("value",), "freshness": ("value",), "recovery": ("key", "value"), "retention": ("key",),
}  # fmt: skip


def _entry(random: Random, before: list[SignedEntry], defect: bool) -> SignedEntry:
    """An entry that could follow; with a defect, something in it differs."""
    keys = keylist.verify(before, parse_day(keylist.body_of(before[-1]).day)) if before else None
    members = [i for i in range(len(MEMBERS)) if keys and MEMBERS[i] in keys.members] or [0]
    strangers = [i for i in range(len(MEMBERS)) if keys and MEMBERS[i] not in keys.all_members] or [0]
    waits = keys is not None and keys.pending is not None
    kind = (
        "found" if not before else random.choice([*_ANSWERS, "enact", "enact"] if waits else _could(keys, members, strangers))
    )
    which = random.choice(strangers if kind == "enrol" else members) if before else 0
    says = _SAYS.get(kind, ("key",))
    key = before[-1].hash if before and "member" not in says and kind != "retention" else KEYS[MEMBERS[which]]
    evidence = _evidence(random, keys) if keys and kind == "enact" else None
    if evidence:
        # As `snapshot.hash_of`, which never sees the lone surrogates that an odd body here may have: no parser takes them.
        key = labelled_hash(Label.SNAPSHOT, evidence.body.encode("utf-8", "surrogatepass"))
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
        signatures_[MEMBERS[signers[0]]] = sign_text(random, SIGNERS[3], Label.KEY_LIST, text)
    if name == "signature" and random.random() < 0.5:
        # missing, or present where it must not be
        evidence = chosen(random, None, [Signed(body="{}", signature=""), evidence], 0.5)
    return SignedEntry(body=text, signatures=signatures_, evidence=evidence)


def _evidence(random: Random, keys: keylist.KeyList) -> Signed:
    """A snapshot by one of two members, mostly of the pending entry and old enough to be evidence."""
    number = chosen(random, len(keys.hashes) - 1, list(range(len(keys.hashes))), 0.2)
    who = random.choice([i for i in range(len(MEMBERS)) if MEMBERS[i] in keys.members])
    fields = _seen(random, chosen(random, who, [0, 1, 2, 3]), number, keys.hashes[number], [DAY, "2026-11-21", "2026-11-24"])
    text = written(random, fields)
    return Signed(body=text, signature=sign_text(random, SIGNERS[who], Label.SNAPSHOT, text))


def _seen(random: Random, who: int, number: int, head: str, days: list[str]) -> dict[str, Any]:
    """The fields of a snapshot."""
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
    heads = [SignedEntry(**entry).hash for entry in entries]
    number, who = random.randrange(len(heads)), random.randrange(3)
    text = written(random, _seen(random, who, number, heads[number], [DAY, DAY, "2026-11-21", "2026-12-20"]))
    signed = {"body": text, "signature": sign_text(random, SIGNERS[who], Label.SNAPSHOT, text)}
    today = chosen(random, DAY, DAYS[:8], 0.5)
    return "snapshot", {"signed": signed, "entries": entries, "today": today, "seen_version": chosen(random, 0, [1, 2, 9], 0.3)}


def _could(keys: keylist.KeyList | None, members: list[int], strangers: list[int]) -> list[str]:
    """The kinds of entries that could follow."""
    several = ["remove"] if len(members) > 1 else []
    three = ["recovery", *(["recover"] if keys and keys.recovery else [])] if len(members) > 2 else []
    return [*["enrol"] * (3 if strangers != [0] else 0), "quorum", "epoch", "freshness", "retention", *several, *three]


def _list(random: Random, length: int) -> list[dict[str, Any]]:
    """Entries that could each follow. The list ends at the first that could not."""
    entries: list[SignedEntry] = []
    for _ in range(length):
        defect = random.random() < 0.2
        entries.append(_entry(random, entries, defect))
        try:
            keylist.verify(entries, LATEST)
        except CryptoError:
            break
    return [as_dict(entry) for entry in entries]


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
    heads = [SignedEntry(**entry).hash for entry in entries]
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
    signed = {"body": text, "signature": sign_text(random, SIGNERS[who], Label.STATEMENT, text)}
    return "statement", {"signed": signed, "entries": entries, "today": random.choice(DAYS[:8])}


def candidate(random: Random) -> Made:
    """A candidate, with a key of any kind."""
    key = chosen(random, KEYS[MEMBERS[3]], ODD_KEYS, 0.2)
    fields = {"format": Label.CANDIDATE.value, "group": chosen(random, GROUP, [OTHER_CASE]), "member": chosen(random, MEMBERS[3], ["x", ""]), "key": key}  # fmt: skip
    text = written(random, fields)
    return "candidate", {
        "signed": {"body": text, "signature": sign_text(random, SIGNERS[3], Label.CANDIDATE, text)},
        "group": GROUP,
    }


def hold(random: Random) -> Made:
    """A hold that some have signed."""
    fields = {"format": Label.HOLD.value, "case": chosen(random, CASE, [OTHER_CASE]), "until": chosen(random, "2026-12-10", DAYS, 0.3), "entry": b64(bytes(32))}  # fmt: skip
    text = written(random, fields)
    signers = random.sample(range(4), random.randint(0, 3))
    made = {MEMBERS[i]: sign_text(random, SIGNERS[i], Label.HOLD, text) for i in signers}
    return "hold", {"body": text, "signatures": made, "case": CASE, "keys": dict(list(KEYS.items())[: random.randint(2, 4)])}
