"""A byte string that hides its value."""

import hmac
from typing import Final


class Secret:
    """Secret bytes: `repr`, `str` and formatting are redacted, comparison takes constant time, and `reveal` is explicit.

    Python cannot promise to erase memory, because bytes are immutable and copied. SECURITY.md says so.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value: Final = bytes(value)

    def reveal(self) -> bytes:
        """Return the bytes themselves. Pass them to a primitive and to nothing else."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a hash table's timing would tell secrets apart

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")
