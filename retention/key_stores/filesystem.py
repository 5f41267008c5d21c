"""What a folder lies on, as far as the kernel tells: whether overwriting a file there can be trusted to destroy it. Linux."""

import os
from dataclasses import dataclass
from pathlib import Path

COPY_ON_WRITE = {"btrfs", "zfs", "bcachefs", "nilfs2", "f2fs", "overlay", "aufs"}
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs", "afs", "sshfs", "davfs"}
IN_MEMORY = {"tmpfs", "ramfs"}


@dataclass(frozen=True, slots=True)
class Mount:
    """The mount that holds a folder: where, of which type, from which device, and whether that is encrypted by the kernel."""

    point: Path
    kind: str
    device: str
    encrypted: bool
    snapshots: bool


def mount_of(folder: Path, mountinfo: str | None = None, block: Path = Path("/sys/dev/block")) -> Mount | None:
    """The mount of a folder (or of its nearest parent that exists); None where the kernel does not tell."""
    try:
        text = mountinfo if mountinfo is not None else Path("/proc/self/mountinfo").read_text("utf-8")
    except OSError:
        return None
    place = Path(os.path.realpath(folder))
    best: Mount | None = None
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(), after.split()
        if len(fields) < 5 or len(rest) < 2:
            continue
        point = Path(fields[4].encode("ascii", "backslashreplace").decode("unicode_escape"))
        if (point == place or point in place.parents) and (best is None or len(point.parts) >= len(best.point.parts)):
            layers = _layers(block / fields[2])
            best = Mount(point, rest[0], rest[1], any(one.startswith("CRYPT-") for one in layers), _can_snapshot(layers))
    return best


def _layers(device: Path) -> list[str]:
    """The kinds of device-mapper layers below a block device, itself included: `CRYPT-…`, `LVM-…`."""
    found = []
    try:
        uuid = device / "dm" / "uuid"
        if uuid.exists():
            found.append(uuid.read_text("ascii").strip())
        for below in sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else ():
            found += _layers(below)
    except OSError:
        pass
    return found


def _can_snapshot(layers: list[str]) -> bool:
    return any(one.startswith("LVM-") for one in layers)


def warnings(folder: Path, data: Path, mount: Mount | None, *, mirrored: bool) -> list[str]:
    """Why a keeper in `folder` is weaker than it could be, each with what to do."""
    told = []
    place, store = Path(os.path.realpath(folder)), Path(os.path.realpath(data))
    if place == store or store in place.parents:
        told.append("it lies inside the data folder: a backup of one holds the other. Move it")
    if mount is None:
        told.append("the kernel does not tell what it lies on: look for yourself")
    elif mount.kind in COPY_ON_WRITE:
        told.append(f"{mount.kind} writes copies: what is overwritten stays on the disk, and in snapshots. Use ext4 or XFS")
    elif mount.kind in NETWORK or mount.kind.startswith("fuse"):
        told.append(f"{mount.kind} is not this machine's own disk: who keeps it can keep copies. Use a local disk")
    elif mount.kind in IN_MEMORY:
        told.append(f"{mount.kind} lies in memory: every live case is lost at the next restart. Use a disk")
    else:
        if mount.snapshots:
            told.append("it lies on LVM, which can take snapshots: make sure that nothing does")
        if not mount.encrypted:
            told.append("its disk is not encrypted by the kernel (LUKS): worn blocks of an SSD keep old keys readable")
    if not mirrored:
        told.append("it has no mirror: losing this disk loses every live case (INTAKE_KEEPER_MIRRORS)")
    return told
