"""A vector for each rule that no other vector breaks alone: age headers, sheets, keys and the key list's order and kinds."""

# One vector a line, as far as may be.

import json

from crypto import age, entry, grant, names, sheet
from crypto.encoding import b64, to_json
from crypto.entry import Kind, Position, Sequence
from crypto.labels import Label
from tests.vectors.header_refusals import headers, recipients
from tests.vectors.keylist_refusals import lists
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
    bad,
    save,
)


def write():
    """All of them."""
    headers()
    recipients()
    sheets()
    cases()
    lists()


def sheets():
    """Sheets with an invalid closing line."""
    base = {"case": CASE, "identities": [CASE_KEY.reveal()], "keys": KEYS, "sequence": "shared", "number": 1}
    base["mac_keys"] = [b64(SHARED_MAC.reveal())]
    position = Position(CASE, Sequence.SHARED, 1)

    def body(kind=Kind.MESSAGE, content=None, author=""):
        return to_json(
            entry._Envelope(
                format=Label.ENTRY.value,
                case=CASE,
                sequence=position.sequence,
                number=1,
                kind=kind,
                key=0,
                previous="",
                author=author,
                day=DAY,
                content=content or {"text": "x"},
            )
        )

    def vector(name, about, page, layer, reason):
        bad(f"entry-{name}", about, "entry", {**base, "file": b64(age.encrypt(page, [CASE_KEY.recipient]))}, layer, reason)

    def page(text, **closing):
        return sheet.write(text, sheet.Sizes.ENTRY, Label.ENTRY, **closing)

    mac = SHARED_MAC
    vector("without-its-mac", "a dash where the MAC is due", page(body()), "mac", "a missing MAC")
    vector(
        "without-its-signature",
        "a member's words, unsigned",
        page(body(author=MEMBERS[0]), mac_key=mac),
        "signature",
        "a missing signature",
    )
    vector(
        "with-an-extra-signature",
        "the requester's words, signed",
        page(body(), author=SIGNERS[0], mac_key=mac),
        "signature",
        "an unexpected signature",
    )
    vector(
        "with-a-note-among-shared",
        "a kind of the desk",
        page(body(Kind.NOTE, author=MEMBERS[0]), author=SIGNERS[0], mac_key=mac),
        "binding",
        "an entry of a kind that does not belong there",
    )
    correction = page(body(Kind.CORRECTION, author=MEMBERS[0]), author=SIGNERS[0], mac_key=mac)
    vector(
        "correction-by-a-member",
        "only the requester corrects",
        correction,
        "binding",
        "a request that a member claims to have written",
    )
    keys = {"number": 1, "recipient": str(CASE_KEY.recipient), "mac": b64(bytes(31))}
    short = page(body(Kind.KEYS, keys, MEMBERS[0]), author=SIGNERS[0], mac_key=mac)
    vector("of-a-short-mac-key", "31 bytes", short, "encoding", "not base64url of the right length")
    whole = page(body(), mac_key=mac)
    for name, about, closing in (("short", "42 characters", whole[:-1] + b" "), ("latin-1", "not ASCII", whole[:-1] + b"\xe9")):
        form = "a sheet with a malformed closing line" if name == "latin-1" else "not base64url"
        vector(f"with-a-mac-line-{name}", about, closing, "encoding", form)
    vector(
        "with-a-mac-line-cut", "a line feed less", whole.replace(b"\n-\n", b" -\n"), "encoding", "not a sheet of three lines"
    )
    vector(
        "with-a-signature-of-another-length",
        "two dashes",
        whole.replace(b" \n-\n", b"\n--\n"),
        "encoding",
        "a sheet with a malformed closing line",
    )
    status = {
        "status": "lost",
        "summary": json.loads(
            to_json(
                entry.Summary(
                    arrived=DAY,
                    name="",
                    kinds=[],
                    line="",
                    language="en",
                    direction="need",
                    deletion=DAY,
                    area="",
                    urgency="",
                    contact="",
                )
            )
        ),
    }
    desk = sheet.write(
        to_json(
            entry._Envelope(
                format=Label.ENTRY.value,
                case=CASE,
                sequence=Sequence.DESK,
                number=0,
                kind=Kind.STATUS,
                key=0,
                previous="",
                author=MEMBERS[0],
                day=DAY,
                content=status,
            )
        ),
        sheet.Sizes.ENTRY,
        Label.ENTRY,
        author=SIGNERS[0],
        mac_key=DESK_MAC,
    )
    given = {**base, "sequence": "desk", "number": 0, "identities": [DESK_KEY.reveal()], "mac_keys": [b64(DESK_MAC.reveal())]}
    given["file"] = b64(age.encrypt(desk, [DESK_KEY.recipient]))
    bad("entry-of-an-unknown-status", "lost", "entry", given, "encoding", "not the JSON of this shape")
    save("sheet-largest", "an entry's largest", "sheet", {"length": 65_536 - 46, "sizes": "ENTRY"}, output=65_536)
    bad(
        "sheet-too-large",
        "a byte more",
        "sheet",
        {"length": 65_536 - 45, "sizes": "ENTRY"},
        "size",
        "content that exceeds the largest size",
    )


def cases():
    """Grants and names."""
    base = {"case": CASE, "grantee": MEMBERS[0], "epoch": EPOCH.recipient.id, "identities": [EPOCH.reveal()], "keys": KEYS}
    fields = {
        "format": Label.GRANT.value,
        "case": CASE,
        "grantee": MEMBERS[0],
        "epoch": EPOCH.recipient.id,
        "author": MEMBERS[1],
    }
    body = to_json(grant._Body(**fields, case_keys=[], desk_keys=[]))
    for name, closing, layer, reason in (
        ("without-a-case-key", {"author": SIGNERS[1]}, "binding", "a grant without a case key"),
        ("with-a-mac", {"author": SIGNERS[1], "mac_key": SHARED_MAC}, "mac", "an unexpected MAC"),
    ):
        page = sheet.write(body, sheet.Sizes.GRANT, Label.GRANT, **closing)
        bad(f"grant-{name}", "signed", "grant", {**base, "file": b64(age.encrypt(page, [EPOCH.recipient]))}, layer, reason)
    book = names.Names(format=Label.NAMES.value, group=OTHER_CASE, number=1, author=MEMBERS[0], members={})
    given = {
        "file": b64(names.seal(book, [EPOCH.recipient], SIGNERS[0])),
        "identities": [EPOCH.reveal()],
        "group": GROUP,
        "keys": KEYS,
    }
    bad("names-of-another-group", "replayed", "names", given, "binding", "the names of another group")
