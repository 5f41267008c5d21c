"""A store to look at only: beside a server that has it open."""

from collections.abc import Iterator
from contextlib import contextmanager

from intake import settings
from intake.service.installation import key_store_of, make_private, where
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines.engine import Database
from intake.store.migrations import upgrade
from retention.ports import KeyStore


@contextmanager
def looking_at_keys() -> Iterator[tuple[PurgeStore, KeyStore]]:
    """The store as a run sees it, and its keeper; nothing is bound or written."""
    with looking() as database:
        store, key_store = PurgeStore(database), key_store_of(settings.read())
        key_store.expect(store.store_id)
        yield store, key_store


@contextmanager
def looking() -> Iterator[Database]:
    """The store of these settings, read-only."""
    found = settings.read()
    make_private(found)
    database = Database(where(found), reads=True)
    try:
        database.run(upgrade.check)
        yield database
    finally:
        database.close()
