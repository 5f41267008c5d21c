"""`intake doctor`, which lists the weaknesses of an installation, and `intake key-store`."""

import contextlib
import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from intake import settings
from intake.cli.errors import CommandError
from intake.cli.read_only import read_only, read_only_with_keys
from intake.server import hardening
from intake.service.installation import key_store_of, locks_of
from intake.service.service import utc_now
from intake.settings import Settings
from intake.store.cases.row_keys import SIGN_IN
from intake.store.deletion.purge_store import PurgeStore
from intake.store.errors import StoreError
from retention.errors import RetentionError
from retention.folders import weaknesses
from retention.health import damaged, incomplete, look
from retention.key_stores import filesystem
from retention.key_stores import fill as filling
from retention.key_stores.file import FileKeyStore
from retention.key_stores.mirrors import MirroredKeyStore

key_stores = typer.Typer(no_args_is_help=True, help="The key store: the folders of deletion keys.")
out = Console(highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def doctor(as_json: AsJson = False) -> None:
    """Check this installation for weaknesses. Exit 1 if there are any.

    The command checks where the deletion keys are kept, what is overdue, and what protects the server's process.

    Example: intake doctor
    """
    found = settings.read()
    folders = [] if found.pkcs11_module else _folders(found)
    told = {str(folder): _about(folder, found) for folder in folders}
    checked = (found.data, found.key_store) if found.pkcs11_module else (found.data,)
    exposed = [weakness for folder in checked for weakness in weaknesses(folder)]
    told["store"] = [*exposed, *_store(folders, told)]
    told["process"] = [*hardening.not_done, *hardening.not_overwritten()]
    if as_json:
        out.print(json.dumps(told), soft_wrap=True)
    else:
        out.print("Losing the key store loses every live case. No backup contains it, and none may.")
        if found.pkcs11_module:
            out.print(f"key store  PKCS#11 token {found.pkcs11_token}", markup=False)
        for name, weak in told.items():
            out.print(f"{_named(name, found)}", markup=False, soft_wrap=True)
            for one in weak or ["no weakness found"]:
                out.print(f"  {'-' if weak else ' '} {one}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if any(told.values()) else 0)


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
    found = settings.read()
    key_store = key_store_of(found)
    if not isinstance(key_store, MirroredKeyStore):
        raise CommandError("no mirror is configured, so nothing was copied. Set INTAKE_KEY_STORE_MIRRORS to the folder to fill")
    with read_only() as database, contextlib.closing(locks_of(found)) as locks:
        filling.fill(key_store, locks, PurgeStore(database), utc_now().date(), first_from_mirrors=first_from_mirrors)
    out.print(f"{len(found.key_store_mirrors)} mirrors hold every deletion key.")


@key_stores.command("list")
def listing() -> None:
    """Count the deletion keys, by purpose. Example: intake key-store list"""
    with read_only_with_keys() as (_, key_store):
        living = key_store.living()
    for what, count in sorted(Counter(purpose.split()[0] for purpose, _ in living).items()):
        out.print(f"{what:8} {count:6}")


def _folders(found: Settings) -> list[Path]:
    return [found.key_store, *found.key_store_mirrors]


def _named(name: str, found: Settings) -> str:
    if name == "process":
        return "process what the kernel allows the server's user"
    if name == "store":
        return f"store   {'PostgreSQL' if found.database_url else found.database}"
    mount = filesystem.mount_of(Path(name))
    on = f"{mount.kind} on {mount.device}, mounted at {mount.point}" if mount else "an unknown file system"
    return f"{'key store' if Path(name) == found.key_store else 'mirror'}  {name}\n  on {on}"


def _about(folder: Path, found: Settings) -> list[str]:
    weak = weaknesses(folder)
    weak += filesystem.warnings(folder, found.data, filesystem.mount_of(folder), mirrored=bool(found.key_store_mirrors))
    others = {one: filesystem.mount_of(one) for one in _folders(found) if one != folder}
    mine = filesystem.mount_of(folder)
    weak += [
        f"it is on the same disk as {one}" for one, mount in others.items() if mount and mine and mount.device == mine.device
    ]
    return weak


def _store(folders: list[Path], told: dict[str, list[str]]) -> list[str]:
    """Return what is overdue or damaged, and add to `told` which keys each folder lacks."""
    try:
        with read_only_with_keys() as (store, key_store):
            today = utc_now().date()
            for folder in folders:
                if wrong := incomplete(FileKeyStore(folder), store, today):
                    told[str(folder)] += [*wrong, *_what_to_do(folders, folder)]
            sealed = SIGN_IN in store.committed()
            unsealed = [] if sealed else ["sign-in data is not encrypted yet. Run: intake migrate"]
            return [*unsealed, *look(key_store, store, today).overdue, *damaged(key_store)]
    except (StoreError, RetentionError) as error:
        return [str(error)]


def _what_to_do(folders: list[Path], folder: Path) -> list[str]:
    if len(folders) == 1:
        return []
    command = "intake key-store fill --first-from-mirrors" if folder == folders[0] else "intake key-store fill"
    return [f"if this is the right folder, add the missing keys: {command}"]
