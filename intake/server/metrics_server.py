"""Serves the metrics next to the public server, on a Unix socket or a loopback port."""

import asyncio
import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from intake.errors import SettingsError
from intake.server.uvicorn_options import OPTIONS

MODE = 0o660  # rights on the Unix socket, for the owner and for the group that the monitor's account may join
MAX_CONNECTIONS = 8  # connections at once
STOP_SECONDS = 2.0


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the public server."""
        yield


def bind(address: Path | tuple[str, int]) -> socket.socket:
    """Open the socket to listen on. Replace a Unix socket that a killed server has left.

    Raises:
        SettingsError: the address is in use, or the path is not a socket or cannot be written.
    """
    try:
        if isinstance(address, Path):
            return _unix(address)
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        return socket.create_server(address, family=family)
    except OSError as error:
        raise SettingsError(f"INTAKE_METRICS: cannot listen there: {error.strerror}. Nothing was started") from None


async def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Serve until the task is cancelled."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=5,
        **OPTIONS,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(running)
    finally:
        server.should_exit = server.force_exit = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running, STOP_SECONDS)


def _unix(path: Path) -> socket.socket:
    if path.exists() and stat.S_ISSOCK(path.stat(follow_symlinks=False).st_mode):
        _check_nobody_listens(path)
        path.unlink()
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o777 & ~MODE)  # so the socket never has more rights
    try:
        listening.bind(str(path))
        listening.listen(MAX_CONNECTIONS)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening


def _check_nobody_listens(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(ConnectionRefusedError):
        probe.connect(str(path))
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
