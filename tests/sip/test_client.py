import itertools

import pytest

from tongshi.errors import Exhausted, LocalProtocolError
from tongshi.sip.address import Address
from tongshi.sip.client import Client
from tongshi.sip.desk import Desk, Limits
from tongshi.sip.dialog import Dialog
from tongshi.sip.event import Answered, Dropped, Event, LinkLost, TimedOut
from tongshi.sip.message import Request, Response, parse

UDP = Address("198.51.100.7", 5060)
TCP = Address("198.51.100.7", 5060, "tcp", "c1")
CAMERA = "34020000001320000001"


class Asker:
    """A client with what it sent and told, taken out step by step."""

    def __init__(self, limits: Limits | None = None) -> None:
        tokens = itertools.count(1)
        self.desk = Desk(lambda: f"t{next(tokens)}", "192.0.2.10:5060", limits or Limits())
        self.client = Client(self.desk)

    def ask(
        self,
        method: str,
        now: float = 0.0,
        target: Address = UDP,
        sent_by: str = "",
        timeout: float | None = None,
        call_id: str = "1",
    ) -> int:
        request = Request(
            method,
            f"sip:{CAMERA}@3402000000",
            [
                ("From", "<sip:p@3402000000>;tag=p"),
                ("To", f"<sip:{CAMERA}@3402000000>"),
                ("Call-ID", call_id),
                ("CSeq", f"20 {method}"),
                ("Route", "<sip:r;lr>"),
            ],
        )
        return self.client.request(request, target, now, sent_by=sent_by, timeout=timeout)

    def sent(self) -> list[Request]:
        out, self.desk.out = self.desk.out, []
        requests = [parse(data) for data, _ in out]
        assert all(isinstance(request, Request) for request in requests)
        return [request for request in requests if isinstance(request, Request)]

    def told(self) -> list[Event]:
        happened, self.desk.happened = self.desk.happened, []
        return happened

    def answer(self, request: Request, status: int, now: float = 1.0, tag: str = "c") -> Response:
        response = request.response(status, to_tag=tag)
        again = parse(response.encode())
        assert isinstance(again, Response)
        self.client.receive(again, UDP, now)
        return again

    def run(self, until: float) -> list[tuple[float, str]]:
        """Let time pass; return when which method was sent."""
        wire: list[tuple[float, str]] = []
        while (deadline := self.client.deadline()) is not None and deadline <= until:
            self.client.expire(deadline)
            wire += [(deadline, request.method) for request in self.sent()]
        return wire


def test_a_request_gets_its_via_and_forwards() -> None:
    asker = Asker()
    asker.ask("MESSAGE")
    (sent,) = asker.sent()
    assert sent.headers.items()[0] == (
        "Via",
        "SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKt1",
    )
    assert sent.headers.get("Max-Forwards") == "70"
    asker.ask("MESSAGE", target=TCP, sent_by="192.0.2.11:5062")
    (sent,) = asker.sent()
    assert (sent.via.transport, sent.via.host, sent.via.port) == ("TCP", "192.0.2.11", 5062)


def test_an_answer_is_told_once() -> None:
    asker = Asker()
    handle = asker.ask("MESSAGE")
    (sent,) = asker.sent()
    asker.answer(sent, 100, tag="")
    response = asker.answer(sent, 200)
    asker.answer(sent, 200)
    events = asker.told()
    assert [event.response.status for event in events if isinstance(event, Answered)] == [100, 200]
    assert events[1] == Answered(handle, response, UDP)
    assert asker.desk.counters["retransmissions"] == 1
    assert asker.run(99.0) == []
    assert (len(asker.client), asker.client.deadline()) == (0, None)


def test_silence() -> None:
    asker = Asker()
    handle = asker.ask("MESSAGE")
    asker.sent()
    assert len(asker.run(99.0)) == 10
    assert asker.told() == [TimedOut(handle, "F")]
    handle = asker.ask("INVITE")
    asker.sent()
    assert len(asker.run(99.0)) == 6
    assert asker.told() == [TimedOut(handle, "B")]
    assert asker.desk.counters["timed-out"] == 2
    assert asker.desk.counters["repeated"] == 16
    assert len(asker.client) == 0


def test_a_timeout_of_the_callers_own() -> None:
    asker = Asker()
    first = asker.ask("MESSAGE", timeout=5.0)
    second = asker.ask("INVITE", timeout=6.0, call_id="2")
    asker.sent()
    asker.run(99.0)
    assert asker.told() == [TimedOut(first, "timeout"), TimedOut(second, "timeout")]
    assert len(asker.client) == 0


def test_a_timeout_beyond_timer_f() -> None:
    asker = Asker()
    handle = asker.ask("MESSAGE", timeout=60.0)
    asker.run(59.0)
    assert asker.told() == []
    asker.run(60.0)
    assert asker.told() == [TimedOut(handle, "timeout")]


def test_an_invite_that_rings_too_long_is_cancelled_and_its_2xx_still_told() -> None:
    asker = Asker()
    handle = asker.ask("INVITE", timeout=10.0)
    (invite,) = asker.sent()
    asker.answer(invite, 180)
    assert asker.run(10.0) == [(10.0, "CANCEL")]
    asker.answer(invite, 200, now=10.1)
    statuses = [
        event.response.status if isinstance(event, Answered) else event for event in asker.told()
    ]
    assert statuses == [180, TimedOut(handle, "timeout"), 200]
    asker.run(99.0)
    assert len(asker.client) == 0


def test_an_invite_that_nobody_ends_is_given_up() -> None:
    asker = Asker()
    handle = asker.ask("INVITE", timeout=10.0)
    (invite,) = asker.sent()
    asker.answer(invite, 180)
    asker.told()
    asker.run(99.0)
    assert asker.told() == [TimedOut(handle, "timeout")]
    assert len(asker.client) == 0


def test_a_refusal_is_acknowledged_each_time_and_told_once() -> None:
    asker = Asker()
    handle = asker.ask("INVITE")
    (invite,) = asker.sent()
    asker.answer(invite, 486)
    asker.answer(invite, 486)
    first, second = asker.sent()
    assert first == second
    assert (first.method, first.cseq, first.to_tag) == ("ACK", (20, "ACK"), "c")
    assert first.headers.all("Route") == ["<sip:r;lr>"]
    assert first.via == invite.via
    (event,) = asker.told()
    assert isinstance(event, Answered)
    assert event.handle == handle
    asker.run(99.0)
    assert len(asker.client) == 0


def test_a_2xx_is_acknowledged_again_when_it_comes_again() -> None:
    asker = Asker()
    handle = asker.ask("INVITE", timeout=10.0)
    (invite,) = asker.sent()
    response = asker.answer(invite, 200)
    asker.answer(invite, 200)
    assert asker.sent() == []
    dialog = Dialog.from_uac(invite, response)
    asker.client.acknowledge(handle, dialog.acknowledge(), UDP, 1.0, sent_by="")
    asker.answer(invite, 200)
    first, second = asker.sent()
    assert first == second
    assert first.method == "ACK"
    assert first.via.branch != invite.via.branch
    assert len(asker.told()) == 1
    # A second device's 2xx to the same INVITE is told as well.
    asker.answer(invite, 200, tag="other")
    assert len(asker.told()) == 1
    asker.run(99.0)
    assert len(asker.client) == 0
    # Late, but no less an ACK.
    asker.client.acknowledge(handle, dialog.acknowledge(), UDP, 99.0, sent_by="")
    assert len(asker.sent()) == 1


def test_tags_of_one_invite_are_bounded() -> None:
    asker = Asker()
    asker.ask("INVITE")
    (invite,) = asker.sent()
    for number in range(20):
        asker.answer(invite, 200, tag=f"c{number}")
    assert len(asker.told()) == 16
    assert asker.desk.counters["stray-response"] == 4
    asker.answer(invite, 200, tag="c0")
    assert asker.told() == []


def test_cancel_waits_for_a_provisional_answer() -> None:
    asker = Asker()
    handle = asker.ask("INVITE")
    (invite,) = asker.sent()
    asker.client.cancel(handle, 0.1)
    asker.client.cancel(handle, 0.1)
    assert asker.sent() == []
    asker.answer(invite, 100, tag="")
    (cancel,) = asker.sent()
    assert (cancel.method, cancel.cseq, cancel.via) == ("CANCEL", (20, "CANCEL"), invite.via)
    assert cancel.to_tag == ""
    asker.answer(cancel, 200)
    asker.answer(invite, 487)
    assert [request.method for request in asker.sent()] == ["ACK"]
    statuses = [event.response.status for event in asker.told() if isinstance(event, Answered)]
    assert statuses == [100, 487]
    asker.run(99.0)
    assert len(asker.client) == 0


def test_cancel_at_once_while_ringing_and_silence_after_it() -> None:
    asker = Asker()
    handle = asker.ask("INVITE")
    (invite,) = asker.sent()
    asker.answer(invite, 180)
    asker.client.cancel(handle, 2.0)
    assert [request.method for request in asker.sent()] == ["CANCEL"]
    asker.told()
    asker.run(99.0)
    assert asker.told() == [TimedOut(handle, "cancel")]
    assert len(asker.client) == 0


def test_what_cannot_be_cancelled() -> None:
    asker = Asker()
    message = asker.ask("MESSAGE")
    invite = asker.ask("INVITE")
    (_, request) = asker.sent()
    asker.answer(request, 200)
    for handle in (message, invite, 77):
        asker.client.cancel(handle, 1.0)
    assert asker.sent() == []


def test_a_lost_link_ends_what_depends_on_it() -> None:
    asker = Asker()
    first = asker.ask("MESSAGE", target=TCP)
    second = asker.ask("INVITE", target=TCP)
    third = asker.ask("MESSAGE", target=TCP, call_id="2")
    cancelled = asker.ask("INVITE", target=TCP, call_id="3")
    asker.ask("MESSAGE", call_id="4")
    requests = asker.sent()
    asker.answer(requests[2], 200)
    asker.answer(requests[3], 180)
    asker.client.cancel(cancelled, 1.0)
    asker.told()
    asker.client.link_lost(TCP, 2.0)
    assert asker.told() == [LinkLost(first), LinkLost(second), LinkLost(cancelled)]
    assert third not in (first, second)
    assert len(asker.client) == 1


@pytest.mark.parametrize("fault", ["no via", "broken via", "other branch"])
def test_answers_without_our_via_are_found_by_call_and_number(fault: str) -> None:
    asker = Asker()
    asker.ask("MESSAGE")
    (sent,) = asker.sent()
    response = sent.response(200)
    if fault == "no via":
        response.headers.remove("Via")
    else:
        response.headers.set("Via", "x" if fault == "broken via" else "SIP/2.0/UDP a;branch=b")
    asker.client.receive(response, UDP, 1.0)
    assert len(asker.told()) == 1
    asker.client.receive(response, UDP, 9.0)
    asker.run(9.0)
    asker.client.receive(response, UDP, 9.0)
    assert asker.told() == [Dropped(UDP, "stray-response")]


def test_the_younger_of_two_equal_requests_keeps_its_name() -> None:
    asker = Asker()
    asker.ask("MESSAGE")
    asker.ask("MESSAGE", now=30.0)
    asker.run(33.0)
    assert len(asker.told()) == 1
    asker.run(99.0)
    assert len(asker.client) == 0


def test_limits() -> None:
    asker = Asker(Limits(clients=1))
    asker.ask("MESSAGE")
    with pytest.raises(Exhausted):
        asker.ask("MESSAGE")
    with pytest.raises(LocalProtocolError):
        asker.ask("ACK")
