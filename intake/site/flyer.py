"""Paper: a poster with the address of the form and strips to tear off, and a form to fill in by hand.

The HTML is self-contained for printing and loads nothing. The code is the form's address with the fingerprint after `#`, as
on the desk's poster.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake.errors import InvalidError
from intake.site import qr, theme
from intake.site.assets import TYPES
from intake.site.form_file import FormFile, Option, say
from intake.site.languages import Language
from intake.site.render import HERE, Site

PAPERS = {"a4": ("A4", 297 - 24), "letter": ("letter", 279 - 24)}  # name in CSS; height within the margins, in mm
MAX_LANGUAGES = 4  # languages on one poster


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_POSTER = {
    "ask": _("Do you need something? Do you have something to give?"),
    "what": _(
        "Write to us here. Only the people who help can read what you write. No account, no papers, no proof. You choose "
        "when it is deleted."
    ),
    "how": _("Scan the code with a phone, or type the address:"),
    "tor": _("With Tor Browser:"),
    "digits": _(
        "The group's check digits. They are in the code, so nobody can pretend to be us. Anyone in the group can read "
        "them to you."
    ),
}


@dataclass(frozen=True, slots=True)
class PosterText:
    """The poster's words in one language."""

    language: Language
    words: dict[str, str]


def poster(site: Site, codes: Sequence[str], paper: str, address: str, digits: str) -> str:
    """Make a poster in one or several languages.

    Args:
        site: the rendered site.
        codes: the languages.
        paper: a key of `PAPERS`.
        address: the service's public address.
        digits: the group's fingerprint in groups of four; empty while there is none.

    Raises:
        InvalidError: There is no form in a language, or there are too many languages.
    """
    if len(codes) > MAX_LANGUAGES:
        raise InvalidError(f"a poster has room for {MAX_LANGUAGES} languages. Nothing was made. Make several posters")
    spoken = [
        PosterText(language, {key: language.gettext(words) for key, words in _POSTER.items()})
        for language in _languages(site, codes)
    ]
    link = f"{address}/" if len(codes) > 1 else f"{address}/{codes[0]}/"
    code = qr.draw(f"{link}#{digits.replace(' ', '')}" if digits else link, qr.PAPER)
    more = {"spoken": spoken, "code": code, "link": link, "digits": digits, "onion": site.settings.onion}
    return _sheet(site, "poster", spoken[0].language, paper, short=_short(link), **more)


def form(site: Site, form_file: FormFile, code: str, paper: str, address: str) -> str:
    """Make a form to fill in by hand, in one language."""
    language = _languages(site, [code])[0]
    # Nobody knows yet how many days the page will draw for the default: paper says the fewest, and how many more it can be.
    longer = site.rules(form_file).fuzz_days
    numbers = site.days(form_file, longer)
    days = [language.ngettext("After %(num)d day", "After %(num)d days", number) % {"num": number} for number in numbers]

    def labels(options: Sequence[Option]) -> list[str]:
        return [say(option.text, language) for option in options]

    more = {"labels": labels, "days": days, "longer": longer, "short": _short(f"{address}/{code}/")}
    return _sheet(site, "paper", language, paper, form=form_file, **more)


def _sheet(site: Site, template: str, language: Language, paper: str, **values: Any) -> str:
    size, height = PAPERS[paper]
    logo = theme.logo_bytes(site.settings, HERE / "styles")
    kind = TYPES[Path(theme.name(site.settings)).suffix]
    drawn = f"data:{kind};base64,{base64.b64encode(logo).decode()}"
    style = (HERE / "print.css").read_text("utf-8") + f":root{{--act:{site.settings.colour}}}"
    values |= {"style": style, "paper": size, "height": height, "sign": drawn}
    return site.page(f"print/{template}.html", language, "", script="", nojs=False, **values)


def _languages(site: Site, codes: Sequence[str]) -> list[Language]:
    offered = {language.code: language for language in site.offered}
    unknown = [code for code in codes if code not in offered]
    if unknown or not codes:
        raise InvalidError(
            f"there is no form in {', '.join(unknown) or 'no language'}. Nothing was made. Choose from: {', '.join(offered)}"
        )
    return [offered[code] for code in codes]


def _short(link: str) -> str:
    """Return an address as people write it by hand."""
    return link.removeprefix("https://").rstrip("/")
