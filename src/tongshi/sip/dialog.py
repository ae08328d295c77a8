"""Dialogs: what two user agents remember of each other between INVITE and BYE.

Theory of operation.  Devices leave out what RFC 3261 demands: a To tag in the 200, a Contact.  A
missing Contact leaves the Request-URI or From as the target; a tag that one side never gave
matches any.  Where requests go on the wire is the caller's decision: in GB/T 28181 that is the
address of the registration, not the Contact.

Source: RFC 3261 12.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError
from tongshi.sip.message import Message, Request, Response
from tongshi.sip.uri import NameAddr


@dataclass(slots=True)
class Dialog:
    """One side of a dialog.

    local, remote: From and To as a request of ours writes them, with tags; the remote tag may be
    "" where a device sent none.
    target: URI that requests go to.  routes: Route values.
    local_seq: CSeq of our last request.  remote_seq: of the peer's, None before the first.
    invite_seq: CSeq of our last INVITE, which its ACK repeats.
    contact: our Contact value, "" for none.
    """

    call_id: str
    local: NameAddr
    remote: NameAddr
    target: str
    routes: tuple[str, ...]
    local_seq: int
    remote_seq: int | None
    contact: str = ""
    invite_seq: int = 0

    @classmethod
    def from_uac(cls, request: Request, response: Response) -> "Dialog":
        """Return the dialog that *response* (101..299) to our *request* makes.

        Raises RemoteProtocolError when From, To, or Call-ID cannot be read.
        """
        number = request.cseq[0]
        return cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            target=_target(response) or request.uri,
            routes=tuple(reversed(response.headers.all("Record-Route"))),
            local_seq=number,
            remote_seq=None,
            contact=request.headers.get("Contact") or "",
            invite_seq=number,
        )

    @classmethod
    def from_uas(cls, request: Request, response: Response) -> "Dialog":
        """Return the dialog that our *response* to the peer's *request* makes."""
        return cls(
            call_id=request.call_id,
            local=response.to,
            remote=request.from_,
            target=_target(request) or str(request.from_.uri),
            routes=tuple(request.headers.all("Record-Route")),
            # RFC 3261 12.1.1 leaves it empty; 8.1.1.5 lets the first number be any.
            local_seq=0,
            remote_seq=request.cseq[0],
            contact=response.headers.get("Contact") or "",
        )

    def request(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> Request:
        """Return the next request within the dialog, without a Via; CSeq goes up."""
        self.local_seq += 1
        if method == "INVITE":
            self.invite_seq = self.local_seq
        return self._make(method, self.local_seq, headers, body)

    def acknowledge(self, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        """Return the ACK for a 2xx to our last INVITE."""
        return self._make("ACK", self.invite_seq, headers, body)

    def accepts(self, request: Request) -> bool:
        """Whether *request* belongs to this dialog and is new; takes over its CSeq then.

        An ACK bears the number of its INVITE and is never too old.  Call-ID and both tags must
        agree; a tag that is missing on either side agrees with any.
        """
        if not self.matches(request):
            return False
        number, method = request.cseq
        if method in ("ACK", "CANCEL"):
            return True
        if self.remote_seq is not None and number <= self.remote_seq:
            return False
        self.remote_seq = number
        if method in ("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY"):
            self.target = _target(request) or self.target
        return True

    def matches(self, request: Request) -> bool:
        """Whether *request* bears this dialog's identifiers."""
        return (
            request.call_id == self.call_id
            and _agree(request.from_tag, self.remote.tag)
            and _agree(request.to_tag, self.local.tag)
        )

    def _make(
        self, method: str, number: int, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Request:
        fields = [
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            *[("Route", route) for route in self.routes],
            ("Max-Forwards", "70"),
        ]
        if self.contact and method not in ("ACK", "BYE"):
            fields.append(("Contact", self.contact))
        return Request(method, self.target, [*fields, *headers], body)


def _agree(one: str, other: str) -> bool:
    return one == other or not one or not other


def _target(message: Message) -> str:
    """Return the URI in Contact, "" when there is none that can be used."""
    try:
        contact = message.contact
    except RemoteProtocolError:
        return ""
    return "" if contact is None or contact.uri.opaque else str(contact.uri)
