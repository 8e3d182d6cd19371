"""Network addresses as callers are counted by them. Pure."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

_CUSTOMER: Final = 64
"""An IPv6 customer has a whole network; its first 64 bits are the customer's."""


def network_of(address: str) -> str:
    """What an address is counted as: an IPv4 address by itself, however it is written, and an IPv6 address by its network of 64 bits.

    What is no address, such as the name of a socket, is counted as it is.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((known.packed[: _CUSTOMER // 8] + bytes(8), _CUSTOMER)))
