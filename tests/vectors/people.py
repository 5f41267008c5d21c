"""Vectors of members' objects: statements, candidates, keyrings and names."""

import datetime as dt
import json

from crypto import age, draft, keylist, keyring, names, sheet, statement
from crypto.age import bech32
from crypto.encoding import b64, to_json
from crypto.labels import Label
from crypto.sheet import Sizes
from crypto.signing import Signed, labelled_hash
from tests.vectors.deals import deal_vectors, recovery_vectors
from tests.vectors.keylists import decision_vectors, keylist_vectors, proposal_vectors, size_vectors
from tests.vectors.snapshots import as_json, snapshot_vectors, statement_snapshot
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DAY,
    EPOCH,
    GROUP,
    HEAD,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    RECEIPT_KEY,
    SIGNERS,
    save,
)


def draft_vectors():
    fields = {"reply": "Tomorrow at s", "note": "ask: \U0001f95b?"}
    typed = draft.Draft(format=Label.DRAFT.value, case=CASE, member=MEMBERS[0], after=2, fields=fields)
    given = {
        "file": b64(draft.seal(typed, SIGNERS[0])),
        "signing": b64(SIGNERS[0].seed.reveal()),
        "case": CASE,
        "member": MEMBERS[0],
    }
    save("draft-ok", "opened by its member", "draft", given, output={"after": 2, "fields": typed.fields})
    for name, comment, changes in (
        ("draft-of-another-case", "moved to another case by the host", {"case": OTHER_CASE}),
        ("draft-of-another-member", "another member was expected", {"member": MEMBERS[1]}),
    ):
        save(name, comment, "draft", given | changes, refused="binding", reason="a draft of another case or member")
    forged = sheet.write(to_json(typed), Sizes.ENTRY, Label.DRAFT, author=SIGNERS[1])
    save(
        "draft-signed-by-another",
        "encrypted to the right key, signed by a colleague",
        "draft",
        given | {"file": b64(age.encrypt(forged, [draft.identity(SIGNERS[0]).recipient]))},
        refused="signature",
        reason="a signature that does not verify",
    )
    save(
        "draft-of-another-members-key",
        "a colleague cannot open it",
        "draft",
        given | {"signing": b64(SIGNERS[1].seed.reveal())},
        refused="age",
        reason="none of the identities opens this file",
    )


def people_vectors():
    three, head = keylist_vectors()
    decision_vectors(three)
    proposal_vectors(three)
    deal_vectors()
    size_vectors()
    chain = [json.loads(to_json(entry)) for entry in three]

    def body_with(**changes):
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

    statement_vector("ok", "valid on its first day", body_with())
    statement_vector("last-day", "valid on its last day", body_with(head=head["hash"]), today="2027-01-19")
    statement_vector("overdue", "a day late", body_with(), today="2027-01-20", reason="a statement outside its days")
    statement_vector("too-long", "longer than 120 days", body_with(until="2027-03-21"), reason="a statement that is too long")
    statement_vector(
        "of-a-long-tag", "41 characters", body_with(tags=["x" * 41]), reason="a statement with too many or too long tags"
    )
    statement_vector(
        "on-a-foreign-head",
        "the head is not in the list",
        body_with(head=b64(b"\7" * 32)),
        reason="a statement for another key list",
    )
    statement_vector(
        "signed-by-another",
        "not the member's signature",
        body_with(),
        key=SIGNERS[1],
        reason="a signature that does not verify",
    )
    for name, changed, what in (
        ("to-an-unreduced-key", b"\xff\xff" + EPOCH.recipient.raw[2:], "ML-KEM part is not reduced"),
        ("to-a-key-of-small-order", EPOCH.recipient.raw[:1184] + bytes(32), "X25519 part has a small order"),
    ):
        said = body_with(recipient=bech32.encode("age1pq", changed))
        statement_vector(name, "nobody could seal to its member", said, reason=f"a recipient whose {what}")
    statement_vector(
        "of-another-group", "replayed", body_with(group=OTHER_CASE), reason="a statement of another format or group"
    )
    statement_vector(
        "by-a-stranger",
        "not a member",
        body_with(member=MEMBERS[3]),
        key=SIGNERS[3],
        reason="a statement by someone who is not a member",
    )
    replaced = statement.sign(body_with(tags=[]), SIGNERS[0])
    statement_vector(
        "superseded",
        "the snapshot names another",
        body_with(),
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
    draft_vectors()
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
