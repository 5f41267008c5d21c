"""`make cluster`: run each scenario, print its row, and write the table into docs/evidence/cluster.md."""

import asyncio
import sys
from pathlib import Path

from tests.cluster import table
from tests.cluster.installation import installation
from tests.cluster.scenarios import SCENARIOS, row

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "cluster.md"


def main() -> int:
    """Return 1 if something was lost, took too long or was not destroyed."""
    rows = []
    with installation() as whole:
        print(table.HEAD, flush=True)
        for scenario, fault in SCENARIOS.items():
            rows.append(asyncio.run(row(whole, scenario, fault)))
            print(table.line(rows[-1]), flush=True)
    wrong = [words for each in rows for words in each.wrong()]
    print("".join(f"\nWRONG: {words}" for words in wrong))
    PAGE.write_text(table.replaced(PAGE.read_text("utf-8"), rows), "utf-8")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
