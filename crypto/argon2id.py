"""Argon2id (RFC 9106) with the parameter sets in use. No other module derives keys with it."""

from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

from crypto.secret import Secret


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one derivation: memory in KiB, passes and lanes."""

    memory_cost: int
    time_cost: int
    parallelism: int


# 76 random bits need no more than OWASP's first choice, and an old phone must manage it: about 1 s in a browser.
RECEIPT = Cost(memory_cost=19_456, time_cost=2, parallelism=1)
# RFC 9106, section 4, second recommended option.
PASSPHRASE = Cost(memory_cost=65_536, time_cost=3, parallelism=4)
# A proof of work. Checking one takes about 0.3 ms; one try takes 4 ms in a browser and 20 ms on an old phone.
WORK = Cost(memory_cost=256, time_cost=1, parallelism=1)
_LENGTH = 32  # bytes
_VERSION = 0x13


def stretch(password: bytes, salt: bytes, cost: Cost) -> Secret:
    """Derive 32 bytes from a password and a salt of at least 8 bytes."""
    return Secret(
        hash_secret_raw(password, salt, cost.time_cost, cost.memory_cost, cost.parallelism, _LENGTH, Type.ID, _VERSION)
    )
