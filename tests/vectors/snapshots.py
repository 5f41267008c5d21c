"""Vectors of snapshots, of entries that one of two members signed, and of statements that a snapshot names."""

import datetime as dt
import json

from msgspec import UNSET

from crypto import keylist, snapshot, statement
from crypto.encoding import b64, to_json
from crypto.keylist import Change
from crypto.labels import Label
from tests.vectors.world import CASE, DAY, GROUP, KEYS, MEMBERS, OTHER_CASE, SIGNERS, save

NAMES = b64(b"\6" * 32)
TODAY = dt.date.fromisoformat(DAY)


def body(keys, by, day=DAY, *, version=1, statements=None, number=None, **changes):
    """What member `by` saw of `keys`, up to entry `number`."""
    number = len(keys.entries) - 1 if number is None else number
    fields = {
        "format": Label.SNAPSHOT.value,
        "group": GROUP,
        "member": MEMBERS[by],
        "version": version,
        "day": day,
        "number": number,
        "head": keys.hashes[number],
        "statements": statements or {},
        "names": 1,
        "names_digest": NAMES,
        "cases": snapshot.digest_of([CASE]),
        **changes,
    }
    return snapshot.Body(**fields)


def signed_by(by, written):
    """The snapshot with the signature of member `by`."""
    return snapshot.sign(written, SIGNERS[by])


def as_json(signed):
    """A signed text as vectors carry it."""
    return json.loads(to_json(signed))


def snapshot_vectors(three):
    """Snapshots that a reader accepts, and those it refuses."""
    keys = keylist.verify(three, TODAY)
    given = {"entries": [as_json(entry) for entry in three], "today": DAY, "seen_version": 0}
    good = body(keys, 1, version=7, statements={MEMBERS[0]: b64(b"\5" * 32)})
    signed = signed_by(1, good)
    output = {
        "version": 7,
        "hash": snapshot.hash_of(signed),
        "member": MEMBERS[1],
        "day": DAY,
        "number": 2,
        "head": keys.head,
        "statements": {MEMBERS[0]: b64(b"\5" * 32)},
        "names": 1,
        "names_digest": NAMES,
        "cases": snapshot.digest_of([CASE]),
    }

    def case(name, about, signed, *, reason=None, layer="snapshot", **changes):
        save(
            f"snapshot-{name}",
            about,
            "snapshot",
            {**given, **changes, "signed": as_json(signed)},
            output=None if reason else output,
            refused=layer if reason else None,
            reason=reason,
        )

    def refused(name, about, signed, reason, **changes):
        case(name, about, signed, reason=reason, **changes)

    case("ok", "an active member's, of the present list", signed)
    case("on-its-last-day", "14 days old", signed, today="2026-12-04")
    case("seen-before", "the very one that was seen", signed, seen_version=7)
    stale = {"reason": "a snapshot that is too old", "layer": "stale snapshot"}
    case("too-old", "15 days old: a member must sign in", signed, today="2026-12-05", **stale)
    tomorrow = signed_by(1, body(keys, 1, "2026-11-22"))
    refused("from-the-future", "two days ahead of the reader's clock", tomorrow, "a snapshot from the future")
    older = {"reason": "a snapshot older than one seen before", "layer": "stale snapshot"}
    case("older-than-seen", "a version below one seen", signed, seen_version=8, **older)
    foreign = "a snapshot of another format or group"
    refused("of-another-group", "replayed", signed_by(1, body(keys, 1, group=OTHER_CASE)), foreign)
    refused("of-another-format", "another label inside", signed_by(1, body(keys, 1, format=Label.STATEMENT.value)), foreign)
    stranger = "a snapshot by someone who is not a member"
    refused("by-a-stranger", "not a member", signed_by(3, body(keys, 3)), stranger)
    left = [*three, entry(keys, Change.REMOVE, [1], member=MEMBERS[1])]
    refused("by-a-former-member", "no member any more", signed, stranger, entries=[as_json(entry) for entry in left])
    refused("signed-by-another", "another's key", signed_by(2, body(keys, 1)), "a signature that does not verify")
    elsewhere = "a snapshot of another key list or of a longer one"
    refused("of-a-longer-list", "the list is behind it", signed, elsewhere, entries=given["entries"][:2])
    refused("of-another-list", "another head there", signed_by(1, body(keys, 1, head=keys.hashes[1])), elsewhere)
    undigested = signed_by(1, body(keys, 1, version=7, statements=good.statements, names_digest=UNSET))
    without = {name: value for name, value in output.items() if name != "names_digest"}
    inputs = {**given, "signed": as_json(undigested)}
    about = "of before snapshots named the names file by its bytes"
    save("snapshot-without-a-names-digest", about, "snapshot", inputs, output={**without, "hash": snapshot.hash_of(undigested)})
    short = "not base64url of the right length"
    refused("with-a-short-names-digest", "not 32 bytes", signed_by(1, body(keys, 1, names_digest="AAAA")), short)
    refused("with-a-short-hash", "not 32 bytes", signed_by(1, body(keys, 1, cases="AAAA")), "not base64url of the right length")
    sooner = [*three, entry(keys, Change.FRESHNESS, [0, 1], value=2)]
    case(
        "past-the-groups-bound",
        "the group allows 2 days, this one is 3 days old",
        signed,
        entries=[as_json(entry) for entry in sooner],
        today="2026-11-23",
        **stale,
    )
    ids = [OTHER_CASE, CASE]
    save("held-digest", "sorted ids as netstrings", "held digest", {"cases": ids}, output=snapshot.digest_of(ids))


def entry(keys, kind, signers, day=DAY, *, evidence=None, **what):
    """The next entry."""
    return keylist.sign(keylist.next_body(keys, kind, day, **what), {MEMBERS[i]: SIGNERS[i] for i in signers}, evidence)


def pending_vectors(founded, second, good, bad):
    """Entries that one of two members signed alone. `good` and `bad` are those of the key list's vectors."""
    two = [founded, second]
    keys = keylist.verify(two, TODAY)
    third = entry(keys, Change.ENROL, [0], member=MEMBERS[2], key=KEYS[MEMBERS[2]])
    alone = [*two, third]
    waiting = keylist.verify(alone, TODAY)
    good("third-signed-by-one-waits", "one of two signed: not yet", alone, [0, 1], pending=True)
    good("third-signed-by-one-stays-pending", "no clock puts it into effect", alone, [0, 1], today="2027-11-20", pending=True)
    stop = entry(waiting, Change.STOP, [1], key=third.hash)
    good("third-stopped", "the other stopped it", [*alone, stop], [0, 1], today="2026-12-24")
    good(
        "third-agreed",
        "the other signed as well: at once",
        [*alone, entry(waiting, Change.AGREE, [1], key=third.hash)],
        [0, 1, 2],
    )
    mine = "an answer by a signer of the pending entry"
    bad("agree-by-its-own-signer", "one does not become two", [*alone, entry(waiting, Change.AGREE, [0], key=third.hash)], mine)
    bad(
        "stop-by-its-own-signer", "only the other may stop it", [*alone, entry(waiting, Change.STOP, [0], key=third.hash)], mine
    )

    def enacted(seen, day, *, by=0, key=None, evidence=True):
        key = snapshot.hash_of(seen) if key is None else key
        return [*alone, entry(waiting, Change.ENACT, [by], day, key=key, evidence=seen if evidence else None)]

    others = signed_by(1, body(waiting, 1, "2026-11-25"))
    own = signed_by(0, body(waiting, 0, "2026-11-25"))
    good("enacted-after-the-other-saw-it", "three days after", enacted(others, "2026-11-28"), [0, 1, 2], today="2026-11-28")
    good("enacted-by-the-other", "either may", enacted(others, "2026-11-28", by=1), [0, 1, 2], today="2026-11-28")
    good("enacted-unseen", "30 days after the signer's own", enacted(own, "2026-12-25"), [0, 1, 2], today="2026-12-25")
    soon = "an enact before the end of the waiting time"
    bad("enacted-too-soon", "two days after the other saw it", enacted(others, "2026-11-27"), soon, today="2026-12-28")
    bad("enacted-unseen-too-soon", "29 days after the signer's", enacted(own, "2026-12-24"), soon, today="2026-12-28")
    without = enacted(others, "2026-11-28", evidence=False)
    bad("enacted-without-evidence", "nobody is known to have seen it", without, "an enact without evidence", today="2026-12-28")
    other = enacted(others, "2026-11-28", key=snapshot.hash_of(own))
    bad("enacted-by-other-evidence", "it names another", other, "an enact that names other evidence", today="2026-12-28")
    before = "an enact with a snapshot older than the pending entry"
    for name, about, seen, reason in (
        (
            "by-a-newcomer",
            "no member yet",
            signed_by(2, body(waiting, 2, "2026-11-25")),
            "a snapshot by someone who is not a member",
        ),
        ("by-a-snapshot-from-before", "not seen", signed_by(1, body(waiting, 1, "2026-11-25", number=1)), before),
        ("by-a-backdated-snapshot", "older than the entry", signed_by(1, body(waiting, 1, "2026-11-19")), before),
        (
            "with-a-foreign-signature",
            "not the member's",
            signed_by(0, body(waiting, 1, "2026-11-25")),
            "a signature that does not verify",
        ),
    ):
        bad(f"enacted-{name}", about, enacted(seen, "2026-12-28"), reason, today="2026-12-28")
    seen = signed_by(1, body(keys, 1))
    nothing = [*two, entry(keys, Change.ENACT, [0], "2026-11-28", key=snapshot.hash_of(seen), evidence=seen)]
    bad(
        "enacted-without-a-pending-entry",
        "the evidence is sound",
        nothing,
        "an enact without a pending entry",
        today="2026-11-28",
    )
    carried = keylist.SignedEntry(body=second.body, signatures=second.signatures, evidence=others)
    bad("evidence-in-another-kind", "not an enact", [founded, carried], "evidence in an entry that is not an enact")


def statement_snapshot(keys, signed):
    """A snapshot that names `signed` for its member, if it can be read."""
    named = {MEMBERS[0]: statement.hash_of(signed)}
    return signed_by(1, body(keys, 1, statements=named))
