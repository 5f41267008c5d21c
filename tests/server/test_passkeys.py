"""Passkeys against a server that trusts none: another origin, another challenge, another member, a stolen passphrase."""

import hashlib
import json
import os
from typing import Any

import cbor2
import httpx2 as httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from crypto import age
from crypto.age import Identity
from crypto.encoding import b64, new_id
from crypto.sheet import Sizes
from intake.store import schema
from tests.server.conftest import Installation, Member
from tests.server.test_form_api import refused

HERE = "http://localhost"
BOOK = b64(age.encrypt(bytes(Sizes.BOOK.value[0]), [Identity.generate().recipient]))


class Authenticator:
    """A security key in software: ES256, no attestation. WebAuthn Level 3, sections 6 and 7."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.uses = 0

    def make(self, options: dict[str, Any], origin: str = HERE) -> dict[str, Any]:
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self._data(options["rp"]["id"], 0x45) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        answered = {
            "clientDataJSON": b64(self._client("webauthn.create", options, origin)),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._credential(answered)

    def show(self, options: dict[str, Any], origin: str = HERE, flags: int = 0x05) -> dict[str, Any]:
        self.uses += 1
        data = self._data(options["rpId"], flags)
        client = self._client("webauthn.get", options, origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answered = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._credential(answered)

    def _data(self, site: str, flags: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": False}).encode()

    def _credential(self, answered: dict[str, str]) -> dict[str, Any]:
        id_ = b64(self.id)
        return {"id": id_, "rawId": id_, "type": "public-key", "response": answered, "clientExtensionResults": {}}


class Person:
    """A member with a passphrase and a passkey."""

    def __init__(self, place: Installation, client: httpx.AsyncClient, member: Member) -> None:
        self.place, self.client, self.member = place, client, member
        self.key, self.authentication, self.handle = Authenticator(), os.urandom(32), ""

    async def settle(self) -> bytes:
        """Signed in; the authentication key of their passphrase."""
        self.handle, authentication = await self.place.sign_in(self.client, self.member)
        return authentication

    async def add(self, passphrase: bytes, origin: str = HERE, number: int = 2) -> httpx.Response:
        begun = (await self.client.post("/api/desk/passkeys/options")).json()
        made = self.key.make(begun["options"], origin)
        new = {"id": new_id(), "kind": "passkey", "handle_id": self.handle, "authentication": b64(self.authentication)}
        sent = {
            "proof": {"kind": "passphrase", "authentication": b64(passphrase)},
            "keyring": {"number": number, "file": BOOK},
            "add": [new],
            "drop": [],
            "passkey": {"token": begun["token"], "credential": made},
        }
        return await self.client.put("/api/desk/unlockers", json=sent)

    async def shown(self, origin: str = HERE, flags: int = 0x05) -> dict[str, Any]:
        begun = (await self.client.post("/api/desk/passkeys/begin", json={"handle_id": self.handle})).json()
        return {"token": begun["token"], "credential": self.key.show(begun["options"], origin, flags)}

    async def sign_in(
        self, passkey: dict[str, Any] | None, kind: str = "passkey", secret: bytes | None = None
    ) -> httpx.Response:
        body = {
            "handle_id": self.handle,
            "kind": kind,
            "authentication": b64(secret or self.authentication),
            "passkey": passkey,
        }
        return await self.client.post("/api/desk/session", json=body)


@pytest.fixture
def of_two(empty: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    empty.found(2)
    return empty


async def person(place: Installation, client: httpx.AsyncClient, index: int = 0) -> tuple[Person, bytes]:
    """Someone signed in, and their passphrase's authentication key."""
    found = Person(place, client, place.members[index])
    return found, await found.settle()


async def test_a_passkey_signs_in_and_a_removed_one_does_not(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        assert (await ana.add(passphrase)).status_code == 200
        assert (await ana.sign_in(await ana.shown())).status_code == 201
        refused(await ana.sign_in(await ana.shown(), secret=bytes(32)), 401, "sign-in")  # shown, but another PRF output
        refused(await ana.sign_in(None), 401, "sign-in")
        with of_two.service.database.transaction() as tx:
            id_ = tx.execute(select(schema.unlockers).where(schema.unlockers.c.kind == "passkey")).one().id
        proof = {"kind": "passphrase", "authentication": b64(passphrase)}
        sent = {"proof": proof, "keyring": {"number": 3, "file": BOOK}, "add": [], "drop": [id_]}
        assert (await client.put("/api/desk/unlockers", json=sent)).status_code == 200
        refused(await ana.sign_in(await ana.shown()), 401, "sign-in")


async def test_a_passkey_from_another_origin_is_refused_when_made_and_when_shown(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        refused(await ana.add(passphrase, origin="http://localhost.example"), 400, "invalid")
        assert (await ana.add(passphrase)).status_code == 200
        for origin in ("http://evil.example", "https://localhost", "http://localhost:81"):
            refused(await ana.sign_in(await ana.shown(origin)), 401, "sign-in")


async def test_an_answer_is_good_once_for_its_own_challenge_and_for_a_while(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        await ana.add(passphrase)
        shown = await ana.shown()
        assert (await ana.sign_in(shown)).status_code == 201
        refused(await ana.sign_in(shown), 401, "sign-in")  # replayed
        one, two = await ana.shown(), await ana.shown()
        refused(await ana.sign_in({"token": one["token"], "credential": two["credential"]}), 401, "sign-in")
        late = await ana.shown()
        of_two.clock.forward(minutes=20)
        refused(await ana.sign_in(late), 401, "sign-in")
        refused(await ana.sign_in(await ana.shown(flags=0x01)), 401, "sign-in")  # nobody was verified


async def test_a_colleague_with_a_stolen_passphrase_does_not_pass_the_second_factor(of_two: Installation) -> None:
    async with of_two.client() as client, of_two.client() as thief:
        ana, passphrase = await person(of_two, client)
        ben, bens = await person(of_two, thief, 1)
        on = {"proof": {"kind": "passphrase", "authentication": b64(passphrase)}, "strict": True}
        refused(await client.put("/api/desk/strict", json=on), 400, "invalid")  # would lock oneself out
        await ana.add(passphrase)
        await ben.add(bens)
        assert (await client.put("/api/desk/strict", json=on)).json() == {"strict": True}
        assert (await client.get("/api/desk/strict")).json() == {"strict": True}
        refused(await ana.sign_in(None, "passphrase", passphrase), 401, "second-factor")
        assert (await ana.sign_in(await ana.shown(), "passphrase", passphrase)).status_code == 201
        bens_own = await ben.shown()
        refused(await ana.sign_in(bens_own, "passphrase", passphrase), 401, "sign-in")


async def test_a_stolen_session_alone_does_not_switch_the_second_factor_off(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        await ana.add(passphrase)
        on = {"proof": {"kind": "passphrase", "authentication": b64(passphrase)}, "strict": True}
        assert (await client.put("/api/desk/strict", json=on)).status_code == 200
        guessed = {"proof": {"kind": "passphrase", "authentication": b64(os.urandom(32))}, "strict": False}
        refused(await client.put("/api/desk/strict", json=guessed), 401, "sign-in")
        refused(await client.put("/api/desk/strict", json={"strict": False}), 400, "invalid")
        assert (await client.get("/api/desk/strict")).json() == {"strict": True}


async def test_a_changed_way_in_needs_the_present_passphrase_and_leaves_at_least_one(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        refused(await ana.add(os.urandom(32)), 401, "sign-in")
        with of_two.service.database.transaction() as tx:
            id_ = tx.execute(select(schema.unlockers).where(schema.unlockers.c.member == ana.member.id)).one().id
        proof = {"kind": "passphrase", "authentication": b64(passphrase)}
        sent = {"proof": proof, "keyring": {"number": 2, "file": BOOK}, "add": [], "drop": [id_]}
        refused(await client.put("/api/desk/unlockers", json=sent), 400, "invalid")


async def test_at_an_address_without_a_name_there_are_no_passkeys(of_two: Installation) -> None:
    async with of_two.client() as client:
        client.base_url = httpx.URL("http://127.0.0.1")
        refused(await client.post("/api/desk/passkeys/options"), 400, "invalid")
