"""`intake doctor`, which lists the weaknesses of an installation, and `intake key-store`."""

import contextlib
import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from crypto import keylist
from crypto.errors import CryptoError
from intake import settings
from intake.cli import signed_settings
from intake.cli.consoles import out
from intake.cli.errors import CommandError
from intake.cli.options import AsJson
from intake.cli.read_only import read_only, read_only_with_keys
from intake.cli.signed_settings import SignedSettingsError
from intake.errors import IntakeError
from intake.server import hardening
from intake.service import secret_files
from intake.service.automatic_backups import state_of
from intake.service.installation import key_store_of, locks_of
from intake.service.service import utc_now
from intake.settings import Settings
from intake.site import public_settings
from intake.site.public_settings import MAX_SIGNED
from intake.store.cases.row_keys import SIGN_IN
from intake.store.deletion.purge_store import PurgeStore
from intake.store.errors import StoreError
from intake.store.members import members
from retention.errors import RetentionError
from retention.files import read_regular
from retention.folders import weaknesses
from retention.health import assess, damaged_keys, folder_problems
from retention.key_stores import filesystem
from retention.key_stores import fill as fill_folders
from retention.key_stores.file import FileKeyStore
from retention.key_stores.mirrors import MirroredKeyStore

key_stores = typer.Typer(no_args_is_help=True, help="The key store: the folders of deletion keys.")


def doctor(as_json: AsJson = False) -> None:
    """Check this installation for weaknesses. Exit 1 if there are any.

    The command checks the folders of the deletion keys, files with secrets that other accounts may read, overdue data, the
    signature of the site's settings, and the protection of the server's process.

    Example: intake doctor
    """
    config = settings.read()
    folders = [] if config.pkcs11_module else _folders(config)
    report = {str(folder): _folder_weaknesses(folder, config) for folder in folders}
    report["secrets"] = secret_files.messages(secret_files.of(config))
    checked = (config.data, config.key_store) if config.pkcs11_module else (config.data,)
    exposed = [weakness for folder in checked for weakness in weaknesses(folder)]
    report["store"] = [*exposed, *_store_weaknesses(config, folders, report)]
    if config.signed_settings:
        report["site"] = _site_weaknesses(config, config.signed_settings)
    report["process"] = [*hardening.not_done, *hardening.not_overwritten()]
    if as_json:
        out.print(json.dumps(report), soft_wrap=True)
    else:
        out.print("Losing the key store loses every live case. No backup contains it, and none may.")
        if config.pkcs11_module:
            out.print(f"key store  PKCS#11 token {config.pkcs11_token}")
        for name, weak in report.items():
            out.print(f"{_heading(name, config)}", soft_wrap=True)
            for weakness in weak or ["no weakness found"]:
                out.print(f"  {'-' if weak else ' '} {weakness}", soft_wrap=True)
    raise typer.Exit(1 if any(report.values()) else 0)


@key_stores.command("fill")
def fill(
    first_from_mirrors: Annotated[
        bool, typer.Option(help="First add to INTAKE_KEY_STORE the deletion keys that only a mirror has.")
    ] = False,
) -> None:
    """Copy every deletion key to the empty folders of INTAKE_KEY_STORE_MIRRORS, which become mirrors.

    The command only adds keys. It refuses while INTAKE_KEY_STORE lacks keys that the store names.

    Example: INTAKE_KEY_STORE_MIRRORS=/mnt/second/keys intake key-store fill
    """
    config = settings.read()
    key_store = key_store_of(config)
    if not isinstance(key_store, MirroredKeyStore):
        raise CommandError("no mirror is configured, so nothing was copied. Set INTAKE_KEY_STORE_MIRRORS to the folder to fill")
    with read_only() as database, contextlib.closing(locks_of(config)) as locks:
        fill_folders.fill(key_store, locks, PurgeStore(database), utc_now().date(), first_from_mirrors=first_from_mirrors)
    out.print(f"{len(config.key_store_mirrors)} mirrors hold every deletion key.")


@key_stores.command("list")
def listing() -> None:
    """Count the deletion keys, by purpose.

    Example: intake key-store list
    """
    with read_only_with_keys() as (_, key_store):
        existing = key_store.existing()
    for what, count in sorted(Counter(purpose.split()[0] for purpose, _ in existing).items()):
        out.print(f"{what:8} {count:6}")


def _folders(config: Settings) -> list[Path]:
    return [config.key_store, *config.key_store_mirrors]


def _heading(name: str, config: Settings) -> str:
    if name == "process":
        return "process what the kernel allows the server's user"
    if name == "secrets":
        return "secrets files with passwords and keys that the settings name"
    if name == "store":
        return f"store   {'PostgreSQL' if config.database_url else config.database}"
    if name == "site":
        return f"site    {config.address}"
    mount = filesystem.mount_of(Path(name))
    on = f"{mount.kind} on {mount.device}, mounted at {mount.point}" if mount else "an unknown file system"
    return f"{'key store' if Path(name) == config.key_store else 'mirror'}  {name}\n  on {on}"


def _folder_weaknesses(folder: Path, config: Settings) -> list[str]:
    weak = weaknesses(folder)
    weak += filesystem.warnings(folder, config.data, filesystem.mount_of(folder), mirrored=bool(config.key_store_mirrors))
    others = {other: filesystem.mount_of(other) for other in _folders(config) if other != folder}
    own_mount = filesystem.mount_of(folder)
    weak += [
        f"it is on the same disk as {other}"
        for other, mount in others.items()
        if mount and own_mount and mount.device == own_mount.device
    ]
    return weak


def _backup_weaknesses(config: Settings) -> list[str]:
    state = state_of(config.data)
    if config.backup_file is None or not state.failure:
        return []
    return [f"the last automatic backup failed: {state.failure}. The server tries again every hour"]


def _store_weaknesses(config: Settings, folders: list[Path], report: dict[str, list[str]]) -> list[str]:
    """Return what is overdue or damaged, and add to `report` which keys each folder lacks."""
    try:
        with read_only_with_keys() as (store, key_store):
            today = utc_now().date()
            for folder in folders:
                if wrong := folder_problems(FileKeyStore(folder), store, today):
                    report[str(folder)] += [*wrong, *_remedy(folders, folder)]
            sealed = SIGN_IN in store.committed()
            unsealed = [] if sealed else ["sign-in data is not encrypted yet. Run: intake migrate"]
            return [*unsealed, *_backup_weaknesses(config), *assess(key_store, store, today).overdue, *damaged_keys(key_store)]
    except (StoreError, RetentionError) as error:
        return [str(error)]


def _site_weaknesses(config: Settings, file: Path) -> list[str]:
    """Return whether the site publishes a signature that does not fit its settings."""
    again = (
        f"If the settings are right, restart the server. Then a coordinator types: intake site sign --server {config.address} "
        f"--handle NAME. Write its output to {file}"
    )
    try:
        signed = read_regular(file, MAX_SIGNED)
        with read_only() as database:
            entries = database.run(members.entries, read_only=True)
        if entries:
            today = utc_now().date()
            signed_settings.check(signed, public_settings.publish(config), keylist.verify(entries, today), today)
    except OSError as error:
        return [f"INTAKE_SIGNED_SETTINGS: {file} cannot be read: {error.strerror}. {again}"]
    except SignedSettingsError as error:
        return [f"{error}. {again}"]
    except (IntakeError, StoreError, CryptoError) as error:
        return [str(error)]
    return []


def _remedy(folders: list[Path], folder: Path) -> list[str]:
    if len(folders) == 1:
        return []
    command = "intake key-store fill --first-from-mirrors" if folder == folders[0] else "intake key-store fill"
    return [f"if this is the right folder, add the missing keys: {command}"]
