import json

import pytest

from tongshi.errors import (
    Conflict,
    EngineFailed,
    Error,
    Exhausted,
    Invalid,
    Missing,
    PeerRefused,
    PeerSilent,
)
from tongshi.gateway import wire
from tongshi.gateway.engine import (
    Advanced,
    EngineEvent,
    Figures,
    FileFailed,
    FirstMedia,
    Footage,
    LineLost,
    Measured,
    PeerClosed,
    ReaderJoined,
    ReaderLeft,
    Receive,
    Speak,
    Stalled,
    StreamLost,
    Track,
    Transport,
)

EVENTS: list[EngineEvent] = [
    FirstMedia("s", Track("h264", 'video/mp4; codecs="avc1.64001f"', 1920, 1080, "g711a")),
    Stalled("s", "media", "first media", 3),
    PeerClosed("s"),
    ReaderJoined("s", "t"),
    ReaderLeft("s", "t", 1.5, 100, "left"),
    ReaderLeft("s", "t", 1.5, None, "engine.failed"),
    Measured("s", Figures(packets=3, ssrc=9, viewers=1, source="127.0.0.1:9")),
    Advanced("s", None, 0.5, 1.0, "unknown", 0, 0),
    Advanced("s", 1.5, 0.5, -2.0, "media", 7, 2, 100, 1.0, doubtful=True),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_survive_the_wire(event: EngineEvent) -> None:
    assert wire.to_event(wire.decode(wire.encode(wire.from_event(event)))) == event


def test_a_lost_stream_keeps_its_error() -> None:
    line = wire.decode(wire.encode(wire.from_event(StreamLost("s", EngineFailed("x", stage="y")))))
    event = wire.to_event(line)
    assert isinstance(event, StreamLost)
    assert isinstance(event.error, EngineFailed)
    assert (event.stream, str(event.error), event.error.stage) == ("s", "x", "y")


@pytest.mark.parametrize(
    "error",
    [
        Missing("m"),
        Conflict("m"),
        Invalid("m"),
        Exhausted("m", resource="port"),
        PeerSilent("m", timer="connect", stage="connect"),
        EngineFailed("m", stage="decode"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_the_wire(error: Error) -> None:
    back = wire.to_error(wire.decode(wire.encode(wire.from_error(error))))
    assert type(back) is type(error)
    assert str(back) == str(error)
    words = {name: value for name, value in vars(error).items() if isinstance(value, str)}
    assert {name: getattr(back, name) for name in words} == words


def test_an_error_that_no_engine_raises_becomes_the_engines_failure() -> None:
    back = wire.to_error(wire.from_error(PeerRefused("m", status=486, stage="invite")))
    assert isinstance(back, EngineFailed)
    assert wire.to_error({}).code == EngineFailed.code


@pytest.mark.parametrize(
    "line", [{}, {"event": "Nonsense"}, {"event": "PeerClosed"}, {"event": "PeerClosed", "x": 1}]
)
def test_what_is_no_event_is_refused(line: wire.Line) -> None:
    with pytest.raises(ValueError, match="not an event"):
        wire.to_event(line)


def test_a_line_is_an_object() -> None:
    with pytest.raises(ValueError, match="not an object"):
        wire.decode(b"[1]\n")
    with pytest.raises(ValueError):
        wire.decode(b"{\n")
    assert wire.encode({"a": "\n"}).count(b"\n") == 1


def test_a_failed_file_keeps_its_error() -> None:
    error = Exhausted("full", resource="disk")
    event = wire.to_event(wire.decode(wire.encode(wire.from_event(FileFailed("s", error)))))
    assert isinstance(event, FileFailed)
    assert isinstance(event.error, Exhausted)
    assert event.error.resource == "disk"


def test_footage_survives_the_wire() -> None:
    receive = Receive("s", Transport.UDP, footage=Footage(1.0, 2.5, "/x/1"))
    assert wire.to_receive(json.loads(json.dumps(wire.from_receive(receive)))) == receive


def test_receive_survives_the_wire() -> None:
    receive = Receive("s", Transport.TCP_ACTIVE, 5, ((96, "PS"), (98, "H264")))
    assert wire.to_receive(json.loads(json.dumps(wire.from_receive(receive)))) == receive


def test_bytes_and_figures_survive_the_wire() -> None:
    assert wire.to_bytes(wire.from_bytes(bytes(range(256)))) == bytes(range(256))
    assert wire.to_figures(wire.from_figures(Figures(lost=4))) == Figures(lost=4)


def test_a_talk_survives_the_wire() -> None:
    speak = Speak("t", Transport.TCP_ACTIVE, ("192.0.2.1", "192.0.2.2"), 97, hears=True)
    assert wire.to_speak(json.loads(json.dumps(wire.from_speak(speak)))) == speak


def test_a_lost_line_survives_the_wire() -> None:
    error = PeerSilent("gone", timer="refused", stage="media")
    again = wire.to_event(json.loads(json.dumps(wire.from_event(LineLost("t", error)))))
    assert isinstance(again, LineLost)
    assert (again.stream, again.error.code) == ("t", "peer.silent")
