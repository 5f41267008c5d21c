"""Disks fail, fill up, turn read-only or disappear: never a false "deleted", never an acknowledged submission lost."""

import datetime as dt
import errno
import os
import pwd
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crypto.age import Identity
from intake.store.errors import StoreError
from retention.errors import KeyStoreError, RetentionError
from retention.health import assess
from retention.run import Outcome
from tests.support.world import TODAY, World, reopen

DAY = dt.timedelta(days=1)
SOON = TODAY + DAY
ERRORS = (errno.EIO, errno.ENOSPC, errno.EROFS)


@contextmanager
def key_store_failing(monkeypatch: pytest.MonkeyPatch, world: World, number: int) -> Iterator[None]:
    """Make every write to the key store's folder fail. Reads still work."""
    folder = str(world.folder / "key-store")
    was_open, was_path_open = os.open, Path.open

    def fails(path: object) -> bool:
        return str(path).startswith(folder) and not str(path).endswith(".lock")

    def opened(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if fails(path) and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(number, os.strerror(number))
        return was_open(path, flags, *args, **kwargs)  # type: ignore[arg-type]

    def path_opened(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
        if fails(self) and ("w" in mode or "+" in mode):
            raise OSError(number, os.strerror(number))
        return was_path_open(self, mode, *args, **kwargs)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        patch.setattr(Path, "open", path_opened)
        yield


def overdue(world: World, today: dt.date) -> tuple[str, ...]:
    return tuple(assess(world.key_store, world.store, today).overdue)


@pytest.mark.parametrize("number", ERRORS)
def test_a_run_with_an_unwritable_key_store_destroys_nothing_and_reports_it(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    world.submit("canary", SOON)
    live, live_key = world.submit("live", SOON + 30 * DAY)
    with key_store_failing(monkeypatch, world, number):
        report = world.job.run(SOON, clock_is_right=True)
        assert (report.outcome, report.keys, report.days) == (Outcome.NOT_SCRUBBED, (), ())
        assert os.strerror(number) in report.scrub
        # A submission needs no write to the key store.
        new, new_key = world.submit("more", SOON + 30 * DAY, SOON)
    assert overdue(world, SOON + DAY)
    assert not overdue(world, SOON)
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.cases) == (Outcome.CLEAN, 1)
    assert world.read(live, live_key, SOON) == "live"
    assert world.read(new, new_key, SOON) == "more"


def test_submissions_are_refused_while_the_key_store_is_unavailable_and_accepted_afterwards(world: World) -> None:
    live, live_key = world.submit("live", SOON + 30 * DAY)
    away = world.folder.parent / "away"
    shutil.move(world.folder / "key-store", away)
    for _ in range(2):
        with pytest.raises(RetentionError):
            world.submit("lost?", SOON + 30 * DAY)
        with pytest.raises(KeyStoreError):
            world.roots.destroy(SOON.isoformat())
        if not (world.folder / "key-store").exists():
            (world.folder / "key-store").mkdir()  # the mount point without its disk
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.keys, report.days) == (Outcome.NOT_SCRUBBED, (), ())
    assert overdue(world, SOON)  # a monitor sees it
    # A server that starts now refuses and changes nothing.
    world.close()
    with pytest.raises(KeyStoreError, match="mounted"):
        World.open(world.folder, world.members, url=world.url)
    assert not list((world.folder / "key-store").glob("*.key"))
    shutil.rmtree(world.folder / "key-store")
    shutil.move(away, world.folder / "key-store")
    reopen(world, TODAY)
    assert world.read(live, live_key) == "live"
    world.submit("more", SOON + 30 * DAY)
    assert len(world.store.counts()) == 1


def fill(world: World, kept: list[tuple[str, Identity]]) -> None:
    for n in range(40):
        kept.append(world.submit(f"more {n}", SOON + 30 * DAY))


def test_a_full_store_acknowledges_nothing_while_a_run_destroys_keys_and_reports_undeleted_rows(world: World) -> None:
    if world.cluster:
        pytest.skip("PostgreSQL handles its own full disk. A test below covers writes that it refuses")
    kept: list[tuple[str, Identity]] = [world.submit(f"{n}", SOON + 30 * DAY) for n in range(5)]
    world.submit("canary", SOON)
    with world.database.transaction() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    for _ in range(3):
        with pytest.raises(StoreError, match="full"):
            fill(world, kept)
    report = world.job.run(SOON, clock_is_right=True)
    assert len(report.keys) >= 1
    for case, key in kept:
        assert world.read(case, key, SOON)


def test_a_store_that_refuses_writes_is_reported_and_its_expired_day_is_unreadable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.submit("canary", SOON)
    live, live_key = world.submit("live", SOON + 30 * DAY)
    with world.database.transaction() as tx:
        on = "SET default_transaction_read_only = on" if world.cluster else "PRAGMA query_only=ON"
        tx.exec_driver_sql(on)
        if world.cluster:
            name = tx.exec_driver_sql("SELECT current_database()").scalar()
    if world.cluster:
        world.cluster.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        world.database.engine.dispose()
    with pytest.raises(StoreError):
        world.submit("lost?", SOON + 30 * DAY)
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.days) == (Outcome.NOT_SCRUBBED, ())
    assert f"day {SOON}" not in {purpose for purpose, _ in world.key_store.existing()}
    if world.cluster:
        world.cluster.run(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
        world.database.engine.dispose()
    else:
        with world.database.transaction(read_only=True) as tx:
            tx.exec_driver_sql("PRAGMA query_only=OFF")
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.cases) == (Outcome.CLEAN, 1)
    assert world.read(live, live_key, SOON) == "live"


def as_nobody(what: Callable[[], None]) -> int:
    """Run in a process of an unprivileged account; return its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 9
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        what()
        status = 0
    finally:
        os._exit(status)


@pytest.mark.parametrize("which", ["key-store", "."])
def test_a_run_on_a_read_only_directory_never_reports_a_deletion(world: World, which: str) -> None:
    if world.cluster:
        pytest.skip("PostgreSQL manages the directory of its files")
    world.submit("canary", SOON)
    world.close()
    folder, report_file = world.folder / which, world.folder.parent / "report"
    for path in [world.folder, *world.folder.rglob("*"), *world.folder.parents]:
        if path.is_relative_to(world.folder):
            path.chmod(0o777 if path.is_dir() else 0o666)
        elif path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | stat.S_IXOTH | stat.S_IXUSR)
    report_file.touch()
    report_file.chmod(0o666)
    folder.chmod(0o555)

    def run() -> None:
        try:
            mine = World.open(world.folder, world.members)
            report = mine.job.run(SOON, clock_is_right=True)
            report_file.write_text(f"{report.outcome} {report.days}")
        except (RetentionError, StoreError) as error:
            report_file.write_text(f"refused {type(error).__name__}")

    assert as_nobody(run) == 0
    folder.chmod(0o777)
    assert report_file.read_text().startswith(("1 ()", "refused"))
    reopen(world, TODAY)
    report = world.job.run(SOON, clock_is_right=True)
    assert (report.outcome, report.cases) == (Outcome.CLEAN, 1)
