"""Makes the vectors: `python -m tests.vectors.generate`. Files are sealed with fresh randomness, so a new run differs in bytes."""

import datetime as dt
import json

from crypto import age, digits, entry, grant, hold, keylist, keyring, names, receipt, recovery, sheet, statement, unlocker
from crypto.age import bech32
from crypto.encoding import b64, netstrings, to_json, unb64
from crypto.entry import Kind, Place, Sequence
from crypto.keylist import Change
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import Author, Signed, SigningKey, labelled_hash
from tests.vectors import cases, parsing, refusals, signatures, stored
from tests.vectors.snapshots import as_json, pending_vectors, snapshot_vectors, statement_snapshot
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DAY,
    DESK_KEY,
    DESK_MAC,
    EPOCH,
    GROUP,
    HEAD,
    HERE,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    RECEIPT_KEY,
    SHARED_MAC,
    SIGNERS,
    save,
)


def text_vectors():
    save("b64-ok", "base64url without padding", "b64", {"text": "-_8A"}, output=b64(b"\xfb\xff\x00").replace("=", ""))
    for name, text in {"padded": "AA==", "stray-bits": "AB", "standard-alphabet": "+/8A", "space": "AA AA"}.items():
        save(f"b64-{name}", "not the one accepted form", "b64", {"text": text}, refused="encoding", reason="not base64url")
    save(
        "netstrings",
        "parts cannot run into each other",
        "netstrings",
        {"parts": ["1:a,", "", "é"]},
        output=netstrings(b"1:a,", b"", "é".encode()).decode(),
    )
    code = "7" * 23 + digits.check_digit("7" * 23)
    for script, zero in {
        "ascii": 0x30,
        "arabic-indic": 0x660,
        "persian": 0x6F0,
        "devanagari": 0x966,
        "fullwidth": 0xFF10,
    }.items():
        typed = digits.in_groups("".join(chr(zero + int(d)) for d in code)).replace(" ", "-", 2)
        save(f"receipt-digits-{script}", "digits of any script", "receipt digits", {"typed": typed}, output=code)
    swapped = "12" + code[2:]
    length = "it has too few or too many digits"
    for name, typed, reason in (
        ("mistyped", code[:5] + "8" + code[6:], "a digit is mistyped"),
        ("swapped", swapped, "a digit is mistyped"),
        ("short", code[:-1], length),
        ("letters", "x" * 24, "something in it is not a digit"),
        ("empty", "", length),
    ):
        save(
            f"receipt-digits-{name}",
            "refused before anything is asked of a server",
            "receipt digits",
            {"typed": typed},
            refused="digits",
            reason=reason,
        )
    found = receipt.stretch(code, GROUP)
    save(
        "receipt-stretch",
        "token, look-up and recipient of a receipt",
        "receipt stretch",
        {"code": code, "group": GROUP},
        output={"token": b64(found.token.reveal()), "lookup": found.lookup, "recipient": str(found.identity.recipient)},
    )
    for name, typed in {"mixed-case": "  MaRía.Ⅳ ", "arabic": "ليلى_٢", "plain": "sam"}.items():
        handle = unlocker.normalise_handle(typed)
        save(
            f"handle-{name}",
            "one form, one id",
            "handle",
            {"typed": typed, "group": GROUP},
            output={"handle": handle, "id": unlocker.handle_id(GROUP, handle)},
        )
    for name, typed in {"short": "a", "long": "a" * 33, "slash": "a/b", "space": "a b", "control": "a\u202eb"}.items():
        given, reason = {"typed": typed, "group": GROUP}, "a handle has 2 to 32 letters, digits, dots, dashes or underscores"
        save(f"handle-{name}", "not a handle", "handle", given, refused="handle", reason=reason)
    for name, phrase in {"ascii": "correct horse battery", "composed": "caf\u00e9 cre\u0301me نور"}.items():
        opened = unlocker.from_passphrase(phrase, GROUP, "sam")
        save(
            f"unlocker-passphrase-{name}",
            "Argon2id 64 MiB",
            "passphrase",
            {"passphrase": phrase, "group": GROUP, "handle": "sam"},
            output={"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())},
        )
    paper = "3" * 39 + digits.check_digit("3" * 39)
    opened = unlocker.from_paper_code(paper, GROUP, "sam")
    save(
        "unlocker-paper",
        "a printed code",
        "paper",
        {"code": digits.in_groups(paper), "group": GROUP, "handle": "sam"},
        output={"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())},
    )
    prf = bytes(range(32))
    opened = unlocker.from_passkey(Secret(prf), GROUP, "sam")
    save(
        "unlocker-passkey",
        "what an authenticator's PRF gives for the group",
        "passkey",
        {"output": b64(prf), "group": GROUP, "handle": "sam"},
        output={"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())},
    )
    save(
        "unlocker-paper-mistyped",
        "refused by its check digit",
        "paper",
        {"code": "4" + paper[1:], "group": GROUP, "handle": "sam"},
        refused="digits",
        reason="a digit is mistyped",
    )


def request(shown=True):
    return entry.Request(
        form="sample",
        language="ar",
        direction="need",
        answers=[
            entry.Answer(question="kinds", text="ماذا تحتاج؟", values=["food"], labels=["طعام"]),
            entry.Answer(question="words", text="بكلماتك", values=["حليب ‮ و\u200bخبز 🥖"], labels=[]),
        ],
        contact=entry.Contact(how="+٢٠ ١٠٠", voicemail="no", say_who="", safe_time="", return_only=False),
        name="",
        deletion="2026-12-20",
        shown=shown,
        recipients=entry.Recipients(case=str(CASE_KEY.recipient), receipt=str(RECEIPT_KEY.recipient)),
        sealed_by="browser",
    )


def noted(text):
    told = entry.Summary(
        arrived=DAY, name="", kinds=["food"], line="milk", language="ar", direction="need", deletion="2026-12-20",
        area="", urgency="", contact="",
    )  # fmt: skip
    return entry.Note(status="new", summary=told, text=text)


def entry_vectors():
    base = {"case": CASE, "identities": [CASE_KEY.reveal(), DESK_KEY.reveal()], "keys": KEYS}
    shared = {**base, "sequence": "shared", "mac_keys": [b64(SHARED_MAC.reveal())]}
    desk = {**base, "sequence": "desk", "mac_keys": [b64(DESK_MAC.reveal())]}
    member = Author(MEMBERS[0], SIGNERS[0], HEAD)
    both = [CASE_KEY.recipient, RECEIPT_KEY.recipient]

    def sealed(place, kind, content, *, recipients=None, mac=SHARED_MAC, author=None, previous="", key=0):
        return entry.seal(
            place, kind, content, day=DAY, previous=previous, recipients=recipients or both, mac_key=mac, author=author, key=key
        )

    first = Place(CASE, Sequence.SHARED, 0)
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
    second = Place(CASE, Sequence.SHARED, 1)
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
    note = Place(CASE, Sequence.DESK, 0)
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
        ("unpadded", body + b"\n-\n-", "size", "a sheet of a size that is not allowed"),
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


def grant_vectors():
    address = grant.Address(CASE, MEMBERS[0], EPOCH.recipient.id)
    base = {"case": CASE, "grantee": MEMBERS[0], "epoch": address.epoch, "identities": [EPOCH.reveal()], "keys": KEYS}
    case_only = grant.CaseKeys((CASE_KEY,), ())
    full = grant.CaseKeys((CASE_KEY, RECEIPT_KEY), (DESK_KEY,))
    plain = grant.seal(address, case_only, EPOCH.recipient)
    signed = grant.seal(address, full, EPOCH.recipient, Author(MEMBERS[1], SIGNERS[1], HEAD))
    seeds = [b64(key.seed.reveal()) for key in (CASE_KEY, RECEIPT_KEY, DESK_KEY)]
    save(
        "grant-by-the-requester",
        "one case key, unsigned",
        "grant",
        {**base, "file": b64(plain)},
        output={"case_keys": seeds[:1], "desk_keys": []},
    )
    save(
        "grant-by-a-colleague",
        "all keys, signed",
        "grant",
        {**base, "file": b64(signed)},
        output={"case_keys": seeds[:2], "desk_keys": seeds[2:]},
    )
    save(
        "grant-swapped-between-cases",
        "the case inside is another",
        "grant",
        {**base, "case": OTHER_CASE, "file": b64(signed)},
        refused="binding",
        reason="a grant that is addressed otherwise",
    )
    save(
        "grant-swapped-between-grantees",
        "the grantee inside is another",
        "grant",
        {**base, "grantee": MEMBERS[1], "file": b64(signed)},
        refused="binding",
        reason="a grant that is addressed otherwise",
    )
    forged = grant.seal(address, full, EPOCH.recipient, Author(MEMBERS[2], SIGNERS[1], HEAD))
    save(
        "grant-in-another-members-name",
        "the signature is someone else's",
        "grant",
        {**base, "file": b64(forged)},
        refused="signature",
        reason="a signature that does not verify",
    )
    body = grant._Body(
        format="sealed-intake/1/grant",
        case=CASE,
        grantee=MEMBERS[0],
        epoch=address.epoch,
        author="",
        case_keys=seeds[:1],
        desk_keys=seeds[2:],
    )
    page = sheet.write(to_json(body), sheet.Sizes.GRANT, Label.GRANT)
    save(
        "grant-with-a-desk-key-of-the-requesters-making",
        "unsigned, yet with a desk key",
        "grant",
        {**base, "file": b64(age.encrypt(page, [EPOCH.recipient]))},
        refused="binding",
        reason="a grant with keys that its author cannot give",
    )
    found = receipt.stretch("7" * 23 + digits.check_digit("7" * 23), GROUP)
    for_receipt = receipt.ReceiptGrant(
        format=Label.RECEIPT_GRANT.value,
        case=CASE,
        recipient=str(CASE_KEY.recipient),
        mac=b64(SHARED_MAC.reveal()),
        request=b64(b"\5" * 32),
        shown=False,
        deletion="2026-12-20",
    )
    given = {
        "case": CASE,
        "code": "7" * 23 + digits.check_digit("7" * 23),
        "group": GROUP,
        "file": b64(receipt.seal_grant(for_receipt, found.identity.recipient)),
    }
    save(
        "receipt-grant",
        "opened with the digits",
        "receipt grant",
        given,
        output={"recipient": for_receipt.recipient, "mac": for_receipt.mac, "shown": False, "deletion": "2026-12-20"},
    )
    save(
        "receipt-grant-of-another-case",
        "the case inside is another",
        "receipt grant",
        {**given, "case": OTHER_CASE},
        refused="binding",
        reason="a receipt grant of another case",
    )


def keylist_vectors():
    def entries(*signed):
        return [json.loads(to_json(one)) for one in signed]

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
    bad("host-puts-in-its-own-key", "the text is not what was signed", [founded, altered], "a signature that does not verify")
    forgets = "a key list that forgets or replaces what was seen before"
    bad("rolled-back", "the head that was seen is missing", three[:2], forgets, seen=head)
    bad(
        "forked",
        "another entry where one was seen",
        [*three[:2], chain(founded, second, (*enrol[3], [0, 1], DAY))[2]],
        forgets,
        seen=head,
    )
    bad("reordered", "the third before the second", [three[0], three[2], three[1]], "an entry of another number")
    bad("dropped", "one is left out", [three[0], three[2]], "an entry of another number")
    bad("of-another-group", "another group was expected", three, "the key list of another group", group=OTHER_CASE)
    bad(
        "under-another-fingerprint",
        "the poster says otherwise",
        three,
        "a key list under another fingerprint",
        fingerprint="1" * 40,
    )
    bad("from-the-future", "its last day has not come", three, "a key list from the future", today="2026-11-01")
    bad("without-a-beginning", "the first entry is missing", three[1:], "a first entry that does not found a group")
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
        "an enrolment with a key that somebody has or had",
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
    given = {"entries": [json.loads(to_json(one)) for one in entries[:-1]], "today": DAY}
    fingerprint = digits.from_hash(unb64(entries[0].hash)).replace(" ", "")
    output = {"members": ids[:-1], "pending": False, "fingerprint": fingerprint, "head": entries[-2].hash}
    save("keylist-255-members", "as many as a group can have", "key list", given, output=output)
    most = "an enrolment beyond the most members that a group has"
    more = {**given, "entries": [json.loads(to_json(one)) for one in entries]}
    save("keylist-256-members", "one more than a group can have", "key list", more, refused="key list", reason=most)


def decided(name, about, three, kind, what, signers, *, reason=None, then=()):
    """A list that ends in one more decision; what holds afterwards of rotation and recovery."""
    signed = list(three)
    for one, said, by in (*then, (kind, what, signers)):
        body = keylist.next_body(keylist.verify(signed, dt.date.fromisoformat(DAY)), one, DAY, **said)
        signed.append(keylist.sign(body, {MEMBERS[i]: SIGNERS[i] for i in by}))
    given = {"entries": [json.loads(to_json(one)) for one in signed], "today": DAY}
    if reason:
        save(f"keylist-{name}", about, "decisions", given, refused="key list", reason=reason)
        return
    found = keylist.verify(signed, dt.date.fromisoformat(DAY))
    kept = found.recovery
    save(
        f"keylist-{name}",
        about,
        "decisions",
        given,
        output={
            "epoch_days": found.epoch_days,
            "freshness_days": found.freshness_days,
            "recovery": [kept.key, kept.threshold, sorted(kept.members), kept.tried_by] if kept else None,
            "recovered": [[one.number, one.day.isoformat(), one.to, one.of, sorted(one.signers)] for one in found.recovered],
        },
    )


def decision_vectors(three):
    key = recovery.key_hash(EPOCH.recipient)
    deal = (Change.RECOVERY, {"key": key, "value": 2}, [0, 1])
    few, split = "an entry with too few signatures", "a recovery key that cannot be split so"
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
    decided("recovery-given-up", "the group goes on without", three, Change.RECOVERY, {}, [1, 2], then=[deal])
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
    decided("recovery-tried", "the member who tried it signed as well", three, Change.RECOVERY, tried, [0, 1])
    decided("recovery-not-tried", "without who was to try it", three, Change.RECOVERY, tried, [0, 2], reason=few)
    decided(
        "recovery-signed-by-fewer-than-open-it",
        "two of the three that it needs",
        three,
        Change.RECOVERY,
        {**tried, "value": 3},
        [0, 1],
        reason=few,
    )
    decided(
        "recovery-tried-by-a-stranger",
        "not a member",
        three,
        Change.RECOVERY,
        {**tried, "member": MEMBERS[3]},
        [0, 1],
        reason="a recovery key that is tried by someone who is not a member",
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
        reason="a recovery of someone who never was a member",
    )


def proposal_vectors(three):
    """What a member must not sign, though a list that holds it is read."""
    key = recovery.key_hash(EPOCH.recipient)

    def proposed(name, about, then, kind, what, *, lacking=None, reason=None):
        signed = list(three)
        for one, said in (*then, (kind, what)):
            body = keylist.next_body(keylist.verify(signed, dt.date.fromisoformat(DAY)), one, DAY, **said)
            by = [0] if len(signed) == len(three) + len(then) else [0, 1, 2]
            signed.append(keylist.sign(body, {MEMBERS[i]: SIGNERS[i] for i in by}))
        *before, last = [json.loads(to_json(one)) for one in signed]
        given = {"entries": before, "entry": last, "today": DAY}
        refused = "key list" if reason else None
        save(f"proposal-{name}", about, "proposal", given, output=lacking, refused=refused, reason=reason)

    low, tried = "a recovery key that fewer open than must agree", {"key": key, "value": 2, "member": MEMBERS[1]}
    three_agree, dealt = (Change.QUORUM, {"value": 3}), (Change.RECOVERY, tried)
    who = {"member": MEMBERS[0], "key": KEYS[MEMBERS[2]]}
    proposed("recovery", "its dealer has signed", [], *dealt, lacking=1)
    proposed("recovery-of-three", "two more, the one who tries it among them", [], dealt[0], {**tried, "value": 3}, lacking=2)
    untried = "a recovery key that nobody tries before it counts"
    proposed("recovery-untried", "nobody would try it", [], dealt[0], {"key": key, "value": 2}, reason=untried)
    proposed("recovery-below-the-quorum", "two shares would do without the third signature", [three_agree], *dealt, reason=low)
    above = "a quorum above what opens the recovery key"
    proposed("quorum-above-the-recovery-key", "two shares would still open it", [dealt], *three_agree, reason=above)
    proposed("recover-below-the-quorum", "two shares would do", [dealt, three_agree], Change.RECOVER, who, reason=low)


def deal_vectors():
    parts, other = recovery.split(EPOCH, 3, 2), recovery.split(CASE_KEY, 3, 2)
    members = MEMBERS[:3]
    shares, foreign = dict(zip(members, parts, strict=True)), dict(zip(members, other, strict=True))

    def dealt(name, about, shares, tried, *, signer=0, key=EPOCH, refused=None, reason=None):
        text = recovery.new_deal(GROUP, EPOCH.recipient, 2, shares)
        signed = {"body": text.decode(), "signatures": {MEMBERS[signer]: SIGNERS[signer].sign(Label.DEAL, text)}}
        given = {"signed": signed, "group": GROUP, "key": recovery.key_hash(key.recipient), "keys": {**KEYS}, "shares": tried}
        if refused == "signature":
            given["signed"]["signatures"] = {}
        output = None if refused else {"deal": EPOCH.recipient.id, "value": 2}
        save(f"deal-{name}", about, "deal", given, output=output, refused=refused, reason=reason)

    two = {member: shares[member] for member in members[:2]}
    dealt("ok", "two shares give the key and the third's share", shares, two)
    wrong = "a share that is not the one that was dealt"
    garbage = {**shares, members[2]: foreign[members[2]][:-1] + shares[members[2]][-1:]}
    dealt("of-garbage-for-the-third", "its dealer commits to garbage", garbage, two, refused="binding", reason=wrong)
    dealt(
        "with-another-share-handed-in",
        "not the one committed to",
        shares,
        {**two, members[1]: parts[2]},
        refused="binding",
        reason=wrong,
    )
    none = "too few shares, or one of another deal"
    all_foreign = {member: foreign[member] for member in members[:2]}
    dealt("of-garbage-for-all", "shares of another key", foreign, all_foreign, refused="binding", reason=none)
    few = "too few shares to try the key"
    dealt("of-too-few", "one share", shares, {members[0]: parts[0]}, refused="binding", reason=few)
    twice = {**shares, members[2]: parts[0]}
    dealt(
        "of-one-share-twice",
        "two members hold the same",
        twice,
        two,
        refused="binding",
        reason="a deal that gives a share twice",
    )
    another = "a deal of another group or key"
    dealt("of-another-key", "the list names another", shares, two, key=CASE_KEY, refused="binding", reason=another)
    dealt("of-nobody", "unsigned", shares, two, refused="signature", reason="a deal that nobody signed")


def recovery_vectors():
    shares = recovery.split(EPOCH, 3, 2)
    deal = EPOCH.recipient.id
    other = recovery.split(CASE_KEY, 3, 2)
    for name, given in (("first-two", shares[:2]), ("last-two", shares[1:]), ("all", shares)):
        save(f"recovery-{name}", "enough", "combine", {"shares": given, "deal": deal}, output=EPOCH.reveal())
    few, foreign = "too few shares, or the same one twice", "too few shares, or one of another deal"
    for name, given, reason in (
        ("one-share", shares[:1], few),
        ("the-same-share-twice", [shares[0], shares[0]], few),
        ("a-share-of-another-deal", [shares[0], other[1]], foreign),
        ("all-of-another-deal", other, foreign),
    ):
        save(f"recovery-{name}", "refused", "combine", {"shares": given, "deal": deal}, refused="binding", reason=reason)
    share = recovery.Share(
        format=Label.SHARE.value, group=GROUP, deal=deal, member=MEMBERS[1], author=MEMBERS[0], share=shares[0]
    )
    file = b64(recovery.seal_share(share, EPOCH.recipient, SIGNERS[0]))
    given = {"file": file, "identities": [EPOCH.reveal()], "group": GROUP, "member": MEMBERS[1], "deal": deal, "keys": KEYS}
    save("share-ok", "signed by its giver", "share", given, output={"author": MEMBERS[0], "share": shares[0]})
    save(
        "share-for-someone-else",
        "refused",
        "share",
        {**given, "member": MEMBERS[2]},
        refused="binding",
        reason="a share for someone else, or of another deal",
    )
    save(
        "share-of-another-deal",
        "refused",
        "share",
        {**given, "deal": CASE},
        refused="binding",
        reason="a share for someone else, or of another deal",
    )
    save(
        "share-by-a-stranger",
        "the giver was never a member",
        "share",
        {**given, "keys": {}},
        refused="signature",
        reason="a signature by someone who was never a member",
    )


def people_vectors():
    three, head = keylist_vectors()
    decision_vectors(three)
    proposal_vectors(three)
    deal_vectors()
    size_vectors()
    chain = [json.loads(to_json(one)) for one in three]

    def stated(**changes):
        fields = {
            "group": GROUP,
            "member": MEMBERS[0],
            "recipient": str(EPOCH.recipient),
            "head": three[0].hash,
            "from_": DAY,
            "until": "2027-01-19",
            "tags": ["lang:ar"],
            **changes,
        }
        return statement.Body(format=Label.STATEMENT.value, **fields)

    keys = keylist.verify(three, dt.date.fromisoformat(DAY))

    def statement_vector(name, about, body, *, key=SIGNERS[0], today=DAY, reason=None, named=None):
        made = statement.sign(body, key)
        signed, newest = as_json(made), as_json(statement_snapshot(keys, named or made))
        output = (
            None
            if reason
            else {"member": MEMBERS[0], "recipient": str(EPOCH.recipient), "epoch": EPOCH.recipient.id}
            | {"from": DAY, "until": "2027-01-19", "tags": ["lang:ar"]}
        )
        save(
            f"statement-{name}",
            about,
            "statement",
            {"signed": signed, "entries": chain, "today": today, "snapshot": newest},
            output=output,
            refused="statement" if reason else None,
            reason=reason,
        )

    statement_vector("ok", "valid on its first day", stated())
    statement_vector("last-day", "valid on its last day", stated(head=head["hash"]), today="2027-01-19")
    statement_vector("overdue", "a day late", stated(), today="2027-01-20", reason="a statement outside its days")
    statement_vector("too-long", "longer than 120 days", stated(until="2027-03-21"), reason="a statement that is too long")
    statement_vector(
        "of-a-long-tag", "41 characters", stated(tags=["x" * 41]), reason="a statement with too many or too long tags"
    )
    statement_vector(
        "on-a-foreign-head",
        "the head is not in the list",
        stated(head=b64(b"\7" * 32)),
        reason="a statement on a key list that is not this one",
    )
    statement_vector(
        "signed-by-another", "not the member's signature", stated(), key=SIGNERS[1], reason="a signature that does not verify"
    )
    for name, changed, what in (
        ("to-an-unreduced-key", b"\xff\xff" + EPOCH.recipient.raw[2:], "ML-KEM part is not reduced"),
        ("to-a-key-of-small-order", EPOCH.recipient.raw[:1184] + bytes(32), "X25519 part has a small order"),
    ):
        said = stated(recipient=bech32.encode("age1pq", changed))
        statement_vector(name, "nobody could seal to its member", said, reason=f"a recipient whose {what}")
    statement_vector("of-another-group", "replayed", stated(group=OTHER_CASE), reason="a statement of another format or group")
    statement_vector(
        "by-a-stranger",
        "not a member",
        stated(member=MEMBERS[3]),
        key=SIGNERS[3],
        reason="a statement by someone who is not a member",
    )
    replaced = statement.sign(stated(tags=[]), SIGNERS[0])
    statement_vector(
        "superseded",
        "the snapshot names another",
        stated(),
        reason="a statement that the snapshot does not name",
        named=replaced,
    )
    snapshot_vectors(three)
    candidate = statement.Candidate(format=Label.CANDIDATE.value, group=GROUP, member=MEMBERS[3], key=KEYS[MEMBERS[3]])
    signed = json.loads(to_json(statement.sign_candidate(candidate, SIGNERS[3])))
    _, compared = statement.verify_candidate(Signed(**signed), GROUP)
    save(
        "candidate-ok",
        "what approvers compare",
        "candidate",
        {"signed": signed, "group": GROUP},
        output={"member": MEMBERS[3], "fingerprint": compared},
    )
    save(
        "candidate-for-another-group",
        "replayed",
        "candidate",
        {"signed": signed, "group": OTHER_CASE},
        refused="signature",
        reason="a candidate of another format or group",
    )
    save(
        "candidate-with-a-foreign-signature",
        "not its own key's",
        "candidate",
        {"signed": json.loads(to_json(statement.sign_candidate(candidate, SIGNERS[0]))), "group": GROUP},
        refused="signature",
        reason="a signature that does not verify",
    )
    ring = keyring.Keyring(
        format=Label.KEYRING.value,
        group=GROUP,
        member=MEMBERS[0],
        number=3,
        handle="sam",
        signing=b64(SIGNERS[0].seed.reveal()),
        epochs=[keyring.new_epoch(EPOCH, DAY, "2026-12-20")],
        head=keyring.Head(**head),
        unlockers=[keyring.UnlockerRecipient(id=CASE, kind="passphrase", recipient=str(RECEIPT_KEY.recipient))],
        shares=[],
        views=[keyring.View(name="Rides", filter={"kind": "ride"})],
    )
    given = {
        "file": b64(keyring.seal(ring)),
        "identity": RECEIPT_KEY.reveal(),
        "group": GROUP,
        "member": MEMBERS[0],
        "handle": "sam",
    }
    save(
        "keyring-ok",
        "opened by its unlocker",
        "keyring",
        given,
        output={"number": 3, "signing": ring.signing, "epoch": EPOCH.recipient.id},
    )
    save(
        "keyring-of-someone-else",
        "another member was expected",
        "keyring",
        {**given, "member": MEMBERS[1]},
        refused="binding",
        reason="a keyring of someone else",
    )
    save(
        "keyring-under-another-unlocker",
        "a wrong passphrase",
        "keyring",
        {**given, "identity": CASE_KEY.reveal()},
        refused="age",
        reason="none of the identities opens this file",
    )
    recovery_vectors()
    book = names.Names(
        format=Label.NAMES.value,
        group=GROUP,
        number=1,
        author=MEMBERS[0],
        members={MEMBERS[0]: "سام", MEMBERS[1]: "Noor"},
        head=HEAD,
    )
    file = b64(names.seal(book, [EPOCH.recipient], SIGNERS[0]))
    given = {"file": file, "identities": [EPOCH.reveal()], "group": GROUP, "keys": KEYS}
    save("names-ok", "signed by a member", "names", given, output={"members": book.members})
    save(
        "names-by-a-stranger",
        "the author was never a member",
        "names",
        {**given, "keys": {}},
        refused="signature",
        reason="a signature by someone who was never a member",
    )
    for label in (Label.ENTRY, Label.KEY_LIST, Label.LOG):
        save(
            f"hash-{label.value.split('/')[-1].replace(' ', '-')}",
            "labels separate",
            "hash",
            {"label": label.value, "body": "{}"},
            output=labelled_hash(label, b"{}"),
        )


def hold_vectors():
    body = hold.body_of(CASE, "2026-12-10", digest_of_nothing(), HEAD)
    signatures = {member: hold.sign(body, key) for member, key in zip(MEMBERS[:2], SIGNERS[:2], strict=True)}
    given = {"body": body.decode(), "signatures": signatures, "case": CASE, "keys": KEYS}
    said = {"until": "2026-12-10", "entry": digest_of_nothing()}
    save("hold-ok", "signed by two members", "hold", given, output={**said, "in_force": True})
    one = {**given, "signatures": {MEMBERS[0]: signatures[MEMBERS[0]]}}
    save("hold-of-one", "one alone proposes", "hold", one, output={**said, "in_force": False})
    save(
        "hold-other-case",
        "moved to another case",
        "hold",
        {**given, "case": OTHER_CASE},
        refused="binding",
        reason="a hold of another case",
    )
    swapped = {MEMBERS[0]: signatures[MEMBERS[1]], MEMBERS[1]: signatures[MEMBERS[0]]}
    save(
        "hold-swapped",
        "signatures under each other's names",
        "hold",
        {**given, "signatures": swapped},
        refused="signature",
        reason="a signature that does not verify",
    )
    save(
        "hold-of-nobody",
        "no signature",
        "hold",
        {**given, "signatures": {}},
        refused="signature",
        reason="a hold that nobody signed",
    )
    later = body.replace(b"2026-12-10", b"2026-12-31").decode()
    save(
        "hold-later",
        "the day was changed",
        "hold",
        {**given, "body": later},
        refused="signature",
        reason="a signature that does not verify",
    )
    save(
        "hold-no-day",
        "not a day",
        "hold",
        {**given, "body": body.replace(b"2026-12-10", b"2026-02-30").decode()},
        refused="encoding",
        reason="not a day",
    )
    stranger = {**given, "keys": {MEMBERS[0]: KEYS[MEMBERS[0]]}}
    save(
        "hold-by-a-stranger",
        "one was never a member",
        "hold",
        stranger,
        refused="signature",
        reason="a signature by someone who was never a member",
    )


def digest_of_nothing():
    return b64(bytes(32))


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    text_vectors()
    entry_vectors()
    grant_vectors()
    people_vectors()
    hold_vectors()
    parsing.write(request())
    refusals.write()
    signatures.write()
    stored.write()
    cases.write()
    print(len(list(HERE.glob("*.json"))), "vectors")
