"""Open the store read-only, also while a server has it open."""

from collections.abc import Iterator
from contextlib import contextmanager

from intake import settings
from intake.service.installation import key_store_of, location_of, make_private
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines.engine import Database
from intake.store.migrations import upgrade
from retention.ports import KeyStore


@contextmanager
def read_only_with_keys() -> Iterator[tuple[PurgeStore, KeyStore]]:
    """Open the store and the key store without binding or writing anything."""
    with read_only() as database:
        store, key_store = PurgeStore(database), key_store_of(settings.read())
        key_store.expect(store.store_id)
        yield store, key_store


@contextmanager
def read_only() -> Iterator[Database]:
    """Open the store of the settings read-only."""
    config = settings.read()
    make_private(config)
    database = Database(location_of(config), reads=True)
    try:
        database.run(upgrade.check)
        yield database
    finally:
        database.close()
