"""Addresses of the public internet only: others choose the URLs of push endpoints and webhooks, we call them (SSRF)."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from chalicelib.errors import ProviderRefusedError


def parse_endpoint(url: str) -> SplitResult:
    """The parts of an https URL without credentials or fragment, its host not a private or local IP address.

    Raises ValueError for any other. Needs no network, so it also checks a subscription on arrival.
    """
    parts = urlsplit(url)
    if not url.isascii() or any(character.isspace() for character in url):
        raise ValueError("an endpoint has no spaces or letters beyond ASCII")
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("an endpoint is an https URL")
    if parts.port not in (None, 443):
        raise ValueError("an endpoint is on port 443")
    address = _literal(parts.hostname)
    if address is not None and not is_public(address):
        raise ValueError("an endpoint is on the public internet")
    if address is None and "." not in parts.hostname.rstrip("."):
        raise ValueError("an endpoint has a full host name")
    return parts


def resolve(host: str, port: int) -> str:
    """An IP address of the host, to be connected to as it is: asking the name again could give another answer.

    Raises ProviderRefusedError: retryable when the name cannot be resolved, final when an address is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ProviderRefusedError("the endpoint's name cannot be resolved", retryable=True) from error
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise ProviderRefusedError("the endpoint is not on the public internet", retryable=False)
    return str(addresses[0])


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet, also when an IPv4 address hides in an IPv6 one."""
    if isinstance(address, IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if hidden is None and address in _NAT64:
            hidden = IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden is not None:
            return is_public(hidden)
    return address.is_global and not address.is_multicast


class _Nat64:
    """The well-known prefix of NAT64, 64:ff9b::/96 (RFC 6052, 2.1)."""

    def __contains__(self, address: IPv6Address) -> bool:
        return int(address) >> 32 == int(IPv6Address("64:ff9b::")) >> 32


_NAT64 = _Nat64()


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
