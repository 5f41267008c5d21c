"""An attacker who tries sign-in names learns nothing: known, unknown and with a passkey, all are answered alike.

Every attempt has the same path, message, size and cost.
"""

import json
import os
import statistics
import time
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest

from crypto.encoding import b64, new_id, unb64
from crypto.sign_in import SignInKey
from intake.desk.access import decoys, verifiers
from intake.desk.access.attempts import FREE_ATTEMPTS
from intake.store.members.passkeys import StoredPasskey
from retention.errors import KeyStoreError
from tests.support.api import refused
from tests.support.authenticator import Authenticator, Person, person
from tests.support.installation import Installation

WRONG = b64(bytes(32))


@pytest.fixture
def of_three(empty: Installation) -> Installation:
    empty.found(3)
    return empty


async def three_kinds(installation: Installation, client: httpx.AsyncClient) -> tuple[dict[str, str], Person]:
    """Handle ids by kind of account, and the member who has a passkey."""
    ana, passphrase = await person(installation, client)
    ana.key.id = os.urandom(16)  # the default of 32 would be the most common length
    assert (await ana.add(passphrase)).status_code == 200
    known, _ = installation.unlocker_of(installation.members[1])
    return {"with a passkey": ana.handle, "known": known, "unknown": new_id()}, ana


def shape(answer: httpx.Response) -> tuple[object, ...]:
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "content-length")
    return answer.status_code, len(answer.content), tuple(headers)


async def attempts(client: httpx.AsyncClient, handle: str, key: Authenticator) -> list[dict[str, Any]]:
    """Attempts without the right passphrase or passkey: one of each kind, without and with a passkey's answer."""
    sent: list[dict[str, Any]] = [{"kind": kind, "passkey": None} for kind in ("passphrase", "paper", "passkey", "nothing")]
    for kind in ("passphrase", "passkey"):
        for id_of in ("its own", "one that was offered"):
            begun = (await client.post("/api/desk/passkeys/begin", json={"handle_id": handle})).json()
            if id_of == "one that was offered":
                offered = begun["options"]["allowCredentials"]
                key.id = next(credential_id for descriptor in offered if len(credential_id := unb64(descriptor["id"])) == 16)
            sent.append({"kind": kind, "passkey": {"token": begun["token"], "credential": key.show(begun["options"])}})
    return [{"handle_id": handle, "authentication": WRONG, **attempt} for attempt in sent]


async def test_no_answer_reveals_whether_a_handle_exists(of_three: Installation) -> None:
    # The delay of failed attempts is the same for all of them, and is tested elsewhere.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intake.desk.access.attempts.Attempts.delay", lambda self, handle_id: 0.0)
        async with of_three.client() as client, of_three.client() as stranger:
            handles, _ = await three_kinds(of_three, client)
            responses: dict[str, list[tuple[Any, ...]]] = {}
            for kind, handle in handles.items():
                begun = await stranger.post("/api/desk/passkeys/begin", json={"handle_id": handle})
                lengths = [len(descriptor["id"]) for descriptor in begun.json()["options"]["allowCredentials"]]
                responses[kind] = [(*shape(begun), lengths, sorted(begun.json()["options"]))]
                for body in await attempts(stranger, handle, Authenticator()):
                    answer = await stranger.post("/api/desk/session", json=body)
                    refused(answer, 401, "sign-in")
                    responses[kind].append((*shape(answer), answer.content))
            assert responses["known"] == responses["unknown"] == responses["with a passkey"]
            sentences = {json.loads(content)["detail"] for *_, content in responses["unknown"][1:]}
            assert sentences == {"the sign-in name and passphrase do not match. No session was started"}


@pytest.mark.alone
@pytest.mark.usefixtures("real_hashes")
async def test_no_response_time_reveals_whether_a_handle_exists(of_three: Installation) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("intake.desk.access.attempts.Attempts.delay", lambda self, handle_id: 0.0)
        async with of_three.client() as client, of_three.client() as stranger:
            handles, _ = await three_kinds(of_three, client)
            took: dict[tuple[str, int], list[float]] = {}
            # In turns, so that other work on the machine slows all of them alike.
            for _ in range(5):
                for kind, handle in handles.items():
                    for number, body in enumerate((await attempts(stranger, handle, Authenticator()))[::2]):
                        before = time.perf_counter()
                        refused(await stranger.post("/api/desk/session", json=body), 401, "sign-in")
                        took.setdefault((kind, number), []).append(time.perf_counter() - before)
            medians = {of: statistics.median(times) for of, times in took.items()}
            hash_alone = min(medians.values())
            assert hash_alone > 0.02, "some path does not hash at all"
            assert max(medians.values()) < 1.6 * hash_alone, medians


@dataclass
class Offers:
    """The credential ids that the server offers to a sign-in name, its own passkeys and decoys among them."""

    key: SignInKey
    group: list[StoredPasskey]

    def to(self, handle: str, member: str = "") -> list[str]:
        """The ids offered to a member's sign-in name, or to an unknown one."""
        return [passkey.id for passkey in decoys.with_decoys(self.key, handle, member, self.group)]


@pytest.fixture
def offers(of_three: Installation) -> Offers:
    """A group of two members with passkeys, two of one member's ids longer than usual."""
    with of_three.service.database.transaction() as tx:
        key = of_three.service.row_keys.sign_in_key(tx)
    lengths = (("a", 59), ("a", 59), ("b", 20))
    return Offers(key, [StoredPasskey(b64(os.urandom(n)), member, new_id(), b"", 0) for member, n in lengths])


def test_passkeys_of_every_length_are_offered_to_all_sign_in_names_alike(offers: Offers) -> None:
    handles = (("1", "a"), ("2", "b"), ("3", ""))
    lengths = {tuple(len(unb64(id_)) for id_ in offers.to(handle, member)) for handle, member in handles}
    assert lengths == {(16, 20, 32, 59, 59, 64)}


def test_a_sign_in_name_gets_the_same_decoys_each_time_and_others_than_another(offers: Offers) -> None:
    assert offers.to("3") == offers.to("3")
    assert not set(offers.to("3")) & set(offers.to("4"))


def test_passkeys_are_offered_only_to_their_own_member(offers: Offers) -> None:
    assert {passkey.id for passkey in offers.group if passkey.member == "a"} <= set(offers.to("1", "a"))
    assert not {passkey.id for passkey in offers.group} & set(offers.to("3"))


def test_a_group_with_more_passkeys_offers_more_decoys_and_keeps_the_earlier_ones(offers: Offers) -> None:
    more = Offers(offers.key, [*offers.group, *offers.group])
    assert set(offers.to("3")) < set(more.to("3"))


def test_decoys_cannot_be_computed_without_the_key_store(offers: Offers) -> None:
    key = offers.key
    other = SignInKey(key.deletion_key, key.name.__class__(key.name.store, key.name.purpose, key.name.generation + 1))
    assert decoys.with_decoys(other, "3", "", []) != decoys.with_decoys(key, "3", "", [])


async def test_a_signature_for_a_decoy_does_not_sign_in(of_three: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret key of every decoy is known to everybody: it is 1."""
    from cryptography.hazmat.primitives.asymmetric import ec

    async with of_three.client() as stranger:
        known, authentication = of_three.unlocker_of(of_three.members[0])
        forged = Authenticator()
        forged.key = ec.derive_private_key(1, ec.SECP256R1())
        begun = (await stranger.post("/api/desk/passkeys/begin", json={"handle_id": known})).json()
        forged.id = unb64(begun["options"]["allowCredentials"][0]["id"])
        shown = {"token": begun["token"], "credential": forged.show(begun["options"])}
        body = {"handle_id": known, "kind": "passkey", "authentication": b64(authentication), "passkey": shown}
        refused(await stranger.post("/api/desk/session", json=body), 401, "sign-in")


@pytest.mark.alone
async def test_while_the_key_store_is_away_signing_in_says_so_and_counts_no_attempt(
    of_three: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with of_three.client() as client:
        handle, authentication = of_three.unlocker_of(of_three.members[0])
        body = {"handle_id": handle, "kind": "passphrase", "authentication": b64(authentication)}
        key_store = of_three.service.parts.key_store
        with monkeypatch.context() as away:

            def gone(purpose: str, generation: int) -> None:
                raise KeyStoreError("the key store is away")

            away.setattr(key_store, "key", gone)
            for _ in range(FREE_ATTEMPTS + 2):
                refused(await client.post("/api/desk/session", json=body), 503, "unavailable")
            refused(await client.post("/api/desk/passkeys/begin", json={"handle_id": handle}), 503, "unavailable")
        before = time.monotonic()
        assert (await client.post("/api/desk/session", json=body)).status_code == 201
        assert time.monotonic() - before < 2, "attempts that nobody judged are slowed"


async def test_a_malformed_handle_or_key_is_refused_before_any_look_up(of_three: Installation) -> None:
    async with of_three.client() as client:
        for wrong in ({"handle_id": "unknown"}, {"handle_id": "x" * 22}, {"authentication": "short"}):
            body = {"handle_id": new_id(), "kind": "passphrase", "authentication": WRONG, **wrong}
            refused(await client.post("/api/desk/session", json=body), 400, "invalid")
        refused(await client.post("/api/desk/passkeys/begin", json={"handle_id": "unknown"}), 400, "invalid")


@pytest.mark.usefixtures("real_hashes")
def test_the_hash_of_an_unknown_handle_costs_the_same_as_a_known_one() -> None:
    parameters = {verifier.rsplit("$", 2)[0] for verifier in (verifiers.DECOY, verifiers.hash_key(verifiers.parse_key(WRONG)))}
    assert parameters == {"$argon2id$v=19$m=65536,t=3,p=4"}
