"""Measure the deletion of a day of many cases on both engines, and 10,000 punctures of one day.

The results are the time until nobody can read the day, the time until its rows are deleted compared with row by row, and
whether memory grows with the number.

`make bench` runs each number in a process of its own: `python -m bench.purge sqlite 100000`.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import delete, insert, select

from bench.running import Progress
from crypto import dayroot
from crypto.dayroot import DayRoot, DeletionKeyName
from crypto.encoding import MemberId, new_id
from crypto.secret import Secret
from intake.store import schema
from retention.run import Outcome
from tests.support import postgres
from tests.support.world import TODAY, World

FEW, MANY = 10_000, 100_000
BY_ROW = 500  # cases that are deleted one by one, for comparison
PUNCTURES = 10_000
CHUNK = 500
ENTRY, GRANT, RECEIPT = 17_600, 2_400, 2_400  # bytes, about the stored size of a request, a grant and a receipt grant

LIMITS = {
    **{f"{engine}: a day of 100,000 unreadable / 1 s": 1.0 for engine in ("sqlite", "postgresql")},
    "sqlite: a day of 100,000 deleted / 15 s": 1.0,
    "sqlite: purging a day / deleting it row by row": 0.5,
    "postgresql: purging a day / deleting it row by row": 0.05,
    **{f"{engine}: memory of purging 100,000 / 10,000": 1.25 for engine in ("sqlite", "postgresql")},
    "root of a day with 10,000 punctures / 1 MiB": 1.0,
    "the last of 10,000 punctures / 1 s": 1.0,
}


def measure(progress: Progress, say: Progress) -> dict[str, float]:
    """Return every ratio of `LIMITS`."""
    ratios = {}
    for engine in ("sqlite", "postgresql"):
        by_count = {}
        for count in (FEW, MANY):
            progress(f"{engine}: purging a day of {count:,} cases")
            command = [sys.executable, "-m", "bench.purge", engine, str(count)]
            by_count[count] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        many = by_count[MANY]
        by_row = many["row"] * MANY
        say(
            f"  {engine}: {MANY:,} cases of one day unreadable after {many['unreadable'] * 1000:.0f} ms, deleted after "
            f"{many['deleted']:.1f} s; row by row it would take {by_row:.0f} s; {many['memory'] / 2**20:.0f} MiB"
        )
        ratios[f"{engine}: a day of 100,000 unreadable / 1 s"] = many["unreadable"]
        ratios[f"{engine}: purging a day / deleting it row by row"] = many["deleted"] / by_row
        if engine == "sqlite":
            ratios["sqlite: a day of 100,000 deleted / 15 s"] = many["deleted"] / 15
        ratios[f"{engine}: memory of purging 100,000 / 10,000"] = many["memory"] / by_count[FEW]["memory"]
    progress(f"{PUNCTURES:,} punctures of one day")
    size, last = punctures()
    say(f"  a root with {PUNCTURES:,} punctures: {size / 1024:.0f} KiB; the last puncture took {last * 1000:.0f} ms")
    return {**ratios, "root of a day with 10,000 punctures / 1 MiB": size / 2**20, "the last of 10,000 punctures / 1 s": last}


def punctures() -> tuple[int, float]:
    """Return the bytes of an encrypted root after so many withdrawals, one by one, and the seconds of the last."""
    root = DayRoot.generate()
    name, key = DeletionKeyName("s", "day 2026-12-01", 1), Secret(os.urandom(32))
    punctured: set[int] = set()
    sealed, took = b"", 0.0
    for n in range(PUNCTURES):
        draw = dayroot.LeafDraw(root, n, 1)
        while candidates := draw.candidates():
            draw.keep(candidates, punctured)
        leaf = draw.leaves[0]
        punctured.add(leaf)
        if n == PUNCTURES - 1:
            sealed = dayroot.seal(root, key, name)
            before = time.perf_counter()
            sealed = dayroot.seal(dayroot.open_(sealed, key, name).puncture({leaf}), key, name)
            took = time.perf_counter() - before
        root = root.puncture({leaf})
    return len(sealed), took


def purged(world: World, count: int) -> dict[str, float]:
    """Fill a day, delete it, and return time and memory."""
    soon = TODAY + dt.timedelta(days=2)
    fill(world, soon, count)
    other = TODAY + dt.timedelta(days=40)
    fill(world, other, BY_ROW)
    row = by_row(world, other) / BY_ROW
    unreadable: list[float] = []
    destroy = world.roots.destroy

    def timed(day: str) -> object:
        done = destroy(day)
        if day == soon.isoformat():
            unreadable.append(time.perf_counter())
        return done

    world.roots.destroy = timed  # type: ignore[assignment, method-assign]
    world.job.run(TODAY + dt.timedelta(days=1), clock_is_right=True)  # earlier due days are not measured
    before = time.perf_counter()
    report = world.job.run(soon, clock_is_right=True)
    finished = time.perf_counter() - before
    assert report.outcome is Outcome.CLEAN, report.left
    assert report.cases == count
    # Not getrusage: its maximum includes the parent process.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    memory = int(peak.split()[1]) * 1024
    return {"unreadable": unreadable[0] - before, "deleted": finished, "row": row, "memory": memory}


def fill(world: World, day: dt.date, count: int) -> None:
    """Store cases of a day: random bytes of the stored sizes."""
    member = next(iter(world.members))
    for start in range(0, count, CHUNK):
        ids = [new_id() for _ in range(min(CHUNK, count - start))]
        cases = [
            {
                "day": day.isoformat(), "id": case, "latest_expiry": day.isoformat(), "tombstone_until": "2027-03-01",
                "lookup": new_id(), "leaf": start + n, "arrived": TODAY.isoformat(), "open": True, "sealed_by": "browser",
                "opened": False, "version": 0, "receipt_grant": os.urandom(RECEIPT),
            }
            for n, case in enumerate(ids)
        ]  # fmt: skip
        of = [{"day": day.isoformat(), "case_id": case} for case in ids]
        entries = [
            {**row, "sequence": "shared", "number": 0, "for_requester": True, "digest": "d", "file": os.urandom(ENTRY)}
            for row in of
        ]
        held = [{**row, "member": who, "epoch": "e", "file": os.urandom(GRANT)} for row in of for who in (member, new_id())]
        with world.database.transaction() as tx:
            tx.execute(insert(schema.cases), cases)
            tx.execute(insert(schema.entries), entries)
            tx.execute(insert(schema.grants), held)


def by_row(world: World, day: dt.date) -> float:
    """Return the seconds to delete a day's cases one by one, as without partitions and chunks."""
    with world.database.transaction() as tx:
        ids = list(tx.scalars(select(schema.cases.c.id).where(schema.cases.c.day == day.isoformat())))
    before = time.perf_counter()
    for case in ids:
        with world.database.transaction() as tx:
            tx.execute(delete(schema.cases).where(schema.cases.c.day == day.isoformat(), schema.cases.c.id == case))
    return time.perf_counter() - before


def main(engine: str, count: int) -> None:
    """Print one measurement as JSON."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if engine == "postgresql":
            url = stack.enter_context(postgres.cluster({"fsync": "on", "full_page_writes": "on"})).new()
        world = World.open(folder / "var", url=url)
        for _ in range(2):
            world.enrol(MemberId(new_id()))
        world.job.run(TODAY)
        print(json.dumps(purged(world, count)))
        world.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
