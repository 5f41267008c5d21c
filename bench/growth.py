"""Measure the cost of a case in a small store and in a large one: storing, listing, deleting and counting it.

The store is one SQLite file that grows, with rows of real sizes. The numbers count other coordinators' cases. With the measured
cases, the small store has 2,000 to 4,000.

`make bench` runs it. To run it alone: `python -m bench.growth 1000 1000000`.
"""

import datetime as dt
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.running import Progress
from crypto.encoding import MemberId, new_id
from crypto.receipt import lookup_of
from intake.service.verified_cache import VerifiedCache
from intake.store.cases import listing, submissions
from intake.store.cases.submissions import Stored
from intake.store.schema import new_row_id
from retention.run import Outcome
from tests.support.world import TODAY, World

SMALL, LARGE = 1_000, 1_000_000
DAYS = 80  # days that the cases are spread over
COLLEAGUES = 500  # coordinators who hold all cases but the measured one's
CHOSEN, FUZZ = 27, 3  # the days that most cases expire on: 30 after they arrived, less up to 3
HELD = 1_000  # cases of the measured coordinator
ENTRY, GRANT, RECEIPT = 17_600, 2_400, 2_400  # bytes, about the stored size of a request, a grant and a receipt grant
BATCH = 32  # submissions that share a commit, as with 32 clients
ROUNDS = 60  # timed batches, pages and tallies, of which the median counts
PURGED = 1_000  # cases of the day that is deleted
PAGE = 200

LIMITS = {f"{what}: with {LARGE:,} cases / with {SMALL:,}": 1.5 for what in ("submission", "desk list page", "purge")}


def measure(progress: Progress, say: Progress, small: int = SMALL, large: int = LARGE) -> dict[str, float]:
    """Return the ratios of `LIMITS`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "var"
        world = World.open(folder)
        for _ in range(2):
            world.enrol(MemberId(new_id()))
        world.job.run(TODAY)
        world.close()
        measured: list[dict[str, float]] = []
        filled = 0
        for count in (small, large):
            progress(f"filling a store up to {count:,} cases")
            fill(folder, count - filled)
            filled = count
            warm(folder)
            progress(f"a store of {count:,} cases")
            # Each size loses a day of its own to the deletion.
            measured.append(costs(folder, dict(world.members), TODAY + dt.timedelta(days=2 + len(measured))))
    for what in measured[0]:
        line = f"{measured[0][what] * 1000:.2f} ms with {small:,} cases, {measured[1][what] * 1000:.2f} ms with {large:,}"
        say(f"  {what}: {line}")
    return {f"{what}: with {large:,} cases / with {small:,}": measured[1][what] / measured[0][what] for what in measured[0]}


def fill(folder: Path, count: int) -> None:
    """Store cases of other coordinators: random bytes of the stored sizes under random ids.

    The rows are in the order of their row ids, because that is fastest.
    """
    connection = sqlite3.connect(folder / "store.db", isolation_level=None)
    for name, value in {"journal_mode": "off", "synchronous": 0, "foreign_keys": 0, "cache_size": -1_000_000}.items():
        connection.execute(f"PRAGMA {name}={value}")
    leaf = 2**31 + connection.execute("SELECT count(*) FROM cases").fetchone()[0]
    for start in range(DAYS):
        connection.execute("BEGIN")
        _fill_day(connection, (TODAY + dt.timedelta(days=6 + start)).isoformat(), count // DAYS, leaf)
        connection.execute("COMMIT")
        leaf += count // DAYS
    connection.close()


def _fill_day(connection: sqlite3.Connection, day: str, count: int, leaf: int) -> None:
    blob, arrived = os.urandom(ENTRY), TODAY.isoformat()
    receipt, grant = blob[:RECEIPT], blob[:GRANT]
    cases, entries, grants = [], [], []
    for n, row_id in enumerate(sorted(new_row_id(day) for _ in range(count))):
        case = new_id()
        lookup = lookup_of(case.encode())
        cases.append((row_id, day, case, day, "2027-03-01", lookup, leaf + n, arrived, True, "browser", False, 0, receipt))
        entries.append((row_id, day, case, "shared", 0, True, "d", blob))
        # Each case has two grants, also in the order of row ids.
        grants += [(row_id + at, day, case, f"colleague{(n + at) % COLLEAGUES:03}", "e", grant) for at in (0, 1)]
    connection.executemany(
        "INSERT INTO cases (row_id, day, id, latest_expiry, tombstone_until, lookup, leaf, arrived, open, sealed_by, opened, "
        "version, receipt_grant) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        cases,
    )
    connection.executemany("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", entries)
    connection.executemany("INSERT INTO grants VALUES (?,?,?,?,?,?)", grants)


def warm(folder: Path) -> None:
    """Read the indexes and the days that new cases expire on, as a server that has run for a while has done.

    A store of a million cases is larger than the memory of most machines.
    """
    connection = sqlite3.connect(folder / "store.db")
    first, last = ((TODAY + dt.timedelta(days=CHOSEN + n)).isoformat() for n in (0, FUZZ))
    for table, column in (("cases", "version"), ("entries", "digest"), ("grants", "epoch")):
        connection.execute(f"SELECT count({column}) FROM {table} WHERE day BETWEEN ? AND ?", (first, last)).fetchone()
    for column in ("id", "lookup", "leaf"):
        index = {"leaf": "day, leaf"}.get(column, column)
        connection.execute(f"SELECT count(*) FROM (SELECT {index} FROM cases ORDER BY {index})").fetchone()
    connection.execute("SELECT count(*) FROM (SELECT member FROM grants ORDER BY member)").fetchone()
    connection.close()


def costs(folder: Path, members: dict[MemberId, object], soon: dt.date) -> dict[str, float]:
    """Return the seconds for each operation in the present store. For submissions and deletions, they are for one case."""
    world = World.open(folder, members)  # type: ignore[arg-type]
    try:
        like, _ = world.submission("milk", TODAY + dt.timedelta(days=30))

        def submit(day: dt.date, count: int) -> float:
            some = [
                replace(like, case=new_id(), lookup=lookup_of(os.urandom(8)), expires=day.isoformat()) for _ in range(count)
            ]
            before = time.perf_counter()
            with world.database.transaction() as tx:
                assert all(outcome == Stored() for outcome in submissions.submit(tx, world.row_keys, some, TODAY))
            return time.perf_counter() - before

        first = next(iter(members))
        submit(TODAY + dt.timedelta(days=31), HELD)
        took = [submit(TODAY + dt.timedelta(days=CHOSEN + n % (FUZZ + 1)), BATCH) / BATCH for n in range(ROUNDS)]

        def page() -> float:
            before = time.perf_counter()
            with world.database.transaction(read_only=True) as tx:
                rows = listing.page(tx, world.row_keys, first, TODAY, None, PAGE)
                assert listing.total(tx, first, TODAY) >= HELD
            assert len(rows.rows) == PAGE
            return time.perf_counter() - before

        pages = [page() for _ in range(ROUNDS)]
        cache = VerifiedCache()

        def step() -> float:
            before = time.perf_counter()
            with world.database.transaction(read_only=True) as tx:
                cache.tally(tx, TODAY, now=True)
            return time.perf_counter() - before

        steps = [step() for _ in range(ROUNDS)]
        submit(soon, PURGED)
        world.job.run(soon - dt.timedelta(days=1), clock_is_right=True)  # earlier due days are not measured
        before = time.perf_counter()
        report = world.job.run(soon, clock_is_right=True)
        took_purge = time.perf_counter() - before
        assert report.outcome is Outcome.CLEAN, report.left
        assert report.cases == PURGED
        return {
            "submission": statistics.median(took),
            "desk list page": statistics.median(pages),
            "purge": took_purge / PURGED,
            "the group's numbers": statistics.median(steps),
        }
    finally:
        world.close()


if __name__ == "__main__":
    counts = [int(argument) for argument in sys.argv[1:]] or [SMALL, LARGE]
    print(json.dumps(measure(print, print, *counts), indent=2))
