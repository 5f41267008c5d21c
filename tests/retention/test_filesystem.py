"""The file system of a key store: which mount holds it, and whether it may keep what was overwritten."""

from pathlib import Path

import pytest

from retention.key_stores import filesystem

MOUNTS = """
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 253:1 / /keys rw - xfs /dev/mapper/keys rw
24 22 0:30 / /pool rw - btrfs /dev/sdb rw
25 22 0:31 / /net rw - nfs4 host:/x rw
26 22 0:32 / /mem rw - tmpfs tmpfs rw
27 22 8:2 / /with\\040space rw - ext4 /dev/sda2 rw
28 22 0:33 / /phone rw - fuse.mtp mtp rw
nonsense
"""


@pytest.fixture
def block(tmp_path: Path) -> Path:
    """The kernel's block devices: a logical volume on an encrypted device."""
    (tmp_path / "253:1" / "dm").mkdir(parents=True)
    (tmp_path / "253:1" / "dm" / "uuid").write_text("LVM-abc\n")
    (tmp_path / "253:1" / "slaves" / "dm-0" / "dm").mkdir(parents=True)
    (tmp_path / "253:1" / "slaves" / "dm-0" / "dm" / "uuid").write_text("CRYPT-LUKS2-x\n")
    return tmp_path


def warnings(folder: str, block: Path, *, mirrored: bool = True) -> list[str]:
    mount = filesystem.mount_of(Path(folder), MOUNTS, block)
    return filesystem.warnings(Path(folder), Path("/var"), mount, mirrored=mirrored)


def test_the_layers_below_a_volume_say_that_it_is_encrypted_and_can_take_snapshots(block: Path) -> None:
    mount = filesystem.mount_of(Path("/keys/key-store"), MOUNTS, block)
    assert mount is not None
    assert (mount.point, mount.kind, mount.encrypted, mount.snapshots) == (Path("/keys"), "xfs", True, True)


def test_a_mount_point_with_a_space_in_its_name_is_found() -> None:
    mount = filesystem.mount_of(Path("/with space/key-store"), MOUNTS)
    assert mount is not None
    assert mount.point == Path("/with space")


@pytest.mark.parametrize(
    ("folder", "warning"),
    [
        ("/keys/key-store", "it is on LVM, which can take snapshots"),
        ("/pool/key-store", "btrfs writes copies"),
        ("/net/key-store", "nfs4 is not this machine's own disk"),
        ("/phone/key-store", "fuse.mtp is not this machine's own disk"),
        ("/mem/key-store", "tmpfs is in memory"),
        ("/with space/key-store", "its disk is not encrypted"),
    ],
)
def test_a_file_system_that_may_keep_deleted_keys_is_named(block: Path, folder: str, warning: str) -> None:
    (message,) = warnings(folder, block)
    assert message.startswith(warning)


def test_a_key_store_inside_the_data_folder_is_named(block: Path) -> None:
    assert warnings("/var/key-store", block)[0].startswith("it is inside the data folder")


def test_a_key_store_without_a_mirror_is_named(block: Path) -> None:
    assert warnings("/keys/key-store", block, mirrored=False)[-1].startswith("it has no mirror")


def test_a_folder_on_no_known_mount_is_to_be_checked_by_a_person() -> None:
    assert filesystem.mount_of(Path("/x"), "") is None
    (message,) = filesystem.warnings(Path("/x"), Path("/y"), None, mirrored=True)
    assert message.startswith("the kernel does not say")


def test_this_machine_names_the_mount_of_a_folder(tmp_path: Path) -> None:
    assert filesystem.mount_of(tmp_path) is not None


@pytest.mark.parametrize(
    ("mounts", "layered"),
    [
        pytest.param("22 1 0:5 / / rw - overlay overlay rw", True, id="overlay"),
        pytest.param("22 1 8:1 / / rw - ext4 /dev/sda1 rw", False, id="disk"),
        pytest.param("", False, id="unknown"),
    ],
)
def test_a_folder_is_on_layers_only_if_its_mount_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str, layered: bool
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_: mounts)
    assert filesystem.layered(tmp_path) is layered


def test_a_disk_whose_layers_cannot_be_read_is_not_called_encrypted(tmp_path: Path) -> None:
    (tmp_path / "8:1" / "dm" / "uuid").mkdir(parents=True)
    mount = filesystem.mount_of(Path("/x"), MOUNTS, tmp_path)
    assert mount is not None
    assert not mount.encrypted


def test_without_the_kernels_list_of_mounts_no_mount_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, encoding: str) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refused)
    assert filesystem.mount_of(tmp_path) is None
