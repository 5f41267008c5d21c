"""The proof of deletion: the chain of certificates, and what still exists although a certificate names it."""

import datetime as dt
from hashlib import sha256

import pytest
from sqlalchemy import delete

from crypto import certificate
from crypto.certificate import Certificate
from crypto.encoding import b64
from crypto.labels import Label
from crypto.signing import SigningKey, labelled_hash
from intake.store import schema
from retention import proof
from retention.errors import LostKeyError, ProofError
from tests.support.world import TODAY, World

DAY = dt.timedelta(days=1)
SOON = TODAY + DAY
STORE, KEY = "A" * 22, SigningKey.generate()


def signed(number: int, previous: bytes | None, key: SigningKey = KEY) -> tuple[bytes, str]:
    return certificate.sign(
        Certificate(
            format=Label.CERTIFICATE.value,
            store=STORE,
            number=number,
            previous=labelled_hash(Label.CERTIFICATE, previous) if previous is not None else "",
            day=(TODAY + number * DAY).isoformat(),
            days=[],
            cases=0,
            withdrawn=0,
            keys=[],
            scrub="clean",
        ),
        key,
    )


FIRST = signed(0, None)
SECOND = signed(1, FIRST[0])
THIRD = signed(2, SECOND[0])


def test_certificates_in_order_are_verified() -> None:
    assert [valid.number for valid in proof.chain([FIRST, SECOND, THIRD], KEY.verifying_key, STORE)] == [0, 1, 2]


@pytest.mark.parametrize(
    "certificates",
    [
        pytest.param([FIRST, THIRD], id="one is left out"),
        pytest.param([SECOND, THIRD], id="the first is left out"),
        pytest.param([SECOND, FIRST], id="out of order"),
        pytest.param([FIRST, signed(1, FIRST[0], SigningKey.generate())], id="signed by another"),
        pytest.param([FIRST, (SECOND[0].replace(b'"cases":0', b'"cases":1'), SECOND[1])], id="altered"),
        pytest.param([FIRST, signed(2, FIRST[0])], id="a number is left out"),
    ],
)
def test_certificates_that_are_altered_left_out_or_signed_by_another_are_found_out(
    certificates: list[tuple[bytes, str]],
) -> None:
    with pytest.raises(ProofError):
        proof.chain(certificates, KEY.verifying_key, STORE)


def test_certificates_of_another_store_are_refused() -> None:
    with pytest.raises(ProofError, match="another store"):
        proof.chain([FIRST], KEY.verifying_key, "B" * 22)


@pytest.fixture
def certified(world: World) -> World:
    """A store whose certificates are all signed with one key: the key of its job."""
    with world.database.transaction() as tx:
        tx.execute(delete(schema.certificates))
    return world


def certificates_of(world: World) -> list[Certificate]:
    return proof.chain(world.store.certificates(), world.job.signing_key.verifying_key, world.store.store_id)


def contradictions(world: World, today: dt.date) -> list[str]:
    return proof.contradictions(certificates_of(world), world.key_store, world.store, today)


def test_a_store_after_its_runs_contradicts_no_certificate(certified: World) -> None:
    certified.submit("milk", SOON)
    for n in range(1, 4):
        certified.job.run(TODAY + n * DAY)
    assert [valid.cases for valid in certificates_of(certified)] == [1, 0, 0]
    assert contradictions(certified, TODAY + 3 * DAY) == []


def test_a_key_that_was_copied_before_its_destruction_is_found(certified: World) -> None:
    key = certified.key_store.key(f"day {SOON}", 1).reveal()
    certified.job.run(SOON)
    assert b64(sha256(key).digest()) in certificates_of(certified)[-1].keys
    (certified.key_store.directory / f"day.{SOON}.1.key").write_bytes(key)
    (message,) = contradictions(certified, SOON)
    assert message == "a deletion key for day exists although a certificate says that it was destroyed"


def test_an_expired_case_that_is_still_stored_is_found(certified: World) -> None:
    certified.submit("milk", SOON)
    assert contradictions(certified, TODAY) == []
    assert contradictions(certified, SOON) == [f"1 cases that expired on {SOON} are still stored"]


def test_a_deleted_day_that_exists_again_is_found(certified: World) -> None:
    certified.job.run(SOON)
    certified.store.add_day(certified.roots.new(SOON.isoformat()))
    assert contradictions(certified, SOON) == [f"{SOON} still exists although a certificate says that it was deleted"]


def test_days_that_a_wrong_clock_deleted_and_that_were_made_again_are_no_contradiction(certified: World) -> None:
    certified.job.run(TODAY + 10 * DAY, clock_is_right=True)
    certified.store.add_day(certified.roots.new((SOON + DAY).isoformat()))
    assert contradictions(certified, SOON) == []


def test_a_key_destroyed_between_two_reads_is_no_contradiction(certified: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise LostKeyError("gone")

    monkeypatch.setattr(type(certified.key_store), "key", gone)
    assert contradictions(certified, TODAY) == []
