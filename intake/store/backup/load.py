"""Loads the rows of a backup into a schema that the migrations make.

Only values of known columns are taken from a backup, and each value is checked.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert
from sqlalchemy.exc import IntegrityError

from intake.store.engines import postgresql
from intake.store.errors import StoreError
from intake.store.members import sign_in
from intake.store.migrations import upgrade

MAX_VALUE = 64 * 2**20  # bytes of one value. The largest value that a store writes is a day's root of 1 to 2 MiB
_TOGETHER, _BYTES = 500, 8 * 2**20  # rows and bytes of one INSERT
_WIDEST = 2**63  # both engines store integers below this


class Loader:
    """Fills an empty store.

    Args:
        tx: the transaction of the whole restore.
        schema: the revision of the schema to make.

    Raises:
        UnknownSchemaError: this version does not know the revision.
    """

    def __init__(self, tx: Connection, schema: str) -> None:
        self._tx = tx
        upgrade.check_known(schema)
        upgrade.upgrade(tx, to=schema)
        made = MetaData()
        made.reflect(bind=tx)
        self.tables: dict[str, Table] = {table.name: table for table in made.sorted_tables if table.name != "alembic_version"}

    def check(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Check that a backup has the tables and columns of the schema, and no others.

        Raises:
            StoreError: a table or column is missing or unknown.
        """
        if unknown := sorted(columns.keys() - self.tables.keys()):
            raise StoreError(f"the backup has a table that no store has: {unknown[0][:64]!r}. Nothing was restored")
        for name in (sign_in.UNLOCKERS, sign_in.PASSKEYS):
            if name in self.tables and name not in columns:  # `sign_in.adopt` drops them once their rows are encrypted
                self.tables.pop(name).drop(self._tx)
        if missing := sorted(self.tables.keys() - columns.keys()):
            raise StoreError(f"the backup lacks the table {missing[0]}. Nothing was restored")
        for name, table in self.tables.items():
            if sorted(columns[name]) != sorted(column.name for column in table.columns):
                raise StoreError(f"the columns of the backup's table {name} are not those of a store. Nothing was restored")

    def load(self, columns: Mapping[str, Sequence[str]], rows: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Check and insert the rows.

        Args:
            columns: the columns of each table, in the order of the values.
            rows: the table and the values of each row.

        Raises:
            StoreError: a row does not fit the schema, or contradicts another. The caller must roll back.
        """
        waiting: list[dict[str, Any]] = []
        current, size = "", 0
        for name, values in rows:
            if name not in self.tables or len(values) != len(columns[name]):
                raise StoreError("the backup has a row without a table. Nothing was restored")
            if waiting and (name != current or len(waiting) >= _TOGETHER or size >= _BYTES):
                self._insert(current, waiting)
                waiting, size = [], 0
            current = name
            row = dict(zip(columns[name], values, strict=True))
            waiting.append({key: self._value(name, key, value) for key, value in row.items()})
            size += sum(len(value) for value in values if isinstance(value, (bytes, str)))
        if waiting:
            self._insert(current, waiting)

    def _insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        try:
            self._tx.execute(insert(self.tables[name]), rows)
        except IntegrityError:
            raise StoreError(f"rows of the backup's table {name} contradict each other. Nothing was restored") from None
        if name == "days" and self._tx.dialect.name == "postgresql":
            for row in rows:
                postgresql.add_partitions(self._tx, row["day"])

    def _value(self, table: str, column: str, value: Any) -> Any:
        schema = self.tables[table].columns[column]
        kind = schema.type.python_type
        good = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if kind is bool and value in (0, 1):
            value, good = bool(value), True  # SQLite stores booleans as 0 and 1
        if value is None:
            good = bool(schema.nullable)
        elif isinstance(value, str):
            good = good and "\0" not in value
        elif isinstance(value, int):
            good = good and -_WIDEST <= value < _WIDEST
        if table == "days" and column == "day":
            good = good and _is_day(value)  # the day becomes part of a partition's name
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
