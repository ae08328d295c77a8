"""What a device is offered."""

import pytest

from tongshi.gateway.engine import Transport
from tongshi.gb28181.description import H264, MPEG4, PS, Payload, Setup, StreamStyle
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.preset import Evidence, choose
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.event import Kind, Presence, Why
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.offer import PLAIN, USUAL, make_offer, payload_types, payloads_of
from tongshi.sip.address import Address


def offer(
    kind: Kind = Kind.MAIN,
    transport: Transport = Transport.UDP,
    version: Version = Version.V2016,
    user_agent: str = "",
    profile: Profile | None = None,
) -> Offer:
    neighbour = Neighbour(
        "34020000001320000001", Address("192.0.2.20", 5060), 0.0, Presence.ONLINE, Why.REGISTERED
    )
    neighbour.version = version
    chosen = choose(Evidence(user_agent, version=version), {})
    return make_offer(
        neighbour,
        profile or chosen.profile,
        owner="34020000002000000001",
        channel="34020000001310000001",
        host="192.0.2.10",
        port=30000,
        kind=kind,
        transport=transport,
        ssrc="0200000001",
        payloads=USUAL,
    )


@pytest.mark.parametrize(
    ("transport", "tcp", "setup"),
    [
        (Transport.UDP, False, None),
        (Transport.TCP_PASSIVE, True, Setup.PASSIVE),
        (Transport.TCP_ACTIVE, True, Setup.ACTIVE),
    ],
)
def test_transports(transport: Transport, tcp: bool, setup: Setup | None) -> None:
    made = offer(transport=transport)
    assert (made.tcp, made.setup) == (tcp, setup)
    assert Offer.parse(made.build()).ssrc == "0200000001"


@pytest.mark.parametrize(
    ("kind", "version", "user_agent", "line"),
    [
        (Kind.MAIN, Version.V2016, "Hikvision", b""),
        (Kind.SUB, Version.V2016, "Embedded Net DVR Hikvision", b"a=stream:1"),
        (Kind.SUB, Version.V2016, "Dahua SIP UAS V1.0", b"a=streamprofile:1"),
        (Kind.SUB, Version.V2016, "TP-Link", b"a=streamMode:SUB"),
        (Kind.SUB, Version.V2016, "", b"a=streamnumber:1"),
        (Kind.MAIN, Version.V2022, "Hikvision", b"a=streamnumber:0"),
        (Kind.SUB, Version.V2022, "Hikvision", b"a=streamnumber:1"),
    ],
)
def test_streams_are_asked_for_as_the_maker_reads_it(
    kind: Kind, version: Version, user_agent: str, line: bytes
) -> None:
    body = offer(kind, version=version, user_agent=user_agent).build()
    found = [one for one in body.split(b"\r\n") if one.startswith(b"a=stream")]
    assert found == ([line] if line else [])


def test_a_profile_says_what_is_offered() -> None:
    made = offer(profile=Profile(owner_is_channel=True, offer_ssrc=False))
    assert made.owner == "34020000001310000001"
    assert made.ssrc == ""
    assert offer().owner == "34020000002000000001"
    none = offer(Kind.SUB, profile=Profile(stream_style=StreamStyle.NONE))
    assert b"a=stream" not in none.build()
    new = offer(Kind.SUB, version=Version.V2022, profile=Profile(stream_style=StreamStyle.STREAM))
    assert b"a=stream:1\r\n" in new.build()


def test_a_profile_says_which_formats_are_offered() -> None:
    assert payloads_of(Profile()) == USUAL
    assert payloads_of(Profile(payloads=("PS", "MPEG4"))) == (PS, MPEG4)


def test_payload_types_are_named_ones_only() -> None:
    assert payload_types((PS, H264, Payload(120, ""))) == ((96, "PS"), (98, "H264"))
    assert payload_types(PLAIN) == ((96, "PS"),)
