"""Makes decoy passkeys, so that an answer does not reveal whether a handle exists or has a passkey.

A browser needs the credential ids of the member who signs in, and a credential id cannot be padded. The server therefore offers
every handle the same number of ids of each length. This is the largest number that any member has, and at least the number in
`MIN_OFFERED`. Decoys fill the rest.
"""

from collections import Counter
from collections.abc import Iterable

from crypto.encoding import b64, unb64
from crypto.sign_in import SignInKey
from intake.store.members.passkeys import StoredPasskey

MIN_OFFERED = {16: 1, 20: 1, 32: 1, 64: 1}  # numbers of ids by length in bytes, for the lengths of common authenticators
# ES256 in COSE: the generator of P-256, so that checking a decoy costs as much as checking a passkey. Its secret key is 1. An
# authenticator that signs with it has used a decoy.
_DECOY_KEY = bytes.fromhex(
    "a501020326200121582"
    "06b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c29622582"
    "04fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def with_decoys(key: SignInKey, handle_id: str, member: str, everyone: Iterable[StoredPasskey]) -> list[StoredPasskey]:
    """Return the passkeys to offer for a handle: the member's own among decoys, which are the same each time.

    Args:
        key: derives the decoys, so that nobody else can.
        handle_id: the handle whose passkeys are asked for.
        member: the member with this handle; empty if there is none.
        everyone: the passkeys of all members.
    """
    by_member: dict[str, list[StoredPasskey]] = {}
    for passkey in everyone:
        by_member.setdefault(passkey.member, []).append(passkey)
    wanted = Counter(MIN_OFFERED)
    for theirs in by_member.values():
        wanted |= _lengths(theirs)  # of each length, the larger number
    offered = by_member.get(member, [])
    for length, missing in (wanted - _lengths(offered)).items():
        decoys = (b64(key.decoy(handle_id, length, number)) for number in range(missing))
        offered = offered + [StoredPasskey(id_, "", "", _DECOY_KEY, 0) for id_ in decoys]
    return sorted(offered, key=lambda passkey: (len(passkey.id), passkey.id))


def _lengths(passkeys: Iterable[StoredPasskey]) -> Counter[int]:
    return Counter(len(unb64(passkey.id)) for passkey in passkeys)
