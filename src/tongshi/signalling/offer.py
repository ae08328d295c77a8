"""What we offer a device for one stream of a channel.

Sources: GB/T 28181-2022 annexes D, G, L; what differs by maker: ``gb28181.profile``.
"""

from tongshi.gateway.engine import PayloadTypes, Transport
from tongshi.gb28181.description import H264, H265, MPEG4, PS, Payload, Setup, StreamStyle
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.event import Kind
from tongshi.signalling.neighbours import Neighbour

USUAL = (PS, H264, H265)
"""Offered first."""
PLAIN = (PS,)
"""Offered to a device that refused the usual list: some take PS alone."""
_SETUPS = {
    Transport.UDP: None,
    Transport.TCP_PASSIVE: Setup.PASSIVE,
    Transport.TCP_ACTIVE: Setup.ACTIVE,
}
_PAYLOADS = {payload.name: payload for payload in (PS, H264, H265, MPEG4)}


def make_offer(
    neighbour: Neighbour,
    profile: Profile,
    *,
    owner: str,
    channel: str,
    host: str,
    port: int,
    kind: Kind,
    transport: Transport,
    ssrc: str,
    payloads: tuple[Payload, ...],
) -> Offer:
    """Return an offer to receive a live stream at *host* and *port*.

    owner: our id.  channel: the one that is asked for.
    """
    return Offer(
        owner=channel if profile.owner_is_channel else owner,
        host=host,
        port=port,
        tcp=transport is not Transport.UDP,
        setup=_SETUPS[transport],
        payloads=payloads,
        ssrc=ssrc if profile.offer_ssrc else "",
        stream=0 if kind is Kind.MAIN else 1,
        stream_style=_style(neighbour, profile, kind),
    )


def payloads_of(profile: Profile) -> tuple[Payload, ...]:
    """Return what a peer is offered first."""
    return tuple(_PAYLOADS[name] for name in profile.payloads)


def payload_types(payloads: tuple[Payload, ...]) -> PayloadTypes:
    """Return *payloads* as an engine takes them."""
    return tuple((payload.number, payload.name) for payload in payloads if payload.name)


def _style(neighbour: Neighbour, profile: Profile, kind: Kind) -> StreamStyle:
    """Return how to ask this device for a stream.

    The main stream is what every device sends when nothing is said, so nothing is said to those
    before 2022: some refuse lines they do not know.
    """
    if profile.stream_style is None and neighbour.version is Version.V2022:
        return StreamStyle.STREAMNUMBER
    if kind is Kind.MAIN:
        return StreamStyle.NONE
    return StreamStyle.STREAMNUMBER if profile.stream_style is None else profile.stream_style
