"""The verifying keys that a vector names, by member."""

from crypto import errors
from crypto.sheet import AuthorKey, KeyOf
from crypto.signing import VerifyingKey


def author_key(keys: dict[str, str]) -> AuthorKey:
    return lambda member, _: key_of(keys)(member)


def key_of(keys: dict[str, str]) -> KeyOf:
    def find(member: str) -> VerifyingKey:
        if member not in keys:
            raise errors.SignatureError("a signature by someone who was never a member")
        return VerifyingKey(keys[member])

    return find
