"""Parses the addresses of notices that coordinators enter: `kind://user:password@host:port/path?option=value`.

The rules:
- The parser refuses a kind that the operator does not allow.
- It refuses a host that the operator does not name. If the operator names none, it refuses hosts outside the public internet.
- It refuses an option that is not on the list of its kind, whatever its value.
- It decodes every part of an address once and matches the part against a pattern of its own.

The parser resolves no names. `intake.notices.connection` does that when a notice is sent.
"""

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import unquote

from intake.notices.addresses import is_public
from intake.notices.errors import Fault, TargetError
from intake.notices.kinds import KINDS, Parts
from intake.notices.targets import Target

MAX_LENGTH = 1000  # characters
_OPTIONS = 10  # in one address
_SCHEME = re.compile(r"([a-z]{1,16})://(.{1,1000})", re.ASCII)
# Ends of names that no public resolver answers for.
_INTERNAL = (
    ".corp", ".home", ".home.arpa", ".internal", ".intranet", ".lan", ".local", ".localdomain", ".localhost", ".onion",
)  # fmt: skip


def parse(url: str, allowed: Collection[str], hosts: Collection[str]) -> Target:
    """Parse an address.

    Args:
        url: the address that a member entered.
        allowed: kinds of service that the operator allows.
        hosts: hosts that the operator names; empty: any host on the public internet.

    Raises:
        TargetError: the address is not allowed; `fault` says why.
    """
    match = _SCHEME.fullmatch(url) if len(url) <= MAX_LENGTH else None
    if match is None:
        raise TargetError(Fault.FORM)
    kind, rest = match.groups()
    if kind not in allowed or kind not in KINDS:
        raise TargetError(Fault.KIND)
    rules = KINDS[kind]
    body, _, query = rest.partition("?")
    target = rules.read(_split(rules.secure, body, _options(query, rules.options)))
    if not (target.server.host in hosts if hosts else may_be_public(target.server.host)):
        raise TargetError(Fault.HOST)
    return target


def may_be_public(host: str) -> bool:
    """Return whether a host may be on the public internet, judging by its text alone."""
    try:
        return is_public(str(ip_address(host)))
    except ValueError:
        pass
    labels = host.rstrip(".").split(".")
    # Resolvers read `127.1` and `0x7f000001` as addresses, and append the local domain to a name without a dot.
    numeric = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) is not None
    return len(labels) > 1 and not numeric and not host.rstrip(".").endswith(_INTERNAL)


def _options(query: str, allowed: Collection[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        name = _decoded(name).lower()
        if name not in allowed or name in options or len(options) == _OPTIONS:
            raise TargetError(Fault.OPTION)
        options[name] = _decoded(value)
    return options


def _split(secure: bool, body: str, options: Mapping[str, str]) -> Parts:
    authority, _, path = body.partition("/")
    login, _, location = authority.rpartition("@")
    user, _, password = login.partition(":")
    segments = tuple(_decoded(part) for part in path.split("/") if part)
    return Parts(secure, *_host_and_port(location), _decoded(user), _decoded(password), segments, options)


def _host_and_port(text: str) -> tuple[str, str]:
    """Split a location at the colon after the host. An IPv6 address is in brackets."""
    if not text.startswith("["):
        host, _, port = _decoded(text).partition(":")
        return host, port
    host, bracket, rest = text[1:].partition("]")
    if not bracket or (rest and not rest.startswith(":")):
        raise TargetError(Fault.FORM)
    return host, rest[1:]


def _decoded(text: str) -> str:
    decoded = unquote(text, errors="replace")
    if not decoded.isprintable() or "\ufffd" in decoded:
        raise TargetError(Fault.FORM)
    return decoded
