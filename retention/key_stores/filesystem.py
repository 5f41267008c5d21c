"""Finds the file system of a folder, and whether overwriting a file on it destroys the bytes. Linux only."""

import os
from dataclasses import dataclass
from pathlib import Path

COPY_ON_WRITE = {"btrfs", "zfs", "bcachefs", "nilfs2", "f2fs", "overlay", "aufs"}
LAYERED = {"overlay", "aufs"}  # the file systems of containers, whose images are layers
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs", "afs", "sshfs", "davfs"}
IN_MEMORY = {"tmpfs", "ramfs"}


@dataclass(frozen=True, slots=True)
class Mount:
    """The mount that holds a folder."""

    point: Path
    kind: str
    device: str
    encrypted: bool
    snapshots: bool


def mount_of(folder: Path, mountinfo: str | None = None, block: Path = Path("/sys/dev/block")) -> Mount | None:
    """Return the mount of a folder, or of its nearest existing parent; None if the kernel does not say."""
    try:
        text = mountinfo if mountinfo is not None else Path("/proc/self/mountinfo").read_text("utf-8")
    except OSError:
        return None
    location = Path(os.path.realpath(folder))
    best: Mount | None = None
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(), after.split()
        if len(fields) < 5 or len(rest) < 2:
            continue
        point = Path(fields[4].encode("ascii", "backslashreplace").decode("unicode_escape"))
        if (point == location or point in location.parents) and (best is None or len(point.parts) >= len(best.point.parts)):
            layers = _layers(block / fields[2])
            best = Mount(point, rest[0], rest[1], any(layer.startswith("CRYPT-") for layer in layers), _can_snapshot(layers))
    return best


def layered(folder: Path) -> bool:
    """Return whether a folder is on the layers of a container. A file deleted there may remain in a lower layer."""
    mount = mount_of(folder)
    return mount is not None and mount.kind in LAYERED


def _layers(device: Path) -> list[str]:
    """Return the device-mapper layers of a block device and of those below it: `CRYPT-…`, `LVM-…`."""
    layers = []
    try:
        uuid = device / "dm" / "uuid"
        if uuid.exists():
            layers.append(uuid.read_text("ascii").strip())
        for below in sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else ():
            layers += _layers(below)
    except OSError:
        pass
    return layers


def _can_snapshot(layers: list[str]) -> bool:
    return any(layer.startswith("LVM-") for layer in layers)


def warnings(folder: Path, data: Path, mount: Mount | None, *, mirrored: bool) -> list[str]:
    """Return a message for each weakness of a key store in `folder`, with what to do."""
    messages = []
    location, store = Path(os.path.realpath(folder)), Path(os.path.realpath(data))
    if location == store or store in location.parents:
        messages.append("it is inside the data folder, so a backup of that folder holds the keys too. Move it")
    if mount is None:
        messages.append("the kernel does not say which file system it is on. Check it yourself")
    elif mount.kind in COPY_ON_WRITE:
        messages.append(f"{mount.kind} writes copies: overwritten keys stay on the disk and in snapshots. Use ext4 or XFS")
    elif mount.kind in NETWORK or mount.kind.startswith("fuse"):
        messages.append(f"{mount.kind} is not this machine's own disk: its operator can keep copies. Use a local disk")
    elif mount.kind in IN_MEMORY:
        messages.append(f"{mount.kind} is in memory: every stored case is lost at the next restart. Use a disk")
    else:
        if mount.snapshots:
            messages.append("it is on LVM, which can take snapshots. Make sure that nothing takes them")
        if not mount.encrypted:
            messages.append("its disk is not encrypted by the kernel (LUKS), so worn blocks of an SSD keep old keys readable")
    if not mirrored:
        messages.append("it has no mirror, so losing this disk loses every stored case. Set INTAKE_KEY_STORE_MIRRORS")
    return messages
