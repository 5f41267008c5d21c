"""Words that tests type into a form and then search for, in every encoding in which they could be stored."""

import base64
from urllib.parse import quote

CANARY = "CanaryQ7x9mjWk3حليب"
ASCII_PART = "CanaryQ7x9mjWk3"


def shapes(words: str) -> list[bytes]:
    """The encodings in which the words could appear: as text, escaped, encoded."""
    raw = words.encode()
    encodings = [raw, words.encode("utf-16-le"), quote(words).encode(), raw.hex().encode()]
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + raw)
        inside = coded[4 if shift else 0 : -4]  # without the characters that depend on neighbouring bytes
        encodings += [inside, inside.replace(b"+", b"-").replace(b"/", b"_")]
    return encodings


def holds(data: bytes) -> bool:
    return any(shape in data for word in (CANARY, ASCII_PART) for shape in shapes(word))
