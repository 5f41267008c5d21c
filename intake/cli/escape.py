"""Escape text for a terminal: show invisible, reordering and control characters as their number.

The browser's `desk/escape.ts` has the same rules.
"""

import unicodedata

_JOINERS = ("\u200c", "\u200d")
_FLAG, _TAGS = "\U0001f3f4", range(0xE0020, 0xE0080)
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2028\u2029\u3164\uffa0")
_PLAIN = frozenset("\n\t")


def escape(text: str) -> str:
    """Return a text that is safe to print."""
    escaped, before = "", ""
    for character in text:
        escaped += character if _is_visible(character, before) else f"‹U+{ord(character):04X}›"
        before = _carry(character, before)
    return escaped


def indented(text: str) -> str:
    """Escape a text and indent its further lines, so that none looks like a line of this program."""
    return escape(text).replace("\n", "\n      ")


def _is_visible(character: str, before: str) -> bool:
    if character in _PLAIN:
        return True
    if character in _JOINERS:
        return before == "letter"
    if ord(character) in _TAGS:
        return before == "flag"
    return unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs") and character not in _UNSEEN


def _carry(character: str, before: str) -> str:
    """Return the state for the next character: joiners may follow letters, marks and pictures. Tags follow a black flag."""
    if character == _FLAG:
        return "flag"
    if (character in _JOINERS or ord(character) in _TAGS) and before:
        return before
    return "letter" if unicodedata.category(character)[0] in "LM" or unicodedata.category(character) in ("So", "Sk") else ""
