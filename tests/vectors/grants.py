"""Vectors of grants of case keys, to members and to the receipt."""

from crypto import age, digits, grant, receipt, sheet
from crypto.encoding import b64, to_json
from crypto.labels import Label
from crypto.signing import Author
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DESK_KEY,
    EPOCH,
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
        reason="a grant of another case, member or epoch",
    )
    save(
        "grant-swapped-between-grantees",
        "the grantee inside is another",
        "grant",
        {**base, "grantee": MEMBERS[1], "file": b64(signed)},
        refused="binding",
        reason="a grant of another case, member or epoch",
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
        "grant-with-a-desk-key-by-the-requester",
        "unsigned, yet with a desk key",
        "grant",
        {**base, "file": b64(age.encrypt(page, [EPOCH.recipient]))},
        refused="binding",
        reason="a grant with keys that its author cannot give",
    )
    own = receipt.stretch("7" * 23 + digits.check_digit("7" * 23), GROUP)
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
        "file": b64(receipt.seal_grant(for_receipt, own.identity.recipient)),
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
