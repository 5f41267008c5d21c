"""Vectors of holds."""

from crypto import hold
from crypto.encoding import b64
from tests.vectors.world import (
    CASE,
    HEAD,
    KEYS,
    MEMBERS,
    OTHER_CASE,
    SIGNERS,
    save,
)


def hold_vectors():
    body = hold.body_of(CASE, "2026-12-10", digest_of_nothing(), HEAD)
    signatures = {member: hold.sign(body, key) for member, key in zip(MEMBERS[:2], SIGNERS[:2], strict=True)}
    given = {"body": body.decode(), "signatures": signatures, "case": CASE, "keys": KEYS}
    said = {"until": "2026-12-10", "entry": digest_of_nothing()}
    save("hold-ok", "signed by two members", "hold", given, output={**said, "in_force": True})
    half = {**given, "signatures": {MEMBERS[0]: signatures[MEMBERS[0]]}}
    save("hold-of-one", "one alone proposes", "hold", half, output={**said, "in_force": False})
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
        "hold-unsigned",
        "no signature",
        "hold",
        {**given, "signatures": {}},
        refused="signature",
        reason="a hold without a signature",
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
