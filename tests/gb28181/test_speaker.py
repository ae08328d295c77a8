from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.broadcast import G711A, KINDS, Expected, Hearing
from tongshi.gb28181.description import PCMA, Direction, Payload, Setup
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.listener import Listener, Respond, wish
from tongshi.gb28181.speaker import WAIT, NotHeard, Speaker, Speaking, Stage, State
from tongshi.gb28181.steps import By, Bye, Ended, Invite, Parties
from tongshi.sip.message import Request, Response

PLATFORM = "34020000002000000001"
DEVICE = "34020000001320000001"
OUTPUT = "34020000001370000001"
HOST = "192.0.2.20"
EXPECTED = Expected(DEVICE, OUTPUT, PLATFORM, HOST)
WISH = wish(owner=OUTPUT, host=HOST, port=15070, ssrc="0200000007")
PARTIES = Parties(
    local_id=OUTPUT,
    remote_id=PLATFORM,
    domain="3402000000",
    target=f"sip:{PLATFORM}@192.0.2.10:5060",
    contact=f"sip:{OUTPUT}@{HOST}:5060",
)


def tokens() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"token{next(numbers)}"


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


def ack(body: bytes = b"") -> Request:
    request = invite(body)
    request.headers.set_first("CSeq", "1 ACK")
    return Request("ACK", request.uri, list(request.headers), body)


def bye() -> Request:
    request = invite()
    request.headers.set_first("CSeq", "2 BYE")
    return Request("BYE", request.uri, list(request.headers))


def awaited(now: float = 0.0) -> Speaker:
    speaker = Speaker(EXPECTED)
    speaker.start()
    speaker.noted(200, now)
    assert speaker.state is State.AWAITED
    return speaker


def call(speaker: Speaker, body: bytes) -> Hearing | Response | None:
    return speaker.invited(invite(body), HOST, contact=f"sip:{PLATFORM}@192.0.2.10", tag="p")


def answered() -> Speaker:
    speaker = awaited()
    assert isinstance(call(speaker, WISH.build()), Hearing)
    response = speaker.accept(owner=PLATFORM, host="192.0.2.10", port=30000, ssrc="")
    assert response.status == 200
    return speaker


def speaking() -> Speaker:
    speaker = answered()
    speaker.acknowledged(ack())
    assert speaker.state is State.SPEAKING
    speaker.events()
    return speaker


@pytest.mark.clause("9.12.1.2")
def test_both_halves_from_the_notice_to_the_bye() -> None:
    speaker = Speaker(EXPECTED)
    assert (speaker.state, speaker.call_id, speaker.steps()) == (State.IDLE, "", [])
    speaker.start()
    assert speaker.waiting
    listener = Listener(PARTIES, WISH, seq="1", new_token=tokens())
    respond, asked = listener.notified()
    assert respond == Respond(accepted=True)
    assert isinstance(asked, Invite)
    request = asked.request
    assert request.headers.get("Subject") == f"{PLATFORM}:0200000007,{OUTPUT}:1"
    assert request.to_user == PLATFORM
    speaker.noted(200, 1.0)
    assert speaker.deadline() == 1.0 + WAIT
    hearing = speaker.invited(request, HOST, contact=f"sip:{PLATFORM}@192.0.2.10:5060", tag="p")
    assert hearing == Hearing(False, False, HOST, 15070, 200000007)
    response = speaker.accept(owner=PLATFORM, host="192.0.2.10", port=30000, ssrc="")
    text = response.body.decode()
    for line in ("m=audio 30000 RTP/AVP 8", "a=sendonly", "a=rtpmap:8 PCMA/8000", "s=Play"):
        assert f"{line}\r\n" in text
    assert text.endswith("y=0200000007\r\nf=v/////a/1/8/1\r\n")
    # Some listeners take the address from o=, others from c=: both have the same.
    assert text.count("IN IP4 192.0.2.10\r\n") == 2
    assert speaker.events() == []
    listener.call.answered(response)
    listener.call.steps()
    assert listener.call.dialog is not None
    speaker.acknowledged(listener.call.dialog.acknowledge())
    assert speaker.events() == [Speaking(Hearing(False, False, HOST, 15070, 200000007))]
    speaker.hang_up()
    [step] = speaker.steps()
    assert isinstance(step, Bye)
    assert step.request.to_user == OUTPUT
    assert listener.call.arrived(step.request).status == 200
    speaker.bye_over()
    assert speaker.events() == [Ended(By.LOCAL)]
    assert speaker.state is State.ENDED


@pytest.mark.parametrize(
    ("act", "failed"),
    [
        (lambda s: s.noted(404, 0.0, why="Not Found"), NotHeard(Stage.NOTICE, 404, "Not Found")),
        (lambda s: s.noted(None, 0.0, why="F"), NotHeard(Stage.NOTICE, None, "F")),
        (lambda s: s.answered(False, 0.0), NotHeard(Stage.RESULT, None, "ERROR")),
        (lambda s: s.hang_up(), NotHeard(Stage.CALLBACK, None, "we gave up")),
    ],
)
def test_a_broadcast_that_fails_before_the_invite(
    act: Callable[[Speaker], None], failed: NotHeard
) -> None:
    speaker = Speaker(EXPECTED)
    speaker.start()
    act(speaker)
    assert speaker.events() == [failed]
    assert not speaker.waiting
    act(speaker)
    assert speaker.events() == []


def test_the_invite_is_awaited_as_long_as_said() -> None:
    speaker = awaited(5.0)
    assert speaker.deadline() == 15.0
    speaker.expire(14.9)
    assert speaker.events() == []
    speaker.expire(15.0)
    assert speaker.events() == [NotHeard(Stage.CALLBACK, None, "broadcast")]
    assert speaker.deadline() is None
    speaker.expire(99.0)
    assert speaker.events() == []


def test_the_response_may_come_before_the_200_of_the_notice() -> None:
    speaker = Speaker(EXPECTED, wait=3.0)
    speaker.start()
    speaker.answered(True, 2.0)
    assert speaker.deadline() == 5.0
    speaker.answered(True, 4.0)
    speaker.noted(200, 4.0)
    assert speaker.deadline() == 5.0


def test_the_invite_may_come_before_everything_else() -> None:
    speaker = Speaker(EXPECTED)
    speaker.start()
    assert isinstance(call(speaker, WISH.build()), Hearing)
    speaker.noted(200, 0.0)
    speaker.answered(False, 0.0)
    assert speaker.state is State.ANSWERING
    assert speaker.events() == []


def text_of(**changes: str) -> bytes:
    """Return a description with lines replaced: by kind, or ``m`` with all below it."""
    lines = {
        "o": f"{OUTPUT} 0 0 IN IP4 {HOST}",
        "s": "Play",
        "c": f"IN IP4 {HOST}",
        "t": "0 0",
        "m": "audio 15070 RTP/AVP 8\r\na=recvonly\r\na=rtpmap:8 PCMA/8000",
        "y": "0200000007",
    } | changes
    body = "v=0\r\n" + "".join(f"{kind}={value}\r\n" for kind, value in lines.items() if value)
    return body.encode()


UDP = Hearing(False, False, HOST, 15070, 200000007)


@pytest.mark.clause("9.12.1.3.2", "G")
@pytest.mark.parametrize(
    ("body", "hearing"),
    [
        (text_of(), UDP),
        (text_of(y=""), replace(UDP, ssrc=None)),
        (text_of(y="0000000000"), replace(UDP, ssrc=None)),
        (text_of().rstrip(b"\r\n"), UDP),
        (text_of(c=""), UDP),
        (text_of(c="IN IP4 0.0.0.0"), UDP),
        (text_of(m="audio 15070 RTP/AVP 8"), UDP),
        (text_of(m="audio 15070 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000/1"), UDP),
        (text_of(m="audio 15070 RTP/AVP 96 8\r\na=rtpmap:96 PS/90000"), UDP),
        (
            text_of(m="audio 15070 RTP/AVP 97\r\na=rtpmap:97 PCMA/8000"),
            replace(UDP, payload=Payload(97, "PCMA", 8000)),
        ),
        (text_of(m="audio 15070 RTP/AVP 0 8"), UDP),
        (text_of(m="audio 15070 RTP/AVP 0"), replace(UDP, payload=Payload(0, "PCMU", 8000))),
        (
            text_of(m="video 9 RTP/AVP 96\r\na=rtpmap:96 PS/90000\r\nm=audio 15070 RTP/AVP 8"),
            UDP,
        ),
        (
            text_of(m="audio 15070 TCP/RTP/AVP 8\r\na=setup:passive\r\na=connection:new"),
            replace(UDP, tcp=True, connect=True),
        ),
        (text_of(m="audio 15070 TCP/RTP/AVP 8"), replace(UDP, tcp=True, connect=True)),
        (
            text_of(m="audio 0 TCP/RTP/AVP 8\r\na=setup:active"),
            replace(UDP, tcp=True, port=0),
        ),
        (text_of(s="Talk", m="audio 15070 RTP/AVP 8\r\na=sendrecv"), replace(UDP, hears=True)),
        (text_of(s="Talk", m="audio 15070 RTP/AVP 8\r\na=recvonly"), UDP),
    ],
)
def test_what_a_listener_wants_in_every_form_of_the_field(body: bytes, hearing: Hearing) -> None:
    speaker = awaited()
    assert call(speaker, body) == hearing
    assert speaker.state is State.ANSWERING
    response = speaker.accept(
        owner=PLATFORM, host="192.0.2.10", port=30000, ssrc="" if hearing.ssrc else "0200000042"
    )
    answer = Answer.parse(response.body, KINDS)
    assert answer.ssrc_number == (hearing.ssrc or 200000042)
    assert answer.payloads == (hearing.payload,)
    assert answer.format == G711A
    assert (answer.tcp, answer.kind) == (hearing.tcp, "audio")
    if hearing.tcp:
        assert answer.setup is (Setup.ACTIVE if hearing.connect else Setup.PASSIVE)
    assert answer.direction is (Direction.SENDRECV if hearing.hears else answer.direction)


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        (text_of(m="audio 15070 RTP/AVP 96\r\na=rtpmap:96 PS/90000"), 488, "PS"),
        (text_of(m="audio 15070 RTP/AVP 101"), 488, "101"),
        (text_of(m="audio 15070 RTP/AVP x"), 488, "nothing"),
        (text_of(m="audio 0 RTP/AVP 8"), 488, "no port"),
        (text_of(m="audio 0 TCP/RTP/AVP 8\r\na=setup:passive"), 488, "no port"),
        (text_of(m="video 15070 RTP/AVP 96"), 488, "no sound"),
        (text_of(m=""), 488, "described"),
        (b"junk", 400, "4566"),
    ],
)
def test_an_offer_that_cannot_be_met_is_refused_and_named(
    body: bytes, status: int, named: str
) -> None:
    speaker = awaited()
    response = call(speaker, body)
    assert isinstance(response, Response)
    assert response.status == status
    [event] = speaker.events()
    assert isinstance(event, NotHeard)
    assert (event.stage, event.status) == (Stage.OFFER, status)
    assert named in event.reason
    assert speaker.state is State.ENDED


@pytest.mark.clause("9.12.1.2")
def test_an_invite_without_a_description_gets_our_offer() -> None:
    speaker = awaited()
    assert call(speaker, b"") is None
    response = speaker.propose(owner=PLATFORM, host="192.0.2.10", port=30000, ssrc="0200000042")
    offer = Offer.parse(response.body, KINDS)
    assert (offer.direction, offer.payloads) == (Direction.SENDONLY, (PCMA,))
    answer = offer.answer(owner=OUTPUT, host=HOST, port=15070, payloads=(PCMA,))
    speaker.acknowledged(ack(answer.build()))
    assert speaker.events() == [Speaking(Hearing(False, False, HOST, 15070, 200000042))]


@pytest.mark.parametrize(
    ("port", "tcp", "stage"), [(0, False, Stage.OFFER), (15070, True, Stage.OFFER)]
)
def test_an_ack_that_says_nothing_usable_ends_it(port: int, tcp: bool, stage: Stage) -> None:
    speaker = awaited()
    call(speaker, b"")
    speaker.propose(owner=PLATFORM, host="192.0.2.10", port=30000, ssrc="0200000042")
    speaker.acknowledged(ack(replace(WISH, port=port, tcp=tcp).build()))
    [event] = speaker.events()
    assert isinstance(event, NotHeard)
    assert event.stage is stage
    assert [type(step) for step in speaker.steps()] == [Bye]
    speaker.bye_over()
    assert speaker.state is State.ENDED


def test_an_ack_without_the_description_that_is_due_ends_it() -> None:
    speaker = awaited()
    call(speaker, b"")
    speaker.propose(owner=PLATFORM, host="192.0.2.10", port=30000, ssrc="0200000042")
    speaker.acknowledged(ack())
    [event] = speaker.events()
    assert isinstance(event, NotHeard)
    assert event.stage is Stage.OFFER
    assert [type(step) for step in speaker.steps()] == [Bye]


def test_no_ack_ends_it() -> None:
    speaker = answered()
    speaker.unacknowledged()
    assert speaker.events() == [NotHeard(Stage.ACK, None, "no ACK")]
    assert [type(step) for step in speaker.steps()] == [Bye]


def test_an_invite_taken_back_ends_it_once() -> None:
    speaker = awaited()
    call(speaker, WISH.build())
    speaker.cancelled()
    [event] = speaker.events()
    assert isinstance(event, NotHeard)
    assert (event.stage, event.status) == (Stage.CALLBACK, 487)
    speaker.cancelled()
    assert speaker.events() == []


def test_the_listeners_bye_ends_it() -> None:
    speaker = speaking()
    request = bye()
    assert speaker.accepts(request)
    assert speaker.arrived(request).status == 200
    assert speaker.events() == [Ended(By.REMOTE)]
    speaker.hang_up()
    assert (speaker.events(), speaker.steps()) == ([], [])


def test_what_else_comes_within_the_call() -> None:
    speaker = speaking()
    again = invite(WISH.build())
    again.headers.set_first("CSeq", "2 INVITE")
    assert speaker.arrived(again).status == 488
    assert speaker.events() == []
    assert not Speaker(EXPECTED).accepts(again)


def test_hanging_up_before_the_ack_waits_for_it() -> None:
    speaker = answered()
    speaker.hang_up()
    assert speaker.steps() == []
    assert speaker.state is State.ENDING
    speaker.acknowledged(ack())
    assert [type(step) for step in speaker.steps()] == [Bye]
    speaker.bye_over()
    assert speaker.events() == [Ended(By.LOCAL)]


def test_we_refuse_what_we_have_no_means_for() -> None:
    speaker = awaited()
    call(speaker, WISH.build())
    assert speaker.refuse(503, "no port is left").status == 503
    assert speaker.events() == [NotHeard(Stage.CALLBACK, 503, "no port is left")]


@given(st.binary(max_size=300))
def test_any_body_is_taken_or_refused(body: bytes) -> None:
    speaker = awaited()
    taken = call(speaker, body)
    if isinstance(taken, Response):
        assert 400 <= taken.status < 500
        assert len(speaker.events()) == 1
    else:
        assert speaker.state is State.ANSWERING
