"""Read the address of a PostgreSQL store, in SQLAlchemy's form or in libpq's.

libpq allows several hosts (`postgresql://user@one:5432,two:5433/name`). SQLAlchemy reads them from the query alone.
Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
"""

import re

from intake.errors import SettingsError

_SCHEMES = {"postgres", "postgresql", "postgresql+psycopg"}
_DRIVER = "postgresql+psycopg"
_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z0-9+.-]+)://(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#]*)(?P<name>/[^?#]*)?(?:\?(?P<query>[^#]*))?"
)
_PASSWORD = re.compile(r"[^/?#]*:[^/?#]+@|[^?#]*\?(?:[^#]*&)?(?:ssl)?password=[^&#]")
_HOST = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^:\[\]]*)(?::(\d{1,5}))?")
_WRONG = "INTAKE_DATABASE_URL must be like postgresql://user@host/name, with special signs in the password as %40"


def has_password(text: str) -> bool:
    """Return whether an address contains a password."""
    return _PASSWORD.match(text.strip().partition("://")[2]) is not None


def parse(text: str) -> str:
    """Return the address for SQLAlchemy's driver psycopg. An empty text stays empty.

    Raises:
        SettingsError: The text is no address of PostgreSQL. The message does not repeat it, because it has a password.
    """
    if not text:
        return ""
    parts = _ADDRESS.fullmatch(text.strip())
    if parts is None or parts["scheme"] not in _SCHEMES:
        raise SettingsError(_WRONG)
    user = f"{parts['user']}@" if parts["user"] is not None else ""
    name, query = parts["name"] or "/", parts["query"] or ""
    hosts = parts["hosts"].split(",")
    read = [_HOST.fullmatch(host) for host in hosts]
    if any(host is None for host in read):
        raise SettingsError(_WRONG)
    if len(hosts) == 1:
        return f"{_DRIVER}://{user}{parts['hosts']}{name}" + (f"?{query}" if query else "")
    names = ",".join(host[1].strip("[]") for host in read if host)
    ports = ",".join(host[2] or "" for host in read if host)
    several = f"host={names}&port={ports}"
    return f"{_DRIVER}://{user}{name}?{several}" + (f"&{query}" if query else "")
