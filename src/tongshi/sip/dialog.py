"""Dialogs: what two user agents remember of each other between INVITE and BYE.

Source: RFC 3261 12.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tongshi.sip.message import Request, Response
from tongshi.sip.uri import NameAddr


@dataclass(slots=True)
class Dialog:
    """One side of a dialog.

    local, remote: From and To as a request of ours writes them, with tags; the remote tag may be
    "" where a device sent none.
    target: URI that requests go to.  routes: Route values.
    local_seq: CSeq of our last request.  remote_seq: of the peer's, None before the first.
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

    @classmethod
    def from_uac(cls, request: Request, response: Response) -> "Dialog":
        """Return the dialog that *response* (101..299) to our *request* makes."""
        raise NotImplementedError

    @classmethod
    def from_uas(cls, request: Request, response: Response) -> "Dialog":
        """Return the dialog that our *response* to the peer's *request* makes."""
        raise NotImplementedError

    def request(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> Request:
        """Return the next request within the dialog, without a Via; CSeq goes up."""
        raise NotImplementedError

    def acknowledge(self, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        """Return the ACK for a 2xx to our last INVITE."""
        raise NotImplementedError

    def accepts(self, request: Request) -> bool:
        """Whether *request* belongs to this dialog; takes over its CSeq when it does and is new."""
        raise NotImplementedError
