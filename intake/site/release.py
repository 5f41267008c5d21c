"""The files of this release that pages are made of, and their hashes. They are the same for every group."""

import json
from hashlib import sha256
from importlib import metadata

import msgspec

from intake.errors import InvalidError
from intake.site.render import CLIENT, HERE, PROJECT

_BUILT = {"__pycache__"}


class _Manifest(msgspec.Struct, frozen=True):
    version: str
    files: dict[str, str]


def manifest() -> str:
    """Return the version and each file's SHA-256, as JSON."""
    return json.dumps({"version": metadata.version(PROJECT), "files": _hashes()}, indent=1) + "\n"


def differences(body: bytes) -> list[str]:
    """Return what this installation has otherwise than a release's manifest.

    Raises:
        InvalidError: The text is no such manifest.
    """
    try:
        published = msgspec.json.decode(body, type=_Manifest)
    except (msgspec.MsgspecError, UnicodeError):
        raise InvalidError("the file is not the site.json of a release. Nothing was asked") from None
    if published.version != (own := metadata.version(PROJECT)):
        return [f"that is {published.version}, and you have {own}"]
    hashes = _hashes()
    return sorted(name for name in hashes.keys() | published.files.keys() if hashes.get(name) != published.files.get(name))


def _hashes() -> dict[str, str]:
    folders = {"client": CLIENT, "site": HERE}
    files = {
        f"{name}/{path.relative_to(folder).as_posix()}": path
        for name, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and not _BUILT & set(path.parts) and not path.name.startswith(".")
    }
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in sorted(files.items())}
