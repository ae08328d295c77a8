import pytest

from tongshi.gb28181.speaker import Speaker
from tongshi.sip import trace
from tongshi.testing.targets import intake
from tongshi.testing.targets.intake import TARGETS

SDP = (
    b"v=0\r\no=1 0 0 IN IP4 192.0.2.7\r\ns=Play\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 8\r\na=recvonly\r\ny=0200000001\r\n"
)
HEAD = (
    b"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:34020000001320000001@x>;tag=9\r\n"
    b"To: <sip:34020000002000000001@x>%s\r\nCall-ID: 1@192.0.2.7\r\nCSeq: %d %s\r\n"
    b"Contact: <sip:a@192.0.2.7>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n"
)


def said(method: bytes, number: int, to: bytes = b";tag=own", body: bytes = b"") -> bytes:
    return method + b" sip:x@y SIP/2.0\r\n" + HEAD % (to, number, method, len(body)) + body


TAKEN = b"SIP/2.0 200 OK\r\n" + HEAD % (b"", 1, b"MESSAGE", 0)
CALL = [TAKEN, said(b"INVITE", 1, b"", SDP), said(b"ACK", 1), said(b"BYE", 2), said(b"BYE", 3)]


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_and_rubbish_are_refused(name: str) -> None:
    for data in (b"", b"\0", b"\xff" * 50, b"\n--\n" * 50, b"{}", b"[" * 100_000, b"\xff\xd8" * 9):
        TARGETS[name](data)


def test_whole_lives_of_a_broadcast() -> None:
    for order in (CALL, CALL[:1] + CALL[3:], CALL[1:2] * 3, [*CALL[:2], said(b"CANCEL", 1, b"")]):
        TARGETS["gb28181.speaker"](b"\n--\n".join(order))


def test_a_speaker_that_ends_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Speaker.events

    def twice(speaker: Speaker) -> list[object]:
        return [*ended(speaker)] * 2

    monkeypatch.setattr(Speaker, "events", twice)
    with pytest.raises(AssertionError):
        TARGETS["gb28181.speaker"](b"\n--\n".join(CALL))


def test_a_password_that_is_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trace.mask(b"x") == b"x"
    monkeypatch.setattr(intake, "mask", lambda data: data)
    with pytest.raises(AssertionError):
        TARGETS["sip.trace"](b"")
