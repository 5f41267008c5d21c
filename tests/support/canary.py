"""The words that tests type into a form, and a search for them in every encoding in which they could be stored."""

import base64
import re
import zlib
from collections.abc import Iterator
from urllib.parse import quote

CANARY = "CanaryQ7x9mjWk3حليب"
ASCII_PART = "CanaryQ7x9mjWk3"


def shapes(words: str) -> list[bytes]:
    """Return the encodings in which the words could appear: as text, escaped, encoded."""
    raw = words.encode()
    encodings = [raw, words.encode("utf-16-le"), quote(words).encode(), raw.hex().encode()]
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + raw)
        inside = coded[4 if shift else 0 : -4]  # without the characters that depend on neighbouring bytes
        encodings += [inside, inside.replace(b"+", b"-").replace(b"/", b"_")]
    return encodings


def holds(data: bytes) -> bool:
    return any(shape in data for word in (CANARY, ASCII_PART) for shape in shapes(word))


_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")  # how gzip and zlib begin


def unpacked(data: bytes) -> Iterator[bytes]:
    """Yield the data as it is, and each stream of gzip or zlib in it."""
    yield data
    for begin in _COMPRESSED.finditer(data):
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # either of the two
        try:
            yield stream.decompress(data[begin.start() :])
        except zlib.error:
            continue
