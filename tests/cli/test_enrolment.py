"""A newcomer enrols at a terminal against a dishonest host."""

import json

import httpx2 as httpx
import pytest

from crypto import keylist
from crypto.encoding import GroupId, MemberId, as_dict, new_id
from crypto.errors import KeyListError
from crypto.signing import SigningKey
from intake.cli import enrolment
from tests.support.world import TODAY

PASSPHRASE = "ladder copper winter kite"
FINGERPRINT = "1234567890" * 4


def test_a_host_that_denies_the_group_which_a_link_names_gets_no_keys() -> None:
    asked: list[str] = []

    def lying(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        retention = SigningKey.generate().verifying_key.text
        body = {"today": TODAY.isoformat(), "retention": retention, "founded": False, "statements": []}
        return httpx.Response(200, text=json.dumps(body))

    with httpx.Client(transport=httpx.MockTransport(lying), base_url="http://localhost") as client:
        for link in (f"http://localhost/en/desk/enrol/#token.{FINGERPRINT}", "http://localhost/en/desk/enrol/#token.1"):
            with pytest.raises(KeyListError, match="on a server that has none"):
                enrolment.enrol(link, "kim", PASSPHRASE, client, lambda: TODAY)
    assert set(asked) == {"/api/desk/enrolment/"}  # the client sent neither keys nor a name


def test_a_link_without_check_digits_joins_no_group() -> None:
    asked: list[str] = []
    first = keylist.found_group(GroupId(new_id()), MemberId(new_id()), SigningKey.generate(), TODAY.isoformat())

    def founded(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        body: dict[str, object] = {"entries": [as_dict(first)], "snapshot": None, "today": TODAY.isoformat()}
        if request.url.path.endswith("/enrolment/"):
            retention = SigningKey.generate().verifying_key.text
            body = {"today": TODAY.isoformat(), "retention": retention, "founded": True, "statements": []}
        return httpx.Response(200, text=json.dumps(body))

    with httpx.Client(transport=httpx.MockTransport(founded), base_url="http://localhost") as client:
        for rest in ("", ".", ".1", f".{FINGERPRINT}", f".{FINGERPRINT}&fbclid=1"):
            with pytest.raises(KeyListError, match="with another fingerprint"):
                enrolment.enrol(f"http://localhost/en/desk/enrol/#token{rest}", "kim", PASSPHRASE, client, lambda: TODAY)
    assert set(asked) == {"/api/desk/enrolment/", "/api/form/keylist"}
