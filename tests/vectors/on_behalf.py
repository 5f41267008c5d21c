"""Vectors of requests that a member wrote down for their author."""

from crypto import entry, on_behalf
from crypto.encoding import CaseId, b64
from crypto.entry import Kind, Position, Sequence
from crypto.signing import Author
from tests.vectors.entries import request
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    DAY,
    GROUP,
    HEAD,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    RECEIPT_KEY,
    SHARED_MAC,
    SIGNERS,
    bad,
    save,
)


def on_behalf_vectors():
    signed = on_behalf.sign(CaseId(CASE), "phone", Author(MEMBERS[0], SIGNERS[0], HEAD))

    def given(mark=signed, **more):
        return {"signed": {"body": mark.body, "signature": mark.signature}, "case": CASE, "keys": KEYS, **more}

    said = {"member": MEMBERS[0], "channel": "phone", "head": HEAD}
    save("on-behalf-ok", "a member wrote the request down on the phone", "on behalf", given(), output=said)
    for name, about, refused, layer, reason in (
        ("of-another-case", "copied into another request", given(case=OTHER_CASE), "binding",
         "an on-behalf signature of another case"),
        ("in-another-members-name", "signed by someone else than it names",
         given(on_behalf.sign(CaseId(CASE), "door", Author(MEMBERS[1], SIGNERS[0], HEAD))), "signature",
         "a signature that does not verify"),
        ("by-a-stranger", "signed by someone who was never a member",
         given(on_behalf.sign(CaseId(CASE), "paper", Author(GROUP, SIGNERS[0], HEAD))), "signature",
         "a signature by someone who was never a member"),
        ("of-an-unknown-channel", "a channel that there is not",
         given(on_behalf.sign(CaseId(CASE), "fax", Author(MEMBERS[0], SIGNERS[0], HEAD))), "encoding",
         "not the JSON of this shape"),
        ("changed", "the channel was changed after signing",
         given(type(signed)(body=signed.body.replace("phone", "paper"), signature=signed.signature)), "signature",
         "a signature that does not verify"),
    ):  # fmt: skip
        bad(f"on-behalf-{name}", about, "on behalf", refused, layer, reason)
    file = entry.seal(
        Position(CaseId(CASE), Sequence.SHARED, 0),
        Kind.REQUEST,
        request(on_behalf=signed),
        day=DAY,
        previous="",
        recipients=[CASE_KEY.recipient, RECEIPT_KEY.recipient],
        mac_key=SHARED_MAC,
    )
    save(
        "entry-request-on-behalf",
        "a request that a member wrote down for its author; other requests lack this part",
        "entry",
        {
            "case": CASE,
            "identities": [CASE_KEY.reveal()],
            "keys": KEYS,
            "sequence": "shared",
            "mac_keys": [b64(SHARED_MAC.reveal())],
            "number": 0,
            "file": b64(file),
        },
        output={"kind": "request", "author": "", "words": "حليب \u202e و\u200bخبز 🥖", "digest": entry.digest_of(file)},
    )
