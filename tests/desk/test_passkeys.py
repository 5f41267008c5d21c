"""Passkeys against a server that trusts none: another origin, another challenge, another member, a stolen passphrase."""

import os

import httpx2 as httpx
import pytest
from sqlalchemy import select

from crypto.encoding import b64
from intake.store import schema
from tests.support.api import refused
from tests.support.authenticator import person
from tests.support.desk_bodies import KEYRING_FILE
from tests.support.installation import Installation


@pytest.fixture
def of_two(empty: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    empty.found(2)
    return empty


async def test_a_passkey_signs_in_and_a_removed_one_does_not(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        assert (await ana.add(passphrase)).status_code == 200
        assert (await ana.sign_in(await ana.shown())).status_code == 201
        refused(
            await ana.sign_in(await ana.shown(), secret=bytes(32)), 401, "sign-in"
        )  # a valid answer, with another PRF output
        refused(await ana.sign_in(None), 401, "sign-in")
        with of_two.service.database.transaction() as tx:
            id_ = tx.execute(select(schema.unlockers).where(schema.unlockers.c.kind == "passkey")).one().id
        proof = {"kind": "passphrase", "authentication": b64(passphrase)}
        sent = {"proof": proof, "keyring": {"number": 3, "file": KEYRING_FILE}, "add": [], "drop": [id_]}
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
        first, second = await ana.shown(), await ana.shown()
        refused(await ana.sign_in({"token": first["token"], "credential": second["credential"]}), 401, "sign-in")
        late = await ana.shown()
        of_two.clock.forward(minutes=20)
        refused(await ana.sign_in(late), 401, "sign-in")
        refused(await ana.sign_in(await ana.shown(flags=0x01)), 401, "sign-in")  # the authenticator did not verify its user


async def test_a_colleague_with_a_stolen_passphrase_does_not_pass_the_second_factor(of_two: Installation) -> None:
    async with of_two.client() as client, of_two.client() as thief:
        ana, passphrase = await person(of_two, client)
        ben, bens = await person(of_two, thief, 1)
        on = {"proof": {"kind": "passphrase", "authentication": b64(passphrase)}, "strict": True}
        refused(
            await client.put("/api/desk/strict", json=on), 400, "invalid"
        )  # a member without a passkey would lock themselves out
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


async def test_changing_unlockers_needs_the_passphrase_and_leaves_at_least_one(of_two: Installation) -> None:
    async with of_two.client() as client:
        ana, passphrase = await person(of_two, client)
        refused(await ana.add(os.urandom(32)), 401, "sign-in")
        with of_two.service.database.transaction() as tx:
            id_ = tx.execute(select(schema.unlockers).where(schema.unlockers.c.member == ana.member.id)).one().id
        proof = {"kind": "passphrase", "authentication": b64(passphrase)}
        sent = {"proof": proof, "keyring": {"number": 2, "file": KEYRING_FILE}, "add": [], "drop": [id_]}
        refused(await client.put("/api/desk/unlockers", json=sent), 400, "invalid")


async def test_at_an_address_without_a_name_there_are_no_passkeys(of_two: Installation) -> None:
    async with of_two.client() as client:
        client.base_url = httpx.URL("http://127.0.0.1")
        refused(await client.post("/api/desk/passkeys/options"), 400, "invalid")
