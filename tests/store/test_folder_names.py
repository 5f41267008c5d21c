"""A store and its backup in folders whose names mean something in an address."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.age import Identity
from crypto.encoding import MemberId, new_id
from intake.service import backup
from intake.store.engines.engine import Database
from tests.support.world import TODAY, World

NAMES = [
    "with#hash",
    "with?mark",
    "with%41",
    "with a space",
    "with'quote",
    "with;semicolon",
    "with&and",
    "with:colon",
    "żółw",
    "-x",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_store_in_a_folder_of_any_name_is_opened_backed_up_and_restored(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "var"
    folder.parent.mkdir(mode=0o700)
    world = World.open(folder)
    world.enrol(MemberId(new_id()))
    world.job.run(TODAY)
    case, key = world.submit("milk", TODAY + timedelta(days=5))
    world.close()
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing is written beside the folder"
    assert stat.S_IMODE((folder / "store.db").stat().st_mode) == 0o600

    owner, file = Identity.generate(), tmp_path / name / "store.age"
    backup.write(folder / "store.db", world.key_store, file, [owner.recipient], lambda _: None)
    (folder / "store.db").unlink()
    backup.read(file, folder / "store.db", world.key_store, [owner], lambda _: None)

    database = Database(folder / "store.db")
    database.close()
    again = World.open(folder, world.members)
    assert again.read(case, key) == "milk"
    again.close()
