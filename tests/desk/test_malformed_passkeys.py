"""Answers of authenticators are made by the client: each one verifies or is refused, whatever it contains."""

import copy
from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto.encoding import b64, unb64
from intake.desk.access.passkeys import Site, verified_registration, verified_use
from intake.errors import InvalidError
from intake.service import operator_log
from intake.store.members.passkeys import StoredPasskey
from tests.support.api import refused
from tests.support.authenticator import HERE, Authenticator, person
from tests.support.installation import Installation

SITE = Site("localhost", HERE)
CHALLENGE = b"c" * 43
OPTIONS = {"rp": {"id": "localhost"}, "rpId": "localhost", "challenge": b64(CHALLENGE)}
Credential = dict[str, Any]
KEY = Authenticator()
MADE, SHOWN = KEY.make(OPTIONS), KEY.show(OPTIONS)
KNOWN = StoredPasskey(b64(KEY.id), "m", "u", verified_registration(MADE, CHALLENGE, SITE).credential_public_key, 0)


def with_data(data: bytes, **more: Any) -> Credential:
    """A registration with these authenticator data."""
    return changed(MADE, "attestationObject", cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data, **more}))


def changed(credential: Credential, member: str, value: bytes) -> Credential:
    edited_credential = copy.deepcopy(credential)
    edited_credential["response"][member] = b64(value)
    return edited_credential


def packed(**statement: Any) -> Credential:
    return with_data(DATA, fmt="packed", attStmt=statement)


def tpm(**statement: Any) -> Credential:
    return with_data(DATA, fmt="tpm", attStmt={"ver": "2.0", "alg": -7, **statement})


def data_of(credential: Credential) -> bytes:
    data: bytes = cbor2.loads(unb64(credential["response"]["attestationObject"]))["authData"]
    return data


DATA = data_of(MADE)
HEAD = DATA[: 37 + 16 + 2 + 32]  # hash, flags, counter, AAGUID, the id with its length
REGISTRATIONS: dict[str, Callable[[], Credential]] = {
    "no data": lambda: with_data(b""),
    "cut in the hash": lambda: with_data(DATA[:20]),
    "cut before the AAGUID": lambda: with_data(DATA[:37]),
    "cut in the id's length": lambda: with_data(DATA[:54]),
    "an id longer than the data": lambda: with_data(DATA[:53] + b"\xff\xff" + DATA[55:]),
    "no key": lambda: with_data(HEAD),
    "a key that is no map": lambda: with_data(HEAD + cbor2.dumps([1, 2])),
    "a key that is a number": lambda: with_data(HEAD + cbor2.dumps(7)),
    "an empty key": lambda: with_data(HEAD + cbor2.dumps({})),
    "a U2F key cut short": lambda: with_data(HEAD + cbor2.dumps(b"\x04" + bytes(9))),
    "a curve that is none": lambda: with_data(HEAD + cbor2.dumps({1: 2, 3: -7, -1: 99, -2: bytes(32), -3: bytes(32)})),
    "a point that is text": lambda: with_data(HEAD + cbor2.dumps({1: 2, 3: -7, -1: 1, -2: "x", -3: "y"})),
    "an algorithm that is a list": lambda: with_data(HEAD + cbor2.dumps({1: 2, 3: [-7], -1: 1, -2: b"", -3: b""})),
    "a list for a member's name": lambda: with_data(HEAD + b"\xa1\x81\x01\x01"),
    "CBOR without end": lambda: with_data(HEAD + b"\x9f" * 5000),
    "CBOR in CBOR": lambda: with_data(HEAD + b"\x81" * 9000),
    "CBOR of four exabytes": lambda: with_data(HEAD + b"\x5b\x3f" + b"\xff" * 7),
    "a list of four exabytes": lambda: with_data(HEAD + b"\x9b\x3f" + b"\xff" * 7),
    "extensions that are none": lambda: with_data(DATA[:32] + bytes([DATA[32] | 0x80]) + DATA[33:]),
    "bytes left over": lambda: with_data(DATA + b"\x00"),
    "data that are text": lambda: with_data("text"),  # type: ignore[arg-type]
    "data that are a list": lambda: with_data([1]),  # type: ignore[arg-type]
    "no statement": lambda: changed(MADE, "attestationObject", cbor2.dumps({"fmt": "none", "attStmt": 7, "authData": DATA})),
    "a format that is a list": lambda: with_data(DATA, fmt=["none"]),
    "packed without certificates": lambda: packed(x5c=[], sig=b"", alg=-7),
    "packed with a certificate that is none": lambda: packed(x5c=[b"0"], sig=b"", alg=-7),
    "packed with certificates that are numbers": lambda: packed(x5c=7, sig=7, alg="x"),
    "packed by itself": lambda: packed(sig=b"\x30", alg=-7),
    "u2f without certificates": lambda: with_data(DATA, fmt="fido-u2f", attStmt={"x5c": [], "sig": b""}),
    "tpm of nothing": lambda: tpm(x5c=[b""], sig=b"", certInfo=b"", pubArea=b""),
    "tpm of garbage": lambda: tpm(x5c=[b"0"], sig=b"x", certInfo=b"\x00" * 9, pubArea=b"\x00\x01"),
    "apple of nothing": lambda: with_data(DATA, fmt="apple", attStmt={"x5c": []}),
    "safetynet of dots": lambda: with_data(DATA, fmt="android-safetynet", attStmt={"ver": "1", "response": b"a.b"}),
    "safetynet of no text": lambda: with_data(DATA, fmt="android-safetynet", attStmt={"ver": "1", "response": b"\xff.."}),
    "android-key of nothing": lambda: with_data(DATA, fmt="android-key", attStmt={"x5c": [], "sig": b"", "alg": -7}),
    "client data of a list": lambda: changed(MADE, "clientDataJSON", b"[]"),
    "client data of nothing": lambda: changed(MADE, "clientDataJSON", b""),
    "client data deep": lambda: changed(MADE, "clientDataJSON", b"[" * 9000),
    "client data in another encoding": lambda: changed(MADE, "clientDataJSON", "é".encode("utf-16")),
    "no response": lambda: {**MADE, "response": None},
    "an id that is a number": lambda: {**MADE, "id": 7, "rawId": 7},
    "an id of other letters": lambda: {**MADE, "id": "é", "rawId": "é"},
    "a type that is a list": lambda: {**MADE, "type": []},
    "a type that is a map": lambda: {**MADE, "type": {}},
    "transports that are maps": lambda: {**MADE, "response": {**MADE["response"], "transports": [{}, [], None]}, "type": "x"},
    "nothing": dict,
}  # fmt: skip
USES: dict[str, Callable[[], Credential]] = {
    "no data": lambda: changed(SHOWN, "authenticatorData", b""),
    "data cut short": lambda: changed(SHOWN, "authenticatorData", unb64(SHOWN["response"]["authenticatorData"])[:36]),
    "data that promise a key": lambda: changed(
        SHOWN, "authenticatorData", unb64(SHOWN["response"]["authenticatorData"])[:32] + b"\xc5" + bytes(4)
    ),
    "no signature": lambda: changed(SHOWN, "signature", b""),
    "a signature of garbage": lambda: changed(SHOWN, "signature", b"\x30\x80" + b"\xff" * 70),
    "a signature of a megabyte": lambda: changed(SHOWN, "signature", b"\x30\x84" + b"\xff" * 2**20),
    "client data of a list": lambda: changed(SHOWN, "clientDataJSON", b"[]"),
    "a user handle that is a list": lambda: {**SHOWN, "response": {**SHOWN["response"], "userHandle": []}},
    "a user handle of other letters": lambda: {**SHOWN, "response": {**SHOWN["response"], "userHandle": "é"}},
    "an attachment that is none": lambda: {**SHOWN, "authenticatorAttachment": "x"},
    "no response": lambda: {**SHOWN, "response": []},
}
CORRUPT_KEYS = (
    b"",
    b"\x04",
    b"\x04" + bytes(20),
    cbor2.dumps({}),
    cbor2.dumps(7),
    cbor2.dumps({1: 3, 3: -257, -1: b"", -2: b""}),
    b"\xff",
)


@pytest.mark.parametrize("what", REGISTRATIONS)
def test_a_malformed_registration_is_refused(what: str) -> None:
    with pytest.raises(InvalidError):
        verified_registration(REGISTRATIONS[what](), CHALLENGE, SITE)


@pytest.mark.parametrize("what", USES)
def test_a_malformed_assertion_does_not_verify(what: str) -> None:
    assert verified_use(USES[what](), CHALLENGE, SITE, KNOWN) is None


def test_a_stored_key_that_cannot_be_read_verifies_nothing() -> None:
    assert verified_use(SHOWN, CHALLENGE, SITE, KNOWN) == 1
    for key in CORRUPT_KEYS:
        assert verified_use(SHOWN, CHALLENGE, SITE, StoredPasskey(KNOWN.id, "m", "u", key, 0)) is None


EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6)
FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def edited(data: bytes, edits: list[tuple[int, int]], cut: int) -> bytes:
    def put(data: bytes, edit: tuple[int, int]) -> bytes:
        at = edit[0] % (len(data) + 1)
        return data[:at] + bytes([edit[1]]) + data[at + 1 :]

    return reduce(put, edits, data)[: len(data) - cut]


@FUZZ
@given(EDITS, st.integers(0, 60), st.sampled_from(["attestationObject", "clientDataJSON", "authData"]))
def test_a_registration_that_was_changed_anywhere_verifies_or_is_refused(
    edits: list[tuple[int, int]], cut: int, member: str
) -> None:
    if member == "authData":
        credential = with_data(edited(DATA, edits, cut))
    else:
        credential = changed(MADE, member, edited(unb64(MADE["response"][member]), edits, cut))
    with suppress(InvalidError):
        verified_registration(credential, CHALLENGE, SITE)


@FUZZ
@given(EDITS, st.integers(0, 60), st.sampled_from(["authenticatorData", "clientDataJSON", "signature"]))
def test_an_assertion_that_was_changed_anywhere_does_not_verify(edits: list[tuple[int, int]], cut: int, member: str) -> None:
    before = unb64(SHOWN["response"][member])
    after = edited(before, edits, cut)
    assert verified_use(changed(SHOWN, member, after), CHALLENGE, SITE, KNOWN) == (1 if after == before else None)


async def test_a_malformed_registration_is_an_answer_and_not_a_failure(
    empty: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    monkeypatch.setattr(operator_log, "log", lambda event, error: heard.append(error))
    empty.found(2)

    async with empty.client() as client:
        ana, passphrase = await person(empty, client)
        for what in ("no key", "a key that is a number", "packed without certificates"):
            monkeypatch.setattr(ana.key, "make", lambda options, origin, made=REGISTRATIONS[what]: made())
            refused(await ana.add(passphrase), 400, "invalid")
    assert heard == []
