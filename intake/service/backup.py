"""Writes and reads backups: a store's rows without deletion keys, as an age file to recipients that the operator names.

An age file does not prove who made it. A MAC therefore protects the content, under a key of the key store that no backup
contains. A restore checks the MAC before it reads the content, and opens only rows whose deletion keys still exist.

See docs/reference/format.md, Backup. The guide is docs/howto/backup-and-restore.md.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from crypto import age
from crypto.age import Identity, Recipient
from crypto.dayroot import DeletionKeyName
from crypto.labels import Label
from crypto.secret import Secret
from crypto.sign_in import SignInKey
from intake.store.backup import dump, earlier
from intake.store.backup.earlier import EarlierBackup
from intake.store.backup.load import MAX_VALUE, Loader
from intake.store.cases.row_keys import SIGN_IN
from intake.store.engines.engine import Database
from intake.store.errors import StoreError
from retention.files import open_regular, replacing
from retention.ports import KeyStore

PART = 1024 * 1024  # bytes that are read or encrypted at once
_FIRST_LINE = Label.BACKUP.value.encode() + b"\n"
_POSTGRES = b"PGDMP"
_LENGTH, _MAC = 4, 32  # bytes of a frame's length and of the MAC
_MAX_HEAD, _MAX_ROW = 64 * 1024, MAX_VALUE + 1024 * 1024  # bytes


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header before the rows: the revision of the schema, and the columns of each table."""

    schema: str
    tables: dict[str, list[str]]


def write(
    location: Path | str, key_store: KeyStore, target: Path, recipients: Sequence[Recipient], progress: Callable[[int], None]
) -> None:
    """Write a backup to `target`. Replace the previous backup only once the new one is complete.

    Args:
        location: the embedded store's file, or the shared store's address.
        key_store: has the key that authenticates the backup.
        target: the file to write.
        recipients: can decrypt the backup.
        progress: called with each number of bytes written.

    Raises:
        StoreError: the store cannot be read, or the file cannot be written. The previous backup is unchanged.
        RetentionError: the key store cannot be read.
    """
    try:
        with replacing(target.resolve()) as file, dump.opened(location) as opened:
            key_store.expect(opened.key.store)
            key = SignInKey(key_store.key(opened.key.purpose, opened.key.generation), opened.key).backup_key()
            content = _closed(_framed(_Head(opened.schema, opened.tables), opened.rows), key)
            for sealed in age.encrypt_parts(content, recipients):
                file.write(sealed)
                progress(len(sealed))
    except OSError as error:
        raise StoreError(f"the backup cannot be written: {error.strerror}") from None


def read(
    source: Path,
    location: Path | str,
    key_store: KeyStore,
    identities: Sequence[Identity],
    progress: Callable[[int], None],
    *,
    unsigned: bool = False,
) -> None:
    """Fill a new store with a backup's rows. The caller must bring the rows up to date before a server uses them.

    Args:
        source: the backup.
        location: the file to make, or the address of an empty database.
        key_store: the store's own key store, whose key verifies the backup.
        identities: decrypt the backup.
        progress: called with each number of bytes read.
        unsigned: accept a backup without a signature, which the operator confirms to be from an earlier version.

    Raises:
        StoreError: the backup is of another store, was altered, or contains rows that no store has, or a file cannot be
            read or written.
        CryptoError: the identities do not open the backup, or it is damaged. No part of it is left on the disk.
        RetentionError: the key store cannot be read.
    """
    folder = location.parent if isinstance(location, Path) else source.parent
    try:
        with open_regular(source) as file:
            opened = age.decrypt_parts(_with_progress(_parts(file.read), progress), identities)
            with _spooled(opened, folder) as (path, content):
                _restore(path, content, location, key_store, unsigned=unsigned)
    except OSError as error:
        raise StoreError(f"the backup cannot be restored: {error.strerror}") from None


def _restore(path: Path, content: BinaryIO, location: Path | str, key_store: KeyStore, *, unsigned: bool) -> None:
    start = content.read(max(len(_FIRST_LINE), len(earlier.MAGIC)))
    content.seek(0)
    if start.startswith(_FIRST_LINE):
        _check_mac(content, key_store)
        path.unlink()
        _fill(location, _signed(content))
    elif start.startswith(_POSTGRES):
        raise StoreError(
            "this is a backup of a PostgreSQL store by an earlier version, which cannot be checked. Restore it with "
            "the version that made it, then upgrade (docs/howto/backup-and-restore.md)"
        )
    elif not start.startswith(earlier.MAGIC):
        raise StoreError("this file is not a backup of a store. Nothing was restored")
    elif not unsigned:
        raise StoreError(
            "this backup has no signature, so anyone who knows its recipient could have made it. Nothing was restored. If it "
            "is yours, from a version that did not sign backups, and nobody else could write to its folder, use --unsigned"
        )
    else:
        _fill(location, lambda tx: _earlier(tx, path))


def _framed(head: _Head, rows: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[bytes]:
    encoder, numbers = msgspec.msgpack.Encoder(), {name: number for number, name in enumerate(head.tables)}
    waiting = bytearray(_FIRST_LINE)
    waiting += _frame(encoder.encode(head))
    for table, values in rows:
        waiting += _frame(encoder.encode([numbers[table], *values]))
        if len(waiting) >= PART:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + bytes(_LENGTH)


def _frame(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH, "big") + data


def _closed(parts: Iterable[bytes], key: Secret) -> Iterator[bytes]:
    mac = hmac.new(key.reveal(), digestmod=hashlib.sha256)
    for part in parts:
        mac.update(part)
        yield part
    yield mac.digest()


@contextmanager
def _spooled(parts: Iterator[bytes], folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Decrypt an age file into a temporary file. Its content is not authenticated yet."""
    path = folder / f".restoring.{secrets.token_hex(4)}"
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        try:
            for part in parts:
                file.write(part)
            file.flush()
            file.seek(0)
            yield path, file
        finally:
            path.unlink(missing_ok=True)


def _check_mac(content: BinaryIO, key_store: KeyStore) -> None:
    """Check that a key of this key store made the MAC over the whole content.

    Raises:
        StoreError: the MAC is wrong.
    """
    store = key_store.bound_to() or ""
    key_store.expect(store)
    names = [DeletionKeyName(store, purpose, generation) for purpose, generation in key_store.existing() if purpose == SIGN_IN]
    macs = [
        hmac.new(SignInKey(key_store.key(SIGN_IN, name.generation), name).backup_key().reveal(), digestmod=hashlib.sha256)
        for name in names
    ]
    left = content.seek(0, os.SEEK_END) - _MAC
    content.seek(0)
    while left > 0:
        part = content.read(min(PART, left))
        left -= len(part)
        for mac in macs:
            mac.update(part)
    stored = content.read(_MAC)
    content.seek(0)
    if not any(hmac.compare_digest(mac.digest(), stored) for mac in macs):
        raise StoreError(
            "this backup is of another store than the key store belongs to, or it was altered. Nothing was restored. "
            "Check INTAKE_KEY_STORE"
        )


Fill = Callable[[Any], None]


def _fill(location: Path | str, fill: Fill) -> None:
    database = Database(location)
    try:
        database.run(fill)
    except BaseException:
        database.close()
        if isinstance(location, Path):
            for name in (location.name, f"{location.name}-journal"):
                location.with_name(name).unlink(missing_ok=True)
        raise
    database.close()


def _signed(content: BinaryIO) -> Fill:
    def fill(tx: Any) -> None:
        content.seek(len(_FIRST_LINE))
        try:
            head = msgspec.msgpack.decode(_next_frame(content, _MAX_HEAD), type=_Head)
            loader = Loader(tx, head.schema)
            loader.check(head.tables)
            names = list(head.tables)
            loader.load(head.tables, _rows(content, names))
        except (msgspec.DecodeError, IndexError, EOFError):
            raise StoreError("the backup has a format that this version does not know. Nothing was restored") from None

    return fill


def _rows(content: BinaryIO, names: Sequence[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    decoder = msgspec.msgpack.Decoder(list[Any])
    while frame := _next_frame(content, _MAX_ROW):
        table, *values = decoder.decode(frame)
        if not isinstance(table, int):
            raise EOFError
        yield names[table], values


def _next_frame(content: BinaryIO, most: int) -> bytes:
    """Return the next frame, which is empty at the end of the rows."""
    length = int.from_bytes(content.read(_LENGTH), "big")
    if length > most or len(data := content.read(length)) != length:
        raise EOFError
    return data


def _earlier(tx: Any, path: Path) -> None:
    opened = EarlierBackup(path)
    try:
        loader = Loader(tx, opened.schema)
        loader.check(opened.columns)
        loader.load(opened.columns, opened.rows(loader))
    finally:
        opened.close()


def _parts(take: Callable[[int], bytes]) -> Iterator[bytes]:
    while part := take(PART):
        yield part


def _with_progress(parts: Iterable[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    for part in parts:
        progress(len(part))
        yield part
