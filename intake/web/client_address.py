"""Find a request's client: the connection's peer, or the address that a named proxy reports.

A client can write any header, so a header counts only as far as named proxies wrote it:

* Only `X-Forwarded-For` is read. Proxies pass `Forwarded` (RFC 7239), `X-Real-IP` and others on as the client wrote them unless
  they are configured otherwise. A server that reads several headers would trust the one that the proxy does not replace.
* All its lines are one list, in their order (RFC 9110, 5.3). HAProxy adds a line where nginx, Apache and Traefik extend one.
* The list is read from its end, which the nearest proxy wrote. The client is the first address that is not a named proxy's. The
  client wrote everything before that address.
* An element without an address (`unknown`, `unix:`, an empty one) ends the search. The server does not guess.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
HEADER = "x-forwarded-for"
_V4, _V6 = 32, 64  # bits of an address that make a source
_MAPPED_BITS = 96  # of ::ffff:0:0/96, before the IPv4 address (RFC 4291, 2.5.5.2)
# 192.0.2.7, 192.0.2.7:4711, [2001:db8::7], [2001:db8::7]:4711; an IPv6 address without brackets has no port.
_WITH_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?")


class TrustedProxies:
    """Networks of proxies whose forwarded addresses are trusted."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(unmapped(network) for network in networks)

    def client_address(self, connection: HTTPConnection) -> Address | None:
        """Return the client's address, or None if the server cannot distinguish it from other clients'."""
        address = parse(connection.client.host) if connection.client else None
        if not self.named(address):
            return address
        address = None  # The proxy does not name its client, and its own address is no client's.
        for element in reversed(",".join(connection.headers.getlist(HEADER)).split(",")):
            address = parse(element)
            if not self.named(address):
                break
        return address

    def named(self, address: Address | None) -> bool:
        """Return whether an address belongs to one of these proxies."""
        return address is not None and any(address in network for network in self._networks)


def parse(text: str) -> Address | None:
    """Return the address of one list element, with IPv4-mapped addresses as IPv4 and without port and zone."""
    text = text.strip(" \t")
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2] or ""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def source_prefix(address: Address) -> str:
    """Return the network that counts as one source: an IPv4 address alone, or an IPv6 /64."""
    return str(ip_network((address, _V4 if address.version == 4 else _V6), strict=False))


def unmapped(network: Network) -> Network:
    """Return a network of IPv4-mapped addresses as one of IPv4 addresses, any other as it is."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
