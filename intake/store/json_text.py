"""Reads JSON that the store keeps as text. A damaged value raises `StoreError`, never another exception."""

import msgspec

from intake.store.errors import StoreError

_FLAT = msgspec.json.Decoder(dict[str, str])


def flat(text: str, what: str) -> dict[str, str]:
    """Decode a JSON object of texts, such as signatures by member.

    Args:
        text: the stored JSON.
        what: the name of the value, for the error.

    Raises:
        StoreError: the text is not such an object.
    """
    try:
        return _FLAT.decode(text)
    except msgspec.MsgspecError:
        raise StoreError(f"{what} in the store is damaged") from None


def flat_or_none(text: str) -> dict[str, str] | None:
    """Decode a JSON object of texts. Return None if it is damaged, so that one damaged row does not hide the others."""
    try:
        return flat(text, "")
    except StoreError:
        return None
