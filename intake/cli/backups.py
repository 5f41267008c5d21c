"""`intake backup` and `intake restore`."""

import contextlib
import datetime as dt
import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress

from crypto.age import Identity
from intake import settings
from intake.cli.errors import CommandError
from intake.cli.paths import check_replaceable
from intake.service import age_keys
from intake.service import backup as backups
from intake.service.installation import key_store_of, locks_of, make_private, where
from intake.service.service import utc_now
from intake.settings import Settings
from intake.store.cases.row_keys import SIGN_IN, RowKeys
from intake.store.deletion.purge_store import PurgeStore
from intake.store.deletion.restore import Restored, adopt
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from intake.store.migrations import upgrade
from retention.days import DayRoots, check_belonging, committed_to_stay
from retention.files import open_regular
from retention.ports import KeyStore

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def backup(
    target: Annotated[Path | None, typer.Argument(help="The file to write.")] = None,
    to: Annotated[
        list[str] | None, typer.Option(help="An age recipient (age1pq1…), or a file of them. May be repeated.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(help="Make a pair of keys: the secret one into this file. Keep it elsewhere.")
    ] = None,
) -> None:
    """Write an encrypted dump of the store, without lock keys. Take one after each rotation and decision.

    Example: intake backup /backups/intake.age --to age1pq1…
    """
    if new_key:
        identity = Identity.generate()
        with os.fdopen(os.open(new_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"# {identity.recipient}\n{identity.reveal()}\n")
        out.print(str(identity.recipient), soft_wrap=True)
        return
    if target is None:
        raise CommandError("which file to write? intake backup --help")
    found = settings.read()
    check_replaceable(target)
    make_private(found)
    recipients = age_keys.read_recipients([*(to or []), *found.backup_to])
    with Progress("backing up", DownloadColumn(), console=err) as bar:
        task = bar.add_task("", total=None)
        backups.write(where(found), key_store_of(found), target, recipients, lambda n: bar.advance(task, n))
    out.print(f"{target.name}: {target.stat().st_size} bytes. It holds no lock key: {found.keeper.name} must outlive it.")


def restore(
    source: Annotated[Path, typer.Argument(help="The backup.")],
    identity: Annotated[Path, typer.Option(help="File with the age identity that opens it.")],
    unsigned: Annotated[
        bool, typer.Option(help="Take a backup from before backups were signed, which anybody can have made.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in place of a store that was lost, as far as its lock keys live. Refuses where there is a store.

    Example: intake restore /backups/intake.age --identity backup-key.txt
    """
    found = settings.read()
    identities = age_keys.read_identities(identity)
    try:
        open_regular(source).close()
    except OSError as error:
        raise CommandError(f"{source}: {error.strerror}") from None
    make_private(found)
    target, key_store = _free_place(found), _key_store(found)
    with Progress("restoring", BarColumn(), DownloadColumn(), console=err) as bar:
        task = bar.add_task("", total=source.stat().st_size)
        backups.read(source, target, key_store, identities, lambda n: bar.advance(task, n), unsigned=unsigned)
    try:
        told = _adopt(found, target)
    except BaseException:
        # What was not fitted to its keeper must not be served: nobody may sign in with what was valid then.
        if isinstance(target, Path):
            target.unlink(missing_ok=True)
        else:
            with contextlib.suppress(StoreError):
                database = Database(target)
                database.run(upgrade.forget)
                database.close()
        raise
    if isinstance(target, Path):
        target.replace(found.database)
    _tell(told, as_json)


def _free_place(found: Settings) -> Path | str:
    if found.database_url:
        database = Database(found.database_url)
        try:
            if database.run(upgrade.revision) is not None:
                raise StoreError("this database holds a store already; make an empty one to restore into")
        finally:
            database.close()
        return found.database_url
    if found.database.exists():
        raise StoreError(f"there is a store at {found.database.name} already; move it away to restore another")
    found.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = found.database.with_name(f".{found.database.name}.restoring")
    target.unlink(missing_ok=True)  # left by a restore that was killed
    return target


def _key_store(found: Settings) -> KeyStore:
    """The keeper, if it can check a backup.

    Raises:
        StoreError: it is empty, or a mirror alone holds the key that backups are signed with.
    """
    key_store = key_store_of(found)
    if (store := key_store.bound_to()) is None:
        raise StoreError(
            f"the keeper is empty: {found.keeper} holds no lock keys, and without them nothing of any backup can be "
            "opened. Nothing was restored. Is its disk mounted? If it is lost: restore with INTAKE_KEEPER set to a "
            "mirror's folder"
        )
    key_store.expect(store)
    if not any(purpose == SIGN_IN for purpose, _ in key_store.living()) and (mirror := key_store.mirror_with({SIGN_IN: 1})):
        raise StoreError(
            f"the keeper's first folder lacks the lock key that backups are signed with, and the mirror {mirror} holds it. "
            "Nothing was restored. Restore with INTAKE_KEEPER set to the folder that is complete"
        )
    return key_store


def _adopt(found: Settings, target: Path | str) -> Restored:
    """Fit what was restored to the keeper, before it takes its place."""
    today = utc_now().date()
    database, key_store, locks = Database(target), key_store_of(found), locks_of(found)
    try:
        database.run(upgrade.upgrade)
        store = PurgeStore(database)
        key_store.bind(store.store_id)
        _check_complete(key_store, store, today)
        roots = DayRoots(key_store, locks, store.store_id)
        row_keys = RowKeys(store.store_id, key_store, roots)
        told = database.run(lambda tx: adopt(tx, row_keys, today))
        roots.drop_all()
        check_belonging(key_store, locks, store, today)
    finally:
        database.close()
    return told


def _check_complete(key_store: KeyStore, store: PurgeStore, today: dt.date) -> None:
    """Refuse while a mirror holds what the first folder lacks: what is not found there is given up by a restore."""
    newest: dict[str, int] = {}
    for purpose, generation in key_store.living():
        newest[purpose] = max(generation, newest.get(purpose, 0))
    named = committed_to_stay(store, today)
    lacking = {purpose: generation for purpose, generation in named.items() if newest.get(purpose, 0) < generation}
    if mirror := key_store.mirror_with(lacking):
        raise StoreError(
            f"the keeper's first folder lacks {len(lacking)} of the {len(named)} lock keys that the backup names, and the "
            f"mirror {mirror} holds some of them. Nothing was restored. Restore with INTAKE_KEEPER set to the folder that is "
            "complete. To give up what the mirror alone holds, leave it out of INTAKE_KEEPER_MIRRORS"
        )


def _tell(told: Restored, as_json: bool) -> None:
    short = {member: need for member, (_, need) in told.members.items() if need}
    if as_json:
        members = {member: {"open": opens, "need_recovery": need} for member, (opens, need) in told.members.items()}
        counts = {"cases": told.cases, "expired_days": told.expired, "withdrawn": told.withdrawn, "lost_days": told.lost}
        out.print(json.dumps({**counts, "members": members}), soft_wrap=True)
        return
    out.print(f"{told.cases} cases can be opened.")
    out.print(f"{told.withdrawn} withdrawn, closed or moved since; {told.expired} days expired since: not restored.")
    if told.lost:
        out.print(f"{told.lost} days have lost their lock key: their cases are gone.")
    for member, (opens, need) in sorted(told.members.items()):
        out.print(f"  {member}: opens {opens}{f', {need} need the recovery key' if need else ''}")
    if short:
        out.print(
            "A member who renewed their keys after the backup opens the cases from before with the recovery key: "
            "docs/howto/recover-cases.md"
        )
