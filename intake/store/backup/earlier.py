"""Reads the rows of the SQLite file in a backup by an earlier version.

Earlier versions did not sign backups, so anybody may have made the file.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from intake.store.backup.load import MAX_VALUE, Loader
from intake.store.errors import StoreError

MAGIC = b"SQLite format 3\0"
_NOTHING_RESTORED = "Nothing was restored"


class EarlierBackup:
    """An untrusted SQLite file, opened read-only. It checks the schema before it reads any table.

    Raises:
        StoreError: the file is damaged, or contains anything but tables and plain indexes.
    """

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        self._file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE + 2**20)
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
            self._file.execute(f"PRAGMA {pragma}")
        self.columns: dict[str, list[str]] = {}
        self._check_schema()

    @property
    def schema(self) -> str:
        """The revision of the schema."""
        rows = self._query("SELECT version_num FROM alembic_version")
        if len(rows) != 1 or not isinstance(rows[0][0], str):
            raise StoreError(f"the backup does not name its schema. {_NOTHING_RESTORED}")
        return rows[0][0]

    def rows(self, loader: Loader) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield the table and the values of each row, in the order of the loader's tables and columns."""
        for name in loader.tables:
            columns = ", ".join(f'"{column}"' for column in self.columns[name])  # `Loader.check` has compared the names
            try:
                for row in self._file.execute(f'SELECT {columns} FROM "{name}" NOT INDEXED'):  # noqa: S608
                    yield name, row
            except (sqlite3.Error, UnicodeDecodeError):
                raise StoreError(f"the backup's table {name} is damaged. {_NOTHING_RESTORED}") from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check_schema(self) -> None:
        """Refuse everything but tables and plain indexes, and record the columns of each table."""
        for kind, name, sql in self._query("SELECT type, name, sql FROM sqlite_schema"):
            shown = repr(str(name)[:64])
            if kind == "table" and str(sql).lstrip().upper().startswith("CREATE TABLE"):
                # Reading a table can run expressions of a crafted schema. Check all of it before any statement uses a table.
                continue
            if kind != "index":
                raise StoreError(f"the backup holds a {str(kind)[:16]} {shown}, which no store has. {_NOTHING_RESTORED}")
        for kind, name, _ in self._query("SELECT type, name, sql FROM sqlite_schema"):
            quoted = '"' + str(name).replace('"', '""') + '"'
            if kind == "index" and any(cid == -2 for _, cid, *_ in self._query(f"PRAGMA index_xinfo({quoted})")):
                raise StoreError(f"the backup holds an index with an expression, {str(name)[:64]!r}. {_NOTHING_RESTORED}")
            if kind == "table":
                columns = self._query(f"PRAGMA table_xinfo({quoted})")
                if any(hidden for *_, hidden in columns):
                    raise StoreError(f"the backup's table {str(name)[:64]!r} has a generated column. {_NOTHING_RESTORED}")
                self.columns[str(name)] = [column for _, column, *_ in columns]
        self.columns.pop("alembic_version", None)

    def _query(self, sql: str) -> list[Any]:
        try:
            return self._file.execute(sql).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):
            raise StoreError(f"the file in the backup is not a store, or is damaged. {_NOTHING_RESTORED}") from None
