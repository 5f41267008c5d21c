"""Read each kind of object, for the vectors and for the differential fuzzer.

The browser's half is intake/client/src/tests/crypto/operations.ts. Names, input and output are the same.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, to_builtins

from crypto import (
    age,
    digits,
    draft,
    entry,
    grant,
    group_words,
    hold,
    keylist,
    keyring,
    names,
    on_behalf,
    parcel,
    receipt,
    recovery,
    sheet,
    snapshot,
    statement,
    unlocker,
    work,
)
from crypto import case as protocol
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, EpochId, GroupId, MemberId, as_dict, b64, from_dict, from_json, netstrings, parse_day, unb64
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sheet import Sizes
from crypto.signing import Signed, SigningKey, VerifyingKey, labelled_hash
from retention.policy import expiry_day
from tests.crypto.author_keys import author_key, key_of

Given = dict[str, Any]


def identities(given: Given) -> list[Identity]:
    return [Identity.parse(text) for text in given["identities"]]


def entries(given: Given) -> list[keylist.SignedEntry]:
    return [from_dict(keylist.SignedEntry, signed) for signed in given["entries"] for _ in range(given.get("times", 1))]


def open_handle(given: Given) -> object:
    handle = unlocker.normalise_handle(given["typed"])
    return {"handle": handle, "id": unlocker.handle_id(given["group"], handle)}


def stretch(given: Given) -> object:
    opened = receipt.stretch(given["code"], given["group"])
    return {"token": b64(opened.token.reveal()), "lookup": opened.lookup, "recipient": str(opened.identity.recipient)}


def unlock(opened: unlocker.Unlocker) -> object:
    return {"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())}


def open_entry(given: Given) -> object:
    position = entry.Position(CaseId(given["case"]), entry.Sequence(given["sequence"]), given["number"])
    mac_keys = {number: Secret(unb64(text)) for number, text in enumerate(given["mac_keys"])}
    opened = entry.open_(unb64(given["file"]), position, identities(given), mac_keys, author_key(given["keys"]))
    words = opened.content.answers[1].values[0] if isinstance(opened.content, entry.Request) else text_of(opened)
    tagged = {name: value for name, value in as_dict(opened.content).items() if name == "tags"}
    return {"kind": opened.kind, "author": opened.author, "words": words, "digest": opened.digest, **tagged}


def text_of(opened: entry.Entry) -> str:
    """Return the text that a member or requester wrote, or the follow-up that the entry sets."""
    content = opened.content
    if opened.kind is entry.Kind.FOLLOW_UP and isinstance(content, entry.Status) and content.follow_up is not UNSET:
        return " ".join((content.follow_up.day, content.follow_up.member, content.follow_up.text))
    return content.text if isinstance(content, entry.Text | entry.Note) else ""


def open_grant(given: Given) -> object:
    address = grant.Address(CaseId(given["case"]), MemberId(given["grantee"]), EpochId(given["epoch"]))
    opened = grant.open_(unb64(given["file"]), address, identities(given), author_key(given["keys"])).keys
    reveal = [[b64(key.seed.reveal()) for key in keys] for keys in (opened.case_keys, opened.desk_keys)]
    return {"case_keys": reveal[0], "desk_keys": reveal[1]}


def open_receipt_grant(given: Given) -> object:
    own = receipt.stretch(given["code"], given["group"])
    opened = receipt.open_grant(unb64(given["file"]), own, CaseId(given["case"]))
    assert str(opened.case_recipient) == opened.recipient
    assert opened.mac_key == Secret(unb64(opened.mac))
    return {"recipient": opened.recipient, "mac": opened.mac, "shown": opened.shown, "deletion": opened.deletion}


def verify_keylist(given: Given) -> object:
    seen = given.get("seen")
    keys = keylist.verify(
        entries(given),
        dt.date.fromisoformat(given["today"]),
        group=given.get("group"),
        fingerprint=given.get("fingerprint"),
        seen=(seen["number"], seen["hash"]) if seen else None,
    )
    return {
        "members": list(keys.members),
        "pending": keys.pending is not None,
        "fingerprint": keylist.fingerprint_digits(keys),
        "head": keys.head,
    }


def decisions(given: Given) -> object:
    keys = keylist.verify(entries(given), dt.date.fromisoformat(given["today"]))
    kept = keys.recovery
    return {
        "epoch_days": keys.epoch_days,
        "freshness_days": keys.freshness_days,
        "recovery": [kept.key, kept.threshold, sorted(kept.members), kept.tested_by] if kept else None,
        "recovered": [
            [taken.number, taken.day.isoformat(), taken.to, taken.of, sorted(taken.signers)] for taken in keys.recovered
        ],
    }


def proposal(given: Given) -> object:
    today = dt.date.fromisoformat(given["today"])
    return keylist.check_proposal(keylist.verify(entries(given), today), keylist.SignedEntry(**given["entry"]), today)


def rehearse(given: Given) -> object:
    signed = recovery.SignedDeal(**given["signed"])
    deal = recovery.read_deal(signed, GroupId(given["group"]), given["key"], key_of(given["keys"]))
    recovery.verify_shares(deal, given["shares"])
    return {"deal": deal.id, "value": deal.value}


def open_share(given: Given) -> object:
    group, member, key = GroupId(given["group"]), MemberId(given["member"]), key_of(given["keys"])
    share = recovery.open_share(unb64(given["file"]), identities(given), group, member, given["deal"], key)
    return {"author": share.author, "share": share.share}


def verify_statement(given: Given) -> object:
    today = dt.date.fromisoformat(given["today"])
    keys = keylist.verify(entries(given), today)
    signed = Signed(**given["signed"])
    if "snapshot" in given:
        verified = statement.verify(signed, keys, today, snapshot.read(Signed(**given["snapshot"]), keys))
    else:  # from the fuzzer
        verified = statement.check(signed, keys, today)
    days = {"from": verified.first.isoformat(), "until": verified.until.isoformat()}
    named = {"member": verified.member, "recipient": str(verified.recipient), "epoch": verified.recipient.id}
    return {**named, **days, "tags": sorted(verified.tags)}


def verify_snapshot(given: Given) -> object:
    today = dt.date.fromisoformat(given["today"])
    signed = Signed(**given["signed"])
    verified = snapshot.verify(signed, keylist.verify(entries(given), today), today, seen=given["seen_version"])
    return {
        "version": verified.version,
        "hash": verified.hash,
        "member": verified.member,
        "day": verified.day.isoformat(),
        "number": verified.number,
        "head": verified.head,
        "statements": verified.statements,
        "names": verified.names,
        "cases": verified.cases,
        **({"names_digest": verified.names_digest} if verified.names_digest is not None else {}),
    }


def verify_hold(given: Given) -> object:
    said, in_force = hold.verify(
        given["body"].encode("utf-8", "surrogatepass"), given["signatures"], CaseId(given["case"]), author_key(given["keys"])
    )
    return {"until": said.until, "entry": said.entry, "in_force": in_force}


def verify_on_behalf(given: Given) -> object:
    mark = on_behalf.verify(Signed(**given["signed"]), CaseId(given["case"]), author_key(given["keys"]))
    return {"member": mark.member, "channel": mark.channel, "head": mark.head}


def verify_candidate(given: Given) -> object:
    candidate, compared = statement.verify_candidate(Signed(**given["signed"]), given["group"])
    return {"member": candidate.member, "fingerprint": compared}


def open_keyring(given: Given) -> object:
    unlockers = [Identity.parse(given["identity"])]
    ring = keyring.open_(unb64(given["file"]), unlockers, GroupId(given["group"]), MemberId(given["member"]), given["handle"])
    assert ring.identities[0].recipient.id == ring.epochs[0].id
    return {"number": ring.number, "signing": b64(ring.signing_key.seed.reveal()), "epoch": ring.epochs[0].id}


def open_draft(given: Given) -> object:
    key = SigningKey(Secret(unb64(given["signing"], 32)))
    opened = as_dict(draft.open_(unb64(given["file"]), key, CaseId(given["case"]), MemberId(given["member"])))
    return {name: opened[name] for name in ("after", "fields")}


def open_names(given: Given) -> object:
    opened = names.open_(unb64(given["file"]), identities(given), given["group"], author_key(given["keys"]))
    return {name: value for name, value in as_dict(opened).items() if name in ("members", "words")}


def verify_words(given: Given) -> object:
    key_of_author = keylist.verify(entries(given), dt.date.fromisoformat(given["today"])).author_key
    return as_dict(group_words.verify(Signed(**given["signed"]), given["group"], given["number"], key_of_author))


def stored(served: list[Given]) -> list[protocol.StoredEntry]:
    return [protocol.StoredEntry(row["number"], row["digest"], unb64(row["file"]) if row["file"] else None) for row in served]


@dataclass
class Point:
    day: dt.date
    number: int
    names: int
    names_digest: str | None


def known_of(given: Given) -> protocol.VerifiedGroup:
    point, floor = given["snapshot"], given["floor"]
    return protocol.VerifiedGroup(
        keylist.verify(entries(given), dt.date.fromisoformat(given["today"])),
        Point(**{"names_digest": None, **point, "day": dt.date.fromisoformat(point["day"])}) if point else None,
        protocol.Floor({entry.Sequence(which): n for which, n in floor["numbers"].items()}, floor["head"]) if floor else None,
    )


def shown(opened: protocol.OpenCase | protocol.OwnCase) -> Given:
    """Return what the person sees, and the warnings with their reasons."""
    kept = opened.hold
    return {
        "warnings": [[warning.kind, warning.sequence or "", warning.number, warning.reason] for warning in opened.warnings],
        "hold": [kept.until, kept.reason, list(kept.by), kept.in_force] if kept else None,
        "progress": [opened.progress.stage, opened.progress.day],
        **({"writer": as_dict(opened.writer)} if isinstance(opened, protocol.OpenCase) and opened.writer else {}),
    }


def words_of(opened: tuple[entry.Entry, ...]) -> list[list[object]]:
    return [[read.position.number, read.kind, read.author, text_of(read)] for read in opened]


def whole_case(given: Given) -> protocol.OpenCase:
    served = given["served"]
    hold_ = protocol.StoredHold(**served["hold"]) if served["hold"] else None
    more = {"grant": unb64(served["grant"]), "shared": stored(served["shared"]), "desk": stored(served["desk"]), "hold": hold_}
    reader = protocol.Reader(given["grantee"], Identity.parse(given["identity"]), known_of(given))
    return protocol.open_case(given["asked"], protocol.ServedCase(**{**served, **more}), reader)


def open_whole_case(given: Given) -> object:
    opened = whole_case(given)
    last = [[opened.last[which].number, opened.last[which].digest] for which in entry.Sequence]
    seen = {"shared": words_of(opened.shared), "desk": words_of(opened.desk), "last": last}
    return {**seen, "inherited": opened.inherited, **shown(opened)}


def open_own_case(given: Given) -> object:
    served = given["served"]
    hold_ = protocol.StoredHold(**served["hold"]) if served["hold"] else None
    own = protocol.ServedOwnCase(served["case"], unb64(served["receipt_grant"]), stored(served["entries"]), hold_)
    known = known_of(given)
    opened = protocol.open_own(own, receipt.stretch(given["code"], known.keys.group), known)
    key = [opened.key.number, str(opened.key.recipient)]
    return {"entries": words_of(opened.entries), "key": key, "hidden": opened.hidden, **shown(opened)}


def check_names(given: Given) -> object:
    known = known_of(given)
    file = unb64(given["file"])
    opened = names.open_(file, identities(given), known.keys.group, known.keys.author_key)
    assert known.snapshot
    names.check_rollback(opened, names.digest_of(file), known.keys, known.snapshot)
    return opened.number


def check_signature(given: Given) -> object:
    VerifyingKey(given["key"]).verify(Label(given["label"]), given["body"].encode(), given["signature"])
    return True


OPERATIONS: dict[str, Callable[[Given], object]] = {
    "b64": lambda given: b64(unb64(given["text"])),
    "netstrings": lambda given: netstrings(*(part.encode() for part in given["parts"])).decode(),
    "receipt digits": lambda given: receipt.normalise(given["typed"]),
    "receipt stretch": stretch,
    "handle": open_handle,
    "passphrase": lambda given: unlock(unlocker.from_passphrase(given["passphrase"], given["group"], given["handle"])),
    "passkey": lambda given: unlock(unlocker.from_passkey(Secret(unb64(given["output"], 32)), given["group"], given["handle"])),
    "paper": lambda given: unlock(unlocker.from_paper_code(given["code"], given["group"], given["handle"])),
    "age": lambda given: b64(age.decrypt(unb64(given["file"]), identities(given))),
    "day": lambda given: parse_day(given["text"]).isoformat(),
    "expiry": lambda given: expiry_day(parse_day(given["first"]), given["days"]).isoformat(),
    "json": lambda given: as_dict(from_json(names.Names, given["text"])),
    "parcel": lambda given: json.loads(json.dumps(parcel.unpack(unb64(given["parcel"])), default=b64)),
    "recipient": lambda given: Recipient.parse(given["recipient"]).id,
    "sheet": lambda given: len(sheet.write(b"x" * given["length"], Sizes[given["sizes"]], Label.ENTRY, mac_key=Secret(b"k"))),
    "verify": check_signature,
    "work": lambda given: work.fits(given["offer"], unb64(given["nonce"], work.NONCE), given["price"]),
    "entry": open_entry,
    "grant": open_grant,
    "case": open_whole_case,
    "own case": open_own_case,
    "follow-up": lambda given: to_builtins(protocol.follow_up_of(whole_case(given).desk)),
    "names newness": check_names,
    "group words": verify_words,
    "receipt grant": open_receipt_grant,
    "key list": verify_keylist,
    "decisions": decisions,
    "combine": lambda given: recovery.combine(given["shares"], given["deal"]).reveal(),
    "share": open_share,
    "proposal": proposal,
    "deal": rehearse,
    "statement": verify_statement,
    "snapshot": verify_snapshot,
    "held digest": lambda given: snapshot.digest_of(given["cases"]),
    "hold": verify_hold,
    "on behalf": verify_on_behalf,
    "candidate": verify_candidate,
    "keyring": open_keyring,
    "draft": open_draft,
    "names": open_names,
    "hash": lambda given: labelled_hash(Label(given["label"]), given["body"].encode()),
}


def read_entry(given: Given) -> object:
    position = entry.Position(CaseId(given["case"]), entry.Sequence(given["sequence"]), given["number"])
    mac_keys = {number: Secret(unb64(text)) for number, text in enumerate(given["mac_keys"])}
    opened = entry.open_(unb64(given["file"]), position, identities(given), mac_keys, author_key(given["keys"]))
    said = {"kind": opened.kind, "key": opened.key, "previous": opened.previous, "author": opened.author, "day": opened.day}
    return {**said, "head": opened.head, "content": as_dict(opened.content), "digest": opened.digest}


def read_receipt_grant(given: Given) -> object:
    own = receipt.Receipt(Secret(b"t" * 32), Identity.parse(given["identity"]))
    return as_dict(receipt.open_grant(unb64(given["file"]), own, CaseId(given["case"])))


def read_keyring(given: Given) -> object:
    unlockers = [Identity.parse(given["identity"])]
    group, member = GroupId(given["group"]), MemberId(given["member"])
    return as_dict(keyring.open_(unb64(given["file"]), unlockers, group, member, given["handle"]))


def read_sheet(given: Given) -> object:
    page = sheet.parse(unb64(given["page"]), Sizes[given["sizes"]])
    page.check_signature(Label.ENTRY, VerifyingKey(given["key"]) if given["key"] else None)
    page.check_mac(Secret(unb64(given["mac"])) if given["mac"] else None)
    return b64(page.body)


def read_keylist(given: Given) -> object:
    keys = keylist.verify(entries(given), dt.date.fromisoformat(given["today"]))
    kept, waiting = keys.recovery, keys.pending
    return {
        "group": keys.group,
        "hashes": list(keys.hashes),
        "members": {member: key.text for member, key in keys.members.items()},
        "allMembers": {member: key.text for member, key in keys.all_members.items()},
        "quorum": keys.quorum,
        "retention": keys.retention.text if keys.retention else None,
        "pending": waiting.entry.hash if waiting else None,
        "epoch_days": keys.epoch_days,
        "freshness_days": keys.freshness_days,
        "recovery": [kept.key, kept.threshold, sorted(kept.members), kept.tested_by] if kept else None,
        "recovered": [
            [taken.number, taken.day.isoformat(), taken.to, taken.of, sorted(taken.signers)] for taken in keys.recovered
        ],
    }


# The same operations with everything that was read, for the fuzzer to compare.
WHOLE: dict[str, Callable[[Given], object]] = {
    "read entry": read_entry,
    "read receipt grant": read_receipt_grant,
    "read keyring": read_keyring,
    "read names": lambda given: as_dict(
        names.open_(unb64(given["file"]), identities(given), given["group"], author_key(given["keys"]))
    ),
    "read sheet": read_sheet,
    "read key list": read_keylist,
    "ascii digits": lambda given: digits.to_ascii(given["text"]),
}
