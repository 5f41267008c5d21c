"""Checks whether a coordinator's signature fits the settings that a site's pages are made of."""

import datetime as dt

from crypto import site_settings
from crypto.encoding import from_json
from crypto.errors import CryptoError
from crypto.keylist import KeyList
from crypto.signing import Signed
from intake.errors import IntakeError, InvalidError
from intake.site import public_settings
from intake.site.public_settings import PublicSettings


class SignedSettingsError(IntakeError):
    """Raised when a signature does not fit the settings. The message says why."""


def check(file: bytes, public: PublicSettings, keys: KeyList, today: dt.date) -> dt.date:
    """Return the day on which a present member signed these settings.

    Args:
        file: What `intake site sign` printed.
        public: The settings of the pages.
        keys: The group's verified key list.
        today: The day of this machine's clock.

    Raises:
        SignedSettingsError: The signature is not a present member's, or it is for other settings.
    """
    try:
        signed = site_settings.verify(from_json(Signed, file), keys, today)
    except CryptoError as error:
        raise SignedSettingsError(f"the signature of the settings is not a present coordinator's: {error.reason}") from None
    if signed.settings.encode() != public_settings.to_bytes(public):
        changed = ", ".join(_changed(signed.settings, public)) or "everything"
        raise SignedSettingsError(f"the settings were changed since a coordinator signed them on {signed.day}: {changed}")
    return signed.day


def _changed(before: str, public: PublicSettings) -> list[str]:
    try:
        return public_settings.differences(public_settings.parse(before.encode()), public)
    except InvalidError:
        return []
