"""A member's signature of the site's settings. The operator of the host cannot make one."""

import datetime as dt

import msgspec
import pytest

from crypto import keylist, site_settings
from crypto.encoding import GroupId, MemberId, to_json
from crypto.errors import SignatureError
from crypto.labels import Label
from crypto.secret import Secret
from crypto.signing import Signed, SigningKey

TODAY = dt.date(2026, 11, 20)
KEY = SigningKey(Secret(bytes(range(32))))
GROUP, MEMBER = GroupId("AQEBAQEBAQEBAQEBAQEBAQ"), MemberId("Dg4ODg4ODg4ODg4ODg4ODg")
KEYS = keylist.verify([keylist.found_group(GROUP, MEMBER, KEY, TODAY.isoformat())], TODAY)
BODY = site_settings.Body(
    format=Label.SITE.value, group=GROUP, member=MEMBER, day=TODAY.isoformat(), head=KEYS.head, settings='{\n "phone": ""\n}\n'
)


def test_a_signature_has_the_known_bytes_and_verifies() -> None:
    body = msgspec.structs.replace(BODY, head="AAAA")
    signed = site_settings.sign(body, KEY)
    assert signed.body == (
        '{"format":"sealed-intake/1/site settings","group":"AQEBAQEBAQEBAQEBAQEBAQ","member":"Dg4ODg4ODg4ODg4ODg4ODg",'
        '"day":"2026-11-20","head":"AAAA","settings":"{\\n \\"phone\\": \\"\\"\\n}\\n"}'
    )
    assert signed.signature == "RCGEW0hPovpopPtai3uV62yvh43ahBNedUqcRGVNcM-FnsJ2Em8RQBQDYcCrfyDhrA_msoAZXnc-M-Gpb1c1DQ"
    verified = site_settings.verify(site_settings.sign(BODY, KEY), KEYS, TODAY)
    assert verified == site_settings.SignedSettings(MEMBER, TODAY, BODY.settings)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "sealed-intake/1/statement"}, "site settings of another format or group"),
        ({"group": "AgEBAQEBAQEBAQEBAQEBAQ"}, "site settings of another format or group"),
        ({"member": "AgEBAQEBAQEBAQEBAQEBAQ"}, "site settings by someone who is not a member"),
        ({"day": "2026-11-21"}, "site settings dated in the future"),
        ({"day": "soon"}, "not a day"),
        ({"head": "AAAA"}, "site settings for another key list"),
    ],
)
def test_settings_that_no_present_member_of_this_group_signed_are_refused(change: dict[str, str], reason: str) -> None:
    signed = site_settings.sign(msgspec.structs.replace(BODY, **change), KEY)
    with pytest.raises(SignatureError, match=reason):
        site_settings.verify(signed, KEYS, TODAY)


def test_settings_that_the_host_signs_or_alters_are_refused() -> None:
    signed = site_settings.sign(BODY, KEY)
    altered = msgspec.structs.replace(BODY, settings=BODY.settings.replace('""', '"1"'))
    for forged in (
        site_settings.sign(BODY, SigningKey.generate()),
        Signed(body=to_json(altered).decode(), signature=signed.signature),
        Signed(body="{}", signature=signed.signature),
    ):
        with pytest.raises(SignatureError):
            site_settings.verify(forged, KEYS, TODAY)
