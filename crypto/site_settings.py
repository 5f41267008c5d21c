"""A member's signature of the settings that the group's pages are made of. docs/reference/format.md, Site settings."""

import datetime as dt
from dataclasses import dataclass

from crypto.encoding import GroupId, MemberId, Shape, from_json, parse_day
from crypto.errors import CryptoError, SignatureError
from crypto.keylist import KeyList
from crypto.labels import Label
from crypto.signing import Signed, SigningKey


class Body(Shape, frozen=True):
    """The signed fields. `settings` is the exact text of the site's `/settings.json`."""

    format: str
    group: GroupId
    member: MemberId
    day: str
    head: str
    settings: str


@dataclass(frozen=True, slots=True)
class SignedSettings:
    """Verified: who signed, on which day, and the text."""

    member: MemberId
    day: dt.date
    settings: str


def sign(body: Body, key: SigningKey) -> Signed:
    """Sign the settings as a member."""
    return key.sign_json(Label.SITE, body)


def verify(signed: Signed, keys: KeyList, today: dt.date) -> SignedSettings:
    """Verify that a present member signed these settings.

    Raises:
        SignatureError: Not by a present member, of another group, of a day in the future, or for another key list.
    """
    try:
        body = from_json(Body, signed.body)
        day = parse_day(body.day)
    except CryptoError as error:
        raise SignatureError(error.reason) from None
    if body.format != Label.SITE or body.group != keys.group:
        raise SignatureError("site settings of another format or group")
    key = keys.members.get(body.member)
    if key is None:
        raise SignatureError("site settings by someone who is not a member")
    key.verify(Label.SITE, signed.body.encode(), signed.signature)
    if day > today:
        raise SignatureError("site settings dated in the future")
    if body.head not in keys.hashes:
        raise SignatureError("site settings for another key list")
    return SignedSettings(body.member, day, body.settings)
