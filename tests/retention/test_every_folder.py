"""Every operation on deletion keys, with folders in every state: none destroys a committed key or changes another store's."""

import datetime as dt
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from crypto.age import Identity
from crypto.encoding import MemberId, new_id
from intake.cli.main import app
from intake.service.installation import Installation
from intake.service.service import Service, utc_now
from intake.settings import SAMPLE_FORMS, read
from intake.store.cases import cases, submissions
from intake.store.cases.cases import NewGrant
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines.engine import Database
from intake.store.members import members, rotations
from intake.store.members.members import Seat
from retention.errors import RetentionError
from retention.key_stores.file import FileKeyStore
from retention.matching import required_keys
from tests.support.world import World

DAY = dt.timedelta(days=1)
STATES = ("complete", "empty", "half", "foreign")
BOTH = list(product(STATES, STATES))
Key = tuple[str, int]


@dataclass
class Machine:
    """An installation on a disk, with one mirror."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def folders(self) -> list[Path]:
        return [self.folder / "key-store", self.folder / "mirror"]

    def use(self) -> None:
        values = {"DATA": "var", "KEY_STORE": "key-store", "KEY_STORE_MIRRORS": "mirror", "FORMS": "forms"}
        for name, under in values.items():
            self.monkeypatch.setenv(f"INTAKE_{name}", str(self.folder / under))

    def store(self) -> PurgeStore:
        kept = self.folder / "kept.db"
        return PurgeStore(Database(kept if kept.exists() else self.folder / "var" / "store.db", reads=True))

    def named(self, today: dt.date) -> set[Key]:
        store = self.store()
        named = required_keys(store, today)
        store.database.close()
        return set(named.items())

    def living(self) -> list[dict[Key, bytes]]:
        """Keys of this store, by folder."""
        store = self.store()
        by_folder: list[dict[Key, bytes]] = []
        for folder in self.folders:
            key_store = FileKeyStore(folder)
            ours = key_store.bound_to() == store.store_id
            by_folder.append({name: key_store.key(*name).reveal() for name in key_store.existing()} if ours else {})
        store.database.close()
        return by_folder


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.suffix != ".lock"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation of a few days, two members with epochs and keyrings, a case on each of two days; and a backup of it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "forms").mkdir()
    form = (SAMPLE_FORMS / "need.toml").read_text("utf-8")
    for name, days in {"default": 2, "maximum": 4, "closed": 1, "grace": 1, "fuzz": 0}.items():
        form = re.sub(rf"{name}_days = \d+", f"{name}_days = {days}", form)
    (folder / "forms" / "need.toml").write_text(form, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        Machine(folder, patch).use()
        service = Service.open(read(), upgrade=True)
        service.job.run(service.today)
        parts = service.parts
        key_store = cast(FileKeyStore, parts.key_store)
        maker = World(folder, parts.database, key_store, parts.store, parts.roots, parts.row_keys, service.job, {})
        for _ in range(2):
            member = MemberId(new_id())
            maker.enrol(member)
            with parts.database.transaction() as tx:
                members.put_keyring(tx, parts.row_keys, member, 1, b"keyring")
        for n in (1, 2):
            new, _ = maker.submission("canary", service.today + n * DAY)
            with parts.database.transaction() as tx:
                submissions.submit(tx, parts.row_keys, [new], service.today)
        service.close()
        recipient = CliRunner().invoke(app, ["backup", "--new-key", str(folder / "key.txt")]).stdout.strip()
        assert CliRunner().invoke(app, ["backup", str(folder / "backup.age"), "--to", recipient]).exit_code == 0
    return folder


def in_state(folder: Path, state: str, *, odd: int) -> None:
    """A folder that was complete, in one of the states; the halves of `odd` 0 and 1 complete each other."""
    if state == "empty":
        shutil.rmtree(folder)
        folder.mkdir()
    elif state == "half":
        for path in sorted(folder.glob("*.key"))[odd::2]:
            path.unlink()
            path.with_suffix(".sealed").unlink(missing_ok=True)
    elif state == "foreign":
        (folder / "store").write_text("B" * 22)
        for path in folder.glob("*.key"):
            path.write_bytes(os.urandom(32))


def cli(*arguments: str) -> Callable[[Machine], bool]:
    def done(machine: Machine) -> bool:
        return CliRunner().invoke(app, list(arguments)).exit_code == 0

    return done


def start(machine: Machine) -> bool:
    try:
        Service.open(read(), upgrade=True, exclusive=True).close()
    except RetentionError:
        return False
    return True


def restore(machine: Machine) -> bool:
    """Lose the store and restore its backup. Then a run destroys the keys that the backup no longer needs."""
    database = machine.folder / "var" / "store.db"
    shutil.copy(database, machine.folder / "kept.db")
    database.unlink()
    done = cli("restore", str(machine.folder / "backup.age"), "--identity", str(machine.folder / "key.txt"))(machine)
    if database.exists():
        cli("retention", "run")(machine)
    return done


# Each returns whether the operation was done, not refused.
COLD: dict[str, Callable[[Machine], bool]] = {
    "run": cli("retention", "run"),
    "dry run": cli("retention", "run", "--dry-run"),
    "status": cli("retention", "status"),
    "verify": cli("retention", "verify"),
    "fill": cli("key-store", "fill"),
    "fill the first": cli("key-store", "fill", "--first-from-mirrors"),
    "list": cli("key-store", "list"),
    "doctor": cli("doctor"),
    "start": start,
    "restore": restore,
}


def purge(parts: Installation, service: Service) -> None:
    service.job.run(service.today + DAY)


def run(parts: Installation, service: Service) -> None:
    service.job.run(service.today)


def withdraw(parts: Installation, service: Service) -> None:
    with parts.database.transaction() as tx:
        location = cases.held_by(tx, members.seats(tx)[0].member, service.today)[0].location
        cases.withdraw(tx, location)
    service.job.puncture(location.day)


def rotate(parts: Installation, service: Service) -> None:
    with parts.database.transaction() as tx:
        member = members.seats(tx)[0].member
        epoch = Identity.generate().recipient.id
        rotations.begin(tx, parts.row_keys, Seat(member, epoch, ""), 0)
        for held in rotations.missing(tx, member, service.today):
            rotations.stage(tx, parts.row_keys, held, member, NewGrant(member, epoch, b"sealed again"))
        rotations.commit(tx, member, service.today)
    service.job.destroy_retired()


def change_keyring(parts: Installation, service: Service) -> None:
    with parts.database.transaction() as tx:
        member = members.seats(tx)[0].member
        generation = members.put_keyring(tx, parts.row_keys, member, 2, b"another")
    parts.key_store.destroy(f"keyring {member}", below=generation)


def drop_roots(parts: Installation, service: Service) -> None:
    parts.roots.drop_destroyed()


WARM: dict[str, Callable[[Installation, Service], None]] = {
    "purge": purge,
    "run": run,
    "puncture": withdraw,
    "rotate": rotate,
    "change a keyring": change_keyring,
    "sweep": drop_roots,
}


@pytest.fixture
def machine(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    shutil.copytree(made, tmp_path / "machine")
    machine = Machine(tmp_path / "machine", monkeypatch)
    machine.use()
    return machine


@dataclass
class Before:
    """The state before an operation."""

    machine: Machine
    today: dt.date
    foreign: dict[Path, dict[str, bytes]]
    living: list[dict[Key, bytes]]
    named: set[Key]

    @classmethod
    def look(cls, machine: Machine, states: tuple[str, str], today: dt.date) -> "Before":
        """Put the folders into these states, and record what they contain."""
        for odd, (folder, state) in enumerate(zip(machine.folders, states, strict=True)):
            in_state(folder, state, odd=odd)
        foreign = {folder: tree(folder) for folder, state in zip(machine.folders, states, strict=True) if state == "foreign"}
        return cls(machine, today, foreign, machine.living(), machine.named(today))

    def check(self) -> None:
        """Check that needed keys are in their folders, that new keys exist, and that other stores' folders did not change."""
        after, still = self.machine.living(), self.machine.named(self.today)
        for mine, now in zip(self.living, after, strict=True):
            assert {name: mine[name] for name in still & mine.keys()} == {name: now.get(name) for name in still & mine.keys()}
        for name in still - self.named:
            assert any(name in now for now in after)
        for folder, content in self.foreign.items():
            assert tree(folder) == content


@pytest.mark.parametrize("operation", COLD)
@pytest.mark.parametrize(("first", "mirror"), BOTH)
def test_no_command_costs_a_committed_key_in_any_state_of_the_folders(
    machine: Machine, first: str, mirror: str, operation: str
) -> None:
    before = Before.look(machine, (first, mirror), utc_now().date())
    done = COLD[operation](machine)
    before.check()
    if (first, mirror) == ("complete", "complete"):
        assert done or operation in ("doctor", "verify")  # both report a problem of this installation
    if first != "complete" and operation in ("run", "dry run", "start", "fill"):
        assert not done
    if operation == "fill the first" and "foreign" not in (first, mirror) and "complete" in (first, mirror):
        assert all(before.named <= living.keys() for living in machine.living())


@pytest.mark.parametrize("operation", WARM)
@pytest.mark.parametrize(("first", "mirror"), BOTH)
def test_nothing_that_a_running_server_does_costs_a_committed_key_when_its_folders_change(
    machine: Machine, first: str, mirror: str, operation: str
) -> None:
    service = Service.open(read())
    today = service.today + (DAY if operation == "purge" else dt.timedelta())
    for record in service.job.store.days():
        service.job.roots.root(record)  # in memory, as in a server that has run for a while
    before = Before.look(machine, (first, mirror), today)
    whole = (first, mirror) == ("complete", "complete")
    try:
        WARM[operation](service.parts, service)
    except RetentionError:
        assert not whole
    finally:
        service.close()
    before.check()
