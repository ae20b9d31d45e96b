"""Which addresses may be connected to: those of the public internet, and those of networks that were allowed.

A district's URL is text that somebody gave, and its name resolves to whatever its owner says: without this check
it could lead to a cloud's metadata service or into the cluster. Names are checked where they are resolved for
connecting, so that an answer which changes between check and use (DNS rebinding) gets nobody in; every socket is
checked once more before it connects, which is what checks the addresses written as such into a URL.
Source: IANA's special-purpose address registries (RFC 6890 and its updates).
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from aiohttp import AddrInfoType, SocketFactoryType
from aiohttp.abc import AbstractResolver, ResolveResult

from oneroster_operator.oneroster.errors import Refused

Networks = tuple[IPv4Network | IPv6Network, ...]

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; Alibaba's metadata service is in it
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's virtual address of the host, public only in looks
        "169.254.0.0/16",  # link-local, with the metadata services of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
"""Global unicast; loopback, unique local (AWS' metadata is fd00:ec2::254), link-local, multicast are outside."""
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols' own, among them Teredo, which tunnels to an IPv4 address
        "2001:db8::/32",
        "3fff::/20",
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


def may_connect(address: str, allowed: Networks) -> bool:
    """Whether `address`, an IP address as text, is public or inside an allowed network.

    An IPv6 address that stands for an IPv4 one (mapped, NAT64, 6to4) is judged as that one.
    """
    meant = _meant(ip_address(address))
    return _is_public(meant) or any(meant in network for network in allowed)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def address_refused(host: str) -> Refused:
    """The error where `host` leads to no address that may be connected to."""
    return Refused(
        "AddressRefused",
        f"{host} leads to a private, loopback, link-local or reserved address, which we do not connect to: "
        "correct the URL, or have the operator's administrator allow the network (Helm value allowedNetworks).",
        "connection",
    )


class CheckedResolver(AbstractResolver):
    """Gives only those of a name's addresses that may be connected to.

    Raises `Refused` where there are none, and OSError where the name cannot be resolved.
    """

    def __init__(self, upstream: AbstractResolver, allowed: Networks) -> None:
        self._upstream = upstream
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._upstream.resolve(host, port, family)
        if not found:
            raise OSError(f"{host} has no address")
        admitted = [one for one in found if may_connect(one["host"], self._allowed)]
        if not admitted:
            raise address_refused(host)
        return admitted

    async def close(self) -> None:
        await self._upstream.close()


def checked_sockets(allowed: Networks) -> SocketFactoryType:
    """Makes the sockets of aiohttp's connector; raises `Refused` for an address that may not be connected to."""

    def make(address_info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = address_info
        host: Any = address[0]
        if not may_connect(host, allowed):
            raise address_refused(host)
        return socket.socket(family, kind, protocol)

    return make
