import pytest

from tongshi.gb28181.subscription import Stage, Subscriber
from tongshi.testing.targets.subscriptions import TARGETS, new_subscriber

HEAD = (
    b"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:%s@x>;tag=%s\r\n"
    b"To: <sip:%s@x>;tag=%s\r\nCall-ID: 1@192.0.2.7\r\nCSeq: %d %s\r\n"
)
OWN, THEIRS = b"34020000002000000001", b"34020000001320000001"
GRANT = b"SIP/2.0 200 OK\r\n" + HEAD % (OWN, b"own", THEIRS, b"9", 1, b"SUBSCRIBE") + b"\r\n"
END = (
    b"NOTIFY sip:x@y SIP/2.0\r\n"
    + HEAD % (THEIRS, b"9", OWN, b"own", 1, b"NOTIFY")
    + b"Subscription-State: terminated\r\nContent-Length: 1\r\n\r\nx"
)
ASK = (
    b"SUBSCRIBE sip:x@y SIP/2.0\r\n"
    + HEAD.replace(b";tag=%s\r\nCall", b"\r\nCall") % (OWN, b"own", THEIRS, 1, b"SUBSCRIBE")
    + b"Event: presence\r\nExpires: 9\r\n\r\n"
)


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_and_rubbish_are_dropped(name: str) -> None:
    for data in (b"", b"\0", b"\xff" * 50, b"\n--\n" * 50, b";id=1;expires=9"):
        TARGETS[name](data)


def test_whole_lives() -> None:
    TARGETS["gb28181.subscriber"](b"\n--\n".join([GRANT, END, GRANT, END]))
    TARGETS["gb28181.subscriber"](b"\n--\n".join([GRANT] * 20))
    again = ASK.replace(b"1 SUBSCRIBE", b"2 SUBSCRIBE")
    TARGETS["gb28181.notifier"](b"\n--\n".join([ASK, again, GRANT, again]))


def test_one_that_ends_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert new_subscriber().stage is Stage.ASKING
    monkeypatch.setattr(Subscriber, "events", lambda _: [])
    with pytest.raises(AssertionError):
        TARGETS["gb28181.subscriber"](b"\n--\n".join([GRANT, END]))
