"""The Debian package: the same bytes in two builds, Debian's own Python, the units with its folders, and no data of its own."""

import runpy
import subprocess
from pathlib import Path

import pytest

from tests.support.packaging import ROOT

DEB = runpy.run_path(str(ROOT / ".ci" / "deb"))
HOME = "usr/lib/sealed-intake"


@pytest.fixture(scope="module")
def packages(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two packages of one wheel, built in different folders and not compressed, which would take most of the time."""
    folder = tmp_path_factory.mktemp("deb")
    first, second = (DEB["build"](wheel, "12", "amd64", folder / name, ("-Znone",)) for name in ("first", "another place"))
    return first, second


@pytest.fixture(scope="module")
def unpacked(packages: tuple[Path, Path]) -> Path:
    root = packages[0].parent / "root"
    subprocess.run(["dpkg-deb", "--raw-extract", packages[0], root], check=True)
    return root


def test_two_builds_from_one_wheel_are_the_same_bytes(packages: tuple[Path, Path]) -> None:
    assert packages[0].read_bytes() == packages[1].read_bytes()


def test_the_package_holds_no_folder_of_data_so_removing_it_deletes_none(unpacked: Path) -> None:
    assert sorted(path.name for path in unpacked.iterdir()) == ["DEBIAN", "usr"]
    postrm = (unpacked / "DEBIAN" / "postrm").read_text("utf-8")
    assert [line for line in postrm.splitlines() if "rm -r" in line] == ["    rm -rf /etc/sealed-intake"]


def test_the_units_and_the_command_start_the_packages_program_with_debians_python(unpacked: Path) -> None:
    for unit in (unpacked / "usr/lib/systemd/system").glob("*.service"):
        assert f"ExecStart=/{HOME}/bin/intake " in unit.read_text("utf-8")
    for path in [*(unpacked / "usr/lib/systemd").rglob("*.*"), unpacked / "usr/bin/intake"]:
        assert path.is_dir() or "/opt/" not in path.read_text("utf-8")
    assert (unpacked / HOME / "bin/intake").read_text("utf-8").startswith(f"#!/{HOME}/bin/python3\n")
    assert str((unpacked / HOME / "bin/python3").readlink()) == "../../../bin/python3.11"
    control = (unpacked / "DEBIAN/control").read_text("utf-8")
    assert "\nDepends: python3.11, " in control
    assert "@" not in control.replace("maintainers@", "")


def test_the_folders_of_secrets_are_private_and_the_settings_read_only_for_the_service(unpacked: Path) -> None:
    lines = [line.split() for line in (unpacked / "usr/lib/tmpfiles.d/sealed-intake.conf").read_text("utf-8").splitlines()]
    assert {line[1]: tuple(line[2:5]) for line in lines if line[0] == "d"} == {
        "/var/lib/sealed-intake": ("0700", "intake", "intake"),
        "/var/lib/sealed-intake-keys": ("0700", "intake", "intake"),
        "/var/backups/sealed-intake": ("0700", "intake", "intake"),
        "/etc/sealed-intake": ("2750", "root", "intake"),
    }
