"""JSON that the store keeps as text, read back: a damaged one is an error of the store, never a crash."""

import msgspec

from intake.store.errors import StoreError

_FLAT = msgspec.json.Decoder(dict[str, str])


def flat(text: str, what: str) -> dict[str, str]:
    """An object of texts: a signed body, signatures by member.

    Args:
        what: it is, for the error.

    Raises:
        StoreError: it is not one.
    """
    try:
        return _FLAT.decode(text)
    except msgspec.MsgspecError:
        raise StoreError(f"{what} in the store is damaged") from None


def flat_or_none(text: str) -> dict[str, str] | None:
    """The same; None if it is damaged, where one bad row must not hide all others."""
    try:
        return flat(text, "")
    except StoreError:
        return None
