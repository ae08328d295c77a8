"""Requests and responses: parse, build, encode.

Theory of operation.  Parsing takes the start line and the fields apart and no more; Via, From, To,
CSeq are parsed when first asked for, and then raise RemoteProtocolError if they are broken.
:func:`tongshi.sip.validation.check` asks for all of them at once.

Source: RFC 3261 7, 8.2.6.
"""

from collections.abc import Iterable

from tongshi.sip.headers import Headers, Via
from tongshi.sip.uri import NameAddr


class Message:
    """What requests and responses share."""

    __slots__ = ("body", "headers")

    def __init__(
        self, headers: Headers | Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.body = body

    @property
    def call_id(self) -> str:
        """Call-ID; raises RemoteProtocolError when absent, as those below do."""
        raise NotImplementedError

    @property
    def cseq(self) -> tuple[int, str]:
        """CSeq: number and method."""
        raise NotImplementedError

    @property
    def from_(self) -> NameAddr:
        """From."""
        raise NotImplementedError

    @property
    def to(self) -> NameAddr:
        """To."""
        raise NotImplementedError

    @property
    def via(self) -> Via:
        """The topmost Via."""
        raise NotImplementedError

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact; None when absent or ``*``."""
        raise NotImplementedError

    @property
    def expires(self) -> int | None:
        """Seconds: of ``Contact;expires=`` first, then of Expires; None when neither is there."""
        raise NotImplementedError

    @property
    def from_user(self) -> str:
        """User part of From: in GB/T 28181 the code of the source."""
        raise NotImplementedError

    @property
    def to_user(self) -> str:
        """User part of To: in GB/T 28181 the code of the destination."""
        raise NotImplementedError

    @property
    def content_type(self) -> str:
        """Content-Type in lower case without parameters, "" when absent."""
        raise NotImplementedError

    def encode(self) -> bytes:
        """Return the message as bytes; Content-Length is always that of the body."""
        raise NotImplementedError


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
    def uri_user(self) -> str:
        """User part of the Request-URI."""
        raise NotImplementedError

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
        (RFC 3261 8.2.7); 100 gets none.
        """
        raise NotImplementedError


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


def parse(data: bytes) -> Request | Response:
    """Return the message that a datagram, or one message from a TCP framer, holds.

    Raises RemoteProtocolError with the status to answer.
    """
    raise NotImplementedError
