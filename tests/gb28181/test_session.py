from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.session import Callee, Caller
from tongshi.gb28181.steps import (
    Acknowledge,
    By,
    Bye,
    Cancel,
    Ended,
    Established,
    Failed,
    Invite,
    Parties,
    Progress,
    Stage,
    State,
)
from tongshi.gb28181.subject import Subject
from tongshi.sip.message import Request, Response

SERVER = "34020000002000000001"
CAMERA = "34020000001310000001"
OFFER = Offer(owner=SERVER, host="192.0.2.10", port=30000, ssrc="0200000001")
ANSWER = OFFER.answer(owner=CAMERA, host="192.0.2.20", port=15060, payloads=(PS,))
PARTIES = Parties(
    local_id=SERVER,
    remote_id=CAMERA,
    domain="3402000000",
    target=f"sip:{CAMERA}@192.0.2.20:5060",
    contact=f"sip:{SERVER}@192.0.2.10:5060",
)
SUBJECT = Subject(CAMERA, "0200000001", SERVER, "0")


def tokens() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"token{next(numbers)}"


def calling() -> Caller:
    caller = Caller(PARTIES, OFFER, SUBJECT, new_token=tokens())
    caller.start()
    assert caller.steps() == [Invite(caller.request)]
    return caller


def ok(caller: Caller, *, tag: str = "t", body: bytes | None = None) -> Response:
    return caller.request.response(
        200,
        to_tag=tag,
        headers=[("Contact", f"<sip:{CAMERA}@10.0.0.9:5060>")],
        body=ANSWER.build() if body is None else body,
    )


def established() -> Caller:
    caller = calling()
    caller.answered(ok(caller))
    assert caller.state is State.ESTABLISHED
    caller.steps()
    caller.events()
    return caller


def byes(caller: Caller | Callee) -> list[Bye]:
    return [step for step in caller.steps() if isinstance(step, Bye)]


def peers_bye(caller: Caller, cseq: int = 1, call_id: str = "") -> Request:
    assert caller.dialog is not None
    return Request(
        "BYE",
        PARTIES.contact,
        [
            ("From", str(caller.dialog.remote)),
            ("To", str(caller.dialog.local)),
            ("Call-ID", call_id or caller.dialog.call_id),
            ("CSeq", f"{cseq} BYE"),
        ],
    )


@pytest.mark.clause("9.2.3")
def test_the_invite_of_the_standard() -> None:
    request = calling().request
    assert request.start_line == f"INVITE sip:{CAMERA}@192.0.2.20:5060 SIP/2.0"
    assert request.from_user == SERVER
    assert request.to_user == CAMERA
    assert request.headers.get("Subject") == f"{CAMERA}:0200000001,{SERVER}:0"
    assert request.headers.get("Contact") == f"<sip:{SERVER}@192.0.2.10:5060>"
    assert request.content_type == "application/sdp"
    assert request.body == OFFER.build()


@pytest.mark.clause("9.2.2.1")
def test_a_call_that_goes_well() -> None:
    caller = calling()
    caller.answered(caller.request.response(100))
    caller.answered(caller.request.response(101, "Dialog Establishement", to_tag="t"))
    assert caller.events() == [Progress(100), Progress(101)]
    caller.answered(ok(caller))
    assert caller.events() == [Established(ANSWER)]
    (step,) = caller.steps()
    assert isinstance(step, Acknowledge)
    assert step.request.start_line == f"ACK sip:{CAMERA}@10.0.0.9:5060 SIP/2.0"
    assert step.request.cseq == (1, "ACK")
    caller.hang_up()
    (step,) = caller.steps()
    assert isinstance(step, Bye)
    assert not step.stray
    assert step.request.cseq == (2, "BYE")
    assert step.request.to_tag == "t"
    assert caller.events() == []
    caller.bye_over()
    caller.bye_over()
    assert caller.events() == [Ended(By.LOCAL)]
    assert caller.state is State.ENDED


def test_a_refusal_carries_its_status() -> None:
    caller = calling()
    caller.answered(caller.request.response(486))
    assert caller.events() == [Failed(Stage.INVITE, 486, "Busy Here")]
    assert caller.steps() == []


def test_silence_carries_its_timer() -> None:
    caller = calling()
    caller.unanswered("B")
    assert caller.events() == [Failed(Stage.INVITE, None, "B")]
    caller.unanswered("B")
    caller.answered(caller.request.response(486))
    assert caller.events() == []


def test_an_answer_that_comes_too_late_is_acknowledged_and_ended() -> None:
    caller = calling()
    caller.unanswered("timeout")
    caller.events()
    caller.answered(ok(caller))
    first, second = caller.steps()
    assert isinstance(first, Acknowledge)
    assert isinstance(second, Bye)
    assert second.stray
    assert caller.events() == []


def test_a_repeated_2xx_changes_nothing() -> None:
    caller = established()
    caller.answered(ok(caller))
    assert caller.steps() == []
    assert caller.events() == []


def test_a_second_device_that_answers_is_sent_away() -> None:
    caller = established()
    caller.answered(ok(caller, tag="other"))
    first, second = caller.steps()
    assert isinstance(first, Acknowledge)
    assert isinstance(second, Bye)
    assert second.stray
    assert second.request.to_tag == "other"
    assert caller.state is State.ESTABLISHED


def test_an_answer_without_contact_and_tag_is_taken() -> None:
    caller = calling()
    response = ok(caller, body=ANSWER.build())
    response.headers.remove("Contact")
    response.headers.set("To", f"<sip:{CAMERA}@3402000000>")
    caller.answered(response)
    assert caller.events() == [Established(ANSWER)]
    assert caller.accepts(peers_bye(caller))


@pytest.mark.parametrize("body", [b"", b"hello", b"v=0\r\ns=Play\r\n"])
def test_an_answer_that_describes_nothing_ends_the_call(body: bytes) -> None:
    caller = calling()
    caller.answered(ok(caller, body=body))
    first, second = caller.steps()
    assert isinstance(first, Acknowledge)
    assert isinstance(second, Bye)
    (event,) = caller.events()
    assert isinstance(event, Failed)
    assert (event.stage, event.status) == (Stage.ANSWER, 200)
    assert caller.state is State.ENDED


def test_an_answer_that_makes_no_dialog_ends_the_call() -> None:
    caller = calling()
    response = ok(caller)
    response.headers.set("To", "broken<")
    caller.answered(response)
    assert caller.events() == [Failed(Stage.ANSWER, 200, "the 2xx makes no dialog")]
    assert caller.steps() == []
    caller.answered(response)
    assert caller.events() == []


def test_a_call_that_is_taken_back() -> None:
    caller = calling()
    caller.hang_up()
    caller.hang_up()
    assert caller.steps() == [Cancel()]
    caller.answered(caller.request.response(180))
    assert caller.events() == []
    caller.answered(caller.request.response(487))
    assert caller.events() == [Ended(By.LOCAL)]
    assert caller.steps() == []


def test_a_cancel_that_crosses_the_200() -> None:
    caller = calling()
    caller.hang_up()
    caller.steps()
    caller.answered(ok(caller))
    first, second = caller.steps()
    assert isinstance(first, Acknowledge)
    assert isinstance(second, Bye)
    assert not second.stray
    assert caller.events() == []
    caller.answered(ok(caller))
    assert caller.steps() == []
    caller.bye_over()
    assert caller.events() == [Ended(By.LOCAL)]


def test_a_cancel_without_an_end() -> None:
    caller = calling()
    caller.hang_up()
    caller.unanswered("B")
    assert caller.events() == [Ended(By.LOCAL)]


def test_a_call_that_never_began() -> None:
    caller = Caller(PARTIES, OFFER, SUBJECT, new_token=tokens())
    caller.hang_up()
    assert caller.steps() == []
    assert caller.events() == [Ended(By.LOCAL)]
    assert not caller.accepts(Request("BYE", "sip:x"))


def test_the_peer_hangs_up() -> None:
    caller = established()
    bye = peers_bye(caller)
    assert caller.accepts(bye)
    assert caller.arrived(bye).status == 200
    assert caller.events() == [Ended(By.REMOTE)]
    # Its repetition is answered alike, and ends nothing twice.
    assert caller.accepts(bye)
    assert caller.arrived(bye).status == 200
    assert caller.events() == []
    caller.hang_up()
    assert caller.steps() == []


def test_byes_that_cross() -> None:
    caller = established()
    caller.hang_up()
    assert caller.arrived(peers_bye(caller)).status == 200
    assert caller.events() == [Ended(By.LOCAL)]
    caller.bye_over()
    assert caller.events() == []


def test_a_bye_of_another_dialog_is_not_ours() -> None:
    assert not established().accepts(peers_bye(established(), call_id="another"))


@pytest.mark.parametrize(
    ("method", "status"),
    [("INVITE", 488), ("UPDATE", 488), ("INFO", 200), ("OPTIONS", 200), ("REFER", 405)],
)
def test_other_requests_within_the_dialog(method: str, status: int) -> None:
    caller = established()
    request = peers_bye(caller)
    request.method = method
    request.headers.set("CSeq", f"5 {method}")
    assert caller.accepts(request)
    assert not caller.accepts(request)
    response = caller.arrived(request)
    assert response.status == status
    assert "BYE" in (response.headers.get("Allow") or "")
    assert caller.state is State.ESTABLISHED


def incoming(body: bytes | None = None) -> Request:
    caller = Caller(PARTIES, OFFER, SUBJECT, new_token=tokens())
    if body is not None:
        caller.request.body = body
    return caller.request


def called(request: Request | None = None) -> Callee:
    return Callee(request or incoming(), contact=f"sip:{CAMERA}@192.0.2.20:5060", tag="mine")


def ack(body: bytes = b"") -> Request:
    return Request("ACK", "sip:x", body=body)


@pytest.mark.clause("9.2.2.1")
def test_a_call_is_answered() -> None:
    callee = called()
    assert callee.offer == OFFER
    assert callee.fault is None
    trying = callee.progress()
    assert (trying.status, trying.to_tag) == (100, "")
    ringing = callee.progress(180)
    assert (ringing.status, ringing.to_tag) == (180, "mine")
    response = callee.accept(ANSWER)
    assert response.status == 200
    assert response.to_tag == "mine"
    assert response.headers.get("Contact") == f"<sip:{CAMERA}@192.0.2.20:5060>"
    assert response.content_type == "application/sdp"
    assert Answer.parse(response.body) == ANSWER
    assert callee.events() == []
    callee.acknowledged(ack())
    callee.acknowledged(ack())
    assert callee.events() == [Established(ANSWER)]


@pytest.mark.clause("9.2.2.1")
def test_the_callee_hangs_up() -> None:
    callee = called()
    callee.accept(ANSWER)
    callee.acknowledged(ack())
    callee.events()
    callee.hang_up()
    (bye,) = byes(callee)
    assert bye.request.from_user == CAMERA
    assert bye.request.to_user == SERVER
    callee.bye_over()
    assert callee.events() == [Ended(By.LOCAL)]


def test_no_bye_before_the_ack() -> None:
    callee = called()
    callee.hang_up()  # it is to be refused instead
    assert callee.state is State.RINGING
    callee.accept(ANSWER)
    callee.hang_up()
    assert callee.steps() == []
    callee.acknowledged(ack())
    assert len(byes(callee)) == 1
    callee.bye_over()
    assert callee.events() == [Ended(By.LOCAL)]


def test_no_ack_at_all() -> None:
    callee = called()
    callee.accept(ANSWER)
    callee.unacknowledged()
    callee.unacknowledged()
    (bye,) = byes(callee)
    assert bye.stray
    assert callee.events() == [Failed(Stage.ACK, None, "no ACK")]


def test_a_call_is_refused() -> None:
    callee = called()
    response = callee.refuse(486)
    assert (response.status, response.reason) == (486, "Busy Here")
    assert callee.events() == [Failed(Stage.INVITE, 486, "Busy Here")]


def test_an_offer_that_cannot_be_used() -> None:
    callee = called(incoming(b"v=0\r\ns=Play\r\n"))
    assert callee.offer is None
    assert callee.fault is not None
    response = callee.refuse(callee.fault.status)
    assert response.status == 488
    (event,) = callee.events()
    assert isinstance(event, Failed)
    assert event.stage is Stage.OFFER


def test_a_call_is_taken_back() -> None:
    callee = called()
    callee.cancelled()
    assert callee.events() == [Ended(By.REMOTE)]
    late = called()
    late.accept(ANSWER)
    late.cancelled()
    assert late.events() == []


def test_an_invite_without_an_offer_is_answered_with_one() -> None:
    callee = called(incoming(b""))
    assert callee.offer is None
    assert callee.fault is None
    response = callee.accept(replace(OFFER, owner=CAMERA))
    assert Offer.parse(response.body).owner == CAMERA
    callee.acknowledged(ack(ANSWER.build()))
    assert callee.events() == [Established(ANSWER)]


def test_an_ack_that_was_to_bring_the_answer_and_did_not() -> None:
    callee = called(incoming(b""))
    callee.accept(OFFER)
    callee.acknowledged(ack())
    (bye,) = byes(callee)
    assert bye.stray
    (event,) = callee.events()
    assert isinstance(event, Failed)
    assert event.stage is Stage.ANSWER


@pytest.mark.clause("9.2.2.1")
def test_both_halves_together() -> None:
    caller = calling()
    callee = called(caller.request)
    caller.answered(callee.progress())
    caller.answered(callee.accept(ANSWER))
    (step,) = caller.steps()
    assert isinstance(step, Acknowledge)
    assert callee.accepts(step.request)
    callee.acknowledged(step.request)
    assert caller.events()[-1:] == callee.events() == [Established(ANSWER)]
    callee.hang_up()
    (bye,) = byes(callee)
    assert caller.accepts(bye.request)
    assert caller.arrived(bye.request).status == 200
    callee.bye_over()
    assert caller.events() == [Ended(By.REMOTE)]
    assert callee.events() == [Ended(By.LOCAL)]


def test_a_bye_before_the_ack_arrived_ends_it_too() -> None:
    caller = calling()
    callee = called(caller.request)
    caller.answered(callee.accept(ANSWER))
    caller.hang_up()
    (bye,) = byes(caller)
    assert callee.accepts(bye.request)
    assert callee.arrived(bye.request).status == 200
    assert callee.events() == [Ended(By.REMOTE)]
