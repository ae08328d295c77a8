from dataclasses import replace
from pathlib import Path

import pytest

from tongshi.gb28181.description import H264, PS, Direction, Payload, Purpose, Setup
from tongshi.gb28181.invite import Agreement, Answer, Offer, agree, channels_of
from tongshi.gb28181.media_format import MediaFormat
from tongshi.sip.message import Request

SERVER = "34020000002000000001"
CAMERA = "34020000001310000001"

UDP = Offer(owner=SERVER, host="192.0.2.10", port=30000, payloads=(PS, H264), ssrc="0200000001")
TCP = replace(UDP, tcp=True, setup=Setup.PASSIVE)


def answer(offer: Offer, ssrc: str = "") -> Answer:
    return offer.answer(owner=CAMERA, host="192.0.2.20", port=15060, payloads=(PS,), ssrc=ssrc)


@pytest.mark.clause("G", "9.2.3")
def test_the_devices_answer_of_the_standard() -> None:
    body = (Path(__file__).parents[1] / "vectors/gb28181/live-answer.sdp").read_bytes()
    assert answer(TCP).build() == body
    assert Answer.parse(answer(TCP).build()) == answer(TCP)


def test_an_answer_takes_over_what_was_offered() -> None:
    offer = replace(UDP, purpose=Purpose.DOWNLOAD, start=1, end=2, resource=f"{CAMERA}:0")
    given = offer.answer(
        owner=CAMERA,
        host="192.0.2.20",
        port=15060,
        payloads=(PS,),
        format=MediaFormat(video=2),
        file_size=1024,
    )
    assert (given.purpose, given.start, given.end, given.resource) == (
        Purpose.DOWNLOAD,
        1,
        2,
        f"{CAMERA}:0",
    )
    assert (given.ssrc, given.file_size, given.format) == (UDP.ssrc, 1024, MediaFormat(video=2))
    assert given.setup is None
    assert given.direction is Direction.SENDONLY


@pytest.mark.clause("D")
@pytest.mark.parametrize(
    ("offered", "answered"),
    [(Setup.PASSIVE, Setup.ACTIVE), (Setup.ACTIVE, Setup.PASSIVE), (None, Setup.ACTIVE)],
)
def test_the_other_side_connects_or_listens(offered: Setup | None, answered: Setup) -> None:
    assert answer(replace(TCP, setup=offered)).setup is answered


def test_an_offer_without_ssrc_gets_ours() -> None:
    assert answer(replace(UDP, ssrc=""), ssrc="0200000009").ssrc == "0200000009"


def settle(offer: Offer, given: Answer, source: str = "192.0.2.20") -> Agreement:
    return agree(offer, given, source)


def test_an_answer_as_it_should_be() -> None:
    assert settle(UDP, answer(UDP)) == Agreement(
        tcp=False, connect=False, host="192.0.2.20", port=15060, ssrc=200_000_001, payloads=(PS,)
    )


@pytest.mark.clause("D")
@pytest.mark.parametrize(
    ("offered", "answered", "connect"),
    [
        (Setup.PASSIVE, Setup.ACTIVE, False),
        (Setup.PASSIVE, None, False),
        (Setup.ACTIVE, Setup.PASSIVE, True),
        (Setup.ACTIVE, None, True),
        (None, None, False),
    ],
)
def test_who_connects(offered: Setup | None, answered: Setup | None, connect: bool) -> None:
    offer = replace(TCP, setup=offered)
    agreement = settle(offer, replace(answer(offer), setup=answered))
    assert agreement.tcp
    assert agreement.connect is connect


def test_an_answer_over_udp_to_an_offer_over_tcp_is_followed() -> None:
    agreement = settle(TCP, replace(answer(TCP), tcp=False, setup=Setup.PASSIVE))
    assert not agreement.tcp
    assert not agreement.connect


@pytest.mark.parametrize(
    ("y", "ssrc"),
    [("0703000001", 703_000_001), ("", 200_000_001), ("9876543210", 200_000_001)],
)
def test_another_ssrc_is_adopted(y: str, ssrc: int) -> None:
    assert settle(UDP, replace(answer(UDP), ssrc=y)).ssrc == ssrc


def test_no_ssrc_at_all() -> None:
    offer = replace(UDP, ssrc="")
    assert settle(offer, answer(offer)).ssrc is None


@pytest.mark.parametrize(
    ("told", "source", "host"),
    [
        ("192.0.2.20", "198.51.100.7", "192.0.2.20"),
        ("0.0.0.0", "198.51.100.7", "198.51.100.7"),
        ("::", "198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.9", "8.8.8.8", "8.8.8.8"),
        ("10.0.0.9", "10.0.0.1", "10.0.0.9"),
        ("8.8.4.4", "8.8.8.8", "8.8.4.4"),
        ("camera.example", "8.8.8.8", "8.8.8.8"),
        ("10.0.0.9", "nonsense", "nonsense"),
        ("127.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("127.0.0.2", "127.0.0.1", "127.0.0.2"),
        ("169.254.169.254", "10.0.0.9", "10.0.0.9"),
        ("169.254.1.1", "169.254.1.2", "169.254.1.1"),
        ("239.1.1.1", "10.0.0.9", "10.0.0.9"),
    ],
)
def test_addresses_that_cannot_be_reached(told: str, source: str, host: str) -> None:
    assert settle(UDP, replace(answer(UDP), host=told), source).host == host


def test_port_0_is_told_as_it_is() -> None:
    assert settle(UDP, replace(answer(UDP), port=0)).port == 0


def test_payloads_that_the_answer_does_not_name() -> None:
    offer = replace(UDP, payloads=(Payload(105, "H264"),))
    named = replace(answer(offer), payloads=(Payload(105, ""), Payload(40, "")))
    assert settle(offer, named).payloads == (Payload(105, "H264"), Payload(40, ""))
    assert settle(offer, replace(answer(offer), payloads=())).payloads == offer.payloads


def invite(uri: str, to: str | None, subject: str | None) -> Request:
    headers = []
    if to is not None:
        headers.append(("To", to))
    if subject is not None:
        headers.append(("Subject", subject))
    return Request("INVITE", uri, headers)


@pytest.mark.parametrize(
    ("request_", "offer", "channels"),
    [
        (
            invite("sip:channel@x", "<sip:channel@x>", "channel:0,server:0"),
            replace(UDP, owner="channel"),
            ("channel",),
        ),
        (
            invite("sip:device@x", "<sip:channel@x>", "other:0,server:0"),
            replace(UDP, resource="third:0", owner="fourth"),
            ("device", "channel", "other", "third", "fourth"),
        ),
        (invite("sip:x", None, None), None, ()),
        (invite("sip:channel@x", "broken<", "broken"), None, ("channel",)),
    ],
)
def test_who_is_asked_for(
    request_: Request, offer: Offer | None, channels: tuple[str, ...]
) -> None:
    assert channels_of(request_, offer)[: len(channels)] == channels
