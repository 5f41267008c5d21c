"""Where a receipt is used: the address of the return page, and a code that opens it for this group's keys."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from crypto.keylist import KeyList, fingerprint_digits
from intake.settings import Settings
from intake.site import qr
from intake.site.languages import Language


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """The address, and the code as SVG."""

    address: str
    drawing: Markup


def return_page(settings: Settings, host: str, language: Language, keys: KeyList) -> ReturnPage:
    """Return the return page in this language, at the onion address if the person came by it (`host`)."""
    onion = settings.theme.onion
    by_onion = onion and urlsplit(onion).netloc.lower() == host.lower()
    address = f"{onion if by_onion else settings.address}/{language.code}/return/"
    about = language.gettext("A code that opens the page for your receipt")
    return ReturnPage(address, qr.draw(f"{address}#{fingerprint_digits(keys)}", about=about))
