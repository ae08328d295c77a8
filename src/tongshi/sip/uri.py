"""SIP addresses: URIs, and the name-addr form that From, To, Contact and Route carry.

Source: RFC 3261 19.1 and 25.1.
"""

import re
from dataclasses import dataclass, replace

from tongshi.sip.grammar import (
    LWS,
    Params,
    close_quote,
    find_param,
    is_token,
    quote,
    read_hostport,
    read_params,
    refuse,
    unquote,
    write_hostport,
    write_params,
)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
# Printable ASCII but space, quote and angle brackets; narrower classes would only cost time.
_CHARS = re.compile(r"[!#-;=?-~]+")
_CLAUSE = "RFC 3261 19.1.1"


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI.  What is escaped stays escaped, so that writing gives what was read.

    host: without the brackets of IPv6.
    headers: what follows the question mark, as sent.
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
        scheme, colon, rest = text.partition(":")
        if not colon or _SCHEME.fullmatch(scheme) is None or _CHARS.fullmatch(rest) is None:
            raise refuse("not a URI", text, clause=_CLAUSE)
        if scheme.lower() not in ("sip", "sips"):
            return cls(scheme, opaque=rest)
        userinfo, at, hostpart = rest.rpartition("@")
        if at and (not userinfo or "@" in userinfo):
            raise refuse("URI has no user before @, or two", text, clause=_CLAUSE)
        user, secret, password = userinfo.partition(":")
        hostpart, _, headers = hostpart.partition("?")
        hostport, semicolon, tail = hostpart.partition(";")
        host, port = read_hostport(hostport)
        return cls(
            scheme.lower(),
            user,
            host,
            port,
            read_params(tail) if semicolon else (),
            headers,
            password if secret else None,
        )

    def __str__(self) -> str:
        if self.opaque:
            return f"{self.scheme}:{self.opaque}"
        user = self.user if self.password is None else f"{self.user}:{self.password}"
        return "".join(
            (
                f"{self.scheme}:",
                f"{user}@" if user else "",
                write_hostport(self.host, self.port),
                write_params(self.params),
                f"?{self.headers}" if self.headers else "",
            )
        )

    def param(self, name: str) -> str | None:
        """Return the value of a parameter, "" when it has none, None when it is absent."""
        return find_param(self.params, name)


@dataclass(frozen=True, slots=True)
class NameAddr:
    """An address with display name and header parameters.  display: without quotes."""

    display: str
    uri: Uri
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """Return the address that *text* is, in brackets or bare; raises RemoteProtocolError.

        Quotes missing around a display name are inferred and spaces inside the brackets ignored
        (RFC 4475 3.1.2.14 and 15 allow both): devices write Chinese names bare.
        """
        text = text.strip(LWS)
        display, opening, rest = _split_display(text)
        if not opening:
            return cls._parse_bare(text)
        inner, closing, tail = rest.partition(">")
        if not closing:
            raise refuse("bracket is not closed", text, clause="RFC 3261 20.10")
        tail = tail.strip(LWS)
        if tail and tail[0] != ";":
            raise refuse("something else than parameters follows >", text, clause="RFC 3261 20.10")
        params = read_params(tail[1:]) if tail else ()
        return cls(display, Uri.parse(inner.strip(LWS)), params)

    @classmethod
    def _parse_bare(cls, text: str) -> "NameAddr":
        """Take what follows a semicolon as the header's, not the URI's (RFC 3261 20.10)."""
        address, semicolon, tail = text.partition(";")
        if "?" in address:
            raise refuse("URI with headers needs brackets", text, clause="RFC 3261 20.10")
        params = read_params(tail) if semicolon else ()
        return cls("", Uri.parse(address.strip(LWS)), params)

    def __str__(self) -> str:
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{write_params(self.params)}"

    @property
    def tag(self) -> str:
        """The tag parameter, "" when absent."""
        return find_param(self.params, "tag") or ""

    def param(self, name: str) -> str | None:
        """Return the value of a header parameter, "" when it has none, None when absent."""
        return find_param(self.params, name)

    def with_tag(self, tag: str) -> "NameAddr":
        """Return the same address with *tag* as its only tag; "" takes the tag away."""
        kept = tuple(item for item in self.params if item[0].lower() != "tag")
        if tag and not is_token(tag):
            raise ValueError(f"tag is not a token: {tag!r}")
        return replace(self, params=(*kept, ("tag", tag)) if tag else kept)


def _split_display(text: str) -> tuple[str, str, str]:
    """Return display name, ``<`` or "", and what follows it."""
    if text[:1] != '"':
        display, opening, rest = text.partition("<")
        return " ".join(display.split()), opening, rest
    end = close_quote(text, 0)
    rest = text[end + 1 :].lstrip(LWS)
    if end < 0 or rest[:1] != "<":
        raise refuse("display name is not closed", text, clause="RFC 3261 20.10")
    return unquote(text[: end + 1]), "<", rest[1:]
