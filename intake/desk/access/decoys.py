"""Passkeys that nobody has, so that what is offered for a handle does not tell whether anyone has it, or has a passkey.

A browser needs the credential ids of whoever signs in, and a credential id cannot be padded. So every handle is offered the
same number of ids of each length: of each length that the group has, as many as the member with the most of it has, and at
least those of `AT_LEAST`. Ids that are not the member's own are decoys.
"""

from collections import Counter
from collections.abc import Iterable

from crypto.encoding import b64, unb64
from crypto.sign_in import SignInKey
from intake.store.members.passkeys import StoredPasskey

AT_LEAST = {16: 1, 20: 1, 32: 1, 64: 1}  # ids by length in bytes: what common authenticators make
# ES256 in COSE: the generator of P-256, so that checking a decoy costs what checking a passkey does. Whoever signs with its
# secret key, which is 1, has shown a decoy.
_NOBODYS_KEY = bytes.fromhex(
    "a501020326200121582"
    "06b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c29622582"
    "04fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def among(key: SignInKey, handle_id: str, member: str, everyone: Iterable[StoredPasskey]) -> list[StoredPasskey]:
    """What is offered for a handle: the member's own passkeys among decoys, which are the same each time.

    Args:
        member: whose handle it is; empty if nobody's.
    """
    by_member: dict[str, list[StoredPasskey]] = {}
    for one in everyone:
        by_member.setdefault(one.member, []).append(one)
    wanted = Counter(AT_LEAST)
    for theirs in by_member.values():
        wanted |= _lengths(theirs)  # of each length, the larger number
    offered = by_member.get(member, [])
    for length, missing in (wanted - _lengths(offered)).items():
        decoys = (b64(key.decoy(handle_id, length, number)) for number in range(missing))
        offered = offered + [StoredPasskey(id_, "", "", _NOBODYS_KEY, 0) for id_ in decoys]
    return sorted(offered, key=lambda one: (len(one.id), one.id))


def _lengths(passkeys: Iterable[StoredPasskey]) -> Counter[int]:
    return Counter(len(unb64(one.id)) for one in passkeys)
