"""What changed, told to the other server processes of a shared store: ids that stand in clear columns, and nothing else.

NOTIFY of PostgreSQL. What is lost while a connection is broken is lost: a list that is loaded again shows everything.
"""

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Sequence

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.pool import NullPool

CHANNEL = "intake"
Told = Callable[[Sequence[str], str], None]
"""Takes the members whose list changes, and the case."""
_SECONDS = 0.5  # between looks whether to stop


class Signals:
    """One process's ear and voice."""

    def __init__(self, url: str) -> None:
        self._ear = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True)
        # A database that has vanished must not hold up the one voice.
        soon = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
        self._voice = create_engine(
            url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True, connect_args=soon, hide_parameters=True
        )
        self._me = secrets.token_hex(8)
        self._waiting: list[str] = []
        self._speaking = False
        self._turn = threading.Lock()

    def send(self, members: Sequence[str], case: str) -> None:
        """Tell the others, together with what else waits; what fails is left out."""
        with self._turn:
            self._waiting.append(json.dumps([self._me, case, *members]))
            if self._speaking:
                return  # whoever speaks takes it along
            self._speaking = True
        while said := self._next():
            with contextlib.suppress(SQLAlchemyError), self._voice.connect() as connection:
                notify = text("SELECT pg_notify(:channel, said) FROM unnest(CAST(:said AS text[])) AS said")
                connection.execute(notify, {"channel": CHANNEL, "said": said})

    def _next(self) -> list[str]:
        with self._turn:
            said, self._waiting = self._waiting, []
            self._speaking = bool(said)
        return said

    def close(self) -> None:
        """Let go of the connections."""
        self._voice.dispose()

    def listen(self, told: Told, stop: threading.Event) -> None:
        """Tell `told` what others say, until `stop`; connects again when the connection breaks."""
        while not stop.is_set():
            try:
                self._hear(told, stop)
            except (DatabaseError, self._ear.dialect.loaded_dbapi.Error):
                stop.wait(_SECONDS)

    def _hear(self, told: Told, stop: threading.Event) -> None:
        with self._ear.connect() as connection:
            connection.execute(text(f"LISTEN {CHANNEL}"))
            driver = connection.connection.driver_connection
            assert driver is not None
            while not stop.is_set():
                for one in driver.notifies(timeout=_SECONDS):
                    sender, case, *members = json.loads(one.payload)
                    if sender != self._me:
                        told(members, case)
