"""Reads the SQLite file in a backup of an earlier version, which anybody can have made: its rows and nothing else."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from intake.store.backup.load import MAX_VALUE, Loader
from intake.store.errors import StoreError

MAGIC = b"SQLite format 3\0"
_ASIDE = "Nothing was restored"


class EarlierBackup:
    """A file that is not trusted: read-only, its schema looked at before any of its tables.

    Raises:
        StoreError: it is damaged, or holds anything but tables and plain indexes.
    """

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        self._file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE + 2**20)
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
            self._file.execute(f"PRAGMA {pragma}")
        self.columns: dict[str, list[str]] = {}
        self._look()

    @property
    def schema(self) -> str:
        """The revision that its maker had."""
        found = self._ask("SELECT version_num FROM alembic_version")
        if len(found) != 1 or not isinstance(found[0][0], str):
            raise StoreError(f"the backup does not say of which version it is. {_ASIDE}")
        return found[0][0]

    def rows(self, loader: Loader) -> Iterator[tuple[str, Sequence[Any]]]:
        """Its rows, in the order of the loader's tables."""
        for name in loader.tables:
            columns = ", ".join(f'"{column}"' for column in self.columns[name])  # checked: a store's own names
            try:
                for row in self._file.execute(f'SELECT {columns} FROM "{name}" NOT INDEXED'):  # noqa: S608
                    yield name, row
            except (sqlite3.Error, UnicodeDecodeError):
                raise StoreError(f"the backup's table {name} is damaged. {_ASIDE}") from None

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _look(self) -> None:
        for kind, name, sql in self._ask("SELECT type, name, sql FROM sqlite_schema"):
            shown = repr(str(name)[:64])
            if kind == "table" and str(sql).lstrip().upper().startswith("CREATE TABLE"):
                # No statement is run on a table before all of the schema has been looked at.
                continue
            if kind != "index":
                raise StoreError(f"the backup holds a {str(kind)[:16]} {shown}: no store has one. {_ASIDE}")
        for kind, name, _ in self._ask("SELECT type, name, sql FROM sqlite_schema"):
            quoted = '"' + str(name).replace('"', '""') + '"'
            if kind == "index" and any(cid == -2 for _, cid, *_ in self._ask(f"PRAGMA index_xinfo({quoted})")):
                raise StoreError(f"the backup holds an index with an expression, {str(name)[:64]!r}. {_ASIDE}")
            if kind == "table":
                found = self._ask(f"PRAGMA table_xinfo({quoted})")
                if any(hidden for *_, hidden in found):
                    raise StoreError(f"the backup's table {str(name)[:64]!r} has a generated column. {_ASIDE}")
                self.columns[str(name)] = [column for _, column, *_ in found]
        self.columns.pop("alembic_version", None)

    def _ask(self, what: str) -> list[Any]:
        try:
            return self._file.execute(what).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):
            raise StoreError(f"the file in the backup is no store, or is damaged. {_ASIDE}") from None
