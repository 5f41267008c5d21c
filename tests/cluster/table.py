"""The table of `make cluster`, in Markdown."""

import re
from collections.abc import Sequence

from tests.cluster.scenarios import LIMIT, Row

TITLES = (
    "scenario",
    "acknowledged",
    "stored",
    "lost",
    f"longest gap, at most {LIMIT:.0f} s",
    "500",
    "no answer, 502 to 504",
    "withdrawn",
    "confirmed at once",
    "destroyed on all",
)
HEAD = f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}"
_TABLE = re.compile(r"^\| scenario \|.*\n\|---.*\n(?:\|.*\n)*", re.MULTILINE)


def line(row: Row) -> str:
    """Return one row. `stored` does not count what was withdrawn."""
    stored = f"{row.stored} and {row.withdrawn} withdrawn" if row.withdrawn else str(row.stored)
    cells = (
        row.scenario, row.acknowledged, stored, row.lost, f"{row.longest_gap:.1f} s", row.internal_errors, row.unavailable,
        row.withdrawn, row.confirmed, row.destroyed,
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def replaced(page: str, rows: Sequence[Row]) -> str:
    """Return a page with these rows in its table."""
    table = "\n".join([HEAD, *map(line, rows)]) + "\n"
    found = _TABLE.sub(lambda _: table, page, count=1)
    assert table in found, "the page has no table of scenarios"
    return found
