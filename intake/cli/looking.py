"""A store to look at only: beside a server that has it open."""

from collections.abc import Iterator
from contextlib import contextmanager

from intake import settings
from intake.opening import where
from intake.store import migrate
from intake.store.engine import Database


@contextmanager
def looking() -> Iterator[Database]:
    """The store of these settings, read-only."""
    database = Database(where(settings.read()), reads=True)
    try:
        database.run(migrate.check)
        yield database
    finally:
        database.close()
