"""To whom an address of a stream or a file is bound: the sign-in, and the network address."""

from collections.abc import Callable
from ipaddress import ip_address

from tongshi.access.identity import Session
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.settings import AccessSettings

Binding = Callable[[Session, str], Bond]
"""Returns to whom what a sign-in asks for from a network address is bound."""


def bind_nobody(sign_in: Session, address: str) -> Bond:
    """Return a bond that anybody keeps: for tests of what comes after."""
    del sign_in, address
    return ANYBODY


def binding(settings: AccessSettings) -> Binding:
    """Return what binds by *settings*.

    A token of a program is no cookie: what it asks for is bound to its network address alone.  A
    proxy on this machine hides addresses: what comes from here is bound to the sign-in alone.
    """

    def bind(sign_in: Session, address: str) -> Bond:
        return Bond(
            sign_in.digest if settings.bind_session and _is_cookie(sign_in.digest) else "",
            address if settings.bind_address and not is_here(address) else "",
        )

    return bind


def is_here(address: str) -> bool:
    """Say whether *address* is this machine's own, or none: then it tells nothing."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return True


def _is_cookie(digest: str) -> bool:
    return len(digest) == 64 and not set(digest) - set("0123456789abcdef")
