"""A server under a limit of file descriptors."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.processes import with_coordinator

PASSPHRASE = "correct horse battery staple in a queue"


def server(folder: Path, limit: str = "") -> AbstractContextManager[str]:
    """Start a server with one coordinator under a limit of file descriptors; yield its address."""
    return with_coordinator(folder, PASSPHRASE, ("sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh") if limit else ())
