"""What the address of a PostgreSQL database names, and whether the connection to it is safe."""

from dataclasses import dataclass
from ipaddress import ip_address

from sqlalchemy import make_url


@dataclass(frozen=True, slots=True)
class Address:
    """The login, hosts and database of an address, without its password. An empty host is the default Unix socket."""

    login: str
    hosts: tuple[str, ...]
    database: str


def parse(url: str) -> Address:
    """Return what an address names. Without a database, it is the one with the login's name."""
    parts = make_url(url)
    host = parts.query.get("host") or parts.host or ""
    hosts = tuple(name for each in ([host] if isinstance(host, str) else host) for name in each.split(","))
    return Address(parts.username or "", hosts, parts.database or parts.username or "")


def is_safe(url: str) -> bool:
    """Return whether an address keeps the connection on this machine, or encrypts it and checks the database's certificate."""
    return make_url(url).query.get("sslmode") == "verify-full" or all(is_here(host) for host in parse(url).hosts)


def is_socket(host: str) -> bool:
    """Return whether a host of an address is a Unix socket."""
    return not host or host.startswith("/")


def is_here(host: str) -> bool:
    """Return whether a host of an address is this machine."""
    if is_socket(host) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
