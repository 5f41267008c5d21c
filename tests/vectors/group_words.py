"""Vectors of group words: templates, tags and names of statuses. `python -m tests.vectors.group_words` writes only these."""

import json

from msgspec.structs import replace

from crypto import entry, group_words, names, sheet
from crypto.encoding import GroupId, as_dict, b64
from crypto.entry import Kind, Position, Sequence
from crypto.group_words import GroupWords, Tag, Template, TemplateText
from crypto.labels import Label
from crypto.sheet import Sizes
from crypto.signing import Author, Signed
from tests.vectors.cases import AFTER, Story
from tests.vectors.entries import noted
from tests.vectors.world import (
    CASE,
    DAY,
    DESK_KEY,
    DESK_MAC,
    EPOCH,
    GROUP,
    HEAD,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SIGNERS,
    bad,
    save,
)

GREETING = Template(
    id=CASE,
    title="We come",
    texts=[
        TemplateText(language="en", text="Dear {name}, we come on {day}."),
        TemplateText(language="ar", text="مرحبًا {name}، نأتي {day}."),
    ],
)
FLAT = Tag(id=OTHER_CASE, label="Third floor \u202e", colour="orange")


def words_of(group: str, author: str, head: str, number: int = 4) -> GroupWords:
    """Return words that a member may write."""
    return GroupWords(
        format=Label.GROUP_WORDS.value, group=GroupId(group), number=number, author=author, day=AFTER, head=head,
        templates=[GREETING], tags=[FLAT], statuses={"done": "Geliefert", "call-back": "اتصال"},
    )  # fmt: skip


def group_words_vectors() -> None:
    story = Story()
    sam = story.group.people[0]
    group, head = story.group.keys.group, story.group.keys.head
    good = words_of(group, sam.id, head)
    given = {"entries": story.given()["entries"], "today": AFTER, "group": group, "number": 5}

    def signed(words, key=sam.signing):
        return {**given, "signed": as_dict(group_words.sign(words, key))}

    save("group-words-ok", "by a member, in a later names file", "group words", signed(good), output=as_dict(good))
    before = words_of(group, story.former.id, story.then.head)
    about = "by a member who has left since, under a head of their time"
    save("group-words-of-a-former-member", about, "group words", signed(before, story.former.signing), output=as_dict(before))
    shape, absent = "not the JSON of this shape", "a signature by someone who was not an active member then"
    refusals = (
        ("of-another-group", "replayed", replace(good, group=GroupId(OTHER_CASE)), "binding", "the words of another group"),
        ("above-their-file", "a number that nobody could follow", replace(good, number=6), "binding",
         "words with a number above that of their file"),
        ("of-another-colour", "a colour that no reader knows", replace(good, tags=[replace(FLAT, colour="gold")]),
         "encoding", shape),
        ("of-another-status", "a name for a status that does not exist", replace(good, statuses={"paid": "Paid"}),
         "encoding", shape),
        ("of-another-day", "not a day", replace(good, day="yesterday"), "encoding", "not a day"),
        ("under-an-unknown-head", "a head that is not in the list", replace(good, head=b64(b"\7" * 32)), "signature",
         "a head that is not in the key list"),
    )  # fmt: skip
    for name, about, words, layer, reason in refusals:
        bad(f"group-words-{name}", about, "group words", signed(words), layer, reason)
    about = "a colleague's name under a member's own words"
    other = story.group.people[1]
    forged = signed(replace(good, author=other.id))
    bad("group-words-signed-by-another", about, "group words", forged, "signature", "a signature that does not verify")
    late, about = replace(before, head=head), "after the member was removed"
    bad("group-words-after-removal", about, "group words", signed(late, story.former.signing), "signature", absent)
    text = json.dumps({**as_dict(good), "drafts": []})
    later = as_dict(Signed(body=text, signature=sam.signing.sign(Label.GROUP_WORDS, text.encode())))
    bad("group-words-of-a-later-version", "an unknown member", "group words", {**given, "signed": later}, "encoding", shape)


def names_vector() -> None:
    words = [group_words.sign(words_of(GROUP, MEMBERS[0], HEAD), SIGNERS[0]), Signed(body="of a later version", signature="")]
    book = names.Names(
        format=Label.NAMES.value, group=GROUP, number=4, author=MEMBERS[0], members={MEMBERS[0]: "سام"}, words=words, head=HEAD
    )  # fmt: skip
    file = b64(names.seal(book, [EPOCH.recipient], SIGNERS[0]))
    given = {"file": file, "identities": [EPOCH.reveal()], "group": GROUP, "keys": KEYS}
    output = {"members": book.members, "words": [as_dict(signed) for signed in words]}
    save("names-with-words", "words that this reader cannot read do not hide the names", "names", given, output=output)


def tags_vectors() -> None:
    member, position = Author(MEMBERS[0], SIGNERS[0], HEAD), Position(CASE, Sequence.DESK, 1)
    desk = {"case": CASE, "identities": [DESK_KEY.reveal()], "keys": KEYS, "sequence": "desk", "number": 1}
    desk["mac_keys"] = [b64(DESK_MAC.reveal())]
    content = replace(noted("third floor"), tags=[FLAT.id, CASE])
    to, previous = [DESK_KEY.recipient], b64(bytes(32))
    file = entry.seal(
        position, Kind.NOTE, content, day=DAY, previous=previous, recipients=to, mac_key=DESK_MAC, author=member
    )  # fmt: skip
    output = {"kind": "note", "author": MEMBERS[0], "words": "third floor", "digest": entry.digest_of(file)}
    about = "a note in a case with two tags, one of which this reader does not know"
    save("entry-with-tags", about, "entry", {**desk, "file": b64(file)}, output={**output, "tags": content.tags})
    envelope = {
        "format": Label.ENTRY.value, "case": CASE, "sequence": "desk", "number": 1, "kind": "note", "key": 0,
        "previous": previous, "author": MEMBERS[0], "day": DAY, "content": {**as_dict(content), "tags": FLAT.id},
        "head": HEAD,
    }  # fmt: skip
    body = json.dumps(envelope).encode()
    page = sheet.write(body, Sizes.ENTRY, Label.ENTRY, author=SIGNERS[0], mac_key=DESK_MAC)
    given = {**desk, "file": b64(entry.age.encrypt(page, to))}
    bad("entry-with-one-tag-as-text", "tags are a list", "entry", given, "encoding", "not the JSON of this shape")


def write() -> None:
    """All of them."""
    group_words_vectors()
    names_vector()
    tags_vectors()


if __name__ == "__main__":
    write()
