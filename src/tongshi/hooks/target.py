"""The url that a webhook may call, and the addresses that it may connect to.

An administrator's webhook must not become a way into the node's own network: by default no inner
address is called, whatever name it has, however it is written, and whatever it is wrapped in.  In
a network without an outside the receivers are inner ones: then the operator lists their networks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from tongshi.errors import Denied, Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2000
_URL = re.compile(
    r"(https?)://(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::([0-9]{1,5}))?"
    r"(/[^?#]*)?(\?[^#]*)?(?:#.*)?",
    re.ASCII | re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_SITE = IPv6Network("fec0::/10")
_ISATAP = (0x00005EFE, 0x02005EFE)
_UNREACHED = IPv4Network("0.0.0.0/8")
_BROADCAST = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.  path: with its query.  host: as it stands in the url, in ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the ``Host`` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Return where *url* leads; raises Invalid for what is no plain http or https address."""
    if len(url) > LONGEST_URL:
        raise Invalid(f"a url has at most {LONGEST_URL} characters")
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' "<>\\^`{|}'):
        raise Invalid("a url is ASCII without spaces: write names in Punycode, the rest escaped")
    found = _URL.fullmatch(url)
    if found is None:
        raise Invalid("a url is http:// or https://, a host, perhaps a port, and a path; no name")
    scheme, six, name, digits, path, query = found.groups()
    scheme, host = scheme.lower(), (six or name).lower().rstrip(".")
    port = _PORTS[scheme] if digits is None else int(digits)
    if not host or not 0 < port < 65536 or (six is not None and not _is_address(six)):
        raise Invalid("a url names a host and a port")
    return Target(scheme, host, port, (path or "/") + (query or ""))


def _is_address(text: str) -> bool:
    try:
        return isinstance(ip_address(text), IPv6Address)
    except ValueError:
        return False


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of the setting ``hooks.networks``; raises Invalid."""
    try:
        return tuple(ip_network(word, strict=False) for word in text.split())
    except ValueError as error:
        raise Invalid(f"no network: {error}") from None


def pick(found: Iterable[str], allowed: tuple[Network, ...]) -> tuple[str, ...]:
    """Return the addresses that a name has, if each of them may be called.

    A name that has a forbidden address among others is refused as a whole: whoever answers for
    the name chooses which of them comes first.  Raises Denied.
    """
    texts = tuple(dict.fromkeys(found))
    if not texts:
        raise Denied("the name has no address")
    for text in texts:
        try:
            address: Address = ip_address(text)
        except ValueError:
            raise Denied("the name has an address that is none") from None
        reason = forbid(address, allowed)
        if reason:
            raise Denied(f"the address is {reason}", helps="hooks.networks")
    return texts


def forbid(address: Address, allowed: tuple[Network, ...]) -> str:
    """Return why *address* must not be called, in a word; ``""`` when it may.

    allowed: inner networks that the operator lists.  Nothing allows multicast, the unspecified
    address, and what is reserved: nobody answers there.
    """
    inner = unwrap(address)
    for each in dict.fromkeys((inner, address)):
        reason = _nowhere(each)
        if reason:
            return reason
    if any(inner in network for network in allowed):
        return ""
    return _inside(inner)


def unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for; itself when it stands for none.

    IPv4-mapped and -compatible, translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), 6to4,
    Teredo's client, ISATAP.
    """
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    number = int(address)
    carried = number & 0xFFFFFFFF
    wrapped = any(address in network for network in (*_NAT64, _TRANSLATED))
    compatible = address in _COMPATIBLE and carried > 1
    isatap = (number >> 32) & 0xFFFFFFFF in _ISATAP
    return IPv4Address(carried) if wrapped or compatible or isatap else address


def _nowhere(address: Address) -> str:
    if address.is_multicast:
        return "multicast"
    if address.is_unspecified or (isinstance(address, IPv4Address) and address in _UNREACHED):
        return "unspecified"
    if address == _BROADCAST:
        return "broadcast"
    return ""


def _inside(address: Address) -> str:
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if isinstance(address, IPv6Address) and address in _SITE:
        return "private"
    if address.is_private:
        return "private"
    if address.is_reserved or not address.is_global:
        return "reserved"
    return ""
