"""JSON objects of a known shape: which texts are numbers."""

from typing import Any

import pytest

from crypto.encoding import Shape, from_json
from crypto.errors import EncodingError


class Sent(Shape, frozen=True):
    """One of our numbers, and an object that another standard defines."""

    number: int
    other: dict[str, Any]


def test_a_minus_zero_is_refused_in_place_of_any_number() -> None:
    others = ("-0", " -0", "\n-0", "[-0]", "[1,-0]", "-0.5")
    for text in ('{"number":-0,"other":{}}', *(f'{{"number": 1, "other": {{"a":{other}}}}}' for other in others)):
        with pytest.raises(EncodingError):
            from_json(Sent, text)


def test_a_text_with_a_minus_and_a_zero_is_read() -> None:
    # As a passkey's registration has them: the algorithm's number, and keys in base64url.
    read = from_json(Sent, '{"number": 1, "other": {"publicKeyAlgorithm": -8, "publicKey": "ab-0\\"cd"}}')
    assert read.other == {"publicKeyAlgorithm": -8, "publicKey": 'ab-0"cd'}
