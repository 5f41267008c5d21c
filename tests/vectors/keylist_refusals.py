"""Vectors of key lists that must be refused for their order or kinds of entries."""

# One vector a line, as far as may be.

from crypto import keylist
from crypto.encoding import b64, to_json
from crypto.keylist import Change
from crypto.labels import Label
from tests.vectors.header_refusals import P
from tests.vectors.world import (
    DAY,
    GROUP,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SIGNERS,
    bad,
)


class List:
    """A key list that grows by entries which need not fit."""

    def __init__(self, *, quorum=2, key=SIGNERS[0], **changes):
        """Founded by the first member."""
        self.signed = []
        self.quorum = quorum
        body = {
            "kind": Change.FOUND,
            "member": MEMBERS[0],
            "key": key.verifying_key.text,
            "value": quorum,
            "previous": "",
            **changes,
        }
        self.then(body.pop("kind"), [0], **body)

    def then(self, kind, signers, *, text=None, **changes):
        """One more entry."""
        fields = {
            "format": Label.KEY_LIST.value,
            "group": GROUP,
            "number": len(self.signed),
            "day": DAY,
            "member": "",
            "key": "",
            "value": 0,
            "previous": self.signed[-1].hash if self.signed else "",
            **changes,
        }
        body = keylist.Body(kind=kind, **fields)
        entry_ = keylist.sign(body, {MEMBERS[i]: SIGNERS[i] for i in signers})
        if text:
            data = text(to_json(body).decode())
            signatures = {MEMBERS[i]: SIGNERS[i].sign(Label.KEY_LIST, data.encode()) for i in signers}
            entry_ = keylist.SignedEntry(body=data, signatures=signatures)
        self.signed.append(entry_)
        return self

    def enrol(self, i, signers):
        """One more member."""
        return self.then(Change.ENROL, signers, member=MEMBERS[i], key=KEYS[MEMBERS[i]])

    def refused(self, name, about, reason, *, today=DAY, times=1):
        """Write the vector of this list."""
        given = {"entries": [{"body": entry_.body, "signatures": entry_.signatures} for entry_ in self.signed], "today": today}
        if times > 1:
            given["times"] = times
        bad(f"keylist-{name}", about, "key list", given, "key list", reason)


def two():
    """Two members."""
    return List().enrol(1, [0])


def three():
    """Three members."""
    return two().enrol(2, [0, 1])


def lists():
    """One vector for each rule of the key list. Everything else in the entry is valid."""
    key, foreign = KEYS[MEMBERS[3]], "an entry with a field that its kind does not have"
    List().refused("of-4097-entries", "before any is read", "a key list with too many entries", times=4097)
    two().then(Change.QUORUM, [0, 1], value=2, text=lambda t: t.replace(":2}", ": 2}")).refused(
        "with-a-space", "one form alone", "an entry that is not in the canonical form"
    )
    three().then(Change.QUORUM, [0, 1], value=2, format=Label.STATEMENT.value).refused(
        "of-another-format", "a statement's", "an entry of another format"
    )
    three().then(Change.QUORUM, [0, 1], value=2, group=OTHER_CASE).refused(
        "entry-of-another-group", "replayed", "an entry of another group"
    )
    three().then(Change.QUORUM, [0, 1], value=2, previous=b64(bytes(32))).refused(
        "on-another-history", "`previous` is no hash of the one before", "an entry that does not continue the one before it"
    )
    three().then(Change.QUORUM, [0, 1], value=2, day="2026-11-19").refused(
        "back-in-time", "a day before the one before", "an entry dated before the one before it"
    )
    three().then(Change.QUORUM, [0, 1], value=2, day="2026-02-30").refused("of-no-day", "30 February", "not a day")
    three().then(Change.QUORUM, [], value=2).refused("unsigned", "by nobody", "an entry without a signature")
    two().enrol(2, [0]).enrol(3, [0]).refused(
        "while-pending", "before the other answered", "an entry while another is still pending"
    )
    two().then(Change.STOP, [1], key=key).refused(
        "stop-of-nothing", "nothing is pending", "an answer to an entry that is not pending"
    )
    two().enrol(2, [0]).then(Change.AGREE, [1], key=key).refused(
        "agree-to-another", "not to what is pending", "an answer to an entry that is not pending"
    )
    waiting = two().enrol(2, [0])
    waiting.then(Change.STOP, [1], key=waiting.signed[-1].hash, value=1).refused(
        "stop-with-a-value", "a stop says a hash alone", foreign
    )
    for name, kind, what in (
        ("enrolment-with-a-value", Change.ENROL, {"member": MEMBERS[3], "key": key, "value": 1}),
        ("removal-with-a-value", Change.REMOVE, {"member": MEMBERS[2], "value": 1}),
        ("removal-with-a-key", Change.REMOVE, {"member": MEMBERS[2], "key": KEYS[MEMBERS[2]]}),
        ("quorum-with-a-member", Change.QUORUM, {"member": MEMBERS[2], "value": 2}),
        ("retention-with-a-value", Change.RETENTION, {"key": key, "value": 1}),
        ("epoch-with-a-key", Change.EPOCH, {"key": key, "value": 14}),
    ):
        three().then(kind, [0, 1], **what).refused(name, "a member that its kind does not have", foreign)
    three().then(Change.ENROL, [0, 1], member=MEMBERS[3]).refused(
        "enrolment-without-a-key", "nothing to verify with", "an enrolment without a member or a key"
    )
    three().then(Change.REMOVE, [0, 1], member=MEMBERS[2]).enrol(2, [0, 1]).refused(
        "enrolment-of-a-former-member", "their id had its time", "an enrolment of a current or former member"
    )
    three().then(Change.REMOVE, [0, 1], member=MEMBERS[3]).refused(
        "removal-of-a-stranger", "never enrolled", "a removal of someone who is not a member"
    )
    List().then(Change.REMOVE, [0], member=MEMBERS[0]).refused(
        "removal-of-the-last", "nobody would be left", "a removal of the last member"
    )
    three().then(Change.QUORUM, [0, 1], value=10).refused("quorum-of-ten", "9 at most", "a quorum out of range")
    List(quorum=0).refused("founded-on-a-quorum-of-none", "1 at least", "a quorum out of range")
    three().then(Change.RETENTION, [0, 1]).refused(
        "retention-without-a-key", "nothing to sign with", "a retention key that is missing"
    )
    three().then(Change.FOUND, [0, 1], member=MEMBERS[3], key=key, value=1).refused(
        "founded-twice", "the first entry alone founds", "a first entry that does not found a group"
    )
    deal = three().then(Change.RECOVERY, [0, 1], key=key, value=2)
    deal.then(Change.RECOVER, [0, 1], member=MEMBERS[3], key=KEYS[MEMBERS[2]]).refused(
        "recovery-for-a-stranger", "never enrolled", "a recovery for someone who is not a member"
    )
    half = List()
    half.signed[0] = keylist.SignedEntry(body=half.signed[0].body[:-2] + "\ud800}", signatures=half.signed[0].signatures)
    half.refused("of-half-a-surrogate", "it has no UTF-8: one reader could not even hash it", "not the JSON of this shape")
    neutral = b64(b"\1" + bytes(31))
    for name, kind, who in (("puppet", Change.ENROL, MEMBERS[2]), ("retention", Change.RETENTION, "")):
        two().then(kind, [0, 1], member=who, key=neutral).refused(
            f"{name}-of-small-order",
            "OpenSSL takes such a key, and its signatures are good for every text",
            "a key of small order",
        )
        two().then(kind, [0, 1], member=who, key=b64(b"\2" + bytes(31))).refused(
            f"{name}-off-the-curve", "no point", "a key that is not on the curve"
        )
        two().then(kind, [0, 1], member=who, key=b64((P + 1).to_bytes(32, "little"))).refused(
            f"{name}-not-canonical", "another writing of the neutral element", "a key that is not canonical"
        )
