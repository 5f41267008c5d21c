"""The one parser of addresses for notices: `kind://user:password@host:port/path?option=value`, as coordinators enter them.

The rules:
- A kind that the operator does not allow is refused.
- A host that the operator does not name is refused; where none are named, every host that is not on the public internet.
- An option that is not on the list of its kind is refused, whatever its value.
- Every part of an address is decoded once and matched against a pattern of its own.

Nothing is looked up here: a name is resolved when a notice is sent (`intake.notices.connection`).
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
    """Return what a notice to this address is sent to.

    Args:
        url: the address that a member entered.
        allowed: kinds of service that the operator allows.
        hosts: hosts that the operator names; empty: any host on the public internet.

    Raises:
        TargetError: the address is refused; its `fault` says why.
    """
    found = _SCHEME.fullmatch(url) if len(url) <= MAX_LENGTH else None
    if found is None:
        raise TargetError(Fault.FORM)
    kind, rest = found.groups()
    if kind not in allowed or kind not in KINDS:
        raise TargetError(Fault.KIND)
    rules = KINDS[kind]
    body, _, query = rest.partition("?")
    target = rules.read(_split(rules.secure, body, _options(query, rules.options)))
    if not (target.server.host in hosts if hosts else may_be_public(target.server.host)):
        raise TargetError(Fault.HOST)
    return target


def may_be_public(host: str) -> bool:
    """Whether a host may be on the public internet, by its text alone."""
    try:
        return is_public(str(ip_address(host)))
    except ValueError:
        pass
    labels = host.rstrip(".").split(".")
    # A resolver takes `127.1` and `0x7f000001` for addresses, and appends this network's own domain to a name without a dot.
    numeric = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) is not None
    return len(labels) > 1 and not numeric and not host.rstrip(".").endswith(_INTERNAL)


def _options(query: str, known: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        name = _decoded(name).lower()
        if name not in known or name in found or len(found) == _OPTIONS:
            raise TargetError(Fault.OPTION)
        found[name] = _decoded(value)
    return found


def _split(secure: bool, body: str, options: Mapping[str, str]) -> Parts:
    authority, _, path = body.partition("/")
    login, _, place = authority.rpartition("@")
    user, _, password = login.partition(":")
    segments = tuple(_decoded(part) for part in path.split("/") if part)
    return Parts(secure, *_host_and_port(place), _decoded(user), _decoded(password), segments, options)


def _host_and_port(text: str) -> tuple[str, str]:
    """Split at the colon after the host; an IPv6 address stands in brackets."""
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
