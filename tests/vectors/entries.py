"""Vectors of a case's entries."""

from msgspec import UNSET

from crypto import age, entry, sheet
from crypto.encoding import b64
from crypto.entry import Kind, Position, Sequence
from crypto.labels import Label
from crypto.signing import Author
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DAY,
    DESK_KEY,
    DESK_MAC,
    GROUP,
    HEAD,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    RECEIPT_KEY,
    SHARED_MAC,
    SIGNERS,
    save,
)


def request(shown=True, on_behalf=UNSET, **more):
    return entry.Request(
        form="sample",
        language="ar",
        direction="need",
        answers=[
            entry.Answer(question="kinds", text="ماذا تحتاج؟", values=["food"], labels=["طعام"]),
            entry.Answer(question="words", text="بكلماتك", values=["حليب ‮ و\u200bخبز 🥖"], labels=[]),
        ],
        contact=entry.Contact(how="+٢٠ ١٠٠", voicemail="no", say_who="", safe_time="", return_only=False, **more),
        name="",
        deletion="2026-12-20",
        shown=shown,
        recipients=entry.Recipients(case=str(CASE_KEY.recipient), receipt=str(RECEIPT_KEY.recipient)),
        sealed_by="browser",
        on_behalf=on_behalf,
    )


def noted(text):
    summary = entry.Summary(
        arrived=DAY, name="", kinds=["food"], line="milk", language="ar", direction="need", deletion="2026-12-20",
        area="", urgency="", contact="",
    )  # fmt: skip
    return entry.Note(status="new", summary=summary, text=text)


def entry_vectors():
    base = {"case": CASE, "identities": [CASE_KEY.reveal(), DESK_KEY.reveal()], "keys": KEYS}
    shared = {**base, "sequence": "shared", "mac_keys": [b64(SHARED_MAC.reveal())]}
    desk = {**base, "sequence": "desk", "mac_keys": [b64(DESK_MAC.reveal())]}
    member = Author(MEMBERS[0], SIGNERS[0], HEAD)
    both = [CASE_KEY.recipient, RECEIPT_KEY.recipient]

    def sealed(position, kind, content, *, recipients=None, mac=SHARED_MAC, author=None, previous="", key=0):
        return entry.seal(
            position,
            kind,
            content,
            day=DAY,
            previous=previous,
            recipients=recipients or both,
            mac_key=mac,
            author=author,
            key=key,
        )

    first = Position(CASE, Sequence.SHARED, 0)
    file = sealed(first, Kind.REQUEST, request())
    expected = {"kind": "request", "author": "", "words": "حليب ‮ و\u200bخبز 🥖", "digest": entry.digest_of(file)}
    save(
        "entry-request",
        "a request in Arabic, to case and receipt",
        "entry",
        {**shared, "number": 0, "file": b64(file)},
        output=expected,
    )
    save(
        "entry-request-by-receipt",
        "the same, opened with the receipt's identity",
        "entry",
        {**shared, "identities": [RECEIPT_KEY.reveal()], "number": 0, "file": b64(file)},
        output=expected,
    )
    safe = request(text_message="no", who_else="أمي", call_language="العربية")
    file_with_more = sealed(first, Kind.REQUEST, safe)
    save(
        "entry-request-with-safe-contact",
        "a request that says who else might answer; requests from before it was asked lack these members",
        "entry",
        {**shared, "number": 0, "file": b64(file_with_more)},
        output={**expected, "digest": entry.digest_of(file_with_more)},
    )
    save(
        "entry-moved-to-another-case",
        "the case inside is not the one asked for",
        "entry",
        {**shared, "case": OTHER_CASE, "number": 0, "file": b64(file)},
        refused="binding",
        reason="an entry that belongs elsewhere",
    )
    save(
        "entry-with-trailing-byte",
        "one byte after the payload",
        "entry",
        {**shared, "number": 0, "file": b64(file + b"\0")},
        refused="age",
        reason="a chunk that does not verify",
    )
    save(
        "entry-truncated",
        "the last byte is missing",
        "entry",
        {**shared, "number": 0, "file": b64(file[:-1])},
        refused="age",
        reason="a chunk that does not verify",
    )
    save(
        "entry-under-a-foreign-mac-key",
        "made by someone who does not hold the case key",
        "entry",
        {**shared, "number": 0, "file": b64(sealed(first, Kind.REQUEST, request(), mac=DESK_MAC))},
        refused="mac",
        reason="a MAC that does not verify",
    )
    save(
        "entry-of-a-key-number-unknown",
        "key number 1, of which there is none",
        "entry",
        {**shared, "number": 0, "file": b64(sealed(first, Kind.REQUEST, request(), key=1))},
        refused="binding",
        reason="an entry under a key that is not the case's",
    )
    second = Position(CASE, Sequence.SHARED, 1)
    answer = sealed(second, Kind.MESSAGE, entry.Text(text="Yes, at six."), author=member, previous=entry.digest_of(file))
    save(
        "entry-answer",
        "signed by a member",
        "entry",
        {**shared, "number": 1, "file": b64(answer)},
        output={"kind": "message", "author": MEMBERS[0], "words": "Yes, at six.", "digest": entry.digest_of(answer)},
    )
    save(
        "entry-renumbered",
        "number 1 served as number 2",
        "entry",
        {**shared, "number": 2, "file": b64(answer)},
        refused="binding",
        reason="an entry that belongs elsewhere",
    )
    forged = sealed(second, Kind.MESSAGE, entry.Text(text="x"), author=Author(MEMBERS[1], SIGNERS[0], HEAD))
    save(
        "entry-in-another-members-name",
        "the signature is someone else's",
        "entry",
        {**shared, "number": 1, "file": b64(forged)},
        refused="signature",
        reason="a signature that does not verify",
    )
    stranger = sealed(second, Kind.MESSAGE, entry.Text(text="x"), author=Author(GROUP, SIGNERS[0], HEAD))
    save(
        "entry-by-a-stranger",
        "the author was never a member",
        "entry",
        {**shared, "number": 1, "file": b64(stranger)},
        refused="signature",
        reason="a signature by someone who was never a member",
    )
    read = entry.Progress(stage="read")
    progress_file = sealed(second, Kind.PROGRESS, read, author=member, previous=entry.digest_of(file))
    save(
        "entry-progress",
        "a member tells the requester that the request was read",
        "entry",
        {**shared, "number": 1, "file": b64(progress_file)},
        output={"kind": "progress", "author": MEMBERS[0], "words": "", "digest": entry.digest_of(progress_file)},
    )
    for name, stage, author, why, reason in (
        ("unsigned", "read", None, "binding", "a desk entry without an author"),
        ("of-an-unknown-stage", "answered", member, "encoding", "not the JSON of this shape"),
    ):
        wrong = sealed(second, Kind.PROGRESS, entry.Progress(stage=stage), author=author)
        about = f"progress {name.replace('-', ' ')}"
        given = {**shared, "number": 1, "file": b64(wrong)}
        save(f"entry-progress-{name}", about, "entry", given, refused=why, reason=reason)
    note = Position(CASE, Sequence.DESK, 0)
    written = sealed(note, Kind.NOTE, noted("call after 18:00"), recipients=[DESK_KEY.recipient], mac=DESK_MAC, author=member)
    save(
        "entry-note",
        "a desk entry",
        "entry",
        {**desk, "number": 0, "file": b64(written)},
        output={"kind": "note", "author": MEMBERS[0], "words": "call after 18:00", "digest": entry.digest_of(written)},
    )
    unsigned = sealed(note, Kind.NOTE, noted("x"), recipients=[DESK_KEY.recipient], mac=DESK_MAC)
    save(
        "entry-note-unsigned",
        "a desk entry without an author",
        "entry",
        {**desk, "number": 0, "file": b64(unsigned)},
        refused="binding",
        reason="a desk entry without an author",
    )
    body = b'{"format":"sealed-intake/1/entry"}'
    empty = sheet.write(body, sheet.Sizes.ENTRY, Label.ENTRY, mac_key=SHARED_MAC)
    lines = sheet.write(body + b"\n", sheet.Sizes.ENTRY, Label.ENTRY, mac_key=SHARED_MAC)
    for name, page, why, reason in (
        ("unpadded", body + b"\n-\n-", "size", "a sheet of another size"),
        ("not-json-of-an-entry", empty, "encoding", "not the JSON of this shape"),
        ("four-lines", lines, "encoding", "not a sheet of three lines"),
    ):
        save(
            f"entry-{name}",
            "a sheet that is not of the form",
            "entry",
            {**shared, "number": 1, "file": b64(age.encrypt(page, both))},
            refused=why,
            reason=reason,
        )
