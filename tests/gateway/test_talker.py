import json
from typing import Any

from picows import WSCloseCode, WSMsgType

from tongshi.gateway.engine import Spoken
from tongshi.gateway.talker import LONGEST, Callbacks, Talker, figures_text
from tongshi.gateway.tickets import Ticket

BINARY, TEXT, CLOSE = WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CLOSE


class Under:
    """What is below a WebSocket."""

    def __init__(self) -> None:
        self.backlog = 0
        self.options: list[tuple[int, int, int]] = []

    def get_extra_info(self, name: str) -> object:
        return {"socket": self, "peername": ("127.0.0.1", 40000)}[name]

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options.append((level, option, value))

    def get_write_buffer_size(self) -> int:
        return self.backlog


class Transport:
    """A WebSocket that keeps what is sent."""

    def __init__(self) -> None:
        self.underlying_transport = Under()
        self.sent: list[tuple[WSMsgType, Any]] = []
        self.closed: list[WSCloseCode] = []
        self.gone = False

    def send(self, kind: WSMsgType, message: bytes | str) -> None:
        self.sent.append((kind, message))

    def send_close(self, code: WSCloseCode) -> None:
        self.closed.append(code)

    def disconnect(self) -> None:
        self.gone = True


class Frame:
    def __init__(self, kind: WSMsgType, payload: bytes = b"") -> None:
        self.msg_type = kind
        self.payload_size = len(payload)
        self._payload = payload

    def get_payload_as_bytes(self) -> bytes:
        return self._payload


class Bench:
    def __init__(self) -> None:
        self.joined: list[Talker] = []
        self.left: list[Talker] = []
        self.spoke: list[bytes] = []
        callbacks = Callbacks(
            self.joined.append, lambda talker, samples: self.spoke.append(samples), self.left.append
        )
        self.talker = Talker(Ticket("k", "t", 9.0, transcode=False), callbacks, 1.0)
        self.transport: Any = Transport()

    def connect(self) -> None:
        self.talker.on_ws_connected(self.transport)

    def take(self, kind: WSMsgType, payload: bytes = b"") -> None:
        frame: Any = Frame(kind, payload)
        self.talker.on_ws_frame(self.transport, frame)


def test_speech_is_passed_on_and_nothing_else() -> None:
    bench = Bench()
    bench.connect()
    assert bench.joined == [bench.talker]
    bench.take(BINARY, b"\x01" * 160)
    bench.take(BINARY, b"\x02" * LONGEST)
    bench.take(BINARY)
    bench.take(TEXT, b"{}")
    assert [len(samples) for samples in bench.spoke] == [160, LONGEST]
    assert not bench.transport.gone


def test_who_sends_more_at_once_than_speech_can_be_is_ended() -> None:
    bench = Bench()
    bench.connect()
    bench.take(BINARY, b"\x01" * (LONGEST + 1))
    assert bench.spoke == []
    assert bench.transport.gone
    assert bench.talker.why == "invalid"
    assert json.loads(bench.transport.sent[-1][1]) == {
        "type": "end",
        "code": "invalid",
        "stage": "speech",
    }


def test_a_close_is_answered_and_told() -> None:
    bench = Bench()
    bench.connect()
    bench.take(CLOSE)
    assert bench.transport.closed == [WSCloseCode.OK]
    assert bench.transport.gone
    bench.talker.on_ws_disconnected(bench.transport)
    assert bench.left == [bench.talker]
    assert bench.talker.why == "left"


def test_the_listeners_sound_is_dropped_for_who_is_slow() -> None:
    bench = Bench()
    bench.talker.hear(b"before")
    bench.connect()
    bench.talker.pause_writing()
    bench.talker.hear(b"one")
    bench.transport.underlying_transport.backlog = 20_000
    bench.talker.hear(b"two")
    bench.transport.underlying_transport.backlog = 0
    bench.talker.resume_writing()
    bench.talker.hear(b"three")
    assert bench.transport.sent == [(BINARY, b"one"), (BINARY, b"three")]
    assert bench.talker.unheard == 1


def test_nothing_is_said_to_who_is_not_there() -> None:
    bench = Bench()
    bench.talker.say("x")
    bench.talker.end("closed", "", "closed")
    assert bench.transport.sent == []
    assert bench.talker.why == "closed"
    bench.connect()
    bench.talker.say("x")
    assert bench.transport.sent == [(TEXT, "x")]


def test_figures_as_text() -> None:
    told = json.loads(figures_text(Spoken(packets=5, voice=1.23456, delay_p50_ms=60)))
    assert (told["packets"], told["voice"], told["delay"]) == (5, 1.23, 60)
