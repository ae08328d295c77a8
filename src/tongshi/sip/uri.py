"""SIP addresses: URIs, and the name-addr form that From, To, Contact and Route carry.

Source: RFC 3261 19.1 and 25.1.
"""

from dataclasses import dataclass

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order; names as sent, None for one without a value."""


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI.  What is escaped stays escaped, so that writing gives what was read.

    host: without the brackets of IPv6.
    opaque: what follows the scheme, when the scheme is not ``sip`` or ``sips``; host is "" then.
    """

    scheme: str = "sip"
    user: str = ""
    host: str = ""
    port: int | None = None
    params: Params = ()
    headers: str = ""
    password: str | None = None
    opaque: str = ""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Return the URI that *text* is; raises RemoteProtocolError."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError

    def param(self, name: str) -> str | None:
        """Return the value of a parameter, "" when it has none, None when it is absent."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address with display name and header parameters."""

    display: str
    uri: Uri
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """Return the address that *text* is, in brackets or bare; raises RemoteProtocolError."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError

    @property
    def tag(self) -> str:
        """The tag parameter, "" when absent."""
        raise NotImplementedError

    def param(self, name: str) -> str | None:
        """Return the value of a header parameter, "" when it has none, None when absent."""
        raise NotImplementedError

    def with_tag(self, tag: str) -> "NameAddr":
        """Return the same address with *tag* as its only tag."""
        raise NotImplementedError
