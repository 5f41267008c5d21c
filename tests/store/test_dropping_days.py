"""How SQLite deletes the rows of an expired day. PostgreSQL drops partitions."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, update

from intake.store import schema
from intake.store.engines import sqlite
from tests.support.world import TODAY, World

SOON = TODAY + dt.timedelta(days=2)
LATER = TODAY + dt.timedelta(days=3)
CASES = 5


@pytest.fixture
def filled(ready_sqlite: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Open an installation with cases on two days, which deletes two rows at a time."""
    shutil.copytree(ready_sqlite.folder, tmp_path / "var")
    world = World.open(tmp_path / "var", dict(ready_sqlite.members), migrated=True)
    for day in (SOON, LATER):
        for number in range(CASES):
            world.submit(f"milk {number}", day)
    monkeypatch.setattr(sqlite, "_ROWS_AT_ONCE", tuple((table, 2) for table, _ in sqlite._ROWS_AT_ONCE))
    yield world
    world.close()


def count(world: World, table: Table, day: dt.date) -> int:
    with world.database.transaction(read_only=True) as tx:
        return tx.scalar(select(func.count()).select_from(table).where(table.c.day == day.isoformat())) or 0


def drop(world: World, day: dt.date) -> list[int]:
    progress: list[int] = []
    assert world.store.drop_day(day.isoformat(), day.isoformat(), progress.append) == CASES
    return progress


def test_a_day_is_deleted_in_steps_and_the_next_day_stays_whole(filled: World) -> None:
    drop(filled, SOON)
    left = {table.name: (count(filled, table, SOON), count(filled, table, LATER)) for table, _ in sqlite._ROWS_AT_ONCE}
    assert left == {
        "cases": (0, CASES), "entries": (0, CASES), "grants": (0, 2 * CASES), "staged_grants": (0, 0), "drafts": (0, 0),
    }  # fmt: skip


def test_the_progress_counts_cases_and_ends_with_all(filled: World) -> None:
    progress = drop(filled, SOON)
    assert progress == sorted(progress)
    assert progress[-1] == CASES


def test_a_case_whose_row_id_is_of_another_day_is_deleted_with_its_day(filled: World) -> None:
    with filled.database.transaction() as tx:
        one = select(func.min(schema.cases.c.row_id)).where(schema.cases.c.day == SOON.isoformat()).scalar_subquery()
        tx.execute(update(schema.cases).where(schema.cases.c.row_id == one).values(row_id=schema.new_row_id("2031-01-01")))
    drop(filled, SOON)
    assert count(filled, schema.cases, SOON) == 0


def test_every_table_with_large_rows_of_a_case_is_deleted_in_the_order_of_its_rows() -> None:
    of_cases = {
        table
        for table in schema.METADATA.tables.values()
        if schema.ROW_ID in table.c and any(key.column.table is schema.cases for key in table.foreign_keys)
    }
    assert {table for table, _ in sqlite._ROWS_AT_ONCE} == of_cases | {schema.cases}
