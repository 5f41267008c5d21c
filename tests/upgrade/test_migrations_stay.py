"""No migration is ever edited, because a store that ran the earlier text would lack what the later one makes.

A new migration gets a line here. Another migration corrects a wrong one.
"""

import hashlib
from pathlib import Path

from intake.store.migrations import upgrade

# The first 128 bits of each file's SHA-256.
HASHES = {
    "0001_initial.py": "ddb1f4f956a9da0ed9283e96134134ca",
    "0002_groups.py": "a7b7d03c9e58f2b851fc91072f08fc16",
    "0003_deletion.py": "51e5432df71993ec634112031211356c",
    "0004_daily_counts.py": "2d164fefec7ebdfca85a2ae91b49973e",
    "0005_large_rows.py": "22509545192f5eaa04be9cc9ca571b3e",
    "0006_day_roots.py": "1062514d69aed4c99409f8f913676de1",
    "0007_known_day.py": "74fe15ad0941a8f56d030b6c298ab8c5",
    "0008_snapshots.py": "93ad8fa04a3a381116b701639685598a",
    "0009_sealed_sign_in.py": "4fd357e77f81de69aa12e37d18beef16",
    "0010_signed_deals.py": "bc56e5421da0d195a8c53ba2001cb8d3",
    "0011_daily_shares.py": "bb80e1921bde189f2aae04e2bc3b386b",
    "0012_plain_names.py": "d8019d5dad443ab12f94d3f09e63d46a",
    "0013_drafts.py": "f73884482c836b1159f9b4e42c08fc35",
    "0014_table_names.py": "14176c1f8bd3826e7a9485fc6410aaab",
    "0015_usage_by_process.py": "d09d517f86e05fe58d7a2c20caf4dff6",
}


def test_no_migration_is_edited() -> None:
    folder = Path(upgrade.__file__).parent / "versions"
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:32] for path in sorted(folder.glob("[0-9]*.py"))}
    assert present == HASHES
