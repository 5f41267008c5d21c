"""Takes rows of a backup into a schema that the migrations make: nothing of a backup but values of known columns gets in."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert
from sqlalchemy.exc import IntegrityError

from intake.store.engines import postgresql
from intake.store.errors import StoreError
from intake.store.members import sign_in
from intake.store.migrations import upgrade

MAX_VALUE = 64 * 2**20  # bytes of one value; the largest that a store writes, a day's root, takes one or two
_TOGETHER, _BYTES = 500, 8 * 2**20  # rows and bytes that are inserted at once
_WIDEST = 2**63


class Loader:
    """An empty store of one revision, to be filled.

    Args:
        schema: the revision; made here.

    Raises:
        UnknownSchemaError: no revision that this version knows.
    """

    def __init__(self, tx: Connection, schema: str) -> None:
        self._tx = tx
        upgrade.check_known(schema)
        upgrade.upgrade(tx, to=schema)
        found = MetaData()
        found.reflect(bind=tx)
        self.tables: dict[str, Table] = {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}

    def check(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Return if a backup has these tables and columns, and no others.

        Raises:
            StoreError: what it has too much, or lacks.
        """
        if unknown := sorted(columns.keys() - self.tables.keys()):
            raise StoreError(f"the backup holds a table that no store has: {unknown[0][:64]!r}. Nothing was restored")
        for name in (sign_in.UNLOCKERS, sign_in.PASSKEYS):
            if name in self.tables and name not in columns:  # dropped once their rows were sealed
                self.tables.pop(name).drop(self._tx)
        if missing := sorted(self.tables.keys() - columns.keys()):
            raise StoreError(f"the backup lacks the table {missing[0]}. Nothing was restored")
        for name, table in self.tables.items():
            if sorted(columns[name]) != sorted(column.name for column in table.columns):
                raise StoreError(f"the columns of the backup's table {name} are not those of a store. Nothing was restored")

    def load(self, columns: Mapping[str, Sequence[str]], rows: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Insert the rows, each checked.

        Raises:
            StoreError: a row that is none of a store; the caller rolls back.
        """
        waiting: list[dict[str, Any]] = []
        of, size = "", 0
        for name, values in rows:
            if name not in self.tables or len(values) != len(columns[name]):
                raise StoreError("the backup holds a row of no table. Nothing was restored")
            if waiting and (name != of or len(waiting) >= _TOGETHER or size >= _BYTES):
                self._insert(of, waiting)
                waiting, size = [], 0
            of = name
            row = dict(zip(columns[name], values, strict=True))
            waiting.append({key: self._value(name, key, value) for key, value in row.items()})
            size += sum(len(value) for value in values if isinstance(value, (bytes, str)))
        if waiting:
            self._insert(of, waiting)

    def _insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        try:
            self._tx.execute(insert(self.tables[name]), rows)
        except IntegrityError:
            raise StoreError(f"rows of the backup's table {name} contradict each other. Nothing was restored") from None
        if name == "days" and self._tx.dialect.name == "postgresql":
            for row in rows:
                postgresql.add_partitions(self._tx, row["day"])

    def _value(self, table: str, column: str, value: Any) -> Any:
        of = self.tables[table].columns[column]
        kind = of.type.python_type
        good = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if kind is bool and value in (0, 1):
            value, good = bool(value), True  # as SQLite has them
        if value is None:
            good = bool(of.nullable)
        elif isinstance(value, str):
            good = good and "\0" not in value
        elif isinstance(value, int):
            good = good and -_WIDEST <= value < _WIDEST
        if table == "days" and column == "day":
            good = good and _is_day(value)  # it becomes the name of a partition
        if not good:
            raise StoreError(f"a value of the backup's {table}.{column} is of the wrong kind. Nothing was restored")
        if isinstance(value, (bytes, str)) and len(value) > MAX_VALUE:
            raise StoreError(f"a value of the backup's {table}.{column} is too large. Nothing was restored")
        return value


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
