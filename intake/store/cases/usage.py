"""Counts the bytes of a day, and measures the whole store, for the quota. The counts reveal no single case.

Each process has rows of its own, so that processes do not wait for each other. A process sees what others have committed.
"""

from sqlalchemy import Connection, delete, func, insert, select, text, update

from intake.store import schema

USAGE = schema.usage


def size(tx: Connection, day: str, share: str) -> int:
    """Return the bytes written on `day` in one share of the quota by all processes, each write rounded up to KiB."""
    kib = tx.scalar(select(func.sum(USAGE.c.kib)).where(USAGE.c.day == day, USAGE.c.share == share))
    return int(kib or 0) * 1024


def add(tx: Connection, day: str, share: str, process: str, size: int) -> None:
    """Add `size` bytes to a process's count of a share. The first count of a day deletes the counts of earlier days."""
    kib, row = -(-size // 1024), (USAGE.c.day == day, USAGE.c.share == share, USAGE.c.process == process)
    if tx.execute(update(USAGE).where(*row).values(kib=USAGE.c.kib + kib)).rowcount == 0:
        # Later days stay: the clock of another process may be past midnight already.
        tx.execute(delete(USAGE).where(USAGE.c.day < day))
        tx.execute(insert(USAGE).values(day=day, share=share, process=process, kib=kib))


def size_of_store(tx: Connection) -> int:
    """Return the size of the whole store in bytes. Free pages of an SQLite file do not count."""
    if tx.dialect.name == "postgresql":
        return int(tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    pages, free, page = (int(tx.scalar(text(f"PRAGMA {name}")) or 0) for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * page
