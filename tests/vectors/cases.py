"""Whole cases as a host sends them, and what a former member cannot do. docs/reference/format.md, Heads."""

import dataclasses
import json
from dataclasses import dataclass, field
from functools import partial

from msgspec import UNSET

from crypto import age, entry, grant, hold, names, on_behalf, sheet
from crypto import case as protocol
from crypto.case import ServedCase, ServedOwnCase, StoredEntry, StoredHold, VerifiedGroup
from crypto.encoding import b64, to_json
from crypto.entry import Kind, Sequence, Text
from crypto.labels import Label
from crypto.signing import Author, SigningKey
from tests.support import operations
from tests.support.casework import DAY, Group, Host, first_look, look, look_own, regrant, submitted
from tests.support.casework import stored as host_entries
from tests.vectors.world import CASE, CASE_KEY, EPOCH, KEYS, MEMBERS, SHARED_MAC, save

LEFT, AFTER = "2026-11-25", "2026-11-28"
SNAPSHOT = {"day": "2026-11-26", "number": 3, "names": 1}


@dataclass
class Story:
    """Three members hold a case; the third is removed."""

    group: Group = field(default_factory=lambda: Group(3))
    day: str = DAY
    written_down: object = None  # returns the signature of who wrote the request down, from the group and the case

    def __post_init__(self):
        mark = partial(self.written_down, self.group) if self.written_down else None
        self.host: Host = submitted(self.group, *self.group.people, day=self.day, written_down=mark)
        first_look(self.host, self.group.people[0], self.group, *self.group.people[1:])
        self.then, self.former = self.group.keys, self.group.people[2]
        self.group.remove(self.former, LEFT)

    def author(self, head=None):
        """The former member as an author, as if they had not left."""
        return Author(self.former.id, self.former.signing, self.then.head if head is None else head)

    def forge(self, kind, content, day, author=None):
        """The host stores an entry by the former member."""
        seen = look(self.host, self.former, self.group, VerifiedGroup(self.then))
        self.host.take(protocol.seal_next(seen, kind, content, author or self.author(), day))

    def answer(self, text="at six", day=LEFT):
        """A member answers."""
        sam = self.group.people[0]
        self.host.take(
            protocol.seal_next(look(self.host, sam, self.group), Kind.MESSAGE, Text(text=text), self.group.author(sam), day)
        )

    def given(self, snapshot=None, floor=None):
        """What a reader knows."""
        entries = [json.loads(to_json(signed)) for signed in self.group.entries]
        return {"entries": entries, "today": AFTER, "snapshot": snapshot, "floor": floor}

    def both(self, name, about, *, snapshot=None, floor=None):
        """What a member and what the requester sees."""
        self.desk(name, about, snapshot=snapshot, floor=floor)
        served = self.host.served_own()
        given = {**self.given(snapshot, floor), "code": self.host.code, "served": own_told(served)}
        opened = run("open_own_case", given)
        save(f"case-{name}-by-receipt", about, "own case", given, output=opened)

    def desk(self, name, about, *, snapshot=None, floor=None, refused=None, reason=None, **changes):
        """What a member sees."""
        sam = self.group.people[0]
        given = {
            **self.given(snapshot, floor), "asked": self.host.case, "grantee": sam.id, "identity": sam.epoch.reveal(),
            "served": desk_told(self.host.served(sam, **changes)),
        }  # fmt: skip
        outcome = {"refused": refused, "reason": reason} if refused else {"output": run("open_whole_case", given)}
        save(f"case-{name}", about, "case", given, **outcome)


def run(operation, given):
    """Run an operation as the tests do. The other implementation must give the same output."""
    return json.loads(json.dumps(getattr(operations, operation)(given)))


def stored(entries: list[StoredEntry]):
    return [{"number": row.number, "digest": row.digest, "file": b64(row.file) if row.file else None} for row in entries]


def kept(said: StoredHold | None):
    return {"body": said.body, "signatures": dict(said.signatures)} if said else None


def desk_told(served: ServedCase):
    return {
        "case": served.case, "grantee": served.grantee, "epoch": served.epoch, "grant": b64(served.grant),
        "expires": served.expires,
        "shared": stored(served.shared), "desk": stored(served.desk), "hold": kept(served.hold),
    }  # fmt: skip


def own_told(served: ServedOwnCase):
    return {
        "case": served.case,
        "receipt_grant": b64(served.receipt_grant),
        "entries": stored(served.entries),
        "hold": kept(served.hold),
    }


def write():
    """All of them."""
    honest()
    written_down()
    answers()
    keys()
    holds()
    progress()
    other_cases()
    names_files()
    heads_of_requesters()


def honest():
    story = Story()
    story.answer()
    own = look_own(story.host, story.group)
    by = story.host.receipt.identity.recipient
    story.host.take(protocol.seal_own_next(own, by, Kind.CORRECTION, "two loaves", AFTER))
    story.both(
        "whole",
        "a request, an answer, a correction",
        snapshot=SNAPSHOT,
        floor={"numbers": {"shared": 0, "desk": -1}, "head": 3},
    )
    story.desk("kept-longer", "the host keeps it longer than its requester chose", expires="2026-12-21")
    served = story.host.served(story.group.people[0])
    story.desk("with-a-gap", "an entry is missing", shared=[served.shared[0], served.shared[2]])
    story.desk("with-one-number-twice", "the host repeats an entry", shared=[*served.shared, served.shared[1]])


def written_down():
    def by(number, key=None, case=None):
        def sign(group, own):
            person = group.people[number]
            return on_behalf.sign(case or own, "phone", Author(person.id, key or person.signing, group.keys.head))

        return sign

    Story(written_down=by(0)).desk("written-down", "a member wrote the request down for its author", snapshot=SNAPSHOT)
    forged = Story(written_down=by(0, key=SigningKey.generate()))
    forged.desk("written-down-forged", "the requester signed in a member's name: the case is shown without the mark")
    copied = Story(written_down=by(0, case=CASE))
    copied.desk("written-down-copied", "the requester copied the mark of another case: the case is shown without it")
    former = Story(written_down=by(2), day=AFTER)
    former.desk("written-down-by-a-former-member", "dated after the snapshot, under a head of before it", snapshot=SNAPSHOT)


def answers():
    story = Story()
    story.answer()
    story.forge(Kind.MESSAGE, Text(text="bring money"), AFTER)
    story.both("former-member-after-a-newer-head", "heads do not go back along a sequence")
    story = Story()
    story.forge(Kind.MESSAGE, Text(text="bring money"), AFTER)
    story.both("former-member-after-the-snapshot", "dated after the snapshot, under a head of before it", snapshot=SNAPSHOT)
    story = Story()
    story.forge(Kind.MESSAGE, Text(text="bring money"), "2026-11-21")
    floor = {"numbers": {"shared": 0, "desk": -1}, "head": 3}
    story.both(
        "former-member-backdated-in-a-session", "it was not there when the session looked", snapshot=SNAPSHOT, floor=floor
    )
    for name, about, head in (
        ("under-a-head-after-their-removal", "not an active member then", story.group.keys.head),
        ("under-an-unknown-head", "the head is not in the list", "A" * 43),
    ):
        story = Story()
        story.forge(
            Kind.MESSAGE, Text(text="bring money"), AFTER, story.author(story.group.keys.head if "after" in name else head)
        )
        story.both(f"former-member-{name}", about)
    story = Story()
    story.forge(Kind.MESSAGE, Text(text="bring money"), AFTER, story.author(UNSET))
    about = "as if of before there were heads, dated after the snapshot"
    story.both("former-member-without-a-head", about, snapshot=SNAPSHOT)
    story = Story()
    sam = story.group.people[0]
    story.forge(Kind.MESSAGE, Text(text="old words"), "2026-11-21", Author(sam.id, sam.signing, UNSET))
    story.both("member-without-a-head", "of before there were heads")
    story.answer()
    story.forge(Kind.MESSAGE, Text(text="x"), AFTER, Author(sam.id, sam.signing, UNSET))
    story.both("member-without-a-head-after-one-with", "heads do not go back to none")
    story = Story()
    story.answer(day="2026-12-31")
    story.answer(day=AFTER)
    story.both("dates-out-of-order", "shown with a warning: days are their signers' choice")


def keys():
    story = Story()
    new = protocol.with_new_keys(look(story.host, story.former, story.group, VerifiedGroup(story.then)).keys)
    story.forge(Kind.KEYS, protocol.keys_content(story.host.case, new), "2026-11-21")
    story.both("former-member-publishes-keys", "the next words are sealed to key number 0", snapshot=SNAPSHOT)
    sam, kim = story.group.people
    sealed = protocol.seal_grants(story.host.case, new, [sam.seat, kim.seat], story.author())
    story.host.grants = {sealed_grant.member: sealed_grant for sealed_grant in sealed}
    story.desk("former-member-granted", "inherited: it opens, and nothing new is sealed to it")
    late = protocol.seal_grants(story.host.case, new, [sam.seat, kim.seat], story.author(story.group.keys.head))
    story.host.grants = {sealed_grant.member: sealed_grant for sealed_grant in late}
    reason = "a signature by someone who was not an active member then"
    story.desk("former-member-granted-under-a-newer-head", "not a member then", refused="signature", reason=reason)
    story = Story()
    new = protocol.with_new_keys(look(story.host, sam := story.group.people[0], story.group).keys)
    regrant(story.host, new, sam, story.group, *story.group.people)
    published = protocol.keys_content(story.host.case, new)
    story.host.take(
        protocol.seal_next(look(story.host, sam, story.group), Kind.KEYS, published, story.group.author(sam), AFTER)
    )
    story.answer("under the new key", AFTER)
    story.both("member-publishes-keys", "the next words are sealed to key number 1")
    story.host.take(
        protocol.seal_next(look(story.host, sam, story.group), Kind.KEYS, published, story.group.author(sam), AFTER)
    )
    story.both("member-publishes-a-key-twice", "a number stands as it was told first")
    given = {**story.given(), "code": story.host.code}
    seen = look(story.host, sam, story.group)
    position = entry.Position(story.host.case, Sequence.SHARED, 0)
    other = entry.seal(
        position, Kind.REQUEST, seen.request, day=AFTER, previous="",
        mac_key=entry.shared_mac_key(seen.keys.case_keys[0], position.case),
        recipients=[seen.keys.case_keys[0].recipient, story.host.receipt.identity.recipient],
    )  # fmt: skip
    given["served"] = own_told(story.host.served_own(entries=host_entries([other])))
    save("case-of-another-request-by-receipt", "not the one that the receipt's grant names", "own case", given,
         output=run("open_own_case", given))  # fmt: skip


def holds():
    story = Story()
    sam, kim = story.group.people
    reason = entry.HoldReason(text="the hearing", until="2026-12-10")
    story.host.take(protocol.seal_next(look(story.host, sam, story.group), Kind.HOLD, reason, story.group.author(sam), LEFT))
    digest = entry.digest_of(story.host.entries[Sequence.SHARED][1])
    for name, about, head, signers in (
        ("held", "two members keep it", story.group.keys.head, (sam, kim)),
        ("half-held-by-a-former-member", "not a member at this head", story.group.keys.head, (sam, story.former)),
        ("held-under-a-head-older-than-its-reason", "nobody can have signed it then", story.then.head, (sam, story.former)),
    ):
        body = hold.body_of(story.host.case, "2026-12-10", digest, head)
        story.host.hold = StoredHold(body.decode(), {person.id: hold.sign(body, person.signing) for person in signers})
        story.both(name, about)
    body = hold.body_of(story.host.case, "2026-12-11", digest, story.group.keys.head)
    story.host.hold = StoredHold(body.decode(), {person.id: hold.sign(body, person.signing) for person in (sam, kim)})
    story.both("held-without-its-reason", "the entry says another day")


def progress():
    """The progress that the requester sees, and who cannot write it."""

    def coordinator_writes(story, kind, content, day):
        sam = story.group.people[0]
        seen = look(story.host, sam, story.group)
        story.host.take(protocol.seal_next(seen, kind, content, story.group.author(sam), day))

    def requester_writes(story, words):
        own, by = look_own(story.host, story.group), story.host.receipt.identity.recipient
        story.host.take(protocol.seal_own_next(own, by, Kind.MESSAGE, words, AFTER))

    story = Story()
    coordinator_writes(story, Kind.PROGRESS, entry.Progress(stage="read"), "2026-11-25")
    story.both("progress-read", "somebody has opened it")
    coordinator_writes(story, Kind.PROGRESS, entry.Progress(stage="in-progress"), "2026-11-26")
    requester_writes(story, "thank you")
    story.both("progress-in-progress", "the requester's words change nothing")
    coordinator_writes(story, Kind.MESSAGE, Text(text="at six"), "2026-11-27")
    story.both("progress-answered", "a reply says so by itself")
    coordinator_writes(story, Kind.PROGRESS, entry.Progress(stage="closed"), AFTER)
    coordinator_writes(story, Kind.MESSAGE, Text(text="all the best"), AFTER)
    story.both("progress-closed", "a reply leaves it closed")
    requester_writes(story, "one more thing")
    story.both("progress-closed-and-opened-again", "by the requester, so it waits again")
    story = Story()
    coordinator_writes(story, Kind.PROGRESS, entry.Progress(stage="read"), LEFT)
    story.forge(Kind.PROGRESS, entry.Progress(stage="closed"), "2026-11-21")
    story.both("progress-by-a-former-member-after-a-newer-head", "heads do not go back along a sequence")
    story = Story()
    story.forge(Kind.PROGRESS, entry.Progress(stage="closed"), "2026-11-21")
    story.both("progress-by-a-former-member", "it opens, and does not count")
    story = Story()
    sam, kim = story.group.people
    before = look(story.host, kim, story.group)
    new = protocol.with_new_keys(look(story.host, sam, story.group).keys)
    regrant(story.host, new, sam, story.group, sam)
    coordinator_writes(story, Kind.KEYS, protocol.keys_content(story.host.case, new), LEFT)
    last = {**before.last, Sequence.SHARED: look(story.host, sam, story.group).last[Sequence.SHARED]}
    wish = entry.Progress(stage="closed")
    with_old_keys = dataclasses.replace(before, last=last)
    story.host.take(protocol.seal_next(with_old_keys, Kind.PROGRESS, wish, story.group.author(kim), AFTER))
    story.both("progress-by-a-colleague-who-lost-the-case", "under a key that is not the newest")


def heads_of_requesters():
    """A head names the list under which a member signed: entries without a member's signature have no head."""
    head = "A" * 43
    position = entry.Position(CASE, Sequence.SHARED, 1)
    body = entry._Envelope(
        format=Label.ENTRY.value, case=CASE, sequence=position.sequence, number=1, kind=Kind.MESSAGE, key=0, previous="",
        author="", day=AFTER, content={"text": "x"}, head=head,
    )  # fmt: skip
    page = sheet.write(to_json(body), sheet.Sizes.ENTRY, Label.ENTRY, mac_key=SHARED_MAC)
    inputs = {
        "case": CASE, "sequence": "shared", "number": 1, "identities": [CASE_KEY.reveal()], "keys": KEYS,
        "mac_keys": [b64(SHARED_MAC.reveal())], "file": b64(age.encrypt(page, [CASE_KEY.recipient])),
    }  # fmt: skip
    reason = "a head without a member's signature"
    save("entry-of-a-requester-with-a-head", "no member signed", "entry", inputs, refused="binding", reason=reason)
    given = grant._Body(
        format=Label.GRANT.value, case=CASE, grantee=MEMBERS[0], epoch=EPOCH.recipient.id, author="",
        case_keys=[b64(CASE_KEY.seed.reveal())], desk_keys=[], head=head,
    )  # fmt: skip
    file = age.encrypt(sheet.write(to_json(given), sheet.Sizes.GRANT, Label.GRANT), [EPOCH.recipient])
    inputs = {"case": CASE, "grantee": MEMBERS[0], "epoch": EPOCH.recipient.id, "identities": [EPOCH.reveal()], "keys": KEYS}
    save(
        "grant-of-a-requester-with-a-head",
        "no member signed",
        "grant",
        {**inputs, "file": b64(file)},
        refused="binding",
        reason=reason,
    )


def other_cases():
    story, other = Story(), Story()
    of_host = {"case": other.host.case}
    story.desk(
        "made-by-the-host",
        "another case than the requested one",
        refused="binding",
        reason="another case than the requested one",
        **of_host,
    )
    kim = story.group.people[1].id
    story.desk("with-a-colleagues-grant", "not the reader's", refused="binding", reason="a grant to someone else", grantee=kim)
    story.desk("without-its-request", "nothing to show", refused="binding", reason="a case without its request", shared=[])


def names_files():
    story = Story()
    sam = story.group.people[0]

    def made(name, about, author, number, *, snapshot=None, digest="own", refused=None, reason=None):
        book = names.Names(
            format=Label.NAMES.value,
            group=story.group.keys.group,
            number=number,
            author=author.member,
            members={},
            head=author.head,
        )
        file = names.seal(book, [sam.epoch.recipient], author.key)
        point = {**SNAPSHOT, "names_digest": names.digest_of(file) if digest == "own" else digest, **(snapshot or {})}
        point = {key: value for key, value in point.items() if value is not None}
        given = {**story.given(point), "file": b64(file), "identities": [sam.epoch.reveal()]}
        outcome = {"refused": refused, "reason": reason} if refused else {"output": number}
        save(f"names-{name}", about, "names newness", given, **outcome)

    made("newer-than-the-snapshot", "by a member, under a head that it names", story.group.author(sam), 2)
    made("of-the-snapshot", "the one that it names, by someone who has left since", story.author(), 1)
    about = "the snapshot names it by its number alone, as snapshots did before"
    made("of-a-snapshot-without-a-digest", about, story.author(), 1, digest=None)
    other, about = "other names than the newest snapshot's", "a former member's, in place of the group's of the same number"
    made("of-the-snapshots-number", about, story.author(), 1, digest=b64(b"\7" * 32), refused="names", reason=other)
    old, behind = "names older than the newest snapshot's", "names newer than a snapshot, with a head older than the snapshot's"
    made("older-than-the-snapshot", "rolled back", story.author(), 0, refused="names", reason=old)
    made("by-a-former-member", "a new file under an old head", story.author(), 2, refused="names", reason=behind)
    about = "as if of before there were heads"
    made("by-a-former-member-without-a-head", about, story.author(UNSET), 2, refused="names", reason=behind)
    left, about = "names newer than a snapshot, by a former member", "under the head of the last snapshot of their time"
    point = {"number": story.group.keys.number_of(story.then.head)}
    made("by-a-member-removed-since", about, story.author(), 2, snapshot=point, refused="names", reason=left)
