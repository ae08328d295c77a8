import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tongshi.errors import Error, Exhausted
from tongshi.gateway.engine import EngineEvent, FileFailed, Footage, Receive, Transport, Turn
from tongshi.gateway.playout import Playout, place_text
from tongshi.gateway.record import Disk, Files
from tongshi.gateway.vigil import Patience, Phase, Vigil
from tongshi.media.retime import Place
from tongshi.media.unit import AccessUnit, Codec
from tongshi.settings import MediaSettings
from tongshi.testing.clip import bursts, encode

pytestmark = pytest.mark.clause("9.8", "9.9")

SINCE = 1_700_000_000.0


class Stage:
    def __init__(self, file: str = "") -> None:
        self.events: list[EngineEvent] = []
        self.said: list[dict[str, object]] = []
        self.disk = Disk()
        footage = Footage(SINCE, SINCE + 60, file)
        receive = Receive("s", Transport.UDP, footage=footage)
        self.it = Playout(
            receive,
            footage,
            MediaSettings(),
            self.disk,
            self.events.append,
            lambda text: self.said.append(json.loads(text)),
        )
        self.vigil = Vigil("s", Patience(1.0, 1.0, 1.0), linked=True)
        self.sequence = 0
        self.now = 0.0

    def play(self, units: list[AccessUnit]) -> None:
        for burst in bursts(units, sequence=self.sequence):
            self.sequence += len(burst)
            self.now += 0.04
            self.it.pipeline.receive(burst, self.now)

    def steer(self, turn: Turn, value: float | None = None) -> None:
        self.it.steer(turn, value, self.vigil, self.now)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await test()

    asyncio.run(whole())


def later(units: list[AccessUnit], seconds: float) -> list[AccessUnit]:
    moved = int(seconds * 90_000)
    return [unit._replace(pts=unit.pts + moved, dts=unit.dts + moved) for unit in units]


def test_viewers_learn_what_moment_each_key_picture_shows() -> None:
    async def test() -> None:
        it = Stage()
        film = encode(Codec.H264, 10, gop=5)
        it.play(film)
        assert [(told["type"], told["at"], told["jump"]) for told in it.said] == [
            ("place", SINCE, True),
            ("place", SINCE + 0.2, False),
        ]
        # Who comes now gets everything that was held, and what it shows.
        assert [json.loads(text)["at"] for text in it.it.welcome()] == [SINCE, SINCE + 0.2]
        it.it.pipeline.hub.holding = False
        it.play(later(film, 0.4))
        assert [json.loads(text)["at"] for text in it.it.welcome()] == [SINCE + 0.4, SINCE + 0.6]
        it.it.desert()
        assert it.it.pipeline.hub.holding
        advanced = it.it.advanced()
        assert (advanced.frames, advanced.keys, advanced.rate, advanced.pace) == (
            20,
            4,
            1.0,
            "unknown",
        )
        assert advanced.at == pytest.approx(SINCE + 0.76)
        assert (advanced.written, advanced.saved, advanced.doubtful) == (0, None, False)
        await it.it.close()
        await it.disk.stop()

    run(test)


def test_orders_and_their_answers_are_followed() -> None:
    async def test() -> None:
        it = Stage()
        film = encode(Codec.H264, 10, gop=5)
        it.vigil.begin(0.0)
        it.vigil.show(0.0)
        it.play(film)
        it.steer(Turn.SEEK, SINCE + 30)
        it.steer(Turn.LANDED, None)
        it.play(later(film, 30))
        assert it.said[-2]["at"] == SINCE + 30
        it.steer(Turn.SPEED, 2.0)
        it.play(later(film, 30.4))
        assert it.said[-1]["rate"] == 2.0
        it.steer(Turn.SPEED, None)
        it.steer(Turn.SEEK, None)
        it.steer(Turn.STAY)
        assert it.vigil.phase is Phase.LIVE
        it.steer(Turn.HOLD)
        assert it.vigil.check(it.now + 100, 9) is None
        it.steer(Turn.WAIT)
        assert it.vigil.check(it.now + 100, 9) is None
        it.now += 100
        it.steer(Turn.GO)
        assert it.vigil.check(it.now + 0.5, 9) is None
        assert it.vigil.check(it.now + 1.5, 9) is not None
        await it.disk.stop()

    run(test)


def test_a_download_is_written_and_nothing_is_held(tmp_path: Path) -> None:
    async def test() -> None:
        it = Stage(str(tmp_path / "1"))
        it.play(encode(Codec.H264, 12, gop=5))
        it.it.desert()
        assert not it.it.pipeline.hub.holding
        assert it.said == []
        await it.it.close()
        await asyncio.sleep(0)
        advanced = it.it.advanced()
        assert advanced.written == Files.of(str(tmp_path / "1")).part.stat().st_size
        assert advanced.saved == pytest.approx(SINCE + 0.4)
        await it.disk.stop()

    run(test)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "no").write_text("")

    async def test() -> None:
        it = Stage(str(tmp_path / "no" / "1"))
        await asyncio.sleep(0.1)
        it.play(encode(Codec.H264, 2))
        (event,) = it.events
        assert isinstance(event, FileFailed)
        assert isinstance(event.error, Error)
        assert not isinstance(event.error, Exhausted)
        await it.it.close()
        await it.disk.stop()

    run(test)


def test_places_on_the_wire() -> None:
    told = json.loads(place_text(Place(90_000, SINCE + 0.12345, -2.0, True)))
    assert told == {
        "type": "place",
        "pts": 90_000,
        "at": SINCE + 0.123,
        "rate": -2.0,
        "jump": True,
    }


def test_who_sends_much_ahead_is_told_of_at_once() -> None:
    async def test() -> None:
        it = Stage()
        film = encode(Codec.H264, 10, gop=5)
        for number in range(60):
            it.play(later(film, number * 0.4))
            it.now -= 0.39
        assert len(it.events) == 1
        it.steer(Turn.GO)
        it.play(later(film, 24))
        assert len(it.events) == 2
        await it.disk.stop()

    run(test)
