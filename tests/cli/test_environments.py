"""Each command in each environment that a machine may have: it works, or names what is wrong and the next command to type."""

import datetime as dt
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from intake.service.service import utc_now
from intake.store.clock import note_day
from intake.store.engines.engine import Database
from tests.support import commands
from tests.support.commands import COMMANDS, NOBODY, OF_A_MEMBER, ON_THE_STORE, Done

DOCUMENTED = {0, 1, 2, 3}
REFUSED = 2
# A path in a command to type that is not quoted. The folders of these tests have names that a shell would take apart.
UNQUOTED = re.compile(r"(?:\bls -ld?|\bdf -h|\bchmod \d+|\bchown \S+|\brm|\bmv(?: '.*')?|\binit|INTAKE_[A-Z_]+=) ?/\S*")
COMMAND = re.compile(r"\b(intake [a-z]|ls -l|df |chown |chmod |findmnt |timedatectl |rm |mv |--help)")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an installation that another account can read."""
    folder = commands.make_installation(tmp_path_factory.mktemp("made"))
    let_others_enter(folder)
    for path in folder.glob("*"):
        if path.is_file():
            path.chmod(0o644)
    return folder


def let_others_enter(folder: Path) -> None:
    """Let another account enter a folder of pytest and the folders above it."""
    for path in (folder, *folder.parents):
        if "pytest-of-" in str(path):
            path.chmod(0o755)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a machine may be like.

    Args:
        prepare: makes it so, in a folder with a good installation, and returns the changed settings.
        names: words that each message must have, such as a setting and a path. `{here}` is the folder.
        works: commands that do their work all the same.
        around: what a command runs in, such as another account or clock.
    """

    prepare: Callable[[Path], dict[str, str] | None]
    names: tuple[str, ...]
    works: Iterable[str] = ()
    around: Callable[[], AbstractContextManager[object]] = nullcontext
    commands: Iterable[str] = field(default_factory=lambda: ON_THE_STORE)


# The first three read the store alone. `retention status` reports it. `retention verify` ends early, because there is no group.
# `key-store fill` counts the keys of each folder, and has advice of its own.
WITHOUT_KEYS = {"status", "clock show", "sessions end", "retention verify", "retention status", "key-store fill"}


# They write nothing, or find nothing to write.
READING = {
    "migrate", "upgrade", "status", "clock show", "retention run", "retention status", "retention verify", "key-store list",
    "key-store fill", "restore",
}  # fmt: skip


def nothing(here: Path) -> None:
    pass


def data_missing(here: Path) -> None:
    shutil.rmtree(here / "var")


def nothing_made(here: Path) -> None:
    data_missing(here)
    keys_missing(here)


def file_in_place(name: str) -> Callable[[Path], None]:
    def prepare(here: Path) -> None:
        shutil.rmtree(here / name)
        (here / name).write_text("x")

    return prepare


def keys_missing(here: Path) -> None:
    shutil.rmtree(here / "keys")


def damaged(here: Path) -> None:
    (here / "var" / "store.db").write_bytes(os.urandom(20_000))


def owned_by_nobody(here: Path) -> None:
    for path in [here, *here.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)


def read_only_folder(here: Path) -> None:
    owned_by_nobody(here)
    for path in (here / "var").glob("store.db"):
        path.chmod(0o400)
    (here / "var").chmod(0o500)


def of_another_account(here: Path) -> None:
    for path in (here / "var", here / "keys"):
        path.chmod(0o700)


def settings_file(content: bytes | None) -> Callable[[Path], dict[str, str]]:
    def prepare(here: Path) -> dict[str, str]:
        if content is not None:
            (here / "intake.toml").write_bytes(content)
        return {"INTAKE_CONFIG": f"{here}/intake.toml"}

    return prepare


def secret_file(content: bytes | None) -> Callable[[Path], dict[str, str]]:
    def prepare(here: Path) -> dict[str, str]:
        (here / "secrets").mkdir()
        if content is None:
            (here / "secrets" / "intake_database_url").mkdir()
        else:
            (here / "secrets" / "intake_database_url").write_bytes(content)
        return {"CREDENTIALS_DIRECTORY": f"{here}/secrets"}

    return prepare


def clock_behind(here: Path) -> None:
    """Let the store know a day that this machine's clock has not reached."""
    if (here / "var" / "store.db").exists():
        database = Database(here / "var" / "store.db")
        database.run(lambda tx: note_day(tx, utc_now().date() + dt.timedelta(days=10)))
        database.close()


def open_secret(here: Path) -> dict[str, str]:
    changed = secret_file(b"Riverside")(here)
    (here / "secrets" / "intake_database_url").rename(here / "secrets" / "intake_group_name")
    (here / "secrets" / "intake_group_name").chmod(0o644)
    return changed


CLOCK_OF_1970 = ("the clock shows 1970-01-01", "timedatectl set-ntp true")
# They date nothing, or report the clock.
NEEDS_NO_CLOCK = {
    "migrate", "upgrade", "status", "clock show", "clock confirm", "retention status", "retention verify", "key-store list",
    "key-store fill", "backup", "restore", "sessions end",
}  # fmt: skip


@contextmanager
def epoch() -> Iterator[None]:
    """Let the clock show the first second of 1970, as a machine without a battery does."""

    def first_second() -> dt.datetime:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    right = utc_now.__code__
    utc_now.__code__ = first_second.__code__  # the function itself is the default of many arguments
    try:
        yield
    finally:
        utc_now.__code__ = right


SETTINGS = {**ON_THE_STORE, **dict.fromkeys(("setup", "flyer", "form check", "site webcat"))}  # the commands that read them
SITUATIONS = {
    "no data folder": Situation(data_missing, ("INTAKE_DATA", "{here}/var"), {"restore"}),
    "a file where the data folder should be": Situation(file_in_place("var"), ("INTAKE_DATA", "{here}/var")),
    "no key store": Situation(keys_missing, ("INTAKE_KEY_STORE", "{here}/keys"), WITHOUT_KEYS),
    "a file where the key store should be": Situation(file_in_place("keys"), ("INTAKE_KEY_STORE", "{here}/keys"), WITHOUT_KEYS),
    "a damaged store": Situation(damaged, ("store",), {"restore"}),
    "a read-only data folder": Situation(read_only_folder, ("INTAKE_DATA",), READING, around=commands.unprivileged),
    "folders of another account": Situation(of_another_account, ("INTAKE_", "{here}"), around=commands.unprivileged),
    "no settings file": Situation(settings_file(None), ("INTAKE_CONFIG", "{here}/intake.toml"), commands=SETTINGS),
    "a settings file that is not TOML": Situation(
        settings_file(b"data = \n"), ("{here}/intake.toml, line 1",), commands=SETTINGS
    ),
    "a settings file that is not text": Situation(settings_file(b"\xff\xfe"), ("{here}/intake.toml",), commands=SETTINGS),
    "an empty secret": Situation(
        secret_file(b""), ("INTAKE_DATABASE_URL", "{here}/secrets/intake_database_url"), commands=SETTINGS
    ),
    "a folder for a secret": Situation(secret_file(None), ("{here}/secrets/intake_database_url",), commands=SETTINGS),
    "a secret that is not text": Situation(secret_file(b"\xff"), ("{here}/secrets/intake_database_url",), commands=SETTINGS),
    # Containers mount secrets so.
    "a secret that everybody may read": Situation(open_secret, (), SETTINGS, commands=SETTINGS),
    "a clock before the newest entry": Situation(clock_behind, ("the clock shows", "intake clock confirm"), NEEDS_NO_CLOCK),
    "a clock of 1970": Situation(nothing, CLOCK_OF_1970, NEEDS_NO_CLOCK - {"clock confirm"}, around=epoch),
    "no store, and a clock of 1970": Situation(nothing_made, CLOCK_OF_1970, {"migrate"}, epoch, ["run", "migrate"]),
    "nobody who answers": Situation(nothing, (commands.GONE, "INTAKE_SERVER"), {"site verify"}, commands=OF_A_MEMBER),
}


def placed(made: Path, here: Path, command: str) -> None:
    """Copy the good installation, without its store for a command that restores it."""
    here.mkdir()
    for name in ("var", "keys"):
        shutil.copytree(made / name, here / name)
    if command == "restore":
        (here / "var" / "store.db").unlink()
    here.chmod(0o777)


def faults(done: Done, situation: Situation, here: Path) -> list[str]:
    """Return what is wrong with a command's answer."""
    said = " ".join((done.out + done.err).split())
    wrong = [f"says {word}" for word in ("Traceback", "internal error", "Errno") if word in said]
    if done.code not in DOCUMENTED:
        wrong.append(f"exits with {done.code}")
    if done.command not in {*situation.works, "doctor"}:  # the doctor reports what it finds, and exits with 1
        wrong += [] if done.code == REFUSED else [f"exits with {done.code}"]
        words = [word.format(here=here) for word in situation.names]
        wrong += [f"does not name {word}" for word in words if word not in said]
        wrong += [] if COMMAND.search(said) else ["names no command"]
    wrong += [f"does not quote {found}" for found in UNQUOTED.findall(said) if found.rpartition(" ")[2] in str(here)]
    return [f"{done.command}: {', '.join(wrong)}: {said[-300:]}"] if wrong else []


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_command_names_the_setting_the_path_and_the_next_command(name: str, made: Path, tmp_path: Path) -> None:
    situation, found = SITUATIONS[name], []
    let_others_enter(tmp_path)
    for number, command in enumerate(situation.commands):
        here = tmp_path / f"{number} #'x"
        placed(made, here, command)
        environment = commands.settings_of(here, command) | (situation.prepare(here) or {})
        with situation.around():
            found += faults(commands.run(command, made, here, environment), situation, here)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("command", ["run", "migrate", "upgrade"])
def test_no_empty_store_is_made_while_the_deletion_keys_of_a_lost_one_exist(command: str, made: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    placed(made, here, "restore")  # without its store
    done = commands.run(command, made, here, commands.settings_of(here))
    assert done.code == REFUSED
    assert f"holds the keys of another store, and there is no store at {here}/var. Nothing was changed" in done.err
    assert not (here / "var" / "store.db").exists()
    assert commands.run("restore", made, here, commands.settings_of(here)).code == 0


def test_every_command_is_tried() -> None:
    assert set(commands.names()) == set(COMMANDS)
