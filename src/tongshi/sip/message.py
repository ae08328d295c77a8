"""Requests and responses: parse, build, encode.

Theory of operation.  Parsing takes the start line and the fields apart and no more.  Via, From,
To, CSeq are parsed when first asked for, kept, and parsed again only if the field was changed;
asking raises RemoteProtocolError if they are broken.  :func:`tongshi.sip.validation.check` asks
for all that a message must have.

Text is UTF-8; bytes that are none survive as surrogates and are written as they came.

Source: RFC 3261 7, 8.2.6, 20.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from zlib import crc32

from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.sip.grammar import TOKEN, is_token, read_number, refuse, split
from tongshi.sip.head import divide
from tongshi.sip.headers import Headers
from tongshi.sip.status import REASONS
from tongshi.sip.uri import NameAddr
from tongshi.sip.via import Via

# What nearly every From and To of a camera looks like; the rest goes through NameAddr.
_PLAIN = re.compile(
    r'(?:"[^"\\<>]*" ?)?<sips?:([A-Za-z0-9_.\-]+)@[A-Za-z0-9_.\-]+(?::[0-9]{1,4})?>'
    r"(?:;tag=([A-Za-z0-9_.\-]+))?"
)
_COPIED = frozenset(("Via", "From", "Call-ID", "CSeq"))
_DIALOG_FORMING = ("INVITE", "SUBSCRIBE", "REFER")


class Message(ABC):
    """What requests and responses share.

    headers: change them freely; the properties below follow.
    """

    __slots__ = ("_cseq", "_from", "_to", "_via", "body", "headers")

    def __init__(
        self, headers: Headers | Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.body = body
        self._via: tuple[str, Via] | None = None
        self._cseq: tuple[str, int, str] | None = None
        self._from: tuple[str, str, str] | None = None
        self._to: tuple[str, str, str] | None = None

    def _need(self, name: str) -> str:
        value = self.headers.get(name)
        if not value:
            raise RemoteProtocolError(f"{name} is missing", clause="RFC 3261 8.1.1")
        return value

    @property
    def call_id(self) -> str:
        """Call-ID; raises RemoteProtocolError when absent, as all below do unless they say so."""
        return self._need("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """CSeq: number, 0..2**32 - 1, and method."""
        text = self._need("CSeq")
        kept = self._cseq
        if kept is None or kept[0] is not text:
            parts = text.split()
            if len(parts) != 2 or not is_token(parts[1]):
                raise refuse("CSeq is not number and method", text, clause="RFC 3261 20.16")
            kept = self._cseq = (text, read_number(parts[0], "CSeq"), parts[1])
        return kept[1], kept[2]

    @property
    def from_(self) -> NameAddr:
        """From."""
        return NameAddr.parse(self._need("From"))

    @property
    def to(self) -> NameAddr:
        """To."""
        return NameAddr.parse(self._need("To"))

    def _from_parts(self) -> tuple[str, str, str]:
        text = self._need("From")
        kept = self._from
        if kept is None or kept[0] is not text:
            kept = self._from = _user_and_tag(text)
        return kept

    def _to_parts(self) -> tuple[str, str, str]:
        text = self._need("To")
        kept = self._to
        if kept is None or kept[0] is not text:
            kept = self._to = _user_and_tag(text)
        return kept

    @property
    def from_user(self) -> str:
        """User part of From: in GB/T 28181 the code of the source."""
        return self._from_parts()[1]

    @property
    def from_tag(self) -> str:
        """Tag of From, "" when absent."""
        return self._from_parts()[2]

    @property
    def to_user(self) -> str:
        """User part of To: in GB/T 28181 the code of the destination."""
        return self._to_parts()[1]

    @property
    def to_tag(self) -> str:
        """Tag of To, "" when absent."""
        return self._to_parts()[2]

    @property
    def via(self) -> Via:
        """The topmost Via."""
        text = self._need("Via")
        kept = self._via
        if kept is None or kept[0] is not text:
            top = text if "," not in text else split(text, ",")[0].rstrip()
            kept = self._via = (text, Via.parse(top))
        return kept[1]

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact; None when absent or ``*``."""
        text = self.headers.get("Contact")
        if not text or text == "*":
            return None
        return NameAddr.parse(split(text, ",")[0])

    @property
    def expires(self) -> int | None:
        """Seconds: of ``Contact;expires=`` first, then of Expires; None when neither is there.

        What is no number up to 2**32 - 1 counts as 3600 (RFC 3261 10.2.1.1).
        """
        text = self.headers.get("Contact")
        value: str | None = None
        if text and "expires" in text.lower():
            contact = self.contact
            value = contact.param("expires") if contact is not None else None
        if value is None:
            value = self.headers.get("Expires")
        if value is None:
            return None
        try:
            return read_number(value, "Expires")
        except RemoteProtocolError:
            return 3600

    @property
    def content_type(self) -> str:
        """Content-Type in lower case without parameters, "" when absent."""
        return (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    @abstractmethod
    def start_line(self) -> str:
        """The first line, without its end."""

    def encode(self) -> bytes:
        """Return the message as bytes; Content-Length is always that of the body.

        Raises LocalProtocolError when a field holds a line end, which would smuggle in another.
        """
        lines = [self.start_line]
        lines += [f"{name}: {value}" for name, value in self.headers if name != "Content-Length"]
        head = "\r\n".join([*lines, f"Content-Length: {len(self.body)}\r\n\r\n"])
        ends = len(lines) + 2
        if head.count("\n") != ends or head.count("\r") != ends:
            raise LocalProtocolError(f"line end inside a field of {self.start_line!r}")
        return head.encode("utf-8", "surrogateescape") + self.body

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Message)
            and self.start_line == other.start_line
            and self.headers == other.headers
            and self.body == other.body
        )


class Request(Message):
    """A request.  uri: the Request-URI as text."""

    __slots__ = ("method", "uri")

    def __init__(
        self,
        method: str,
        uri: str,
        headers: Headers | Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri = uri

    @property
    def start_line(self) -> str:
        """The Request-Line."""
        return f"{self.method} {self.uri} SIP/2.0"

    @property
    def uri_user(self) -> str:
        """User part of the Request-URI."""
        return _user_and_tag(f"<{self.uri}>")[1]

    def response(
        self,
        status: int,
        reason: str | None = None,
        *,
        to_tag: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> "Response":
        """Return an answer: Via, From, To, Call-ID and CSeq are copied, *headers* follow.

        reason: the usual phrase when None.
        to_tag: when None and To has none, one is derived from the request, the same at each call
        (RFC 3261 8.2.7); 100 gets none.  A tag that To has already stays.
        """
        copied: list[tuple[str, str]] = []
        for name, value in self.headers:
            if name in _COPIED:
                copied.append((name, value))
            elif name == "To":
                copied.append((name, self._tagged(value, status, to_tag)))
            elif name == "Record-Route":
                # RFC 3261 12.1.1: the route set has to reach the caller.
                if 100 < status < 300 and self.method in _DIALOG_FORMING:
                    copied.append((name, value))
            elif name == "Timestamp" and status == 100:
                copied.append((name, value))
        copied += headers
        return Response(status, REASONS.get(status, "") if reason is None else reason, copied, body)

    def _tagged(self, to: str, status: int, tag: str | None) -> str:
        if status == 100 and tag is None:
            return to
        try:
            if self.to_tag:
                return to
        except RemoteProtocolError:
            return to
        if tag is None:
            seed = f"{self.headers.get('Call-ID')} {self.headers.get('From')}"
            tag = f"{crc32(seed.encode('utf-8', 'surrogateescape')):08x}"
        # A bare address takes what follows a semicolon for parameters of the header as well.
        return f"{to};tag={tag}"


class Response(Message):
    """A response.  status: 100..699."""

    __slots__ = ("reason", "status")

    def __init__(
        self,
        status: int,
        reason: str = "",
        headers: Headers | Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        super().__init__(headers, body)
        self.status = status
        self.reason = reason

    @property
    def start_line(self) -> str:
        """The Status-Line."""
        return f"SIP/2.0 {self.status} {self.reason}"


def _user_and_tag(text: str) -> tuple[str, str, str]:
    """Return *text* itself, user and tag of the address that it is."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return text, plain[1], plain[2] or ""
    address = NameAddr.parse(text)
    return text, address.uri.user, address.tag


def parse(data: bytes) -> Request | Response:
    """Return the message that a datagram, or one message from a TCP framer, holds.

    Bytes beyond Content-Length are discarded; without Content-Length the body reaches to the end
    (RFC 3261 18.3).  Raises RemoteProtocolError with the status to answer.
    """
    start, lines, rest = divide(data)
    first, space, tail = start.partition(" ")
    if first in ("SIP/2.0", "sip/2.0"):
        status, _, reason = tail.partition(" ")
        if (
            len(status) != 3
            or not (status.isascii() and status.isdigit())
            or not 100 <= int(status) < 700
        ):
            raise refuse("status is not 100..699", start, clause="RFC 3261 7.2")
        headers, body = _fields(lines, rest)
        return Response(int(status), reason, headers, body)
    uri = _read_request_line(start, first, tail) if space else ""
    if not uri:
        raise refuse("not a start line", start, clause="RFC 3261 7.1")
    headers, body = _fields(lines, rest)
    return Request(first, uri, headers, body)


def salvage(data: bytes) -> Request | None:
    """Return as much of a broken request as an answer needs; None when there is too little.

    What it holds has not been checked and may raise when asked for.
    """
    try:
        start, lines, _ = divide(data)
    except RemoteProtocolError:
        return None
    method, _, tail = start.strip().partition(" ")
    if TOKEN.fullmatch(method) is None or " SIP/" not in f" {tail}".upper():
        return None
    headers, _ = Headers.parse(lines)
    if method == "ACK" or any(headers.get(name) is None for name in ("Via", "CSeq")):
        return None
    return Request(method, tail.rpartition(" ")[0], headers)


def _read_request_line(start: str, method: str, tail: str) -> str:
    """Return the Request-URI; spaces too many between the three parts are let pass."""
    uri, _, version = tail.partition(" ")
    if version != "SIP/2.0":
        parts = [part for part in tail.split(" ") if part]
        if len(parts) != 2 or parts[1][:4].upper() != "SIP/":
            return ""
        uri, version = parts
        if version.upper() != "SIP/2.0":
            raise refuse("SIP version is not 2.0", start, clause="RFC 3261 21.5.6", status=505)
    return uri if TOKEN.fullmatch(method) is not None else ""


def _fields(lines: list[str], rest: bytes) -> tuple[Headers, bytes]:
    headers, broken = Headers.parse(lines)
    if broken:
        raise refuse("not a header field", broken, clause="RFC 3261 7.3.1")
    length = headers.get("Content-Length")
    if length is None:
        return headers, rest
    size = read_number(length, "Content-Length")
    if "Content-Length" in headers.repeated:
        values = headers.all("Content-Length")
        if len({read_number(value, "Content-Length") for value in values}) > 1:
            raise refuse("Content-Length is given twice", length, clause="RFC 3261 20.14")
    if size > len(rest):
        raise refuse("body is shorter than Content-Length", length, clause="RFC 3261 18.3")
    return headers, rest if size == len(rest) else rest[:size]
