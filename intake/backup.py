"""Backups: a dump of the store, without any lock key, as an age file to recipients that the operator names.

It is only as good as the lock keys that are alive when it is restored. docs/backups.md.
"""

import os
import secrets
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from crypto import age
from crypto.age import Identity, Recipient
from crypto.errors import CryptoError
from intake.store.errors import StoreError
from retention.files import open_regular, read_regular

PART = 1024 * 1024  # bytes
MAX_KEYS = 256 * 1024  # bytes of a file of recipients or identities; a recipient takes 1,960
_SQLITE, _POSTGRES = b"SQLite format 3\0", b"PGDMP"
_RESTARTS = 3
_PAGES = 4096  # that SQLite's backup copies before it lets others write


def write(where: Path | str, target: Path, recipients: Sequence[Recipient], progress: Callable[[int], None]) -> None:
    """Write a backup to `target`, in place of the one before only once it is whole.

    Args:
        where: the embedded store's file, or the shared store's address.
        progress: is told each number of bytes written.

    Raises:
        StoreError: the store cannot be dumped, or the file cannot be written; the backup before is as it was.
    """
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                dump = _dump_sqlite(where) if isinstance(where, Path) else _dump_postgres(where)
                with dump as parts:
                    for sealed in age.encrypt_parts(parts, recipients):
                        file.write(sealed)
                        progress(len(sealed))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"the backup cannot be written: {error.strerror}") from None


def read(source: Path, where: Path | str, identities: Sequence[Identity], progress: Callable[[int], None]) -> None:
    """Put the dump of a backup where there is no store yet; its contents are as old as the backup, and not to be served yet.

    Args:
        where: the file to make, or the address of an empty database.

    Raises:
        StoreError: it cannot be read or written, or is a dump of the other kind of store.
        CryptoError: the identities do not open it, or it is damaged; nothing is left of it.
    """
    try:
        with open_regular(source) as file:
            parts = age.decrypt_parts(_told(_parts(file.read), progress), identities)
            if isinstance(where, Path):
                _load_sqlite(parts, where)
            else:
                _load_postgres(parts, where)
    except OSError as error:
        raise StoreError(f"the backup cannot be restored: {error.strerror}") from None


def read_recipients(texts: Iterable[str]) -> list[Recipient]:
    """Recipients, each given as its text or as a file with one per line.

    Raises:
        ValueError: none, or one that is none.
    """
    found: list[Recipient] = []
    for text in texts:
        lines = [text] if text.startswith("age1") else _lines(Path(text))
        found += [_recipient(line) for line in lines]
    if not found:
        raise ValueError("a backup needs a recipient: intake backup --help")
    return found


def read_identities(path: Path) -> list[Identity]:
    """The identities in an age identity file; lines that begin with # are passed over.

    Raises:
        ValueError: there is none in it.
    """
    try:
        found = [Identity.parse(line) for line in _lines(path)]
    except CryptoError:
        raise ValueError(f"{path.name} is no file of age identities") from None
    if not found:
        raise ValueError(f"{path.name} holds no age identity")
    return found


def _lines(path: Path) -> list[str]:
    """The lines of a small file, without comments."""
    try:
        lines = [line.strip() for line in read_regular(path, MAX_KEYS).decode("ascii").splitlines()]
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is no file of age keys") from None
    return [line for line in lines if line and not line.startswith("#")]


def _recipient(text: str) -> Recipient:
    try:
        return Recipient.parse(text)
    except CryptoError:
        raise ValueError("not a post-quantum age recipient (age1pq1…); make a pair with intake backup --new-key FILE") from None


@contextmanager
def _dump_sqlite(path: Path) -> Iterator[Iterator[bytes]]:
    """SQLite's own backup, into a file that has no name any more when the first byte is copied: a kill leaves nothing."""
    copy = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        source, target = sqlite3.connect(f"file:{path}?mode=ro", uri=True), sqlite3.connect(copy)
        try:
            target.execute("PRAGMA journal_mode=OFF")
            target.execute("PRAGMA synchronous=OFF")
            target.execute("BEGIN EXCLUSIVE")
            target.execute("ROLLBACK")
            copy.unlink()
            _copy(source, target)
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be copied: {error}") from None
        finally:
            target.close()
            source.close()
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(0)
            yield _parts(file.read)
    finally:
        copy.unlink(missing_ok=True)
        os.close(descriptor)


class _Restarted(Exception):  # no error: it never leaves this module
    """Others write so often that a copy in steps never ends."""


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """In steps, which let others write and begin anew when they did; after a few times in one, which makes them wait."""
    least, restarts = [-1], [0]

    def step(status: int, remaining: int, total: int) -> None:
        restarts[0] += 0 <= least[0] < remaining
        least[0] = remaining
        if restarts[0] > _RESTARTS:
            raise _Restarted

    try:
        source.backup(target, pages=_PAGES, progress=step, sleep=0.01)
    except _Restarted:
        source.backup(target)


@contextmanager
def _dump_postgres(url: str) -> Iterator[Iterator[bytes]]:
    command = ["pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges"]
    with _program([*command, f"--dbname={_without_password(url)}"], url, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield _parts(process.stdout.read)


def _load_sqlite(parts: Iterator[bytes], path: Path) -> None:
    first = next(parts, b"")
    if not first.startswith(_SQLITE):
        raise StoreError("this is no backup of an embedded store: name the PostgreSQL store in INTAKE_DATABASE_URL")
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(first)
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _load_postgres(parts: Iterator[bytes], url: str) -> None:
    first = next(parts, b"")
    if not first.startswith(_POSTGRES):
        raise StoreError("this is no backup of a PostgreSQL store: leave INTAKE_DATABASE_URL empty")
    command = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    with _program([*command, f"--dbname={_without_password(url)}"], url, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            process.stdin.write(first)
            for part in parts:
                process.stdin.write(part)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it says why by its exit status
        except BaseException:
            process.kill()  # a damaged file: the single transaction is rolled back
            raise


@contextmanager
def _program(command: list[str], url: str, stdin: int) -> Iterator["subprocess.Popen[bytes]"]:
    asked = make_url(url)
    password = asked.password or asked.query.get("password") or os.environ.get("PGPASSWORD", "")
    environment = {**os.environ, "PGPASSWORD": str(password)}
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(  # noqa: S603  # a fixed command; the password is not among its arguments
            command,
            env=environment,
            stdin=stdin,
            stdout=pipe if stdin == subprocess.DEVNULL else subprocess.DEVNULL,
            stderr=pipe,
        )
    except FileNotFoundError:
        raise StoreError(f"{command[0]} is not on the PATH: install PostgreSQL's client programs") from None
    with process:
        yield process
        said = process.stderr.read() if process.stderr else b""
    if process.returncode:
        first = said.decode("utf-8", "replace").strip().splitlines()
        raise StoreError(f"{command[0]} failed: {first[0] if first else process.returncode}")


def _without_password(url: str) -> str:
    plain = make_url(url).set(drivername="postgresql", password=None).difference_update_query(["password"])
    return plain.render_as_string(hide_password=False)


def _parts(take: Callable[[int], bytes]) -> Iterator[bytes]:
    while part := take(PART):
        yield part


def _told(parts: Iterable[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    for part in parts:
        progress(len(part))
        yield part
