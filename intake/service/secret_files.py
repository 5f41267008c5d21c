"""Finds the files outside the folders of the store and of the deletion keys that contain a secret and are open to others.

An open file is reported and still read. What others have read stays read if the server stops, and people could not reach the
group.

A secret of a container is on a mount of its own in /run/secrets. Only the container sees it, and engines mount it with the mode
0444, so that the service's account can read it.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from intake.settings import Settings, database_url, sources
from intake.store.engines import libpq_files
from retention.folders import weakness_of
from retention.key_stores import filesystem

# systemd and deploy/intake-command read them.
ENVIRONMENT_FILES = tuple(sources.SITE_CONFIG.with_name(name) for name in ("intake.env", "purge.env"))


def of(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield each file with a secret, after the name of its setting."""
    yield from settings.secret_files
    if settings.pkcs11_module:
        yield "INTAKE_PKCS11_PIN_FILE", settings.pkcs11_pin_file
    if not settings.database_url:
        return
    if database_url.has_password(os.environ.get("INTAKE_DATABASE_URL", "")) or os.environ.get("PGPASSWORD"):
        yield from (("INTAKE_DATABASE_URL", file) for file in ENVIRONMENT_FILES)
    yield from libpq_files.secret_files(settings.database_url)


def messages(files: Iterable[tuple[str, Path]]) -> list[str]:
    """Return a message for each file that other accounts may use, with the command that ends this."""
    return [f"{name}: {weakness}" for name, path in files if (weakness := weakness_of(path)) and not _in_container(path)]


def _in_container(path: Path) -> bool:
    """Return whether a file is in the folder of a container's secrets, on a mount of that folder or below."""
    folder = sources.SECRETS
    if not path.is_relative_to(folder):
        return False
    mount = filesystem.mount_of(path)
    return mount is not None and mount.point.is_relative_to(folder)
