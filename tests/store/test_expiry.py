"""Cases that change their day: closing, holds, grace; tombstones; restoring."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crypto.age import Identity
from crypto.encoding import new_id
from intake.service import backup
from intake.store import schema
from intake.store.cases import cases, expiry, holds, submissions, used_tokens
from intake.store.cases.cases import Case
from intake.store.cases.holds import StoredHold
from intake.store.deletion.restore import adopt
from intake.store.errors import ConflictError, NotThereError
from intake.store.members import decisions, keyring_copies, members, passkeys, unlockers
from intake.store.members.passkeys import StoredPasskey
from intake.store.members.unlockers import StoredUnlocker
from retention.errors import LostKeyError
from retention.policy import Policy
from retention.run import Outcome
from tests.support import postgres
from tests.support.world import TODAY, World

DAY = dt.timedelta(days=1)
SOON = TODAY + 30 * DAY
RULES = Policy(closed_days=7, grace_days=10)


def stored_case(world: World, case: str, today: dt.date = TODAY) -> Case:
    with world.database.transaction() as tx:
        return cases.find(tx, case, today)


def hold(world: World, case: str, until: dt.date | None) -> None:
    stored = StoredHold("body", {"a": "1", "b": "2"}, until.isoformat() if until else holds.PROPOSED)
    with world.database.transaction() as tx:
        holds.put(tx, cases.find(tx, case, TODAY).location, stored)


def close(world: World, case: str) -> str:
    with world.database.transaction() as tx:
        return expiry.close(tx, world.row_keys, cases.find(tx, case, TODAY), RULES, TODAY).day


def test_a_held_case_stays_when_it_is_closed_until_the_hold_ends_and_never_past_its_date(world: World) -> None:
    for until, expected in ((None, 8), (TODAY + 20 * DAY, 20), (TODAY + 3 * DAY, 8), (TODAY + 60 * DAY, 30)):
        case, key = world.submit("milk", SOON)
        hold(world, case, until)
        assert close(world, case) == (TODAY + expected * DAY).isoformat()
        after = stored_case(world, case)
        assert (after.latest_expiry, after.open) == (SOON.isoformat(), False)
        with world.database.transaction() as tx:
            kept_hold = holds.of(tx, after.location)
            assert kept_hold is not None
            assert kept_hold.signatures == {"a": "1", "b": "2"}
        assert world.read(case, key) == "milk"


def test_a_hold_extends_a_closed_case_up_to_its_requesters_date(world: World) -> None:
    case, key = world.submit("milk", SOON)
    close(world, case)
    with world.database.transaction() as tx:
        moved = expiry.keep_while_held(tx, world.row_keys, cases.find(tx, case, TODAY), (TODAY + 15 * DAY).isoformat())
    assert moved.day == (TODAY + 15 * DAY).isoformat()
    with world.database.transaction() as tx:
        again = expiry.keep_while_held(tx, world.row_keys, cases.find(tx, case, TODAY), (TODAY + 80 * DAY).isoformat())
        assert again.day == SOON.isoformat()
        assert expiry.held_until(tx, again) is None
        holds.drop(tx, again)
    assert world.read(case, key) == "milk"
    opened, _ = world.submit("bread", SOON)
    with world.database.transaction() as tx:
        assert expiry.keep_while_held(tx, world.row_keys, cases.find(tx, opened, TODAY), "2027-01-01").day == SOON.isoformat()


def test_a_message_to_a_closed_case_reopens_it_with_time_to_answer(world: World) -> None:
    case, key = world.submit("milk", SOON)
    with world.database.transaction() as tx:
        assert expiry.reopen(tx, world.row_keys, cases.find(tx, case, TODAY), RULES, TODAY).day == SOON.isoformat()
    close(world, case)
    with world.database.transaction() as tx:
        moved = expiry.reopen(tx, world.row_keys, cases.find(tx, case, TODAY), RULES, TODAY)
    assert (moved.day, stored_case(world, case).open) == ((TODAY + 11 * DAY).isoformat(), True)
    assert world.read(case, key) == "milk"
    world.job.run(TODAY)
    assert world.read(case, key) == "milk"


def test_a_tombstone_is_stored_as_long_as_the_case_was_and_no_longer(world: World) -> None:
    new, _ = world.submission("milk", TODAY + 10 * DAY)
    with world.database.transaction() as tx:
        submissions.submit(tx, world.row_keys, [new], TODAY)
    gone = TODAY + 10 * DAY
    world.job.run(gone, clock_is_right=True)
    with world.database.transaction() as tx:
        assert cases.tombstone(tx, new.lookup, gone + 14 * DAY) == gone.isoformat()
        assert cases.tombstone(tx, new.lookup, gone + 15 * DAY) is None
    world.job.run(gone + 15 * DAY, clock_is_right=True)
    with world.database.transaction() as tx:
        assert tx.scalar(select(schema.tombstones.c.lookup)) is None


def test_a_token_is_spent_once_for_all_processes_and_forgotten_after_its_day(world: World) -> None:
    with world.database.transaction() as tx:
        used_tokens.redeem(tx, "offer x", TODAY)
        with pytest.raises(ConflictError):
            used_tokens.redeem(tx, "offer x", TODAY)
        used_tokens.redeem(tx, "offer y", TODAY)
    world.job.run(TODAY + 2 * DAY)
    with world.database.transaction() as tx:
        assert tx.scalar(select(schema.used_tokens.c.hash)) is None


def test_a_restored_backup_returns_nothing_expired_or_withdrawn_and_names_the_losses(world: World, tmp_path: Path) -> None:
    expired, _ = world.submit("gone", TODAY + 2 * DAY)
    lost, _ = world.submit("lost", TODAY + 5 * DAY)
    withdrawn, _ = world.submit("withdrawn", SOON)
    live, key = world.submit("live", SOON)
    thief = world.stolen(tmp_path / "backup")
    world.withdraw(withdrawn)
    today = TODAY + 2 * DAY
    world.job.run(today)
    world.key_store.destroy(f"day {TODAY + 5 * DAY}")
    restored = thief.open(today=today)  # opened with the key store of that time, then given the current one
    restored.roots.drop_all()
    fitted = World.open(thief.folder, world.members, thief.folder / "key-store-then", thief.url, today)
    fitted.key_store.directory = world.folder / "key-store"
    with fitted.database.transaction() as tx:
        adopted = adopt(tx, fitted.row_keys, today)
    assert (adopted.cases, adopted.withdrawn, adopted.lost) == (1, 1, 1)
    assert adopted.expired == 2
    for case in (expired, lost, withdrawn):
        with fitted.database.transaction() as tx, pytest.raises(NotThereError):
            cases.find(tx, case, today)
    assert fitted.read(live, key, today) == "live"
    restored.close()
    fitted.close()


def test_a_restored_backup_signs_nobody_in_and_invites_nobody(world: World) -> None:
    member = next(iter(world.members))
    with world.database.transaction() as tx:
        members.add_session(tx, "token", member, 1)
        members.add_invite(tx, "link", member, 2**31 - 1)
        adopt(tx, world.row_keys, TODAY)
        assert members.session(tx, "token") is None
        with pytest.raises(NotThereError):
            members.check_invite(tx, "link", 1)


def test_the_copy_of_a_keyring_restores_everything_that_its_member_signs_in_with(world: World) -> None:
    member = next(iter(world.members))
    with world.database.transaction() as tx:
        way = StoredUnlocker(new_id(), member, "passphrase", "v")
        unlockers.add(tx, world.row_keys, way, "h")
        passkey = StoredPasskey("cA", member, way.id, b"k", 3)
        passkeys.add(tx, world.row_keys, passkey)
        copy = keyring_copies.of_member(tx, member, 7, b"sealed")
        tx.execute(update(schema.unlockers).values(verifier=b"old"))
        tx.execute(schema.passkeys.delete())
        tx.execute(schema.epochs.delete().where(schema.epochs.c.member == member))
        assert keyring_copies.put_back(tx, world.row_keys, copy, 4) == member
        assert unlockers.of_handle(tx, world.row_keys, "h") == [way]
        assert passkeys.every(tx, world.row_keys) == [passkey]
        assert tx.scalar(select(schema.epochs.c.generation).where(schema.epochs.c.member == member)) == 1
        ring = tx.execute(select(schema.keyrings).where(schema.keyrings.c.member == member)).one()
        assert (ring.number, ring.generation, bytes(ring.file)) == (7, 4, b"sealed")


def test_a_stolen_backup_and_every_key_open_nothing_with_the_day_keys_from_after_the_purge(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{postgres.binaries()}:{os.environ['PATH']}")
    case, key = world.submit("canary", TODAY + DAY)
    live, live_key = world.submit("live", SOON)
    thief, stolen = Identity.generate(), tmp_path / "backup.age"
    location = world.url or world.folder / "store.db"
    written: list[int] = []
    backup.write(location, world.key_store, stolen, [thief.recipient], written.append)
    assert sum(written) == stolen.stat().st_size
    shutil.copytree(world.folder / "key-store", tmp_path / "key-store-before")
    assert world.job.run(TODAY + DAY).cases == 1

    def opened_with(key_store: Path, name: str) -> World:
        (tmp_path / name).mkdir()
        url = world.cluster.new() if world.cluster else ""
        backup.read(stolen, url or tmp_path / name / "store.db", world.key_store, [thief], written.append)
        return World.open(tmp_path / name, world.members, key_store, url, TODAY + DAY)

    # Without the restore, which would drop the row: its deletion key was destroyed.
    after = opened_with(world.folder / "key-store", "after")
    with pytest.raises(LostKeyError):
        after.read(case, key, TODAY)
    assert after.read(live, live_key, TODAY + DAY) == "live"
    after.close()
    before = opened_with(tmp_path / "key-store-before", "before")
    assert before.read(case, key, TODAY) == "canary"  # the control
    before.close()


def test_a_case_shared_with_a_former_member_can_be_closed_and_shortened(world: World) -> None:
    gone, stays = sorted(world.members)
    case, key = world.submit("milk", SOON)
    with world.database.transaction() as tx:
        decisions.forget_member(tx, gone)
    assert close(world, case) == (TODAY + 8 * DAY).isoformat()
    with world.database.transaction() as tx:
        location = expiry.shorten(tx, world.row_keys, cases.find(tx, case, TODAY), (TODAY + 2 * DAY).isoformat())
        assert location.day == (TODAY + 2 * DAY).isoformat()
        assert {grant.member for grant in cases.grants(tx, location)} == {gone, stays}  # the grant still names its member
        with pytest.raises(NotThereError):
            cases.grant_of(tx, world.row_keys, location, gone)
        assert cases.grant_of(tx, world.row_keys, location, stays)
    assert world.read(case, key) == "milk"


def test_after_a_restore_a_keyring_change_that_was_given_up_is_not_taken(world: World) -> None:
    member = next(iter(world.members))
    with world.database.transaction() as tx:
        named = members.put_keyring(tx, world.row_keys, member, 1, b"kept")
    connection = world.database.engine.connect()
    members.put_keyring(connection, world.row_keys, member, 2, b"given up")
    connection.rollback()
    connection.close()
    with world.database.transaction() as tx:
        adopt(tx, world.row_keys, TODAY)
        assert members.keyring(tx, world.row_keys, member) == b"kept"
        world.key_store.destroy(f"keyring {member}", below=named + 1)
        adopt(tx, world.row_keys, TODAY)
        assert members.keyring(tx, world.row_keys, member) == b"given up"  # the only copy that can be read


def test_a_clock_a_little_behind_does_not_make_a_deleted_day_again(world: World) -> None:
    world.job.run(TODAY + DAY)
    assert world.job.run(TODAY).outcome is Outcome.CLEAN
    assert world.store.last_run() == (TODAY + DAY).isoformat()
    assert min(record.day for record in world.store.days()) == (TODAY + 2 * DAY).isoformat()
