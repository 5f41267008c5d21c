"""Vectors of the key list: who is a member, and what the members decide."""

import datetime as dt
import json

from crypto import digits, keylist, recovery
from crypto.encoding import b64, to_json, unb64
from crypto.keylist import Change
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import SigningKey
from tests.vectors.snapshots import pending_vectors
from tests.vectors.world import (
    DAY,
    EPOCH,
    GROUP,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SIGNERS,
    save,
)


def keylist_vectors():
    def entries(*signed):
        return [json.loads(to_json(entry)) for entry in signed]

    def chain(first, *changes):
        """Each change: kind, what, signers' indexes, day."""
        signed = [first]
        for kind, what, signers, day in changes:
            before = keylist.verify(signed, dt.date(2027, 12, 1))
            body = keylist.next_body(before, kind, day, **what)
            signed.append(keylist.sign(body, {MEMBERS[i]: SIGNERS[i] for i in signers}))
        return signed

    founded = keylist.found_group(GROUP, MEMBERS[0], SIGNERS[0], DAY)
    enrol = [(Change.ENROL, {"member": MEMBERS[i], "key": KEYS[MEMBERS[i]]}) for i in range(4)]
    second = (*enrol[1], [0], DAY)
    third = (*enrol[2], [0, 1], DAY)
    three = chain(founded, second, third)
    head = {"number": 2, "hash": three[2].hash}
    fingerprint = digits.from_hash(unb64(founded.hash)).replace(" ", "")

    def good(name, about, signed, members, *, today=DAY, pending=False, **expected):
        save(
            f"keylist-{name}",
            about,
            "key list",
            {"entries": entries(*signed), "today": today, **expected},
            output={
                "members": [MEMBERS[i] for i in members],
                "pending": pending,
                "fingerprint": fingerprint,
                "head": signed[-1].hash,
            },
        )

    def bad(name, about, signed, reason, *, today=DAY, **expected):
        given = {"entries": entries(*signed), "today": today, **expected}
        save(f"keylist-{name}", about, "key list", given, refused="key list", reason=reason)

    good("founded", "one member", [founded], [0])
    good("three-members", "the third approved by both", three, [0, 1, 2], group=GROUP, fingerprint=fingerprint, seen=head)
    pending_vectors(founded, three[1], good, bad)
    good(
        "removed",
        "two of three removed one",
        chain(founded, second, third, (Change.REMOVE, {"member": MEMBERS[1]}, [0, 2], DAY)),
        [0, 2],
    )
    good(
        "left",
        "one of three left alone",
        chain(founded, second, third, (Change.REMOVE, {"member": MEMBERS[1]}, [1], DAY)),
        [0, 2],
    )
    good(
        "quorum-of-one",
        "a group that lets each enrol",
        chain(founded, second, third, (Change.QUORUM, {"value": 1}, [0, 2], DAY), (*enrol[3], [2], DAY)),
        [0, 1, 2, 3],
    )
    good(
        "retention-key",
        "certificates are signed by this key",
        chain(founded, (Change.RETENTION, {"key": KEYS[MEMBERS[3]]}, [0], DAY)),
        [0],
    )
    body = keylist.next_body(
        keylist.verify(three, dt.date(2026, 11, 20)), Change.ENROL, DAY, member=MEMBERS[3], key=KEYS[MEMBERS[3]]
    )
    bad(
        "enrolment-by-one-of-three",
        "too few signatures",
        [*three, keylist.sign(body, {MEMBERS[0]: SIGNERS[0]})],
        "an entry with too few signatures",
    )
    bad(
        "enrolment-signed-by-the-newcomer",
        "not a member yet",
        [*three, keylist.sign(body, {MEMBERS[0]: SIGNERS[0], MEMBERS[3]: SIGNERS[3]})],
        "an entry signed by someone who is not a member",
    )
    swapped = keylist.SignedEntry(
        body=three[2].body,
        signatures={MEMBERS[0]: three[2].signatures[MEMBERS[1]], MEMBERS[1]: three[2].signatures[MEMBERS[0]]},
    )
    bad("signatures-exchanged", "each is the other's", [*three[:2], swapped], "a signature that does not verify")
    altered = keylist.SignedEntry(
        body=three[1].body.replace(KEYS[MEMBERS[1]], KEYS[MEMBERS[3]]), signatures=three[1].signatures
    )
    bad("host-adds-its-own-key", "the text is not what was signed", [founded, altered], "a signature that does not verify")
    forgets = "a key list that omits or replaces an entry seen before"
    bad("rolled-back", "the head that was seen is missing", three[:2], forgets, seen=head)
    bad(
        "forked",
        "another entry where one was seen",
        [*three[:2], chain(founded, second, (*enrol[3], [0, 1], DAY))[2]],
        forgets,
        seen=head,
    )
    bad("reordered", "the third before the second", [three[0], three[2], three[1]], "an entry with another number")
    bad("dropped", "one is left out", [three[0], three[2]], "an entry with another number")
    bad("of-another-group", "another group was expected", three, "the key list of another group", group=OTHER_CASE)
    bad(
        "under-another-fingerprint",
        "the poster says otherwise",
        three,
        "a key list with another fingerprint",
        fingerprint="1" * 40,
    )
    bad("from-the-future", "its last day has not come", three, "a key list from the future", today="2026-11-01")
    bad("without-a-first-entry", "the first entry is missing", three[1:], "a first entry that does not found a group")
    bad("empty", "nothing", [], "an empty key list")
    bad(
        "unsigned-first-entry",
        "nobody signed",
        [keylist.SignedEntry(body=founded.body, signatures={})],
        "a first entry signed by someone else",
    )
    bad(
        "duplicate-key",
        "a second member with the first one's key",
        [
            founded,
            keylist.sign(
                keylist.next_body(
                    keylist.verify([founded], dt.date(2026, 11, 20)), Change.ENROL, DAY, member=MEMBERS[1], key=KEYS[MEMBERS[0]]
                ),
                {MEMBERS[0]: SIGNERS[0]},
            ),
        ],
        "an enrolment with the key of a current or former member",
    )
    return three, head


def size_vectors():
    """As many members as a group can have, and one more; each enrolled by the first, with a quorum of one."""
    keys = [SigningKey(Secret(n.to_bytes(32, "big"))) for n in range(1, keylist.MAX_MEMBERS + 2)]
    ids = [b64(n.to_bytes(16, "big")) for n in range(1, keylist.MAX_MEMBERS + 2)]
    entries = [keylist.found_group(GROUP, ids[0], keys[0], DAY, quorum=1)]
    for number, (member, key) in enumerate(zip(ids[1:], keys[1:], strict=True), 1):
        body = keylist.Body(
            format=Label.KEY_LIST.value, group=GROUP, number=number, previous=entries[-1].hash, day=DAY,
            kind=Change.ENROL, member=member, key=key.verifying_key.text, value=0,
        )  # fmt: skip
        entries.append(keylist.sign(body, {ids[0]: keys[0]}))
    given = {"entries": [json.loads(to_json(entry)) for entry in entries[:-1]], "today": DAY}
    fingerprint = digits.from_hash(unb64(entries[0].hash)).replace(" ", "")
    output = {"members": ids[:-1], "pending": False, "fingerprint": fingerprint, "head": entries[-2].hash}
    save("keylist-255-members", "as many as a group can have", "key list", given, output=output)
    most = "an enrolment beyond the largest number of members"
    more = {**given, "entries": [json.loads(to_json(entry)) for entry in entries]}
    save("keylist-256-members", "one more than a group can have", "key list", more, refused="key list", reason=most)


def decided(name, about, three, kind, what, signers, *, reason=None, then=()):
    """A list that ends in one more decision, and the rules of rotation and recovery after it."""
    signed = list(three)
    for change, said, by in (*then, (kind, what, signers)):
        body = keylist.next_body(keylist.verify(signed, dt.date.fromisoformat(DAY)), change, DAY, **said)
        signed.append(keylist.sign(body, {MEMBERS[i]: SIGNERS[i] for i in by}))
    given = {"entries": [json.loads(to_json(entry)) for entry in signed], "today": DAY}
    if reason:
        save(f"keylist-{name}", about, "decisions", given, refused="key list", reason=reason)
        return
    keys = keylist.verify(signed, dt.date.fromisoformat(DAY))
    kept = keys.recovery
    save(
        f"keylist-{name}",
        about,
        "decisions",
        given,
        output={
            "epoch_days": keys.epoch_days,
            "freshness_days": keys.freshness_days,
            "recovery": [kept.key, kept.threshold, sorted(kept.members), kept.tested_by] if kept else None,
            "recovered": [
                [decision.number, decision.day.isoformat(), decision.to, decision.of, sorted(decision.signers)]
                for decision in keys.recovered
            ],
        },
    )


def decision_vectors(three):
    key = recovery.key_hash(EPOCH.recipient)
    deal = (Change.RECOVERY, {"key": key, "value": 2}, [0, 1])
    few, split = "an entry with too few signatures", "a recovery key with an impossible threshold"
    decided("epoch-of-14-days", "rotation sooner", three, Change.EPOCH, {"value": 14}, [0, 2])
    decided("epoch-by-one-of-three", "too few signatures", three, Change.EPOCH, {"value": 14}, [0], reason=few)
    decided("freshness-of-a-week", "sooner than by default", three, Change.FRESHNESS, {"value": 7}, [0, 2])
    decided(
        "freshness-of-a-day",
        "nobody signs in every day",
        three,
        Change.FRESHNESS,
        {"value": 1},
        [0, 1],
        reason="a freshness out of range",
    )
    decided(
        "epoch-of-61-days",
        "a statement would outlive its limit",
        three,
        Change.EPOCH,
        {"value": 61},
        [0, 1],
        reason="an epoch out of range",
    )
    decided("recovery-two-of-three", "a recovery key", three, *deal)
    decided("recovery-cancelled", "the group goes on without", three, Change.RECOVERY, {}, [1, 2], then=[deal])
    decided(
        "recovery-one-of-three",
        "one alone could open all",
        three,
        Change.RECOVERY,
        {"key": key, "value": 1},
        [0, 1],
        reason=split,
    )
    decided(
        "recovery-four-of-three", "nobody could open it", three, Change.RECOVERY, {"key": key, "value": 4}, [0, 1], reason=split
    )
    two = (Change.RECOVERY, {"key": key, "value": 3}, [0, 1])
    who = {"member": MEMBERS[0], "key": KEYS[MEMBERS[2]]}
    decided("recover-by-enough", "as many as the key needs", three, Change.RECOVER, who, [0, 1], then=[deal])
    decided(
        "recover-by-too-few", "the quorum is 2, the key needs 3", three, Change.RECOVER, who, [0, 1], then=[two], reason=few
    )
    decided(
        "recover-without-a-key",
        "nothing to open",
        three,
        Change.RECOVER,
        who,
        [0, 1],
        reason="a recovery without a recovery key",
    )
    tried = {"key": key, "value": 2, "member": MEMBERS[1]}
    decided("recovery-tested", "the member who tried it signed as well", three, Change.RECOVERY, tried, [0, 1])
    decided("recovery-without-a-tester", "without who was to try it", three, Change.RECOVERY, tried, [0, 2], reason=few)
    decided(
        "recovery-signed-below-its-threshold",
        "two of the three that it needs",
        three,
        Change.RECOVERY,
        {**tried, "value": 3},
        [0, 1],
        reason=few,
    )
    decided(
        "recovery-tested-by-a-stranger",
        "not a member",
        three,
        Change.RECOVERY,
        {**tried, "member": MEMBERS[3]},
        [0, 1],
        reason="a recovery key whose tester is not a member",
    )
    stranger = {"member": MEMBERS[0], "key": KEYS[MEMBERS[3]]}
    decided(
        "recover-of-a-stranger",
        "nobody had such a key",
        three,
        Change.RECOVER,
        stranger,
        [0, 1],
        then=[deal],
        reason="a recovery of someone who was never a member",
    )


def proposal_vectors(three):
    """Entries that a member must not sign, although a list that contains one is valid."""
    key = recovery.key_hash(EPOCH.recipient)

    def proposed(name, about, then, kind, what, *, missing=None, reason=None):
        signed = list(three)
        for change, said in (*then, (kind, what)):
            body = keylist.next_body(keylist.verify(signed, dt.date.fromisoformat(DAY)), change, DAY, **said)
            by = [0] if len(signed) == len(three) + len(then) else [0, 1, 2]
            signed.append(keylist.sign(body, {MEMBERS[i]: SIGNERS[i] for i in by}))
        *before, last = [json.loads(to_json(entry)) for entry in signed]
        given = {"entries": before, "entry": last, "today": DAY}
        refused = "key list" if reason else None
        save(f"proposal-{name}", about, "proposal", given, output=missing, refused=refused, reason=reason)

    low, tried = "a recovery key with a threshold below the quorum", {"key": key, "value": 2, "member": MEMBERS[1]}
    three_agree, dealt = (Change.QUORUM, {"value": 3}), (Change.RECOVERY, tried)
    who = {"member": MEMBERS[0], "key": KEYS[MEMBERS[2]]}
    proposed("recovery", "its dealer has signed", [], *dealt, missing=1)
    proposed("recovery-of-three", "two more, the one who tries it among them", [], dealt[0], {**tried, "value": 3}, missing=2)
    untried = "a recovery key without a tester"
    proposed("recovery-without-a-tester", "nobody would try it", [], dealt[0], {"key": key, "value": 2}, reason=untried)
    proposed("recovery-below-the-quorum", "two shares would do without the third signature", [three_agree], *dealt, reason=low)
    above = "a quorum above the recovery key's threshold"
    proposed("quorum-above-the-recovery-key", "two shares would still open it", [dealt], *three_agree, reason=above)
    proposed("recover-below-the-quorum", "two shares would do", [dealt, three_agree], Change.RECOVER, who, reason=low)
