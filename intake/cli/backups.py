"""`intake backup` and `intake restore`."""

import contextlib
import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress

from crypto.age import Identity
from intake import settings
from intake.cli.consoles import err, out
from intake.cli.errors import CommandError
from intake.cli.options import AsJson
from intake.cli.paths import check_replaceable, warn_if_open, write_new
from intake.service import age_keys
from intake.service import backup as backups
from intake.service.installation import key_store_of, location_of, locks_of, make_private
from intake.service.service import utc_now
from intake.settings import Settings
from intake.store.cases.row_keys import SIGN_IN, RowKeys
from intake.store.deletion.purge_store import PurgeStore
from intake.store.deletion.restore import Restored, adopt
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from intake.store.migrations import upgrade
from retention.days import DayRoots
from retention.files import open_regular, quoted
from retention.matching import check_belonging, required_keys
from retention.ports import KeyStore


def backup(
    target: Annotated[Path | None, typer.Argument(help="The file to write.")] = None,
    to: Annotated[
        list[str] | None, typer.Option(help="An age recipient (age1pq1…), or a file of them. May be repeated.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(help="Make a key pair: write the secret key to this file, print the recipient.")
    ] = None,
) -> None:
    """Write an encrypted backup of the store, without deletion keys. Back up after each key renewal and each decision.

    Example: intake backup /backups/intake.age --to age1pq1…
    """
    if new_key:
        identity = Identity.generate()
        write_new(new_key, f"# {identity.recipient}\n{identity.reveal()}\n", 0o600)
        out.print(str(identity.recipient), soft_wrap=True)
        return
    if target is None:
        raise CommandError("no file was given, so nothing was written. See: intake backup --help")
    config = settings.read()
    check_replaceable(target)
    make_private(config)
    recipients = age_keys.read_recipients([*(to or []), *config.backup_to])
    with Progress("backing up", DownloadColumn(), console=err) as bar:
        task = bar.add_task("", total=None)
        backups.write(location_of(config), key_store_of(config), target, recipients, lambda n: bar.advance(task, n))
    out.print(
        f"{target.name}: {target.stat().st_size} bytes. It contains no deletion keys. To restore it, you need the key store "
        f"{config.key_store.name}."
    )


def restore(
    source: Annotated[Path, typer.Argument(help="The backup file.")],
    identity: Annotated[Path, typer.Option(help="The file with the age identity that decrypts the backup.")],
    unsigned: Annotated[
        bool, typer.Option(help="Accept a backup from before backups were signed. Anybody could have made it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a lost store from a backup, as far as its deletion keys still exist. The command fails if a store exists.

    Example: intake restore /backups/intake.age --identity backup-key.txt
    """
    config = settings.read()
    warn_if_open(identity)
    identities = age_keys.read_identities(identity)
    try:
        open_regular(source).close()
    except OSError as error:
        raise CommandError(f"{source}: {error.strerror}") from None
    make_private(config)
    target, key_store = _free_location(config), _key_store(config)
    with Progress("restoring", BarColumn(), DownloadColumn(), console=err) as bar:
        task = bar.add_task("", total=source.stat().st_size)
        backups.read(source, target, key_store, identities, lambda n: bar.advance(task, n), unsigned=unsigned)
    try:
        restored = _adopt(config, target)
    except BaseException:
        # A store that was not matched to its key store would accept sign-ins that were valid earlier. It must not be served.
        if isinstance(target, Path):
            target.unlink(missing_ok=True)
        else:
            with contextlib.suppress(StoreError):
                database = Database(target)
                database.run(upgrade.forget)
                database.close()
        raise
    if isinstance(target, Path):
        target.replace(config.database)
    _print_restored(restored, as_json)


def _free_location(config: Settings) -> Path | str:
    if config.database_url:
        database = Database(config.database_url)
        try:
            if database.run(upgrade.revision) is not None:
                raise StoreError("this database contains a store. Nothing was restored. Create an empty database")
        finally:
            database.close()
        return config.database_url
    if config.database.exists():
        raise StoreError(
            f"a store exists at {config.database}. Nothing was restored. Check INTAKE_DATA, or move the store away first: "
            f"mv {quoted(config.database)} {quoted(Path(f'{config.database}.before'))}"
        )
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = config.database.with_name(f".{config.database.name}.restoring")
    target.unlink(missing_ok=True)  # from a restore that was killed
    return target


def _key_store(config: Settings) -> KeyStore:
    """Return the key store, if it can verify a backup.

    Raises:
        StoreError: The key store is empty, or only a mirror has the key that backups are signed with.
    """
    key_store = key_store_of(config)
    if (store := key_store.bound_to()) is None:
        raise StoreError(
            f"the key store {config.key_store} is empty, and no backup can be read without its deletion keys. Nothing was "
            f"restored. Check that its disk is mounted: ls -l {quoted(config.key_store)}. If the disk is lost, set "
            "INTAKE_KEY_STORE to a mirror's folder"
        )
    key_store.expect(store)
    if not any(purpose == SIGN_IN for purpose, _ in key_store.existing()) and (mirror := key_store.mirror_with({SIGN_IN: 1})):
        raise StoreError(
            f"the key store's first folder lacks the key that backups are signed with, and the mirror {mirror} has it. "
            "Nothing was restored. Set INTAKE_KEY_STORE to the folder that is complete"
        )
    return key_store


def _adopt(config: Settings, target: Path | str) -> Restored:
    """Match the restored store with the key store, before it replaces the lost one."""
    today = utc_now().date()
    database, key_store, locks = Database(target), key_store_of(config), locks_of(config)
    try:
        database.run(upgrade.upgrade)
        store = PurgeStore(database)
        key_store.bind(store.store_id)
        _check_complete(key_store, store, today)
        roots = DayRoots(key_store, locks, store.store_id)
        row_keys = RowKeys(store.store_id, key_store, roots)
        restored = database.run(lambda tx: adopt(tx, row_keys, today))
        roots.drop_all()
        check_belonging(key_store, locks, store, today)
    finally:
        database.close()
    return restored


def _check_complete(key_store: KeyStore, store: PurgeStore, today: dt.date) -> None:
    """Refuse to restore while only a mirror has some of the keys. A restore deletes the data of missing keys.

    Raises:
        StoreError: A mirror has keys that the first folder lacks.
    """
    newest: dict[str, int] = {}
    for purpose, generation in key_store.existing():
        newest[purpose] = max(generation, newest.get(purpose, 0))
    named = required_keys(store, today)
    missing = {purpose: generation for purpose, generation in named.items() if newest.get(purpose, 0) < generation}
    if mirror := key_store.mirror_with(missing):
        raise StoreError(
            f"the key store's first folder lacks {len(missing)} of the {len(named)} deletion keys that the backup names, and "
            f"the mirror {mirror} has some of them. Nothing was restored. Set INTAKE_KEY_STORE to the folder that is complete. "
            "To restore without these keys, remove the mirror from INTAKE_KEY_STORE_MIRRORS"
        )


def _print_restored(restored: Restored, as_json: bool) -> None:
    short = {member: need for member, (_, need) in restored.members.items() if need}
    if as_json:
        members = {member: {"open": opens, "need_recovery": need} for member, (opens, need) in restored.members.items()}
        counts = {
            "cases": restored.cases,
            "expired_days": restored.expired,
            "withdrawn": restored.withdrawn,
            "lost_days": restored.lost,
        }
        out.print(json.dumps({**counts, "members": members}), soft_wrap=True)
        return
    out.print(f"{restored.cases} cases can be opened.")
    out.print(
        f"Not restored: {restored.withdrawn} cases withdrawn, closed or moved since the backup, and {restored.expired} days "
        "that expired."
    )
    if restored.lost:
        out.print(f"{restored.lost} days have lost their deletion key. Their cases cannot be read any more.")
    for member, (opens, need) in sorted(restored.members.items()):
        out.print(f"  {member}: opens {opens}{f', {need} need the recovery key' if need else ''}")
    if short:
        out.print(
            "A member who renewed their keys after the backup needs the recovery key for earlier cases: "
            "docs/howto/recover-cases.md"
        )
