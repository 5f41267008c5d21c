"""Filling folders of a mirrored keeper on a person's word. Keys are added; none is destroyed, moved or written over.

What a mirror holds that the first folder does not may be all that is left of a key, or what it missed to destroy while it was
away. Only the store can tell them apart: it names the keys that something needs. A purge run, which is told what the store
names, removes the others.
"""

import contextlib
import datetime as dt
from collections.abc import Mapping

from retention.days import committed_to_stay
from retention.errors import BusyError, KeyStoreError, LostKeyError
from retention.key_stores.file import FileKeyStore
from retention.key_stores.mirrors import MirroredKeyStore, copy, missing_in
from retention.ports import Locks, RetentionStore


def fill(key_store: MirroredKeyStore, locks: Locks, store: RetentionStore, today: dt.date, *, first_from_mirrors: bool) -> None:
    """Take empty mirrors as new ones, and add the lock keys that they lack.

    Args:
        first_from_mirrors: before that, add to the first folder what it lacks of the keys that the store names.

    Raises:
        ForeignStoreError: a folder is another store's; nothing was changed.
        KeyStoreError: the first folder lacks keys that the store names, or two folders hold different keys under one number.
        BusyError: a run is under way; nothing was changed.
    """
    folders = [key_store.first, *key_store.mirrors]
    for folder in folders:
        folder.holds_nothing_else(store.store_id)
    needed = committed_to_stay(store, today)
    lacking = needed.items() - _living(key_store.first, store.store_id)
    if lacking and not first_from_mirrors:
        raise KeyStoreError(_refusal(key_store, store.store_id, needed, len(lacking)))
    # From here on a mount point without its disk would be taken for the disk: a person has said that it is not.
    key_store.first.bind(store.store_id)
    with locks.attempt("run") as alone:
        if not alone:
            raise BusyError("a purge run is under way. No key was copied. Try again when it is done")
        for mirror in key_store.mirrors if first_from_mirrors else ():
            for purpose, generation in sorted(needed.items() & _living(mirror, store.store_id)):
                # While its lock is held nobody destroys this key. One that was destroyed before is named no more.
                with locks.exclusive(purpose):
                    if committed_to_stay(store, today).get(purpose) == generation:
                        copy(mirror, key_store.first, purpose, generation)
        for mirror in key_store.mirrors:
            mirror.bind(store.store_id)
            there, here = set(mirror.living()), set(key_store.first.living())
            for purpose, generation in [*missing_in(there, here, needed), *sorted(needed.items() & there & here)]:
                with locks.exclusive(purpose), contextlib.suppress(LostKeyError):  # destroyed before the lock was ours
                    copy(key_store.first, mirror, purpose, generation)
    left = committed_to_stay(store, today).items() - set(key_store.first.living())
    if left:
        raise KeyStoreError(
            f"{len(left)} of the lock keys that the store names are in no folder: what lies under them is lost. All others "
            "were copied, and no key was destroyed. Start the newest copy of the store, or restore it: intake restore --help"
        )


def _living(folder: FileKeyStore, store: str) -> set[tuple[str, int]]:
    return set(folder.living()) if folder.bound_to() == store else set()


def _refusal(key_store: MirroredKeyStore, store: str, needed: Mapping[str, int], lacking: int) -> str:
    told = f"the first folder {key_store.first.directory} lacks {lacking} of the {len(needed)} lock keys that the store names"
    held = {mirror.directory: len(needed.items() & _living(mirror, store)) for mirror in key_store.mirrors}
    for directory, count in held.items():
        told += f"; the mirror {directory} holds {count} of the {len(needed)}"
    told += ". Nothing was changed. Is the disk of the first folder mounted?"
    if any(held.values()):
        told += " If it was replaced, or has lost them, copy them from the mirrors: intake key-store fill --first-from-mirrors"
    return told
