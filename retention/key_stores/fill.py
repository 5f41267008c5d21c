"""Fills the folders of a mirrored key store when the operator asks. Adds keys; never destroys, moves or overwrites one.

A key that only a mirror holds may be the last copy, or a key that was destroyed while the mirror was away. Only the store can
distinguish them, because it names the keys that it needs. A deletion run removes the others.
"""

import contextlib
import datetime as dt
from collections.abc import Mapping

from retention.errors import BusyError, KeyStoreError, LostKeyError
from retention.key_stores.file import FileKeyStore
from retention.key_stores.mirrors import MirroredKeyStore, copy, missing_in
from retention.matching import required_keys
from retention.ports import Locks, RetentionStore


def fill(key_store: MirroredKeyStore, locks: Locks, store: RetentionStore, today: dt.date, *, first_from_mirrors: bool) -> None:
    """Accept empty mirrors as new ones, and add the deletion keys that they lack.

    Args:
        key_store: the first folder and its mirrors.
        locks: the locks of the store.
        store: the store that names the required keys.
        today: the current day.
        first_from_mirrors: first add the required keys that the first folder lacks and a mirror holds.

    Raises:
        ForeignStoreError: a folder belongs to another store. Nothing was changed.
        KeyStoreError: the first folder lacks required keys, or two folders hold different keys of one generation.
        BusyError: a deletion run is in progress. Nothing was changed.
    """
    folders = [key_store.first, *key_store.mirrors]
    for folder in folders:
        folder.is_unbound(store.store_id)
    needed = required_keys(store, today)
    missing = needed.items() - _existing(key_store.first, store.store_id)
    if missing and not first_from_mirrors:
        raise KeyStoreError(_refusal(key_store, store.store_id, needed, len(missing)))
    # From here on an empty mount point would be taken for its disk. The operator has confirmed that it is not one.
    key_store.first.bind(store.store_id)
    with locks.attempt("run") as acquired:
        if not acquired:
            raise BusyError("a deletion run is in progress. No key was copied. Try again when it has finished")
        for mirror in key_store.mirrors if first_from_mirrors else ():
            for purpose, generation in sorted(needed.items() & _existing(mirror, store.store_id)):
                # No process destroys this key while its lock is held. The store does not name a key destroyed before.
                with locks.exclusive(purpose):
                    if required_keys(store, today).get(purpose) == generation:
                        copy(mirror, key_store.first, purpose, generation)
        for mirror in key_store.mirrors:
            mirror.bind(store.store_id)
            in_mirror, in_first = set(mirror.existing()), set(key_store.first.existing())
            held_by_both = sorted(needed.items() & in_mirror & in_first)
            for purpose, generation in [*missing_in(in_mirror, in_first, needed), *held_by_both]:
                with locks.exclusive(purpose), contextlib.suppress(LostKeyError):  # destroyed before this process had the lock
                    copy(key_store.first, mirror, purpose, generation)
    left = required_keys(store, today).items() - set(key_store.first.existing())
    if left:
        raise KeyStoreError(
            f"{len(left)} of the deletion keys that the store needs are in no folder, and the data under them is lost. All "
            "other keys were copied, and no key was destroyed. Start the newest copy of the store, or restore it: "
            "intake restore --help"
        )


def _existing(folder: FileKeyStore, store: str) -> set[tuple[str, int]]:
    return set(folder.existing()) if folder.bound_to() == store else set()


def _refusal(key_store: MirroredKeyStore, store: str, needed: Mapping[str, int], missing: int) -> str:
    message = (
        f"the first folder {key_store.first.directory} lacks {missing} of the {len(needed)} deletion keys that the store needs"
    )
    held = {mirror.directory: len(needed.items() & _existing(mirror, store)) for mirror in key_store.mirrors}
    for directory, count in held.items():
        message += f"; the mirror {directory} holds {count} of the {len(needed)}"
    message += ". Nothing was changed. Is the disk of the first folder mounted?"
    if any(held.values()):
        message += " If the disk was replaced or has lost keys, copy them: intake key-store fill --first-from-mirrors"
    return message
