"""Opens the parts of an installation: the store, the key store, and the locks between processes."""

import contextlib
import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crypto.secret import Secret
from intake.service import secret_files
from intake.settings import Settings
from intake.store.cases.row_keys import RowKeys
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines import sqlite
from intake.store.engines.engine import Database
from intake.store.engines.postgresql import AdvisoryLocks
from intake.store.errors import StoreError
from intake.store.members import sign_in
from intake.store.migrations import earlier_copy
from intake.store.migrations import upgrade as migrate
from retention import folders
from retention.days import DayRoots
from retention.errors import KeyStoreError
from retention.files import quoted, read_regular
from retention.key_stores import filesystem
from retention.key_stores.file import FileKeyStore
from retention.key_stores.locks import FileLocks
from retention.key_stores.mirrors import MirroredKeyStore
from retention.matching import check_belonging
from retention.ports import KeyStore, Locks

MAX_PIN = 1024  # bytes of the file with a token's PIN


@dataclass(frozen=True, slots=True)
class Installation:
    """A store and a key store that belong together."""

    database: Database
    locks: Locks
    key_store: KeyStore
    store: PurgeStore
    roots: DayRoots
    row_keys: RowKeys

    def close(self) -> None:
        """Close everything."""
        self.roots.drop_all()
        self.locks.close()
        self.database.close()


def open_(settings: Settings, today: dt.date, *, upgrade: bool, exclusive: bool) -> Installation:
    """Open store and key store, and refuse a pair that does not belong together.

    Args:
        settings: where the store and the key store are.
        today: the current day in UTC.
        upgrade: migrate the schema first, if it is of an earlier version.
        exclusive: open as a server, so that no second server opens an embedded store.

    Raises:
        StoreError, RetentionError: one of them cannot be opened, or they do not belong together.
    """
    make_private(settings)
    for message in secret_files.messages(secret_files.of(settings)):
        print(f"intake: warning: {message}", file=sys.stderr)
    location = location_of(settings)
    if isinstance(location, Path) and not location.exists():
        if not upgrade:
            raise sqlite.missing(location)
        _refuse_keys_of_another_store(settings)
    database, locks = Database(location, exclusive=exclusive), locks_of(settings)
    try:
        with locks.exclusive("migrate") if settings.database_url else contextlib.nullcontext():
            if settings.database_url and upgrade and database.run(migrate.revision, read_only=True) is None:
                _refuse_keys_of_another_store(settings)
            earlier = _upgrade(database, today) if upgrade else None
            database.run(migrate.check, read_only=True)
            key_store, store = key_store_of(settings), PurgeStore(database)
            check_belonging(key_store, locks, store, today)
            roots = DayRoots(key_store, locks, store.store_id)
            row_keys = RowKeys(store.store_id, key_store, roots)
            if upgrade:
                database.run(lambda tx: sign_in.adopt(tx, row_keys))
            if earlier:
                _check_upgraded(database, row_keys, today, earlier)
    except BaseException:
        database.close()
        raise
    return Installation(database, locks, key_store, store, roots, row_keys)


def _refuse_keys_of_another_store(settings: Settings) -> None:
    """Refuse to make a new store beside the deletion keys of a lost one. A restore would find the new one in its way.

    Raises:
        StoreError: the key store belongs to a store. Nothing was changed.
    """
    if key_store_of(settings).bound_to() is None:
        return
    if settings.database_url:
        missing = "the database that INTAKE_DATABASE_URL names has no store. Nothing was changed. Check the setting"
    else:
        missing = (
            f"there is no store at {settings.data}. Nothing was changed. Check INTAKE_DATA, and that its disk is mounted: "
            f"ls -ld {quoted(settings.data)}"
        )
    raise StoreError(
        f"the key store {settings.key_store} holds the keys of another store, and {missing}. To bring a lost store back from "
        "a backup, type: intake restore --help. For a new group, set INTAKE_KEY_STORE to a new folder"
    )


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The schema before an upgrade, and the copy of an embedded store."""

    revision: str
    copy: Path | None

    def how_to_return(self, store: Path | None) -> str:
        if self.copy is None or store is None:
            return "To return to the earlier version, restore the backup that you took with it"
        return (
            "To return to the earlier version, stop the server, install that version and type: "
            f"mv {quoted(self.copy)} {quoted(store)}. Changes since the upgrade are lost"
        )


def _upgrade(database: Database, today: dt.date) -> _Earlier | None:
    """Migrate a store, and return its earlier schema and copy. Copy an embedded store first.

    Returns:
        None if there was no store, or it had this version's schema already.

    Raises:
        StoreError: the copy or the migration failed. The store is unchanged.
    """
    revision = database.run(migrate.revision, read_only=True)
    earlier = None
    if revision is not None and revision != migrate.newest():
        migrate.check_known(revision)
        earlier = _Earlier(revision, earlier_copy.make(database.path, revision, today) if database.path else None)
    try:
        database.run(migrate.upgrade)
    except BaseException:
        if earlier and earlier.copy:
            earlier.copy.unlink(missing_ok=True)  # the store is unchanged
        raise
    return earlier


def _check_upgraded(database: Database, row_keys: RowKeys, today: dt.date, earlier: _Earlier) -> None:
    """Check a sample of an upgraded store, and report the upgrade on stderr.

    Raises:
        StoreError: a part cannot be read. The message says how to return to the earlier version.
    """
    advice = earlier.how_to_return(database.path)
    try:
        database.run(lambda tx: earlier_copy.check_sample(tx, row_keys, today), read_only=True)
    except StoreError as error:
        raise StoreError(f"the store was upgraded, but {error}. The server was not started. {advice}") from None
    print(f"intake: the store was upgraded from schema {earlier.revision} to {migrate.newest()}. {advice}.", file=sys.stderr)


def make_private(settings: Settings) -> None:
    """Restrict the folders of secrets to their owner. Report on stderr which folders others could use until now.

    Raises:
        KeyStoreError: other users can write in one of the folders, or one is on the layers of a container. That folder was not
            changed.
    """
    _refuse_layers(settings)
    for name, folder in secret_folders(settings):
        try:
            for changed in folders.make_private(folder):
                print(f"intake: warning: {changed}", file=sys.stderr)
        except KeyStoreError as error:
            raise KeyStoreError(f"{name}: {error}") from None


def secret_folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield each folder of secrets, after the name of its setting."""
    yield "INTAKE_DATA", settings.data
    yield "INTAKE_KEY_STORE", settings.key_store
    for mirror in settings.key_store_mirrors:
        yield "INTAKE_KEY_STORE_MIRRORS", mirror


def _refuse_layers(settings: Settings) -> None:
    for name, folder in secret_folders(settings):
        if filesystem.layered(folder):
            raise KeyStoreError(
                f"{name} is {folder}, on the layers of a container. A deleted file may remain in a lower layer, "
                f"and a new container starts with an empty folder. Nothing was changed. Mount a volume there: "
                f"--volume {quoted(Path(f'NAME:{folder}'))}"
            )


def location_of(settings: Settings) -> Path | str:
    """Return the embedded store's file, or the shared store's address."""
    return settings.database_url or settings.database


def locks_of(settings: Settings) -> Locks:
    """Return the locks between processes: advisory locks of a shared database, or file locks on one machine."""
    return AdvisoryLocks(settings.database_url) if settings.database_url else FileLocks(settings.key_store)


def key_store_of(settings: Settings) -> KeyStore:
    """Return the token if the settings name one, and otherwise a folder with its mirrors."""
    folder = FileKeyStore(settings.key_store)
    if settings.pkcs11_module:
        try:
            from retention.key_stores.pkcs11 import Pkcs11KeyStore
        except ModuleNotFoundError as error:
            if error.name != "pkcs11":
                raise
            raise StoreError(
                "INTAKE_PKCS11_MODULE needs the extra pkcs11, which is not installed (docs/howto/scale-with-postgresql.md)"
            ) from None
        try:
            pin = Secret(read_regular(settings.pkcs11_pin_file, MAX_PIN).strip())
        except OSError as error:
            path = settings.pkcs11_pin_file
            raise StoreError(
                f"the token's PIN cannot be read from {path}: {error.strerror}. INTAKE_PKCS11_PIN_FILE names it. "
                f"Check it: ls -l {quoted(path)}"
            ) from None
        return Pkcs11KeyStore(settings.pkcs11_module, settings.pkcs11_token, pin, folder)
    if settings.key_store_mirrors:
        return MirroredKeyStore(folder, [FileKeyStore(mirror) for mirror in settings.key_store_mirrors])
    return folder
