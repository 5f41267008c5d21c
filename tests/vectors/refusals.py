"""A vector for each rule that no other vector breaks alone: age headers, sheets, keys and the key list's order and kinds."""

# One vector a line, as far as may be.

import json

from crypto import age, entry, grant, keylist, names, sheet
from crypto.age import bech32, header, stream
from crypto.encoding import b64, to_json
from crypto.entry import Kind, Place, Sequence
from crypto.keylist import Change
from crypto.labels import Label
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
    save,
)

FILE_KEY = b"k" * 16
Q = 3329
P = 2**255 - 19


def bad(name, about, operation, given, layer, reason):
    """A refusal."""
    save(name, about, operation, given, refused=layer, reason=reason)


def write():
    """All of them."""
    headers()
    recipients()
    sheets()
    cases()
    lists()


def headers():
    """Age files that are malformed in one place; the stanza that opens is there in each."""
    mine = header._encode(EPOCH.recipient.wrap(FILE_KEY)).decode("latin-1")
    payload = stream.seal(FILE_KEY, b"hello")

    def file(stanzas, *, mac=None, rest=payload, version="age-encryption.org/v1\n"):
        covered = (version + stanzas + "---").encode("latin-1")
        tag = header._mac(FILE_KEY, covered).finalize() if mac is None else mac
        return covered + b" " + header.encode_base64(tag) + b"\n" + rest

    def vector(name, about, data, reason):
        bad(f"age-{name}", about, "age", {"file": b64(data), "identities": [EPOCH.reveal()]}, "age", reason)

    good = {"file": b64(file(mine)), "identities": [EPOCH.reveal()]}
    save("age-ok", "one hybrid stanza", "age", good, output="aGVsbG8")
    both = {"file": b64(file("-> other thing\n\n" + mine)), "identities": [EPOCH.reveal()]}
    save("age-with-an-unknown-stanza", "readers pass over kinds that they do not know", "age", both, output="aGVsbG8")
    share, body = mine.split("\n")[0].split(" ")[2], mine.split("\n")[1]
    line = "A" * 64 + "\n"
    for name, about, stanzas, reason in (
        ("with-an-empty-argument", "after the stanza that opens", mine + "-> a  b\n\n", "a malformed stanza"),
        ("with-a-character-of-no-argument", "after the stanza that opens", mine + "-> a\x7f\n\n", "a malformed stanza"),
        ("without-a-stanza", "a MAC alone", "", "a MAC of the wrong length, or no stanza"),
        ("with-a-long-line", "65 characters", mine + "-> a\n" + "A" * 65 + "\n", "a stanza line that is too long"),
        ("with-stray-bits", "after the stanza that opens", mine + "-> a\nAB\n", "not canonical base64"),
        ("with-padding", "after the stanza that opens", mine + "-> a\nAA==\n", "not canonical base64"),
        (
            "with-a-short-hybrid-body",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 {share}\nAAAA\n",
            "a malformed hybrid stanza",
        ),
        (
            "with-two-shares",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 {share} {share}\n{body}\n",
            "a malformed hybrid stanza",
        ),
        (
            "with-a-short-share",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 AAAA\n{body}\n",
            "a hybrid stanza with a share of the wrong length",
        ),
        (
            "with-a-share-of-small-order",
            "after the stanza that opens",
            mine + f"-> mlkem768x25519 {header.encode_base64(bytes(1120)).decode()}\n{body}\n",
            "a stanza with an invalid share",
        ),
        (
            "over-the-ceiling",
            "a header of more than 512 KiB",
            "-> a\n" + line * 8192 + "\n" + mine,
            "an unfinished or oversized header",
        ),
    ):
        vector(name, about, file(stanzas), reason)
    vector("of-another-version", "age v2", file(mine, version="age-encryption.org/v2\n"), "not an age v1 file")
    vector("unfinished", "the file ends within its header", file(mine)[:99], "an unfinished or oversized header")
    vector("with-a-short-mac", "31 bytes", file(mine, mac=bytes(31)), "a MAC of the wrong length, or no stanza")
    vector("with-a-foreign-mac", "of zeros", file(mine, mac=bytes(32)), "the header's MAC does not verify")
    vector(
        "without-a-payload", "the file ends within the nonce", file(mine, rest=bytes(15)), "a file that ends before its payload"
    )
    vector("within-a-chunk", "a chunk of 15 bytes", file(mine, rest=bytes(31)), "a payload that ends within a chunk")
    cipher = stream._cipher(FILE_KEY, b"n" * 16)
    empty = b"n" * 16 + cipher.encrypt(stream._chunk_nonce(0, final=False), bytes(65_536), None)
    empty += cipher.encrypt(stream._chunk_nonce(1, final=True), b"", None)
    vector("with-an-empty-last-chunk", "after a full one", file(mine, rest=empty), "an empty last chunk")


def recipients():
    """Recipients to whom some library seals and another does not."""
    raw = EPOCH.recipient.raw
    save("recipient-ok", "its id", "recipient", {"recipient": str(EPOCH.recipient)}, output=EPOCH.recipient.id)

    def vector(name, about, changed, reason):
        text = changed if isinstance(changed, str) else bech32.encode("age1pq", changed)
        bad(f"recipient-{name}", about, "recipient", {"recipient": text}, "encoding", reason)

    def low(coefficient):
        return coefficient.to_bytes(2, "little") + raw[2:]

    def x25519(u):
        return raw[:1184] + u.to_bytes(32, "little")

    mlkem, canonical, order = (
        f"a recipient whose {what}"
        for what in ("ML-KEM part is not reduced", "X25519 part is not canonical", "X25519 part has a small order")
    )
    vector("of-zeros-but-its-x25519-part", "the first coefficient is q", low(Q), mlkem)
    vector(
        "of-a-second-coefficient-of-q",
        "the upper half of three bytes",
        raw[:1] + bytes([raw[1] & 0x0F | Q << 4 & 0xF0, Q >> 4]) + raw[3:],
        mlkem,
    )
    vector("of-a-last-coefficient-of-4095", "the end of the vector", raw[:1150] + b"\xff\xff" + raw[1152:], mlkem)
    for u in (
        0,
        1,
        P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    ):
        vector(f"of-small-order-{u % 997}", "the shared secret would be zero", x25519(u), order)
    for u in (P, P + 1, 2**255 - 1, 9 + 2**255):
        vector(f"not-canonical-{u % 997}", "another writing of some coordinate", x25519(u), canonical)
    text = str(EPOCH.recipient)
    kind = "not a key of this kind"
    vector("of-a-wrong-checksum", "its last character", text[:-1] + ("q" if text[-1] != "q" else "p"), kind)
    vector("in-capitals", "age writes lower case", text.upper(), kind)
    vector("too-short", "1215 bytes", raw[:-1], kind)
    vector("of-x25519-alone", "another kind of recipient", bech32.encode("age", raw[1184:]), kind)


def sheets():
    """Sheets that are closed otherwise than they must be."""
    base = {"case": CASE, "identities": [CASE_KEY.reveal()], "keys": KEYS, "sequence": "shared", "number": 1}
    base["mac_keys"] = [b64(SHARED_MAC.reveal())]
    place = Place(CASE, Sequence.SHARED, 1)

    def body(kind=Kind.MESSAGE, content=None, author=""):
        return to_json(
            entry._Envelope(
                format=Label.ENTRY.value,
                case=CASE,
                sequence=place.sequence,
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
    vector("without-its-mac", "a dash where the MAC is due", page(body()), "mac", "a MAC that is missing")
    vector(
        "without-its-signature",
        "a member's words, unsigned",
        page(body(author=MEMBERS[0]), mac_key=mac),
        "signature",
        "a signature that is missing",
    )
    vector(
        "with-a-signature-too-many",
        "the requester's words, signed",
        page(body(), author=SIGNERS[0], mac_key=mac),
        "signature",
        "a signature where none is due",
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
    told = {"number": 1, "recipient": str(CASE_KEY.recipient), "mac": b64(bytes(31))}
    short = page(body(Kind.KEYS, told, MEMBERS[0]), author=SIGNERS[0], mac_key=mac)
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
        "more than the largest size holds",
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
        ("with-a-mac", {"author": SIGNERS[1], "mac_key": SHARED_MAC}, "mac", "a MAC where none is due"),
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
        """Its vector."""
        given = {"entries": [{"body": one.body, "signatures": one.signatures} for one in self.signed], "today": today}
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
    """A rule of the key list each; all else about the entry is as it must be."""
    key, foreign = KEYS[MEMBERS[3]], "an entry with what its kind does not have"
    List().refused("of-4097-entries", "before any is read", "a key list of too many entries", times=4097)
    two().then(Change.QUORUM, [0, 1], value=2, text=lambda t: t.replace(":2}", ": 2}")).refused(
        "with-a-space", "one form alone", "an entry that is not written as it must be"
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
        "stop-of-nothing", "nothing is pending", "an answer to something that is not pending"
    )
    two().enrol(2, [0]).then(Change.AGREE, [1], key=key).refused(
        "agree-to-another", "not to what is pending", "an answer to something that is not pending"
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
        "enrolment-of-a-former-member", "their id had its time", "an enrolment of someone who is or was a member"
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
