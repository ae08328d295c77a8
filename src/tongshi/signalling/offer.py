"""What we offer a device for one stream of a channel.

Sources: GB/T 28181-2022 annexes D, G, L.
"""

from tongshi.gateway.engine import PayloadTypes, Transport
from tongshi.gb28181.description import H264, H265, PS, Payload, Setup, StreamStyle
from tongshi.gb28181.invite import Offer
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
_STYLES = (
    ("dahua", StreamStyle.STREAMPROFILE),
    ("hikvision", StreamStyle.STREAM),
    ("tp-link", StreamStyle.STREAMMODE),
    ("mercury", StreamStyle.STREAMMODE),
)


def make_offer(
    neighbour: Neighbour,
    *,
    owner: str,
    host: str,
    port: int,
    kind: Kind,
    transport: Transport,
    ssrc: str,
    payloads: tuple[Payload, ...],
) -> Offer:
    """Return an offer to receive a live stream at *host* and *port*."""
    return Offer(
        owner=owner,
        host=host,
        port=port,
        tcp=transport is not Transport.UDP,
        setup=_SETUPS[transport],
        payloads=payloads,
        ssrc=ssrc,
        stream=0 if kind is Kind.MAIN else 1,
        stream_style=_style(neighbour, kind),
    )


def payload_types(payloads: tuple[Payload, ...]) -> PayloadTypes:
    """Return *payloads* as an engine takes them."""
    return tuple((payload.number, payload.name) for payload in payloads if payload.name)


def _style(neighbour: Neighbour, kind: Kind) -> StreamStyle:
    """Return how to ask this device for a stream.

    The main stream is what every device sends when nothing is said, so nothing is said to those
    before 2022: some refuse lines they do not know.
    """
    if neighbour.version is Version.V2022:
        return StreamStyle.STREAMNUMBER
    if kind is Kind.MAIN:
        return StreamStyle.NONE
    maker = neighbour.user_agent.lower()
    return next((style for word, style in _STYLES if word in maker), StreamStyle.STREAMNUMBER)
