"""Raw files contain nothing of deleted cases after a run. The tests read every byte of the engine's files."""

import datetime as dt
import os
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from crypto.encoding import new_id
from intake.store import schema
from intake.store.cases import submissions
from intake.store.deletion import probes
from retention import scan
from retention.run import Outcome
from tests.support.world import TODAY, World

pytestmark = pytest.mark.uncounted

DAY = dt.timedelta(days=1)
SOON, LATER = TODAY + 3 * DAY, TODAY + 40 * DAY
MANY = 2000
SPACING = 2048  # bytes between the pieces that the search looks for


def many(world: World, count: int, day: dt.date) -> dict[str, dict[str, bytes]]:
    """Store that many cases for a day; return everything that is stored of each."""
    made = []
    like, _ = world.submission("canary", day)
    for _ in range(count // 100):
        # Each is encrypted once with its own key, so no two stored values share a byte sequence.
        some = [replace(like, case=new_id(), lookup=new_id()) for _ in range(100)]
        with world.database.transaction() as tx:
            submissions.submit(tx, world.row_keys, some, TODAY)
        made += [new.case for new in some]
    with world.database.transaction() as tx:
        return {case: probes.of_case(tx, case) for case in made}


def pieces(stored: dict[str, dict[str, bytes]]) -> dict[str, list[bytes]]:
    return {
        f"{case} {name}": [blob[i : i + scan.PROBE] for i in range(64, len(blob) - scan.PROBE, SPACING)]
        for case, blobs in stored.items()
        for name, blob in blobs.items()
    }


def found_in(world: World, wanted: dict[str, list[bytes]]) -> Counter[str]:
    folder = world.folder
    if world.cluster is not None:
        if world.cluster.folder is None:
            pytest.skip("the test cannot read the files of another PostgreSQL")
        folder = world.cluster.folder
    paths = [path for path in folder.iterdir() if path.name != "key-store"]
    sockets: dict[Path, str] = {}  # of a running PostgreSQL
    files, read = list(scan.files(paths, sockets.__setitem__)), list[int]()
    counted = Counter(match.what for match in scan.scan(paths, wanted, read.append, sockets.__setitem__))
    assert set(sockets.values()) <= {"it is a socket"}
    assert sum(read) >= sum(path.stat().st_size for path in files if path.exists() and path.stat().st_size < 2**20)
    return counted


def test_a_run_leaves_no_byte_of_two_thousand_deleted_cases_and_every_byte_of_live_ones(world: World) -> None:
    gone, live = many(world, MANY, SOON), many(world, MANY, LATER)
    expired, alive = pieces(gone), pieces(live)
    before = found_in(world, expired)
    assert all(before[name] for name in expired)  # the control: the search finds what is there
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.cases) == (Outcome.CLEAN, MANY)
    assert found_in(world, expired) == {}
    after = found_in(world, alive)
    assert all(after[name] for name in alive)
    some = list(live)[::100]
    with world.database.transaction() as tx:
        assert len(list(tx.scalars(select(schema.cases.c.id)))) == MANY
        for case in some:
            assert probes.of_case(tx, case) == live[case]


def test_a_run_reports_not_scrubbed_while_a_reader_holds_the_file_and_the_next_one_finishes(world: World) -> None:
    case, key = world.submit("canary", SOON)
    other, other_key = world.submit("neighbour", LATER)
    with world.database.transaction() as tx:
        wanted = pieces({case: probes.of_case(tx, case)})
    if world.cluster:
        reader = create_engine(world.url, poolclass=NullPool).connect()
        reader.execute(text("SELECT count(*) FROM entries")).scalar()
        close = reader.close
    else:
        with world.database.transaction() as tx:
            tx.exec_driver_sql("PRAGMA busy_timeout=300")
        plain = sqlite3.connect(world.folder / "store.db", isolation_level=None)
        plain.execute("BEGIN")
        plain.execute("SELECT count(*) FROM entries").fetchone()
        close = plain.close
    held = world.job.run(SOON, clock_is_right=True)
    assert held.outcome is Outcome.NOT_SCRUBBED
    assert held.left
    assert found_in(world, wanted)  # still in the files, and the report says so
    living = {purpose for purpose, _ in world.key_store.existing()}
    assert f"day {SOON}" not in living  # but unreadable in every process
    close()
    again = world.job.run(SOON, clock_is_right=True)
    assert again.outcome is Outcome.CLEAN
    assert found_in(world, wanted) == {}
    assert world.read(other, other_key, SOON) == "neighbour"
    assert key


def test_a_journal_that_another_process_holds_is_reported(world: World) -> None:
    if world.cluster:
        pytest.skip("PostgreSQL has no journal next to its file")
    other = sqlite3.connect(world.folder / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE store SET store_id = store_id || '-'")
    assert "journal" in world.store.scrub()
    other.execute("ROLLBACK")
    other.close()
    assert world.store.scrub() == "clean"


def test_the_search_finds_split_blobs_and_matches_across_two_windows(tmp_path: Path) -> None:
    wanted = os.urandom(4000)
    device = tmp_path / "device"
    with device.open("wb") as file:
        file.write(b"\0" * (scan.WINDOW - 10) + wanted[:1500] + b"\0" * 100 + wanted[1500:] + b"\0" * 50)
    read: list[int] = []
    matches = list(scan.scan([tmp_path], {"blob": scan.probes(wanted)}, read.append))
    assert len(matches) >= 14
    assert matches[0].offset == scan.WINDOW - 10
    assert len({match.offset for match in matches}) == len(matches)
    assert sum(read) == device.stat().st_size
    assert list(scan.scan([tmp_path], {}, read.append)) == []
    for form in scan.encodings_of("canary 42 قطة"):
        device.write_bytes(b"xy" + form + b"z")
        assert {match.offset for match in scan.scan([device], {"text": [form]}, read.append)} == {2}
