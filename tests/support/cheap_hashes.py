"""Argon2id of authentication keys at the server with parameters that cost next to nothing.

For tests that do not ask what a hash costs. The fixture `real_hashes` gives others the product's parameters.
"""

from argon2 import PasswordHasher

from intake.desk.access import verifiers

REAL = verifiers._HASHER, verifiers.DECOY
_HASHER = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


def use() -> None:
    """Use the cheap parameters from now on, in this process."""
    verifiers._HASHER = _HASHER
    verifiers.DECOY = verifiers._decoy()
