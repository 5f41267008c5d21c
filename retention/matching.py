"""Checks that a store and a key store belong together, before anything is written to either."""

import datetime as dt

from retention.days import day_purpose
from retention.errors import KeyStoreError, OlderStoreError
from retention.ports import KeyStore, Locks, RetentionStore


def check_belonging(key_store: KeyStore, locks: Locks, store: RetentionStore, today: dt.date) -> None:
    """Refuse a store that does not belong to this key store, or that is older. Does not change any key.

    Raises:
        ForeignStoreError: the key store belongs to another store.
        OlderStoreError: the store names keys that were destroyed after it was copied.
        KeyStoreError: the key store is empty and the store is not, or mirrors hold keys that the key store lacks. Its disk is
            not mounted, or keys are lost.
    """
    required = required_keys(store, today)
    if required and key_store.bound_to() is None:
        if message := key_store.held_by_mirrors(required):
            raise KeyStoreError(message)
        if not key_store.existing():
            raise KeyStoreError(
                "the key store is empty and the store is not. Nothing was changed. Is the disk of the key store mounted? "
                "Without its deletion keys every stored case is lost"
            )
    key_store.bind(store.store_id)
    for purpose in missing_keys(key_store, store, today):
        # Another process may have punctured the day between the two reads. Read again while it cannot.
        with locks.exclusive(purpose):
            if purpose in missing_keys(key_store, store, today):
                if message := key_store.held_by_mirrors(required_keys(store, today)):
                    raise KeyStoreError(message)
                raise OlderStoreError(
                    f"store {store.store_id} needs a deletion key for {purpose.split()[0]} that its key store does not hold. "
                    "The store is a copy from before the key was destroyed, or the key store has lost it. No key was changed. "
                    "Start the newest copy of the store, or restore it: intake restore --help"
                )


def required_keys(store: RetentionStore, today: dt.date) -> dict[str, int]:
    """Return the committed generation of each deletion key that the store needs.

    The keys of expired days, and of days that a run is deleting, may be destroyed already and are left out.
    """
    expired = {day_purpose(record.day) for record in store.days() if record.purging or record.day <= today.isoformat()}
    return {purpose: generation for purpose, generation in store.committed().items() if purpose not in expired}


def missing_keys(key_store: KeyStore, store: RetentionStore, today: dt.date) -> list[str]:
    """Return the purposes whose required key the key store does not hold."""
    existing = key_store.existing()
    return [purpose for purpose, generation in required_keys(store, today).items() if (purpose, generation) not in existing]
