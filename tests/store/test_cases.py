"""Cases in a real store: replays, conflicts, who can fetch what, closing, and the two descriptions of the schema."""

import datetime as dt
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete, insert, inspect, select, text, update
from sqlalchemy.exc import OperationalError

from crypto.encoding import new_id
from crypto.entry import Sequence
from crypto.errors import RowError
from intake.service.verified_cache import VerifiedCache
from intake.store import schema
from intake.store.cases import cases, expiry, submissions
from intake.store.cases.cases import NewGrant
from intake.store.cases.submissions import Duplicate, Outcome, Stored
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines import sqlite
from intake.store.engines.engine import Database
from intake.store.errors import ConflictError, NotThereError, Refused, StoreError, UnknownSchemaError
from intake.store.migrations import upgrade
from retention.ports import DayRecord
from tests.support.postgres import Cluster
from tests.support.world import TODAY, World

DAY = dt.timedelta(days=1)
SOON = TODAY + 30 * DAY
KEYS = {  # primary keys on PostgreSQL, where those of partitions begin with the day that is dropped
    "cases": {"day", "id"},
    "entries": {"day", "case_id", "sequence", "number"},
    "grants": {"day", "case_id", "member"},
    "staged_grants": {"day", "case_id", "member"},
    "drafts": {"day", "case_id", "member"},
    "day_roots": {"day"},
}


def test_the_migrations_make_the_schema(world: World) -> None:
    with world.database.transaction() as tx:
        made = inspect(tx)
        for name, table in schema.METADATA.tables.items():
            columns = {column["name"]: column["nullable"] for column in made.get_columns(name)}
            assert columns == {column.name: column.nullable for column in table.columns}
            primary = {column.name for column in table.primary_key}
            if world.cluster and primary == {"row_id"}:
                primary = KEYS[name]
            assert set(made.get_pk_constraint(name)["constrained_columns"]) == primary
        if world.cluster:
            return
        assert compare_metadata(MigrationContext.configure(tx), schema.METADATA) == []
        sql = "".join(tx.exec_driver_sql("select sql from sqlite_master where type = 'table'").scalars())
    assert sql.count("WITHOUT ROWID") + sql.count("row_id INTEGER NOT NULL") == len(schema.METADATA.tables)


def test_a_schema_that_this_version_does_not_know_is_refused(world: World, tmp_path: Path) -> None:
    empty = Database(tmp_path / "empty.db")
    with empty.transaction() as tx, pytest.raises(UnknownSchemaError, match="no schema"):
        upgrade.check(tx)
    empty.close()
    with world.database.transaction() as tx:
        tx.exec_driver_sql("update alembic_version set version_num = '9999'")
        for refuse in (upgrade.check, upgrade.upgrade):
            with pytest.raises(UnknownSchemaError, match="9999"):
                refuse(tx)


def test_every_connection_has_the_settings_that_deletion_needs(tmp_path: Path) -> None:
    database = Database(tmp_path / "one.db")
    with database.transaction() as tx:
        pragmas = {name: tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in sqlite.PRAGMAS}
    assert pragmas == sqlite.PRAGMAS
    assert (pragmas["journal_mode"], pragmas["synchronous"], pragmas["secure_delete"], pragmas["foreign_keys"]) == (
        "delete",
        2,
        1,
        1,
    )
    database.close()


def test_a_database_that_does_not_take_a_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite.PRAGMAS, "journal_mode", "impossible")
    database = Database(tmp_path / "one.db")
    with pytest.raises(StoreError, match="journal_mode"), database.transaction():
        pass
    database.close()


def test_an_error_of_the_engine_carries_no_row(tmp_path: Path) -> None:
    database = Database(tmp_path / "one.db")
    with pytest.raises(OperationalError) as raised, database.engine.connect() as connection:
        connection.execute(text("insert into nowhere values (:words)"), {"words": "canary"})
    assert "canary" not in f"{raised.value} {raised.value!r}"
    database.close()


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"damaged" * 1000)
    broken = Database(tmp_path / "store.db")
    with pytest.raises(StoreError, match="damaged"), broken.transaction():
        pass
    broken.close()


def test_a_database_in_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        Database(tmp_path / "file" / "store.db")


def test_the_same_submission_again_is_answered_the_same_another_with_its_id_is_refused(world: World) -> None:
    new, _ = world.submission("milk", SOON)
    other, _ = world.submission("bread", SOON, new.lookup)
    with world.database.transaction() as tx:
        forged = replace(new, request=other.request)
        together = submissions.submit(tx, world.row_keys, [new, new, forged, other], TODAY)
        assert together[:2] == [Stored(), Duplicate()]
        assert [refusal(outcome) for outcome in together[2:]] == [ConflictError, ConflictError]
        again = submissions.submit(tx, world.row_keys, [new, forged, other], TODAY)
        assert again[0] == Duplicate()
        assert [refusal(outcome) for outcome in again[1:]] == [ConflictError, ConflictError]


def refusal(outcome: Outcome) -> type[Exception]:
    assert isinstance(outcome, Refused)
    return type(outcome.reason)


def test_a_day_that_is_not_there_or_being_purged_takes_no_case(world: World) -> None:
    for day in (TODAY + 200 * DAY, SOON):
        new, _ = world.submission("milk", day)
        world.store.begin_purge(SOON.isoformat())
        with world.database.transaction() as tx:
            assert refusal(submissions.submit(tx, world.row_keys, [new], TODAY)[0]) is StoreError


def test_leaves_of_a_day_are_unique(world: World) -> None:
    for n in range(40):
        world.submit(f"{n}", SOON)
    with world.database.transaction() as tx:
        leaves = list(tx.scalars(select(schema.cases.c.leaf)))
    assert len(set(leaves)) == 40
    assert max(leaves) < (512 if world.cluster else 128)  # PostgreSQL counts leaves in blocks


def test_a_case_granted_to_an_unknown_epoch_is_not_stored(world: World) -> None:
    new, _ = world.submission("x", SOON)
    strange = replace(new, grants=(NewGrant(new_id(), new_id(), b"x"),))
    with world.database.transaction() as tx, pytest.raises(NotThereError):
        submissions.submit(tx, world.row_keys, [strange], TODAY)


def test_entries_are_numbered_once_and_shown_to_whom_they_may_be(world: World) -> None:
    case, _ = world.submit("milk", SOON)
    with world.database.transaction() as tx:
        location = cases.find(tx, case, TODAY).location
        cases.add_entry(tx, world.row_keys, location, Sequence.SHARED, 1, b"hidden", for_requester=False)
        cases.add_entry(tx, world.row_keys, location, Sequence.SHARED, 1, b"hidden", for_requester=False)
        assert not cases.find(tx, case, TODAY).opened
        cases.add_entry(tx, world.row_keys, location, Sequence.DESK, 0, b"note", for_requester=False)
        assert (cases.find(tx, case, TODAY).opened, cases.find(tx, case, TODAY).arrived) == (True, None)
        for number in (1, 3):
            with pytest.raises(ConflictError):
                cases.add_entry(tx, world.row_keys, location, Sequence.SHARED, number, b"other", for_requester=True)
        shown = cases.entries(tx, world.row_keys, location, Sequence.SHARED, as_requester=True)
        assert [entry.file is None for entry in shown] == [False, True]
        assert [entry.file for entry in cases.entries(tx, world.row_keys, location, Sequence.SHARED)][1] == b"hidden"


def test_a_row_swapped_between_cases_in_the_file_is_noticed(world: World) -> None:
    (first, key), (second, _) = world.submit("one", SOON), world.submit("two", SOON)
    table = schema.entries
    with world.database.transaction() as tx:
        stolen = tx.scalar(select(table.c.file).where(table.c.case_id == second))
        tx.execute(update(table).where(table.c.case_id == first).values(file=stolen))
    with pytest.raises(RowError):
        world.read(first, key)


def test_grants_are_replaced_as_a_whole_by_a_member_who_saw_the_newest(world: World) -> None:
    case, _ = world.submit("milk", SOON)
    first, second = world.members
    with world.database.transaction() as tx:
        location = cases.find(tx, case, TODAY).location
        assert {grant.member for grant in cases.grants(tx, location)} == {first, second}
        epoch, _ = cases.grant_of(tx, world.row_keys, location, first)
        assert epoch == world.members[first].recipient.id
        cases.replace_grants(tx, world.row_keys, location, 0, [NewGrant(first, epoch, b"new")])
        with pytest.raises(ConflictError):
            cases.replace_grants(tx, world.row_keys, location, 0, [])
        assert cases.grant_of(tx, world.row_keys, location, first) == (epoch, b"new")
        with pytest.raises(NotThereError):
            cases.grant_of(tx, world.row_keys, location, second)


def test_replaced_grants_leave_a_case_new_and_take_it_from_its_former_holder(world: World) -> None:
    case, _ = world.submit("milk", SOON)
    first, second = world.members
    with world.database.transaction() as tx:
        before = cases.find(tx, case, TODAY)
        assert (before.opened, before.arrived, before.open, before.version) == (False, TODAY.isoformat(), True, 0)
        epoch, _ = cases.grant_of(tx, world.row_keys, before.location, first)
        cases.replace_grants(tx, world.row_keys, before.location, 0, [NewGrant(first, epoch, b"new")])
        after = cases.find(tx, case, TODAY)
        assert (after.opened, after.arrived, after.open, after.version) == (False, TODAY.isoformat(), True, 1)
        assert [held.location.case for held in cases.held_by(tx, first, TODAY)] == [case]
        assert cases.held_by(tx, second, TODAY) == []
        assert VerifiedCache().tally(tx, TODAY).open == {first: 1}


def test_the_day_of_arrival_is_deleted_once_a_coordinator_has_written(world: World) -> None:
    case, _ = world.submit("milk", SOON)
    with world.database.transaction() as tx:
        stored = cases.find(tx, case, TODAY)
        assert (stored.opened, stored.arrived) == (False, TODAY.isoformat())
        cases.add_entry(tx, world.row_keys, stored.location, Sequence.DESK, 0, b"note", for_requester=False)
        opened = cases.find(tx, case, TODAY)
        assert (opened.opened, opened.arrived) == (True, None)


def test_a_closed_case_moves_to_its_earlier_day_with_all_that_was_said(world: World) -> None:
    case, key = world.submit("milk", SOON)
    week = (TODAY + 8 * DAY).isoformat()
    with world.database.transaction() as tx:
        location = cases.find(tx, case, TODAY).location
        cases.add_entry(tx, world.row_keys, location, Sequence.DESK, 0, b"note", for_requester=False)
        moved = expiry.close(tx, world.row_keys, cases.find(tx, case, TODAY), world.job.policy, TODAY)
        assert (moved.day, cases.find(tx, case, TODAY).open) == (week, False)
        assert cases.entries(tx, world.row_keys, moved, Sequence.DESK)[0].file == b"note"
        assert len(cases.grants(tx, moved)) == 2
        assert cases.receipt_grant(tx, world.row_keys, moved)
        assert expiry.close(tx, world.row_keys, cases.find(tx, case, TODAY), world.job.policy, TODAY) == moved
    assert world.read(case, key) == "milk"


def test_a_case_that_has_moved_still_opens_once_its_former_leaf_is_punctured(world: World) -> None:
    case, key = world.submit("milk", SOON)
    with world.database.transaction() as tx:
        stored = cases.find(tx, case, TODAY)
        moved = expiry.close(tx, world.row_keys, stored, world.job.policy, TODAY)
    assert world.store.waiting_punctures() == {stored.location.day: {stored.location.leaf}}
    assert world.job.run(TODAY).withdrawn == 1
    assert world.read(case, key) == "milk"
    assert world.store.counts() == {moved.day: 1}


def test_a_receipt_shows_the_expiry_day_and_never_a_withdrawal(world: World) -> None:
    kept, _ = world.submission("kept", TODAY + DAY)
    gone, _ = world.submission("gone", TODAY + DAY)
    with world.database.transaction() as tx:
        submissions.submit(tx, world.row_keys, [kept, gone], TODAY)
        cases.withdraw(tx, cases.find_by_lookup(tx, gone.lookup, TODAY).location)
        with pytest.raises(NotThereError):
            cases.find_by_lookup(tx, gone.lookup, TODAY)
        assert cases.tombstone(tx, kept.lookup, TODAY) is None
        assert cases.tombstone(tx, kept.lookup, TODAY + DAY) == kept.expires
    world.job.run(TODAY + DAY)
    with world.database.transaction() as tx:
        assert cases.tombstone(tx, kept.lookup, TODAY + DAY) == kept.expires
        assert cases.tombstone(tx, gone.lookup, TODAY + DAY) is None


def test_a_case_that_the_server_could_read_says_so(world: World) -> None:
    new, _ = world.submission("milk", SOON)
    with world.database.transaction() as tx:
        submissions.submit(tx, world.row_keys, [new], TODAY)
        cases.mark_opened_by_server(tx, cases.find(tx, new.case, TODAY).location)
        assert cases.find(tx, new.case, TODAY).sealed_by == "server"


def test_a_keyrings_generation_is_among_the_committed_keys(world: World) -> None:
    with world.database.transaction() as tx:
        tx.execute(insert(schema.keyrings).values(member="m", generation=1, number=1, file=b""))
    assert world.store.committed()["keyring m"] == 1


def test_a_store_of_an_older_version_is_brought_up_to_date_and_keeps_its_cases(tmp_path: Path) -> None:
    database = Database(tmp_path / "old.db")
    with database.transaction() as tx:
        upgrade.upgrade(tx, "0002")
        tx.exec_driver_sql("INSERT INTO days VALUES ('2026-12-01', 1, x'00', 1, 0)")
        tx.exec_driver_sql(
            "INSERT INTO cases (day, id, lookup, leaf, arrived, open, sealed_by, opened, version, receipt_grant) "
            "VALUES ('2026-12-01', 'a', 'l', 3, '2026-11-20', 1, 'browser', 0, 0, x'00')"
        )
        for table, rest in {
            "entries": "'shared', 0, 1, 'd', x'01'",
            "grants": "'m', 'e', x'02'",
            "staged": "'m', 7, x'03'",
        }.items():
            tx.exec_driver_sql(f"INSERT INTO {table} VALUES ('2026-12-01', 'a', {rest})")
        upgrade.upgrade(tx, "0004")
        tx.exec_driver_sql("INSERT INTO holds VALUES ('2026-12-01', 'a', '2026-11-30', 'b', 's')")
    database.run(upgrade.upgrade)
    database.run(upgrade.check)
    of_case = (schema.entries, schema.grants, schema.staged_grants, schema.holds)
    with database.transaction() as tx:
        row = tx.execute(select(schema.cases)).one()
        assert (row.latest_expiry, row.tombstone_until, row.leaf) == ("2026-12-01", "2027-03-01", 3)
        assert tuple(tx.execute(select(schema.days)).one()) == (row.day, 1, 1, False)
        root = tx.execute(select(schema.day_roots)).one()
        assert (root.day, root.root) == (row.day, b"\0")
        kept = [tx.execute(select(table)).one() for table in of_case]
        assert [of_table[-1] for of_table in kept] == [b"\1", b"\2", b"\3", "s"]
        row_ids = [row.row_id, root.row_id, *(of_table.row_id for of_table in kept[:3])]
        assert len(set(row_ids)) == 5
        assert {row_id >> 46 for row_id in row_ids} == {schema.new_row_id("2026-12-01") >> 46}
        assert list(tx.exec_driver_sql("PRAGMA foreign_key_check")) == []
    with database.transaction() as tx:
        tx.execute(delete(schema.cases))
        assert [tx.execute(select(table)).all() for table in of_case] == [[], [], [], []]
    database.close()


def test_a_shared_store_of_an_older_version_keeps_its_roots(cluster: Cluster) -> None:
    database = Database(cluster.new())
    with database.transaction() as tx:
        upgrade.upgrade(tx, "0005")
        tx.exec_driver_sql("INSERT INTO days VALUES ('2026-12-01', 3, '\\x00ff', 1, false)")
    database.run(upgrade.upgrade)
    store = PurgeStore(database)
    assert store.days() == [DayRecord("2026-12-01", 3, b"\0\xff")] == [store.day("2026-12-01")]
    database.close()


def test_thousands_of_withdrawals_of_a_day_do_not_slow_its_next_submissions(world: World) -> None:
    if world.cluster:
        pytest.skip("PostgreSQL works in other processes, and keeps large values apart by itself")
    like, _ = world.submission("milk", SOON)

    def took(day: str) -> float:
        """Seconds of processor for one submission."""
        each = []
        for _ in range(9):
            new = replace(like, case=new_id(), lookup=new_id(), expires=day)
            before = time.process_time()
            with world.database.transaction() as tx:
                assert submissions.submit(tx, world.row_keys, [new], TODAY) == [Stored()]
            each.append(time.process_time() - before)
        return statistics.median(each)

    day = world.store.day(SOON.isoformat())
    assert day is not None
    punctured = world.roots.punctured(day, {leaf << 17 for leaf in range(20_000)})
    world.store.commit_puncture(punctured, day.generation, set())
    assert len(punctured.sealed_root) > 8_000_000
    assert took(SOON.isoformat()) < 1.6 * took((SOON - DAY).isoformat())


def test_the_order_of_rows_does_not_reveal_the_order_of_arrival(world: World) -> None:
    came = [world.submit(f"{n}", SOON)[0] for n in range(30)]
    with world.database.transaction() as tx:
        lie = list(tx.scalars(select(schema.cases.c.id).order_by(schema.cases.c.row_id)))
        row_ids = list(tx.scalars(select(schema.entries.c.row_id))) + list(tx.scalars(select(schema.grants.c.row_id)))
    assert lie not in (came, came[::-1])
    assert len(set(row_ids)) == 90
    assert {row_id >> 46 for row_id in row_ids} == {(SOON - dt.date(2020, 1, 1)).days}
