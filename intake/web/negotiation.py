"""Content codings and conditional requests (RFC 9110, 12.4.2, 12.5.3, 13.1.2)."""

import re
from collections.abc import Sequence

IDENTITY = "identity"
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_MAX_HEADER = 4096  # characters of a header that are parsed


def content_coding(accept: Sequence[str], codings: Sequence[str]) -> str | None:
    """Return the first coding that an Accept-Encoding header prefers, or None if it accepts none.

    Args:
        accept: the header's lines.
        codings: the available codings besides `identity`, the best first.
    """
    weights = _weights(",".join(accept)[:_MAX_HEADER])
    other = weights.get("*")
    # Unless the header mentions it, identity is acceptable, but any requested coding is preferred.
    plain = weights.get(IDENTITY, 0.0005 if other is None else other)
    ranked = [(weights.get(coding, other or 0.0), coding) for coding in codings] + [(plain, IDENTITY)]
    weight, best = max(ranked, key=lambda item: item[0])
    return best if weight > 0 else None


def matches(conditions: Sequence[str], tag: str) -> bool:
    """Return whether If-None-Match names a strong entity tag, by weak comparison: in a list, on several lines, or as `*`.

    Args:
        conditions: the header's lines.
        tag: the entity tag of the present file.
    """
    text = ",".join(conditions)[:_MAX_HEADER].strip()
    return text == "*" or tag in _TAG.findall(text)


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for element in text.lower().split(","):
        coding, _, parameter = element.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip())
        if coding.strip() and (weight or not parameter.strip()):  # an unreadable element counts as absent
            weights[coding.strip()] = float(weight[1]) if weight else 1.0
    return weights
