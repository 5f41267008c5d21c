"""Decides which IP addresses notices can be sent to: only addresses of hosts on the public internet.

The ranges are listed here because `ipaddress.is_global` differs between Python versions. It also includes IPv6 ranges that
lead to IPv4 addresses, such as 64:ff9b::/96.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

_REFUSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; 0.0.0.0 is this machine
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a provider's customers
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a virtual machine's own host, under a public number
            "169.254.0.0/16",  # link-local
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Everything outside is refused: loopback, link-local, site-local, unique local, multicast, and addresses that contain an IPv4
# address (`::a.b.c.d`, `::ffff:a.b.c.d`, 64:ff9b::/96).
_UNICAST_6 = IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: leads to the IPv4 address that it holds
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(text: str) -> bool:
    """Return whether an address belongs to a host on the public internet. Text that is not an address does not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    # An address with a zone is link-local, whatever its number says.
    return address.scope_id is None and address in _UNICAST_6 and not any(address in network for network in _REFUSED_6)
