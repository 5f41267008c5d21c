"""Where notices may go: services that the operator allows, on hosts that are the internet's, never into this network.

A coordinator gives the address, the server connects to it: without this a stolen desk session could knock at the
machine's neighbours. The one module that touches apprise.
"""

import logging
import socket
from collections.abc import Collection, Iterator
from ipaddress import ip_address

from apprise import Apprise, AppriseAsset, NotifyBase, PersistentStoreMode

logging.getLogger("apprise").disabled = True  # it would log addresses
_HOSTS = ("host", "smtp_host")  # what apprise's services connect to, where an address says it


def service_at(url: str, kinds: Collection[str], hosts: Collection[str]) -> NotifyBase | None:
    """What tells at an address; none if it may not be told there. Looks names up: off the event loop.

    Args:
        kinds: services that are allowed, by apprise's names.
        hosts: those that are allowed, wherever they lie; empty: any of the internet.
    """
    kind, separated, _ = url.partition("://")
    if not separated or kind not in kinds:
        return None
    asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, secure_logging=True, app_id="", app_desc="", app_url="")
    # A redirect would lead where nobody has looked.
    asset.http_redirects = False
    found = Apprise.instantiate(url, asset=asset)
    if found is None or not found.verify_certificate:
        return None
    named = [host for host in (getattr(found, name, None) for name in _HOSTS) if isinstance(host, str) and host]
    allowed = (lambda host: host in hosts) if hosts else _is_public
    return found if all(allowed(host) for host in named) else None


def _is_public(host: str) -> bool:
    """Whether a name leads nowhere but to the internet's own addresses; one that leads nowhere now cannot be told either."""
    return all(ip_address(address).is_global for address in _addresses(host))


def _addresses(host: str) -> Iterator[str]:
    try:
        for _, _, _, _, where in socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM):
            yield str(where[0]).partition("%")[0]
    except OSError:
        return
