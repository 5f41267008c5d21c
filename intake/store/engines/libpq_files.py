"""The files that libpq, PostgreSQL's library, reads passwords and private keys from.

libpq ignores a password file that others may use, and refuses such a key. It reads such a service file without a word.
Sources: https://www.postgresql.org/docs/current/libpq-pgpass.html, libpq-pgservice.html and libpq-ssl.html
"""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from retention.files import read_regular

_MAX_SERVICES = 1024 * 1024  # bytes


def secret_files(url: str) -> Iterator[tuple[str, Path]]:
    """Yield each file that would have a secret for this address, after the name that libpq has for its place."""
    query = make_url(url).query
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.expanduser raises an error for an account without a home

    def file(parameter: str, variable: str, default: str) -> Path:
        named = query.get(parameter) or os.environ.get(variable)
        return Path(str(named)) if named else home / default

    files = {
        "PGPASSFILE": file("passfile", "PGPASSFILE", ".pgpass"),
        "PGSSLKEY": file("sslkey", "PGSSLKEY", ".postgresql/postgresql.key"),
    }
    services = file("servicefile", "PGSERVICEFILE", ".pg_service.conf")
    if (query.get("service") or os.environ.get("PGSERVICE")) and _has_password(services):
        files["PGSERVICEFILE"] = services
    yield from files.items()


def _has_password(services: Path) -> bool:
    try:
        lines = read_regular(services, _MAX_SERVICES).splitlines()
    except OSError:
        return False
    return any(line.strip().startswith((b"password", b"sslpassword")) for line in lines)
