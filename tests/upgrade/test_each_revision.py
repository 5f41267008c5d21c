"""A store of each schema since the first, with a row in every table: an upgrade loses no row, and the store opens."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from crypto.encoding import unb64
from intake.store.members import passkeys, unlockers
from intake.store.members.passkeys import StoredPasskey
from intake.store.members.unlockers import StoredUnlocker
from intake.store.migrations import earlier_copy, upgrade
from tests.support import earlier_revisions
from tests.support.earlier_revisions import HANDLE_ID, PASSKEY, REVISIONS, SEALED_SIGN_IN, SHARED_SINCE, SIGN_IN, UNLOCKER
from tests.support.world import TODAY, World

SOON = TODAY + dt.timedelta(days=20)
EARLIER = [
    *(("sqlite", revision) for revision in REVISIONS[:-1]),
    *(("postgresql", revision) for revision in REVISIONS[:-1] if revision >= SHARED_SINCE),
]


@pytest.mark.parametrize(("world", "revision"), EARLIER, indirect=["world"])
def test_a_store_of_each_schema_keeps_its_rows_through_an_upgrade_and_opens(
    world: World, revision: str, tmp_path: Path
) -> None:
    case, key = world.submit("bread", SOON)
    rows = earlier_revisions.fill(world, case)
    assert [table for table, all_ in rows.items() if not all_] == []
    world.close()
    folder = tmp_path / "earlier"
    shutil.copytree(world.folder / "key-store", folder / "key-store")
    url = world.cluster.new() if world.cluster else ""
    expected = earlier_revisions.write(revision, rows, url or folder / "store.db")

    upgraded = World.open(folder, world.members, url=url)
    after, member = upgraded.database.run(earlier_revisions.rows_of), rows["unlockers"][0]["member"]
    of_handle = upgraded.database.run(lambda tx: unlockers.of_handle(tx, upgraded.row_keys, HANDLE_ID))
    credentials = upgraded.database.run(lambda tx: passkeys.every(tx, upgraded.row_keys))
    upgraded.database.run(lambda tx: earlier_copy.check_sample(tx, upgraded.row_keys, TODAY), read_only=True)
    words = upgraded.read(case, key)
    upgraded.close()

    compared = [table for table in rows if revision >= SEALED_SIGN_IN or table not in SIGN_IN]
    assert {table: after[table] for table in compared} == {table: expected[table] for table in compared}
    assert words == "bread"
    assert of_handle == [StoredUnlocker(UNLOCKER.id, member, UNLOCKER.kind, UNLOCKER.verifier)]
    stored = StoredPasskey(PASSKEY.id, member, PASSKEY.unlocker, unb64(PASSKEY.public_key), PASSKEY.uses)
    assert credentials == ([stored] if revision >= "0002" else [])


def test_every_migration_is_tried_from_the_schema_before_it() -> None:
    assert sorted(upgrade._revisions()) == REVISIONS
    assert [revision for _, revision in EARLIER[: len(REVISIONS) - 1]] == REVISIONS[:-1]
