"""Makes and checks verifiers of authentication keys: Argon2id hashes (RFC 9106, second recommended option).

An authentication key is 32 derived bytes. A key that is derived from a passphrase is as guessable as the passphrase, so the
store encrypts its hash.
"""

import base64
import os

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from crypto.encoding import unb64
from crypto.errors import CryptoError
from crypto.secret import Secret
from intake.errors import InvalidError

_KEY = 32  # bytes of an authentication key
_VERSION = 0x13  # the version of Argon2 (RFC 9106, section 3.1)
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


def _decoy() -> str:
    """Return a verifier with a random tag. Unlike the verifier of a random key, it costs no hash when a command starts."""
    salt, tag = (base64.b64encode(os.urandom(length)).decode().rstrip("=") for length in (_HASHER.salt_len, _HASHER.hash_len))
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v={_VERSION}${cost}${salt}${tag}"


# No key has this verifier. Checking against it makes an unknown handle cost as much as a known one.
DECOY = _decoy()


def parse_key(text: str) -> Secret:
    """Decode an authentication key from a body (b64).

    Raises:
        InvalidError: The text is not an authentication key.
    """
    try:
        return Secret(unb64(text, _KEY))
    except CryptoError:
        raise InvalidError("the authentication key is malformed. Nothing was checked") from None


def hash_key(key: Secret) -> str:
    """Make the verifier of a key. This takes 64 MiB and about 0.2 s."""
    return _HASHER.hash(key.reveal())


def matches(verifier: str, key: Secret) -> bool:
    """Return whether `verifier` was made from this key. This is as slow as `hash_key`, on purpose."""
    try:
        return _HASHER.verify(verifier, key.reveal())
    except VerificationError:
        return False
