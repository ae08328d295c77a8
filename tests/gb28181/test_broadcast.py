from dataclasses import replace

import pytest

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.broadcast import KINDS, Expected, find, hearing_of
from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.listener import wish
from tongshi.sip.message import Request

PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
OUTPUT = "34020000001370000001"
OTHER = "34020000001320000009"
HOST = "192.0.2.20"
EXPECTED = Expected(DEVICE, OUTPUT, PLATFORM, HOST)
WISH = wish(owner=OUTPUT, host=HOST, port=15070, ssrc="0200000007")


def invite(
    body: bytes = b"", *, sender: str = OUTPUT, subject: str = "", contact: str = ""
) -> Request:
    headers = [
        ("Via", f"SIP/2.0/UDP {HOST}:5060;branch=z9hG4bK1"),
        ("From", f"<sip:{sender}@3402000000>;tag=d"),
        ("To", f"<sip:{PLATFORM}@3402000000>"),
        ("Call-ID", "c1"),
        ("CSeq", "1 INVITE"),
    ]
    if subject:
        headers.append(("Subject", subject))
    if contact:
        headers.append(("Contact", contact))
    return Request("INVITE", f"sip:{PLATFORM}@192.0.2.10:5060", headers, body)


def other(device_id: str) -> bool:
    return device_id == OTHER


@pytest.mark.parametrize(
    "request_",
    [
        invite(),
        invite(sender=DEVICE),
        invite(sender="anybody"),
        invite(sender="anybody", subject=f"{PLATFORM}:1,{OUTPUT}:2"),
        invite(sender="anybody", subject=f"{OUTPUT}:2,{PLATFORM}:1"),
        invite(sender="anybody", contact=f"<sip:{DEVICE}@{HOST}>"),
        invite(sender="anybody", contact="<junk>"),
        invite(WISH.build(), sender="anybody"),
        invite(b"junk", sender="anybody"),
    ],
)
def test_the_invite_finds_its_broadcast_however_it_names_it(request_: Request) -> None:
    assert find(request_, HOST, [EXPECTED], other) is EXPECTED


def test_an_invite_of_others_finds_none() -> None:
    assert find(invite(), "198.51.100.1", [EXPECTED], other) is None
    assert find(invite(), HOST, [], other) is None
    assert find(invite(sender=OTHER), HOST, [EXPECTED], other) is None


def test_of_several_behind_one_address_the_one_that_is_named_wins() -> None:
    second = Expected(OTHER, OTHER, PLATFORM, HOST)
    third = Expected(DEVICE, DEVICE, PLATFORM, HOST)
    waiting = [EXPECTED, second, third]
    assert find(invite(sender=OTHER), HOST, waiting, other) is second
    assert find(invite(sender=OUTPUT), HOST, waiting, other) is EXPECTED
    assert find(invite(sender=DEVICE), HOST, waiting, other) is third
    assert find(invite(sender="anybody"), HOST, waiting, other) is None
    assert find(invite(sender=DEVICE), HOST, [EXPECTED, EXPECTED], other) is EXPECTED


def test_an_offer_of_a_listener_behind_a_nat_is_met_where_it_came_from() -> None:
    offer = Offer.parse(replace(WISH, host="10.0.0.9").build(), KINDS)
    assert hearing_of(offer, "8.8.8.8").host == "8.8.8.8"


def test_only_sound_is_heard() -> None:
    offer = Offer(owner=OUTPUT, host=HOST, port=1, payloads=(PS,))
    with pytest.raises(RemoteProtocolError, match="no sound"):
        hearing_of(offer, HOST)
