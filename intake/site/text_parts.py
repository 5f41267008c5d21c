"""Isolate phone numbers and addresses in what people wrote, for the pages without JavaScript.

On a page that is written from the right, a browser shows the groups of a bare number in reverse order. The rules are those of
intake/client/src/page/text_parts.ts, where each is explained. Both are tested by tests/site/text_parts.json.
"""

import re
import unicodedata

from markupsafe import Markup, escape

_MIN_DIGITS, _MAX_DIGITS, _MIN_NATIONAL, _MAX_NUMBER = 7, 15, 9, 80
_SPACE = r"[ \t\u00a0\u2007\u2009\u202f]"
_GAP = rf"(?:{_SPACE}?[-/\u2010-\u2015]{_SPACE}?|\.|{_SPACE}{{1,2}})?"
_NUMBER = rf"[+\uff0b]?(?:\(\+?\d{{1,5}}\)|\d)(?:{_GAP}(?:\(\d{{1,5}}\)|\d))*"
_MAIL = r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
_WEB = r'(?:https?://|www\.)[^\s<>"\u2039\u203a]{1,2000}'
_FOUND = re.compile(f"(?P<web>{_WEB})|(?P<mail>{_MAIL})|(?P<phone>{_NUMBER})", re.IGNORECASE)
_END_OF_SENTENCE = ".,;:!?'\"\u00bb\u201d\u2019\u2026\u060c\u061b\u061f\u06d4\u0964"

_MONEY = r"(?:[$\u00a2-\u00a5\u058f\u060b\u09f3\u0e3f\u17db\u20a0-\u20c0\ufdfc]|EUR|USD|GBP|CHF)"
_MARK = r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff_@#%=\u066a]"
_BEFORE = re.compile(rf"(?:{_MARK}|{_MONEY} ?|\d:|(?:^|\D)\d{{1,3}}[,'\u2019\u066b\u066c])$")
_AFTER = re.compile(rf"(?:{_MARK}| ?{_MONEY}|:\d|[,'\u2019\u066b\u066c]\d{{1,3}}(?!\d))")
_NEAR = 6
_AFTER_HOUSE = re.compile(r"(\d{1,4}[^\d()]+)(\d.*)")
_NO_PHONE = re.compile(
    r"(?:^|.*[^0-9])(?:(?:19|20)\d\d[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d)(?![-./]?\d)"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$"
    r"|(?:19|20)\d\d ?[-/ ] ?(?:19|20)\d\d$"
    r"|\d\d?\.\d\d ?- ?\d\d?\.\d\d$"
    r"|[1-9]\d?(?P<few>[ .])\d{3}(?:(?P=few)\d{3})+$"
    r"|[1-9]\d\d(?P<many>[ .])\d{3}(?:(?P=many)\d{3})*[ .]000$"
    r"|[1-9]\d?0{5,}$"
    r"|\d{4,}\.\d\d?$"
)
_ONE_KIND = {**dict.fromkeys(map(ord, "\t\u00a0\u2007\u2009\u202f"), " "), **dict.fromkeys(range(0x2010, 0x2016), "-")}


def isolate(text: str) -> Markup:
    """Return the text as markup, with each phone number and address in an element of its own direction."""
    isolated = Markup('<bdi dir="ltr">{}</bdi>')
    return Markup("").join(isolated.format(part) if kind else escape(part) for part, kind in parts_of(text))


def parts_of(text: str) -> list[tuple[str, str]]:
    """Split a text into pairs of words and their kind: `phone`, `mail`, `web`, or empty for other text."""
    parts: list[tuple[str, str]] = []
    end = 0
    for found in _FOUND.finditer(text):
        parts.append((text[end : found.start()], ""))
        end = found.end()
        run, kind = found[0], found.lastgroup or ""
        if kind == "web":
            address = _address(run)
            parts += [(address, "web"), (run[len(address) :], "")]
        elif kind == "mail":
            parts.append((run, "mail"))
        elif _BEFORE.search(text[max(0, found.start() - _NEAR) : found.start()]) or _AFTER.match(text[end : end + _NEAR]):
            parts.append((run, ""))
        else:
            parts += _phones(run)
    return [part for part in [*parts, (text[end:], "")] if part[0]]


def _phones(run: str) -> list[tuple[str, str]]:
    if len(run) > _MAX_NUMBER:
        return [(run, "")]
    slash = re.fullmatch(r"(.*?)(\s?/\s?)(.*)", run)
    if slash and _digits(slash[1]) >= _MIN_DIGITS and _digits(slash[3]) >= _MIN_DIGITS:
        return [*_phones(slash[1]), (slash[2], ""), *_phones(slash[3])]
    house = _AFTER_HOUSE.fullmatch(run)
    if house and not _is_zero(house[1]) and _is_zero(house[2]) and _digits(house[2]) >= _MIN_NATIONAL:
        return [(house[1], ""), *_phones(house[2])]
    number = re.sub(r"[^\d)]+\(?\d\)?$", "", run)
    if _digits(number) < _MIN_DIGITS:
        number = run
    return [(number, "phone"), (run[len(number) :], "")] if _is_phone(number) else [(run, "")]


def _is_zero(number: str) -> bool:
    return unicodedata.decimal(number[0]) == 0


def _is_phone(number: str) -> bool:
    written = "".join(str(unicodedata.decimal(each, each)) for each in number).translate(_ONE_KIND).replace("\uff0b", "+")
    most = _MAX_DIGITS + 2 if written.startswith("00") else _MAX_DIGITS
    if not _MIN_DIGITS <= _digits(number) <= most:
        return False
    return "+" in written or "(" in written or not _NO_PHONE.match(written)


def _address(web: str) -> str:
    ends = _END_OF_SENTENCE if "(" in web else _END_OF_SENTENCE + ")"
    return web.rstrip(ends)


def _digits(text: str) -> int:
    return sum(each.isdecimal() for each in text)
