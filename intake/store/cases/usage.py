"""How much came on a day, and how large the store is: for its ceiling. Nothing tells how large a case was or when it came."""

from sqlalchemy import Connection, delete, insert, select, text, update

from intake.store import schema

ARRIVALS = schema.arrivals


def size(tx: Connection, day: str, share: str) -> int:
    """Bytes that came on `day` so far, of one share."""
    found = tx.scalar(select(ARRIVALS.c.kib).where(ARRIVALS.c.day == day, ARRIVALS.c.share == share))
    return (found or 0) * 1024


def add(tx: Connection, day: str, share: str, size: int) -> None:
    """So many bytes more; with the first of a day, the days before are forgotten."""
    kib, this = -(-size // 1024), (ARRIVALS.c.day == day, ARRIVALS.c.share == share)
    if tx.execute(update(ARRIVALS).where(*this).values(kib=ARRIVALS.c.kib + kib)).rowcount == 0:
        tx.execute(delete(ARRIVALS).where(ARRIVALS.c.day != day))
        tx.execute(insert(ARRIVALS).values(day=day, share=share, kib=kib))


def size_of_store(tx: Connection) -> int:
    """Bytes of the whole store; of a file, without what deleting has left free in it."""
    if tx.dialect.name == "postgresql":
        return int(tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    pages, free, page = (int(tx.scalar(text(f"PRAGMA {name}")) or 0) for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * page
