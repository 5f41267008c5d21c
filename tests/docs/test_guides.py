"""The operators' guides work when followed to the letter on a simulated machine (tests/support/machine.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import ROOT, Machine


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        machine.follow("install-server.md")
        yield machine
    finally:
        machine.stop()


def test_the_installation_guide_ends_with_a_server_that_has_a_coordinator(installed: Machine) -> None:
    assert "members      1" in installed.run("intake status")
    assert installed.run("curl -fsS https://help.example/healthz/live").strip() == "200"


def test_guides_quote_the_output_of_the_first_start(installed: Machine) -> None:
    assert len(installed.printed) == 1
    for page in ("howto/install-server.md", "tutorial/first-group.md"):
        assert installed.printed[0] in (ROOT / "docs" / page).read_text("utf-8").splitlines(), page


def test_the_founding_link_of_the_guide_is_in_no_file(installed: Machine) -> None:
    secret = installed.link.partition("#")[2].encode()
    assert len(secret) > 40
    folders = [installed.folder / name for name in ("etc", "var")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if secret in path.read_bytes()] == []


def test_the_backup_guide_takes_a_backup_and_restores_it(installed: Machine) -> None:
    installed.follow("backup-and-restore.md")
    assert "members      1" in installed.run("intake status")
    assert (installed.folder / "var/lib/sealed-intake/before-restore/store.db").exists()


def test_the_upgrade_guide_ends_with_a_server_that_runs(installed: Machine) -> None:
    installed.follow("upgrade.md")
    assert "members      1" in installed.run("intake status")


def test_the_guide_to_another_machine_moves_everything_and_leaves_no_key_behind(installed: Machine, tmp_path: Path) -> None:
    new = Machine(tmp_path)
    new.environment["OLD_MACHINE"] = str(installed.folder)
    try:
        new.follow("install-server.md", until="7. ")
        new.follow("move-to-another-machine.md", old=installed)
        assert "members      1" in new.run("intake status")
        assert new.run("curl -fsS https://help.example/healthz/live").strip() == "200"
    finally:
        new.stop()
    assert not list((installed.folder / "var" / "lib").glob("sealed-intake*"))


def test_a_block_that_fails_ends_the_guide(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no-such-command"):
        Machine(tmp_path).run("no-such-command\necho never")
