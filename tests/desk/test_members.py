"""A member's keyring and names, and what is stored of a member who was removed."""

from sqlalchemy import select

from crypto import age
from crypto.encoding import b64, unb64
from crypto.keylist import Change
from intake.store import schema
from intake.store.cases.row_keys import keyring_purpose
from intake.store.members import members as people
from intake.store.members import unlockers
from tests.support.api import refused
from tests.support.desk_bodies import ANYONE, KEYRING_FILE
from tests.support.desks import as_json, desks, stored_keys
from tests.support.installation import Installation


async def test_names_and_keyrings_are_replaced_by_newer_ones_of_an_allowed_size(open_for_requests: Installation) -> None:
    installation = open_for_requests
    async with installation.client() as client:
        await installation.sign_in(client, installation.members[0])
        for address, number in (("/api/desk/names", 1), ("/api/desk/keyring", 7)):
            assert (await client.put(address, json={"number": number, "file": KEYRING_FILE})).status_code == 200
            refused(await client.put(address, json={"number": number, "file": KEYRING_FILE}), 409, "stale")
            for wrong in ("AAAA", "?", b64(age.encrypt(b"short", [ANYONE.recipient]))):
                refused(await client.put(address, json={"number": 8, "file": wrong}), 400, "invalid")
        with installation.service.database.transaction() as tx:
            assert people.keyring(tx, installation.service.row_keys, installation.members[0].id) == unb64(KEYRING_FILE)
        # The keyring that the old passphrase opened is unreadable in every backup.
        purpose = keyring_purpose(installation.members[0].id)
        assert sum(key_purpose == purpose for key_purpose, _ in installation.service.row_keys.key_store.existing()) == 1


async def test_a_removed_coordinators_open_session_ends_at_once_and_their_keys_are_destroyed(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        assert any(cyd.member.id in name for name in stored_keys(of_three, ""))
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        await ana.sign(body)
        await ben.sign(body)
        for answer in (await cyd.client.get("/api/desk/group"), await cyd.client.get("/api/desk/cases")):
            refused(answer, 401, "sign-in")
        refused(
            await cyd.client.post("/api/desk/keylist", json={"number": 4, "entry": as_json(cyd.signed(body))}),
            401,
            "sign-in",
        )
        assert not any(cyd.member.id in name for name in stored_keys(of_three, ""))
        with of_three.service.database.transaction() as tx:
            assert not unlockers.of_member(tx, of_three.service.row_keys, cyd.member.id)


async def test_a_removed_member_leaves_only_their_entries(of_three: Installation) -> None:
    async with desks(of_three) as (ana, ben, cyd):
        body = await ana.proposal(Change.REMOVE, member=cyd.member.id)
        await ana.sign(body)
        await ben.sign(body)
        with of_three.service.database.transaction() as tx:
            for table in (schema.sessions, schema.keyrings, schema.epochs, schema.unlockers):
                assert not tx.execute(select(table).where(table.c.member == cyd.member.id)).all(), table.name
