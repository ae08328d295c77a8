"""Offers and answers of a media session, and what both together mean.

Source: GB/T 28181-2022 9.2.3, annexes D and G.
"""

from dataclasses import dataclass
from ipaddress import ip_address

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.description import Description, Direction, Payload, Setup
from tongshi.gb28181.media_format import MediaFormat
from tongshi.gb28181.subject import Subject
from tongshi.sip.message import Request

_OPPOSITE = {
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.SENDRECV: Direction.SENDRECV,
}


class Offer(Description):
    """What the receiver of media asks for, in an INVITE."""

    __slots__ = ()

    def answer(
        self,
        *,
        owner: str,
        host: str,
        port: int,
        payloads: tuple[Payload, ...],
        ssrc: str = "",
        format: MediaFormat | None = None,
        file_size: int | None = None,
    ) -> "Answer":
        """Return an answer that takes the offer as it is.

        ssrc: ours where the offer has none, or where our domain chooses (annex G, note 16).
        An offer over TCP that does not say who connects comes from one that listens (annex D).
        """
        setup = (self.setup or Setup.PASSIVE).other if self.tcp else None
        return Answer(
            owner=owner,
            host=host,
            port=port,
            purpose=self.purpose,
            kind=self.kind,
            tcp=self.tcp,
            setup=setup,
            direction=_OPPOSITE[self.direction],
            payloads=payloads,
            ssrc=ssrc or self.ssrc,
            format=format,
            start=self.start,
            end=self.end,
            resource=self.resource,
            file_size=file_size,
        )


class Answer(Description):
    """What the sender of media says, in the 200 to an INVITE."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What offer and answer together mean for the receiver of media.

    connect: we open the TCP connection, to host and port; else the peer does, or it is UDP.
    host: where the peer says its media are; corrected where that cannot be.
    port: 0 when the peer did not say, which only matters when connect is set.
    ssrc: what RTP should carry; None when nobody said.  Devices send others: a hint, no filter.
    """

    tcp: bool
    connect: bool
    host: str
    port: int
    ssrc: int | None
    payloads: tuple[Payload, ...]


def agree(offer: Offer, answer: Answer, source_host: str) -> Agreement:
    """Return what to do after *answer*, which came from *source_host*.

    The answer decides where the two differ: transport, SSRC, payload types.  What it leaves out
    is as offered; a missing ``a=setup`` is the other half of ours.
    """
    setup = answer.setup or (offer.setup or Setup.PASSIVE).other
    named = {payload.number: payload for payload in offer.payloads}
    payloads = tuple(
        payload if payload.name else named.get(payload.number, payload)
        for payload in answer.payloads
    )
    number = answer.ssrc_number
    return Agreement(
        tcp=answer.tcp,
        connect=answer.tcp and setup is Setup.PASSIVE,
        host=reachable(answer.host, source_host),
        port=answer.port,
        ssrc=offer.ssrc_number if number is None else number,
        payloads=payloads or offer.payloads,
    )


def channels_of(invite: Request, offer: Offer | None) -> tuple[str, ...]:
    """Return the ids that may be the channel an INVITE asks for, the likeliest first.

    Request-URI, To, Subject, ``u=``, ``o=``: platforms put a device's id, or their own, in some of
    them.  The caller takes the first that it knows.
    """
    subject = Subject.parse(invite.headers.get("Subject"))
    told = [
        invite.uri_user,
        _to_user(invite),
        subject.sender if subject else "",
        offer.resource.partition(":")[0] if offer else "",
        offer.owner if offer else "",
    ]
    return tuple(dict.fromkeys(device_id for device_id in told if device_id))


def _to_user(invite: Request) -> str:
    try:
        return invite.to_user
    except RemoteProtocolError:
        return ""


def reachable(host: str, source_host: str) -> str:
    """Return *host*, or *source_host* where the first cannot be it.

    That is no address, or none of one host, or private behind a public one.  Names are not looked
    up, and we connect to nothing of our own machine or link, because a stranger says so.
    """
    try:
        told, seen = ip_address(host), ip_address(source_host)
    except ValueError:
        return source_host
    if told.is_unspecified or told.is_multicast:
        return source_host
    if (told.is_loopback and not seen.is_loopback) or (
        told.is_link_local and not seen.is_link_local
    ):
        return source_host
    return source_host if told.is_private and seen.is_global else host
