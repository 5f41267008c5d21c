"""Stops on SIGTERM. The server answers complete requests, closes all other connections, and logs nothing.

1. The server accepts no more connections and closes idle ones.
2. Event streams end.
3. Running requests have `GRACE` seconds for their body and their answer.
4. The server closes the remaining connections and cancels their tasks. The writer still finishes the transaction that it has
   begun.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import uvicorn

from intake.server.http_protocol import Protocol

GRACE = 5.0  # seconds. Service managers wait 10 (Docker) or 90 (systemd) before they kill


class Server(uvicorn.Server):
    """A server that stops without log lines.

    Args:
        config: uvicorn's configuration.
        on_stop: ends the event streams, which never end by themselves.
    """

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """Stop in the steps that the module's docstring lists."""
        self._on_stop()
        cutting = asyncio.get_running_loop().call_later(GRACE, self._cut)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    def _cut(self) -> None:
        # uvicorn writes a traceback for each task that it cancels.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        for connection in list(self.server_state.connections):
            if isinstance(connection, Protocol):
                connection.cut()
        for task in list(self.server_state.tasks):
            task.cancel()
