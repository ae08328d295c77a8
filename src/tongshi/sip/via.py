"""Via: one hop of a message's way, and how the answer finds back.

Source: RFC 3261 18.1.1, 18.2 and 20.42; RFC 3581.
"""

import re
from dataclasses import dataclass

from tongshi.sip.address import Address
from tongshi.sip.grammar import (
    LWS,
    Params,
    find_param,
    is_token,
    read_hostport,
    read_number,
    read_params,
    refuse,
    split,
    write_hostport,
    write_params,
)

_CLAUSE = "RFC 3261 20.42"
_PREFIX = "SIP/2.0/"
# What nearly every Via looks like; the rest is taken apart piece by piece.
_PLAIN = re.compile(
    r"SIP/2\.0/([A-Z]+) ([A-Za-z0-9_.\-]+)(?::([0-9]{1,4}))?"
    r"((?:;[A-Za-z]+(?:=[A-Za-z0-9_.\-]+)?)*)"
)


@dataclass(frozen=True, slots=True)
class Via:
    """One hop.  transport: as sent, upper case as a rule.  port: None where none is written."""

    transport: str
    host: str
    port: int | None = None
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Return the hop that *text*, one element of a Via field, is.

        Raises RemoteProtocolError.
        """
        plain = _PLAIN.fullmatch(text)
        if plain is not None:
            transport, host, digits, tail = plain.groups()
            params = tuple([_pair(part) for part in tail[1:].split(";")]) if tail else ()
            return cls(transport, host, int(digits) if digits else None, params)
        head, semicolon, tail = text.partition(";")
        if head.startswith(_PREFIX):
            transport, sent_by = _split_transport(head[8:])
        else:
            transport, sent_by = _split_protocol(head)
        sent_by = sent_by.strip(LWS)
        if " " in sent_by or "\t" in sent_by:
            sent_by = _join_port(sent_by)
        if not is_token(transport):
            raise refuse("Via has no transport", text, clause=_CLAUSE)
        host, port = read_hostport(sent_by)
        return cls(transport, host, port, read_params(tail) if semicolon else ())

    def __str__(self) -> str:
        sent_by = write_hostport(self.host, self.port)
        return f"{_PREFIX}{self.transport} {sent_by}{write_params(self.params)}"

    @property
    def branch(self) -> str:
        """The branch, "" when absent."""
        return find_param(self.params, "branch") or ""

    @property
    def received(self) -> str:
        """The address the message really came from, "" when absent."""
        return (find_param(self.params, "received") or "").strip("[]")

    @property
    def rport(self) -> int | None:
        """The port it came from, 0 when asked for only, None when absent or no port."""
        value = find_param(self.params, "rport")
        if not value:
            return None if value is None else 0
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else None

    def stamped(self, source: Address) -> "Via":
        """Return the hop with what its receiver adds.

        ``received`` where the host differs or rport is asked for, and then ``rport`` with the
        port (RFC 3581 4).  What the sender itself had put there does not count.
        """
        asked = any(name.lower() == "rport" for name, _ in self.params)
        if not asked and source.host == self.host:
            return self
        params: list[tuple[str, str | None]] = []
        for name, value in self.params:
            if name.lower() == "rport" and asked:
                params += ("rport", str(source.port)), ("received", source.host)
                asked = False
            elif name.lower() not in ("rport", "received"):
                params.append((name, value))
        if params.count(("received", source.host)) == 0:
            params.append(("received", source.host))
        return Via(self.transport, self.host, self.port, tuple(params))


def stamp(text: str, via: Via, source: Address) -> str:
    """Return the Via field *text*, whose first element is *via*, with that one stamped."""
    plain = ";rport;" in text and text.count("rport") == 1
    if plain and "received" not in text and "," not in text:
        return text.replace(";rport;", f";rport={source.port};received={source.host};", 1)
    return ",".join([str(via.stamped(source)), *split(text, ",")[1:]])


def answer_address(via: Via, source: Address) -> Address:
    """Return where the answer to a request from *source* goes.

    via: as sent.  A connection is answered on itself.  On UDP: with rport, to where the request
    came from (RFC 3581 4).  Without it, to the port in Via if the sender names the address that
    we see (RFC 3261 18.2.2); if not, a NAT stands between, which lets only the way back through.
    ``maddr`` is not followed: it would send our answers wherever a stranger likes.
    """
    if source.reliable or via.host != source.host:
        return source
    port = via.port or 5060
    if port == source.port or any(name.lower() == "rport" for name, _ in via.params):
        return source
    return source._replace(port=port)


def _pair(part: str) -> tuple[str, str | None]:
    name, equals, value = part.partition("=")
    return name, value if equals else None


def _split_protocol(head: str) -> tuple[str, str]:
    """Return transport and sent-by of ``SIP / 2.0 / UDP host``."""
    protocol, slash, rest = head.partition("/")
    version, second, rest = rest.partition("/")
    if (
        protocol.strip(LWS).upper() != "SIP"
        or version.strip(LWS) != "2.0"
        or not (slash and second)
    ):
        raise refuse("Via is not of SIP/2.0", head, clause=_CLAUSE)
    return _split_transport(rest)


def _split_transport(rest: str) -> tuple[str, str]:
    parts = rest.split(None, 1)
    return (parts[0], parts[1]) if len(parts) == 2 else ("", "")


def _join_port(sent_by: str) -> str:
    """Return ``host : port`` without the spaces; raises when other spaces are inside."""
    host, colon, port = sent_by.partition(":")
    host, port = host.strip(LWS), port.strip(LWS)
    if colon:
        read_number(port, "port", 65535)
    return f"{host}{colon}{port}"
