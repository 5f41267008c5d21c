"""Announces changed cases to the other server processes of a shared store, with PostgreSQL's NOTIFY.

A message has only ids that are stored in clear columns. A message that is sent while a connection is broken is lost. The client
sees the change when it loads its list again.
"""

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Sequence

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from intake.store.engines.postgresql import TIME_OUTS
from intake.store.engines.postgresql_hosts import order_hosts

CHANNEL = "intake"
Listener = Callable[[Sequence[str], str], None]
"""Receives the members whose list changes, and the case."""
_SECONDS = 0.5  # between two looks at `stop`


class Signals:
    """Sends and receives the messages of one process."""

    def __init__(self, url: str) -> None:
        self._receiver = create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=TIME_OUTS, hide_parameters=True
        )
        self._sender = create_engine(
            url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True, connect_args=TIME_OUTS, hide_parameters=True
        )
        order_hosts(self._receiver)
        order_hosts(self._sender)
        self._me = secrets.token_hex(8)
        self._waiting: list[str] = []
        self._sending = False
        self._mutex = threading.Lock()

    def send(self, members: Sequence[str], case: str) -> None:
        """Send a message, together with others that wait. A message that cannot be sent is dropped."""
        with self._mutex:
            self._waiting.append(json.dumps([self._me, case, *members]))
            if self._sending:
                return  # another thread is sending, and sends this message too
            self._sending = True
        while messages := self._next():
            with contextlib.suppress(SQLAlchemyError), self._sender.connect() as connection:
                notify = text("SELECT pg_notify(:channel, message) FROM unnest(CAST(:messages AS text[])) AS message")
                connection.execute(notify, {"channel": CHANNEL, "messages": messages})

    def _next(self) -> list[str]:
        with self._mutex:
            messages, self._waiting = self._waiting, []
            self._sending = bool(messages)
        return messages

    def close(self) -> None:
        """Close the connections."""
        self._sender.dispose()

    def listen(self, listener: Listener, stop: threading.Event) -> None:
        """Call `listener` for each message of other processes until `stop` is set. Reconnect when the connection breaks."""
        while not stop.is_set():
            try:
                self._receive(listener, stop)
            except (DatabaseError, self._receiver.dialect.loaded_dbapi.Error):
                stop.wait(_SECONDS)

    def _receive(self, listener: Listener, stop: threading.Event) -> None:
        with self._receiver.connect() as connection:
            connection.execute(text(f"LISTEN {CHANNEL}"))
            driver = connection.connection.driver_connection
            assert driver is not None
            while not stop.is_set():
                for message in driver.notifies(timeout=_SECONDS):
                    sender, case, *members = json.loads(message.payload)
                    if sender != self._me:
                        listener(members, case)
