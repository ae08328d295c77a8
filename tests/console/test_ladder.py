import pytest

from tongshi.console.ladder import LANES, indent, lanes_of, rungs_of, tone_of
from tongshi.sip.trace import Record, Way, ladder

REGISTER = (
    b"REGISTER sip:34020000002000000001@3402000000 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:34020000001320000001@3402000000>;tag=1\r\n"
    b"To: <sip:34020000001320000001@3402000000>\r\n"
    b"Call-ID: a\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
)
ANSWER = REGISTER.replace(
    b"REGISTER sip:34020000002000000001@3402000000 SIP/2.0", b"SIP/2.0 401 Unauthorized"
)


def record(at: float, way: Way, data: bytes, peer: str = "192.0.2.20:5060") -> Record:
    return Record(at, way, "udp", peer, data)


def test_requests_answers_and_repetitions() -> None:
    shown = ladder(
        [
            record(1.0, Way.IN, REGISTER),
            record(1.5, Way.IN, REGISTER),
            record(1.6, Way.OUT, ANSWER),
        ]
    )
    first, again, answer = rungs_of(shown)
    assert (first.left, first.right, first.rightward, first.span) == (1, 2, False, 2)
    assert (first.tone, first.about, first.row.again) == ("", "", 0)
    assert again.row.again == 1
    assert (answer.rightward, answer.tone, answer.about) == (True, "bad", "REGISTER")
    lanes = lanes_of(shown)
    assert [lane.platform for lane in lanes] == [True, False]
    assert (lanes[1].name, lanes[1].place) == ("34020000001320000001", "192.0.2.20:5060")


def test_more_actors_than_lanes_share_the_last() -> None:
    peers = [f"192.0.2.{number}:5060" for number in range(1, 10)]
    shown = ladder([record(1.0, Way.IN, REGISTER, peer) for peer in peers])
    lanes = lanes_of(shown)
    assert len(lanes) == LANES
    assert lanes[-1].others == 5
    assert [rung.right for rung in rungs_of(shown)] == [2, 3, 4, 5, 6, 6, 6, 6, 6]


@pytest.mark.parametrize(
    ("label", "tone"),
    [("INVITE", ""), ("100 Trying", "busy"), ("200 OK", "good"), ("302 Moved", "bad"), ("", "")],
)
def test_tones(label: str, tone: str) -> None:
    assert tone_of(label) == tone


def test_bodies_are_indented() -> None:
    lines = ["<?xml?>", "<Query>", "<SN>1</SN>", "<Empty/>", "<List>", "<Item>", "</Item>"]
    told = indent("\n".join([*lines, "</List>", "</Query>"])).splitlines()
    assert told[2:] == [
        "  <SN>1</SN>",
        "  <Empty/>",
        "  <List>",
        "    <Item>",
        "    </Item>",
        "  </List>",
        "</Query>",
    ]
    assert indent("</a>\nrest") == "</a>\nrest"
    assert indent("v=0\no=x") == "v=0\no=x"
