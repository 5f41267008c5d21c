"""Vectors of follow-ups. docs/reference/format.md, Follow-up."""

from msgspec import UNSET

from crypto import case as protocol
from crypto import entry
from crypto.case import VerifiedGroup
from crypto.encoding import b64
from crypto.entry import FollowUp, Kind, Note, Position, Sequence, Status, Summary
from crypto.signing import Author
from tests.support import operations
from tests.support.casework import look
from tests.vectors.cases import AFTER, LEFT, Story, desk_told, run
from tests.vectors.world import CASE, DAY, DESK_KEY, DESK_MAC, HEAD, KEYS, MEMBERS, OTHER_CASE, SIGNERS, bad, save

LAST = "2026-12-19"  # the day before the case is deleted


def summary(deletion="2026-12-20"):
    return Summary(
        arrived=DAY, name="", kinds=["food"], line="milk", language="ar", direction="need", deletion=deletion,
        area="", urgency="", contact="",
    )  # fmt: skip


def planned(day="2026-12-03", text="call back", member=""):
    return FollowUp(day=day, text=text, member=member)


def status(follow_up=UNSET, **more):
    return Status(status="call-back", summary=summary(**more), follow_up=follow_up)


def write():
    """All of them."""
    entries()
    cases()


def entries():
    """One entry that sets or ends a follow-up."""
    member = Author(MEMBERS[0], SIGNERS[0], HEAD)
    first = Position(CASE, Sequence.DESK, 0)

    def given(content, author=member, kind=Kind.FOLLOW_UP, number=0, case=CASE):
        file = entry.seal(
            first, kind, content, day=DAY, previous="", recipients=[DESK_KEY.recipient], mac_key=DESK_MAC, author=author
        )
        input_ = {"case": case, "identities": [DESK_KEY.reveal()], "keys": KEYS, "sequence": "desk"}
        return {**input_, "mac_keys": [b64(DESK_MAC.reveal())], "number": number, "file": b64(file)}

    for name, about, follow_up in (
        ("for-everybody", "for everybody who holds the case", planned()),
        ("for-a-member", "for one member, on the last day of the case", planned(LAST, "", MEMBERS[1])),
        ("of-a-hundred-characters", "characters are code points", planned(text="🥖" * 100)),
        ("done", "an entry without a follow-up ends it", UNSET),
    ):
        vector = given(status(follow_up))
        save(f"entry-follow-up-{name}", about, "entry", vector, output=run("open_entry", vector))
    for name, about, content, layer, reason in (
        ("on-no-day", "there is no such day", status(planned("2026-02-30")), "encoding", "not a day"),
        ("at-an-hour", "a follow-up has no time of day", status(planned("2026-12-03T18:00")), "encoding", "not a day"),
        ("for-no-id", "not a member's id", status(planned(member="c2Ft")), "encoding", "not base64url of the right length"),
        ("too-long", "101 characters", status(planned(text="a" * 101)), "encoding", "a follow-up whose text is too long"),
        ("on-the-day-of-deletion", "the case is deleted when that day begins", status(planned("2026-12-20")), "binding",
         "a follow-up on or after the day of deletion"),
        ("after-an-earlier-deletion", "the entry's own summary states an earlier day", status(planned(), deletion="2026-12-01"),
         "binding", "a follow-up on or after the day of deletion"),
    ):  # fmt: skip
        bad(f"entry-follow-up-{name}", about, "entry", given(content), layer, reason)
    late = Note(status="new", summary=summary(), text="x", follow_up=planned("2027-01-01"))
    about, reason = "a note repeats it, and is checked too", "a follow-up on or after the day of deletion"
    bad("entry-note-with-a-late-follow-up", about, "entry", given(late, kind=Kind.NOTE), "binding", reason)
    for name, about, author, layer, reason in (
        ("unsigned", "no member signed it", None, "binding", "a desk entry without an author"),
        ("in-another-members-name", "the signature is someone else's", Author(MEMBERS[1], SIGNERS[0], HEAD), "signature",
         "a signature that does not verify"),
    ):  # fmt: skip
        bad(f"entry-follow-up-{name}", about, "entry", given(status(planned()), author), layer, reason)
    replayed = given(status(planned()), number=2)
    reason = "an entry that belongs elsewhere"
    bad("entry-follow-up-replayed", "an earlier one, served again as a later entry", "entry", replayed, "binding", reason)
    moved = given(status(planned()), case=OTHER_CASE)
    bad("entry-follow-up-moved-to-another-case", "the case inside is not the one asked for", "entry", moved, "binding", reason)


def cases():
    """The follow-up of a whole case."""

    def tell(story, content, kind=Kind.FOLLOW_UP, day=LEFT):
        sam = story.group.people[0]
        seen = look(story.host, sam, story.group)
        story.host.take(protocol.seal_next(seen, kind, content, story.group.author(sam), day))

    def show(story, name, about):
        sam = story.group.people[0]
        served = {"asked": story.host.case, "grantee": sam.id, "identity": sam.epoch.reveal()}
        given = {**story.given(), **served, "served": desk_told(story.host.served(sam))}
        save(f"case-follow-up-{name}", about, "follow-up", given, output=operations.OPERATIONS["follow-up"](given))

    story = Story()
    show(story, "none", "nobody has set one")
    tell(story, status(planned()))
    tell(story, status(planned("2026-12-04", "visit")))
    show(story, "replaced", "a new one replaces the earlier")
    tell(
        story,
        Note(status="call-back", summary=summary(), text="not at home", follow_up=planned("2026-12-04", "visit")),
        Kind.NOTE,
    )
    show(story, "repeated", "a note repeats it")
    story.forge(Kind.FOLLOW_UP, status(), AFTER)
    show(story, "ended-by-a-former-member", "an entry that a former member signed is left out")
    story = Story()
    tell(story, status(planned()))
    tell(story, status())
    show(story, "ended", "it is done")
    story = Story()
    seen = look(story.host, story.former, story.group, VerifiedGroup(story.then))
    tell(story, status(planned()))
    late = protocol.seal_next(seen, Kind.FOLLOW_UP, status(planned("2026-12-01")), story.author(), "2026-11-21")
    story.host.entries[Sequence.DESK].append(late.file)
    show(story, "of-a-number-that-was-taken", "the host serves a former member's entry at a later number")
