import itertools
from collections.abc import Iterable

import pytest

from tongshi.sip.address import Address
from tongshi.sip.desk import Desk, Limits
from tongshi.sip.dialog import Dialog
from tongshi.sip.event import (
    AckArrived,
    Cancelled,
    Dropped,
    Event,
    RequestArrived,
    Unacknowledged,
)
from tongshi.sip.message import Request, Response, parse
from tongshi.sip.server import Server

UDP = Address("198.51.100.7", 5060)
TCP = Address("198.51.100.7", 5060, "tcp", "c1")
BRANCH = "z9hG4bK1"


def request(
    method: str,
    *,
    branch: str = BRANCH,
    number: int = 20,
    call_id: str = "1",
    to_tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
) -> Request:
    return Request(
        method,
        "sip:p@3402000000",
        [
            ("Via", f"SIP/2.0/UDP 198.51.100.7:5060;rport;branch={branch}"),
            ("From", "<sip:c@3402000000>;tag=c"),
            ("To", f"<sip:p@3402000000>{f';tag={to_tag}' if to_tag else ''}"),
            ("Call-ID", call_id),
            ("CSeq", f"{number} {method}"),
            *headers,
        ],
    )


class Answerer:
    """A server with what it sent and told, taken out step by step."""

    def __init__(self, limits: Limits | None = None) -> None:
        tokens = itertools.count(1)
        self.desk = Desk(lambda: f"t{next(tokens)}", "192.0.2.10:5060", limits or Limits())
        self.server = Server(self.desk)

    def take(self, message: Request, now: float = 0.0, source: Address = UDP) -> None:
        again = parse(message.encode())
        assert isinstance(again, Request)
        self.server.receive(again, source, now)

    def arrived(self, message: Request, now: float = 0.0, source: Address = UDP) -> RequestArrived:
        self.take(message, now, source)
        (event,) = self.told()
        assert isinstance(event, RequestArrived)
        return event

    def sent(self) -> list[int]:
        return [response.status for response in self.responses()]

    def responses(self) -> list[Response]:
        out, self.desk.out = self.desk.out, []
        responses = [parse(data) for data, _ in out]
        assert all(isinstance(response, Response) for response in responses)
        return [response for response in responses if isinstance(response, Response)]

    def told(self) -> list[Event]:
        happened, self.desk.happened = self.desk.happened, []
        return happened

    def reply(self, event: RequestArrived, status: int, now: float = 0.0) -> bool:
        return self.server.reply(event, event.request.response(status, to_tag="p"), now)

    def run(self, until: float) -> list[tuple[float, int]]:
        """Let time pass; return when which status was sent."""
        wire: list[tuple[float, int]] = []
        while (deadline := self.server.deadline()) is not None and deadline <= until:
            self.server.expire(deadline)
            wire += [(deadline, status) for status in self.sent()]
        return wire


def test_reply_once_leaves_nothing() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("MESSAGE"))
    assert event.request.via.rport == 5060
    assert event.request.via.received == "198.51.100.7"
    assert len(answerer.server) == 1
    answerer.server.reply_once(event, event.request.response(200))
    assert answerer.sent() == [200]
    assert len(answerer.server) == 0
    assert answerer.server.deadline() is None
    # A retransmission is a request like the first, and its answer is the same.
    again = answerer.arrived(request("MESSAGE"))
    assert again.request.response(200) == event.request.response(200)


def test_a_reply_is_remembered_for_retransmissions() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("MESSAGE"))
    answerer.take(request("MESSAGE"), 0.5)
    assert answerer.told() == []
    assert answerer.reply(event, 180, 0.6)
    assert answerer.reply(event, 200, 0.7)
    assert not answerer.reply(event, 500, 0.8)
    answerer.take(request("MESSAGE"), 0.9)
    assert answerer.sent() == [180, 200, 200]
    assert answerer.told() == []
    assert answerer.desk.counters["retransmissions"] == 2
    assert answerer.run(99.0) == []
    assert len(answerer.server) == 0
    assert not answerer.reply(event, 200, 99.0)


def test_over_a_connection_a_reply_needs_no_memory() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("MESSAGE"), source=TCP)
    assert answerer.reply(event, 200)
    assert answerer.desk.out[0][1] == TCP
    assert len(answerer.server) == 0


def test_requests_nobody_replies_to_are_forgotten() -> None:
    answerer = Answerer()
    answerer.arrived(request("MESSAGE"), 1.0)
    answerer.arrived(request("INVITE"), 2.0)
    answerer.arrived(request("MESSAGE", number=21), 3.0)
    assert answerer.run(999.0) == [(2.2, 100)]
    assert answerer.desk.counters["unanswered"] == 3
    assert len(answerer.server) == 0


def test_one_branch_for_all_requests_does_not_confuse() -> None:
    answerer = Answerer()
    first = answerer.arrived(request("MESSAGE", branch="z9hG4bKconstant", number=1))
    second = answerer.arrived(request("MESSAGE", branch="z9hG4bKconstant", number=2))
    third = answerer.arrived(request("MESSAGE", branch="z9hG4bKconstant", number=2, call_id="2"))
    assert len({first.key, second.key, third.key}) == 3


def test_an_invite_is_tried_rung_and_accepted() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    answerer.take(request("INVITE"), 0.1)
    assert answerer.run(0.3) == [(0.2, 100)]
    answerer.take(request("INVITE"), 0.4)
    assert answerer.reply(event, 180, 0.5)
    answerer.take(request("INVITE"), 0.6)
    assert answerer.sent() == [100, 180, 180]
    response = event.request.response(200, to_tag="p")
    assert answerer.server.reply(event, response, 1.0)
    assert answerer.sent() == [200]
    assert answerer.run(3.0) == [(1.5, 200), (2.5, 200)]
    ack = Dialog.from_uac(request("INVITE"), response).acknowledge()
    ack.headers.insert("Via", "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKother")
    answerer.take(ack, 3.0)
    answerer.take(ack, 3.1)
    (acked,) = answerer.told()
    assert isinstance(acked, AckArrived)
    answerer.take(request("INVITE"), 3.2)
    assert not answerer.reply(event, 200, 3.3)
    assert answerer.run(99.0) == []
    assert answerer.told() == []
    assert len(answerer.server) == 0


def test_a_2xx_without_ack() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    answerer.reply(event, 200)
    assert answerer.sent() == [200]
    wire = answerer.run(99.0)
    assert [at for at, _ in wire] == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert answerer.told() == [Unacknowledged(event, 200)]
    assert answerer.desk.counters["unacknowledged"] == 1
    assert answerer.desk.counters["repeated"] == 10
    # The ACK that comes too late fits nothing any more.
    answerer.take(request("ACK", branch="z9hG4bKother", to_tag="p"), 99.0)
    assert [type(told) for told in answerer.told()] == [AckArrived]


def test_an_ack_with_the_branch_of_its_invite_is_taken_all_the_same() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    answerer.reply(event, 200)
    answerer.take(request("ACK", to_tag="p"), 0.1)
    assert [type(told) for told in answerer.told()] == [AckArrived]
    answerer.sent()
    assert answerer.run(99.0) == []


def test_a_refusal_is_repeated_until_its_ack() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    answerer.reply(event, 486)
    answerer.take(request("INVITE"), 0.1)
    assert answerer.sent() == [486, 486]
    assert answerer.run(0.6) == [(0.5, 486)]
    answerer.take(request("ACK", to_tag="p"), 0.7)
    answerer.take(request("ACK", to_tag="p"), 0.8)
    answerer.take(request("INVITE"), 0.9)
    assert answerer.told() == []
    assert answerer.run(99.0) == []
    assert len(answerer.server) == 0


def test_a_refusal_without_ack() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    answerer.reply(event, 486)
    answerer.run(99.0)
    assert answerer.told() == [Unacknowledged(event, 486)]


def test_an_ack_before_any_answer_is_ignored() -> None:
    answerer = Answerer()
    answerer.arrived(request("INVITE"))
    answerer.take(request("ACK"), 0.1)
    assert answerer.told() == []


@pytest.mark.parametrize("ringing", [False, True])
def test_cancel(ringing: bool) -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    if ringing:
        answerer.reply(event, 180)
    answerer.sent()
    answerer.take(request("CANCEL"), 1.0)
    assert answerer.told() == [Cancelled(event)]
    ok, terminated = answerer.responses()
    assert (ok.status, ok.cseq[1]) == (200, "CANCEL")
    assert (terminated.status, terminated.cseq[1]) == (487, "INVITE")
    assert ok.to_tag == terminated.to_tag
    assert not ringing or ok.to_tag == "p"
    # Its owner's answer comes too late; a second CANCEL finds nothing to take back.
    assert not answerer.reply(event, 200, 1.1)
    answerer.take(request("CANCEL"), 1.2)
    assert answerer.sent() == [200]
    assert answerer.told() == []


def test_a_cancel_for_nothing() -> None:
    answerer = Answerer()
    answerer.take(request("CANCEL"))
    assert answerer.sent() == [481]
    assert answerer.told() == []


def test_reply_once_ends_an_invite() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"))
    answerer.server.reply_once(event, event.request.response(180))
    assert len(answerer.server) == 1
    answerer.server.reply_once(event, event.request.response(403))
    assert answerer.sent() == [180, 403]
    assert len(answerer.server) == 0


def test_unknown_extensions_are_refused() -> None:
    answerer = Answerer()
    answerer.take(request("INVITE", headers=[("Require", "100rel")]))
    (response,) = answerer.responses()
    assert (response.status, response.headers.get("Unsupported")) == (420, "100rel")
    assert answerer.told() == []
    assert len(answerer.server) == 0


def test_limits_per_source() -> None:
    answerer = Answerer(Limits(per_source=2))
    for number in range(2):
        event = answerer.arrived(request("MESSAGE", number=number))
        answerer.reply(event, 200)
    other = UDP._replace(host="198.51.100.8")
    answerer.reply(answerer.arrived(request("MESSAGE", number=2), source=other), 200)
    answerer.sent()
    # One more is answered, but not remembered; an INVITE, which must be, is refused.
    event = answerer.arrived(request("MESSAGE", number=3))
    assert answerer.reply(event, 200)
    assert answerer.sent() == [200]
    assert len(answerer.server) == 3
    answerer.take(request("INVITE"))
    (response,) = answerer.responses()
    assert (response.status, response.headers.get("Retry-After")) == (503, "10")
    assert answerer.told() == [Dropped(UDP, "busy")] * 2
    answerer.run(99.0)
    assert len(answerer.server) == 0
    answerer.arrived(request("INVITE", call_id="9"), 99.0)


def test_limits_of_all() -> None:
    answerer = Answerer(Limits(servers=1))
    answerer.arrived(request("MESSAGE"))
    answerer.take(request("MESSAGE", number=21))
    assert answerer.sent() == [503]
    assert answerer.told() == [Dropped(UDP, "busy")]
    answerer.arrived(request("INVITE"))
    answerer.take(request("INVITE", call_id="2"))
    assert answerer.sent() == [503]


def test_long_requests_count_as_several() -> None:
    answerer = Answerer(Limits(per_source=9, share=1000))
    for number in range(2):
        event = answerer.arrived(
            request("INVITE", call_id=f"{number}", headers=[("X", "x" * 3500)])
        )
        answerer.reply(event, 488)
    answerer.sent()
    answerer.take(request("INVITE", call_id="short"))
    answerer.take(request("INVITE", call_id="another"))
    assert answerer.sent() == [503]
    answerer.told()
    answerer.run(200.0)
    assert len(answerer.server) == 0
    answerer.take(request("INVITE", call_id="9", headers=[("X", "x" * 3500)]), 200.0)
    assert answerer.sent() == []


def test_a_lost_link_ends_what_depends_on_it() -> None:
    answerer = Answerer()
    event = answerer.arrived(request("INVITE"), source=TCP)
    answerer.server.link_lost(TCP, 1.0)
    assert len(answerer.server) == 0
    assert not answerer.reply(event, 200)
    assert answerer.told() == []


def test_deadline_is_the_earlier_of_both_kinds() -> None:
    answerer = Answerer()
    answerer.arrived(request("MESSAGE"), 0.0)
    assert answerer.server.deadline() == 32.0
    answerer.arrived(request("INVITE"), 1.0)
    assert answerer.server.deadline() == 1.2
