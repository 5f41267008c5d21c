"""A software authenticator, and a member who signs in with it."""

import hashlib
import json
import os
from typing import Any

import cbor2
import httpx2 as httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from crypto.encoding import b64, new_id
from tests.support.desk_bodies import KEYRING_FILE
from tests.support.installation import Installation, Member

HERE = "http://localhost"


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

    def __init__(self, installation: Installation, client: httpx.AsyncClient, member: Member) -> None:
        self.installation, self.client, self.member = installation, client, member
        self.key, self.authentication, self.handle = Authenticator(), os.urandom(32), ""

    async def settle(self) -> bytes:
        """Sign in, and return the authentication key of the passphrase."""
        self.handle, authentication = await self.installation.sign_in(self.client, self.member)
        return authentication

    async def add(self, passphrase: bytes, origin: str = HERE, number: int = 2) -> httpx.Response:
        begun = (await self.client.post("/api/desk/passkeys/options")).json()
        made = self.key.make(begun["options"], origin)
        new = {"id": new_id(), "kind": "passkey", "handle_id": self.handle, "authentication": b64(self.authentication)}
        sent = {
            "proof": {"kind": "passphrase", "authentication": b64(passphrase)},
            "keyring": {"number": number, "file": KEYRING_FILE},
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


async def person(installation: Installation, client: httpx.AsyncClient, index: int = 0) -> tuple[Person, bytes]:
    """Sign somebody in; return them and their passphrase's authentication key."""
    account = Person(installation, client, installation.members[index])
    return account, await account.settle()
