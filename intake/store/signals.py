"""What changed, told to the other server processes of a shared store: ids that stand in clear columns, and nothing else.

NOTIFY of PostgreSQL. What is lost while a connection is broken is lost: a list that is loaded again shows everything.
"""

import json
import secrets
import threading
from collections.abc import Callable, Sequence

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

CHANNEL = "intake"
Told = Callable[[Sequence[str], str], None]
"""Takes the members whose list changes, and the case."""
_SECONDS = 0.5  # between looks whether to stop


class Signals:
    """One process's ear and voice."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True)
        self._me = secrets.token_hex(8)

    def send(self, members: Sequence[str], case: str) -> None:
        """Tell the others; what fails is left out."""
        try:
            with self._engine.connect() as connection:
                said = {"said": json.dumps([self._me, case, *members])}
                connection.execute(text(f"SELECT pg_notify('{CHANNEL}', :said)"), said)
        except DatabaseError:
            return

    def listen(self, told: Told, stop: threading.Event) -> None:
        """Tell `told` what others say, until `stop`; connects again when the connection breaks."""
        while not stop.is_set():
            try:
                self._hear(told, stop)
            except (DatabaseError, psycopg.Error):
                stop.wait(_SECONDS)

    def _hear(self, told: Told, stop: threading.Event) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(f"LISTEN {CHANNEL}"))
            driver = connection.connection.driver_connection
            assert driver is not None
            while not stop.is_set():
                for one in driver.notifies(timeout=_SECONDS):
                    sender, case, *members = json.loads(one.payload)
                    if sender != self._me:
                        told(members, case)
