"""Members in a real store: a used token stays used, the newer file replaces the older, and links and sessions end."""

import pytest

from crypto.keylist import SignedEntry
from intake.store.engines import postgresql_address
from intake.store.engines.engine import Database
from intake.store.errors import ConflictError, NotThereError, StoreError
from intake.store.members import members, unlockers
from intake.store.members.members import Seat, Session
from intake.store.members.unlockers import StoredUnlocker
from tests.support.world import TODAY, World


def test_the_key_list_grows_only_at_its_end(world: World) -> None:
    entry = SignedEntry(body="{}", signatures={"a": "b"})
    with world.database.transaction() as tx:
        members.append_entry(tx, 0, entry)
        with pytest.raises(ConflictError):
            members.append_entry(tx, 0, entry)
        assert members.entries(tx) == [entry]


def test_a_keyring_is_under_a_separate_deletion_key_and_only_a_newer_one_replaces_it(world: World) -> None:
    with world.database.transaction() as tx:
        with pytest.raises(NotThereError):
            members.keyring(tx, world.row_keys, "m")
        assert members.put_keyring(tx, world.row_keys, "m", 1, b"first") == 1
        assert members.keyring(tx, world.row_keys, "m") == b"first"
        with pytest.raises(ConflictError):
            members.put_keyring(tx, world.row_keys, "m", 1, b"replayed")
        assert members.put_keyring(tx, world.row_keys, "m", 2, b"second") == 2
        assert members.keyring(tx, world.row_keys, "m") == b"second"
    world.job.run(TODAY)
    assert list(world.key_store.generations("keyring m")) == [2]


def test_an_epoch_key_is_published_once(world: World) -> None:
    with world.database.transaction() as tx:
        members.set_epoch(tx, world.row_keys, Seat("m", "e1", "s"))
        members.set_epoch(tx, world.row_keys, Seat("m", "e2", "s"))
        with pytest.raises(ConflictError):
            members.set_epoch(tx, world.row_keys, Seat("m", "e1", "s"))
        assert [seat.epoch for seat in members.seats(tx) if seat.member == "m"] == ["e2"]


def test_a_handle_has_one_owner(world: World) -> None:
    mine = StoredUnlocker("u1", "m", "passphrase", "v")
    with world.database.transaction() as tx:
        unlockers.add(tx, world.row_keys, mine, "h")
        unlockers.add(tx, world.row_keys, StoredUnlocker("u2", "m", "paper", "w"), "h")
        with pytest.raises(ConflictError):
            unlockers.add(tx, world.row_keys, StoredUnlocker("u3", "n", "paper", "v"), "h")
        assert unlockers.of_handle(tx, world.row_keys, "h") == [mine, StoredUnlocker("u2", "m", "paper", "w")]
        assert unlockers.of_handle(tx, world.row_keys, "x") == []


def test_a_candidate_is_stored_once(world: World) -> None:
    with world.database.transaction() as tx:
        members.add_candidate(tx, "m", "{}", b"name")
        with pytest.raises(ConflictError):
            members.add_candidate(tx, "m", "{}", None)
        assert members.candidates(tx) == [("{}", b"name")]


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql+psycopg:///store", True),
        ("postgresql+psycopg:///store?host=/run/postgresql", True),
        ("postgresql+psycopg://me@127.0.0.1:5433/store", True),
        ("postgresql+psycopg://me@localhost/store", True),
        ("postgresql+psycopg://me@db.example/store", False),
        ("postgresql+psycopg://me@db.example/store?sslmode=require", False),
        ("postgresql+psycopg:///store?host=/run/postgresql,db.example", False),
        ("postgresql+psycopg:///store?host=/run/postgresql&host=db.example", False),
        ("postgresql+psycopg://me@db.example/store?sslmode=verify-full", True),
    ],
)
def test_a_store_on_another_machine_is_reached_only_over_verified_tls(url: str, safe: bool) -> None:
    assert postgresql_address.is_safe(url) is safe
    if not safe:
        with pytest.raises(StoreError, match="verify-full"):
            Database(url)


def test_names_are_replaced_by_newer_ones(world: World) -> None:
    with world.database.transaction() as tx:
        assert members.names(tx) is None
        members.put_names(tx, 1, b"one")
        with pytest.raises(ConflictError):
            members.put_names(tx, 1, b"two")
        with pytest.raises(ConflictError):
            members.put_names(tx, 2**31 - 1, b"a colleague's, after which nobody could write them again")
        members.put_names(tx, 2, b"two")
        assert members.names(tx) == (2, b"two")


def test_a_link_is_used_once_within_its_time(world: World) -> None:
    with world.database.transaction() as tx:
        members.add_invite(tx, "t", "m", 100)
        members.check_invite(tx, "t", 100)
        with pytest.raises(NotThereError):
            members.check_invite(tx, "t", 101)
        members.use_invite(tx, "t", 50)
        with pytest.raises(NotThereError):
            members.use_invite(tx, "t", 50)
        members.drop_invites(tx, "m")
        with pytest.raises(NotThereError):
            members.check_invite(tx, "t", 1)


def test_sessions_are_rows_that_end(world: World) -> None:
    with world.database.transaction() as tx:
        members.add_session(tx, "s", "m", 10)
        members.touch_session(tx, "s", 20)
        assert members.session(tx, "s") == Session("m", 10, 20)
        members.end_sessions_older_than(tx, started=5, last_used=21)
        assert members.session(tx, "s") is None
        members.add_session(tx, "s", "m", 10)
        members.end_session(tx, "s")
        assert members.session(tx, "s") is None
