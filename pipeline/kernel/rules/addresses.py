"""Which IP addresses are public. Pure.

By the IANA registries of special-purpose addresses (https://www.iana.org/assignments/iana-ipv4-special-registry,
https://www.iana.org/assignments/iana-ipv6-special-registry), with addresses of clouds' metadata services.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address


class Reach(StrEnum):
    """Who is at an address: anybody on the internet, somebody inside a network, or nobody whom a request may meet."""

    PUBLIC = "public"
    INSIDE = "inside"
    NOBODY = "nobody"


_NOBODY: Final = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local, with most clouds' metadata services
        "168.63.129.16/32",  # Azure's own service on each machine
        "100.100.100.200/32",  # Alibaba's metadata service
        "192.0.0.0/24",  # with Oracle's metadata service
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # with Teredo
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fd00:ec2::254/128",  # Amazon's metadata service
        "fd20:ce::254/128",  # Google's
        "fe80::/10",
        "ff00::/8",
    )
)
_INSIDE: Final = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fec0::/10",
    )
)
_UNICAST: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ip_network("::/96")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)


def reach_of(written: str) -> Reach:
    """Who is at this address; of one that carries an IPv4 address inside (mapped, NAT64, 6to4, ISATAP …), who is at that."""
    try:
        address: Address = ip_address(written.partition("%")[0])
    except ValueError:
        return Reach.NOBODY
    outer = _reach(address)
    inner = _carried(address) if isinstance(address, IPv6Address) else None
    return outer if inner is None or outer is not Reach.PUBLIC else _reach(inner)


def _reach(address: Address) -> Reach:
    if any(address in network for network in _NOBODY):
        return Reach.NOBODY
    if any(address in network for network in _INSIDE):
        return Reach.INSIDE
    is_public = address.is_global and (isinstance(address, IPv4Address) or address in _UNICAST)
    return Reach.PUBLIC if is_public or _carried(address) else Reach.NOBODY


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 address."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    number = int(address)
    low = IPv4Address(number & 0xFFFF_FFFF)
    is_isatap = (number >> 32) & 0xFFFF_FFFF in _ISATAP
    within = address in _NAT64 or (address in _COMPATIBLE and number > 1)
    return low if within or is_isatap else None
