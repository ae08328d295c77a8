import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

import pytest

from tongshi.errors import Conflict, EngineFailed
from tongshi.gateway import live as module
from tongshi.gateway.engine import (
    Advanced,
    EngineEvent,
    Figures,
    FirstMedia,
    Footage,
    KeyWanted,
    Measured,
    ReaderJoined,
    ReaderLeft,
    Receive,
    Transport,
    Turn,
)
from tongshi.gateway.live import Live, Places, figures_text
from tongshi.gateway.record import Disk
from tongshi.gateway.tickets import Ticket
from tongshi.gateway.viewers import Callbacks, Viewer
from tongshi.media.fmp4 import Track
from tongshi.media.hub import Hub
from tongshi.media.sender import frame_rfc4571
from tongshi.media.unit import AccessUnit, Codec
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings
from tongshi.testing.clip import bursts, encode


class Seen(Viewer):
    """A viewer without a connection that notes what it is sent."""

    def __init__(self, token: str, *, transcode: bool = False) -> None:
        nothing = Callbacks(lambda _: None, lambda _: None)
        super().__init__(Ticket(token, "s", 0.0, transcode), nothing, since=0.0)
        self.tracks: list[Track] = []
        self.said: list[dict[str, object]] = []
        self.messages = 0
        self.ended: tuple[str, str] | None = None

    def begin(self, track: Track, opening: bytes) -> None:
        self.tracks.append(track)

    def send(self, message: bytes) -> None:
        self.messages += 1

    def say(self, text: str) -> None:
        self.said.append(json.loads(text))

    def end(self, code: str, stage: str, why: str) -> None:
        self.why = why
        self.ended = (code, stage)


class Stage:
    def __init__(
        self,
        transport: Transport = Transport.UDP,
        transcodes: int = 1,
        footage: Footage | None = None,
    ) -> None:
        self.events: list[EngineEvent] = []
        self.places = Places(transcodes)
        self.tasks = Supervisor("test")
        receive = Receive("s", transport, footage=footage)
        self.live = Live(
            receive, 0, MediaSettings(), self.places, self.tasks, self.events.append, Disk()
        )

    def play(self, units: Sequence[AccessUnit], *, audio: bool = False, sequence: int = 0) -> None:
        for burst in bursts(units, audio=audio, sequence=sequence):
            self.live.take(burst)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await test()

    asyncio.run(whole())


def test_the_first_key_frame_is_told_once() -> None:
    async def test() -> None:
        it = Stage()
        it.play(encode(Codec.H264, 12, gop=5), audio=True)
        assert it.kinds() == ["FirstMedia"]
        (event,) = it.events
        assert isinstance(event, FirstMedia)
        assert (event.track.codec, event.track.width, event.track.audio) == (
            "h264",
            320,
            "g711a",
        )
        viewer = Seen("t")
        it.live.join(viewer)
        assert viewer.audio == "g711a"
        figures = await it.live.close("", "")
        assert (figures.frames, figures.viewers) == (12, 1)
        assert viewer.ended == ("closed", "")
        await it.tasks.close()

    run(test)


def test_every_second_viewers_are_told_and_every_fifth_the_node() -> None:
    async def test() -> None:
        it = Stage()
        it.play(encode(Codec.H264, 3))
        viewer = Seen("t")
        it.live.join(viewer)
        for _ in range(5):
            it.live.tick()
        assert [said["frames"] for said in viewer.said] == [3] * 5
        assert it.kinds() == ["FirstMedia", "ReaderJoined", "Measured"]
        measured = it.events[-1]
        assert isinstance(measured, Measured)
        assert measured.figures.viewers == 1
        it.live.leave(viewer)
        it.live.leave(viewer)
        left = it.events[-1]
        assert isinstance(left, ReaderLeft)
        assert (left.why, left.ticket) == ("left", "t")
        assert it.kinds().count("ReaderLeft") == 1
        await it.tasks.close()

    run(test)


def test_another_host_is_counted_when_the_answer_named_one() -> None:
    async def test() -> None:
        it = Stage(Transport.TCP_PASSIVE)
        it.live.link_up("192.0.2.2", 9)
        it.live.adopt(1, ((96, "PS"),), "192.0.2.1")
        it.live.link_up("192.0.2.1", 9)
        it.live.link_up("192.0.2.2", 9)
        for burst in bursts(encode(Codec.H264, 1)):
            it.live.take_bytes(frame_rfc4571(burst))
        it.live.link_down()
        figures = it.live.figures(0.0)
        assert (figures.strangers, figures.source, figures.frames) == (1, "192.0.2.2:9", 1)
        await it.tasks.close()

    run(test)


def test_revoking_ends_one_viewer() -> None:
    async def test() -> None:
        it = Stage()
        one, two = Seen("one"), Seen("two")
        it.live.join(one)
        it.live.join(two)
        it.live.revoke("one", "denied")
        assert one.ended == ("denied", "access")
        assert two.ended is None
        assert it.live.figures(0.0).viewers == 1
        await it.tasks.close()

    run(test)


class Stub:
    """A transcode that is there in name only."""

    made: ClassVar[list["Stub"]] = []

    def __init__(
        self, source: Hub, tasks: Supervisor, failed: Callable[[EngineFailed], None]
    ) -> None:
        self.hub = Hub()
        self.failed = failed
        self.cancelled = False
        Stub.made.append(self)

    def cancel(self) -> None:
        self.cancelled = True

    def done(self) -> bool:
        return self.cancelled

    async def stop(self) -> None:
        self.cancel()


def test_a_stream_that_becomes_h265_is_transcoded_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "Transcode", Stub)
    Stub.made.clear()

    async def test() -> None:
        it = Stage()
        early = Seen("early", transcode=True)
        plain = Seen("plain")
        it.live.join(early)
        it.live.join(plain)
        film = encode(Codec.H264, 2, gop=1)
        it.play(film)
        assert [track.codec for track in early.tracks] == [Codec.H264]
        assert not it.live.figures(0.0).transcoding
        sequence = sum(map(len, bursts(film)))
        later = [
            unit._replace(pts=unit.pts + 7200, dts=unit.dts + 7200)
            for unit in encode(Codec.H265, 2, gop=1)
        ]
        it.play(later, sequence=sequence)
        assert it.live.figures(0.0).transcoding
        assert len(Stub.made) == 1
        assert plain.tracks[-1].codec is Codec.H265
        refused = Seen("again", transcode=True)
        it.live.join(refused)
        assert refused.ended is None  # the same transcode serves both
        assert it.places.taken == 1
        it.live.leave(early)
        it.live.leave(refused)
        assert it.places.taken == 0
        assert not it.live.figures(0.0).transcoding
        it.places.limit = 0
        late = Seen("late", transcode=True)
        it.live.join(late)
        assert late.ended == ("exhausted", "transcode")
        joined = [event.ticket for event in it.events if isinstance(event, ReaderJoined)]
        assert joined == ["early", "plain", "again", "late"]
        await it.live.close("", "")
        await it.tasks.close()

    run(test)


def test_a_transcode_that_fails_ends_its_viewers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Transcode", Stub)
    Stub.made.clear()

    async def test() -> None:
        it = Stage()
        it.play(encode(Codec.H265, 1))
        plain, needy = Seen("plain"), Seen("needy", transcode=True)
        it.live.join(plain)
        it.live.join(needy)
        Stub.made[0].failed(EngineFailed("codec", stage="encode"))
        assert needy.ended == ("engine.failed", "encode")
        assert plain.ended is None
        assert it.places.taken == 0
        Stub.made[0].failed(EngineFailed("codec", stage="encode"))
        assert it.places.taken == 0
        await it.live.close("", "")
        await it.tasks.close()

    run(test)


def test_figures_for_viewers() -> None:
    told = json.loads(figures_text(Figures(packets=5, lost=1, bitrate=2e6, fps=24.96)))
    assert told["type"] == "figures"
    assert (told["packets"], told["lost"], told["bitrate"], told["fps"]) == (5, 1, 2_000_000, 25.0)


def test_only_footage_is_steered() -> None:
    async def test() -> None:
        it = Stage()
        with pytest.raises(Conflict):
            it.live.steer(Turn.HOLD, None)
        await it.tasks.close()

    run(test)


def test_footage_is_steered_watched_and_told_each_second() -> None:
    async def test() -> None:
        it = Stage(footage=Footage(1_700_000_000.0, 1_700_000_060.0))
        it.play(encode(Codec.H264, 12, gop=5))
        viewer = Seen("t")
        it.live.join(viewer)
        assert [said["type"] for said in viewer.said] == ["place"] * 3
        it.live.steer(Turn.SPEED, 2.0)
        it.live.tick()
        advanced = next(event for event in it.events if isinstance(event, Advanced))
        assert (advanced.frames, advanced.rate) == (12, 2.0)
        it.live.leave(viewer)
        assert it.live.pipeline.hub.holding
        await it.live.close("finished", "")
        assert isinstance(it.events[-1], Advanced)
        await it.tasks.close()

    run(test)


def test_key_frames_are_wanted_while_nothing_can_be_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        now = 100.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        stage = Stage()
        units = encode(Codec.H264, 40, gop=20)

        def wanted() -> int:
            found = stage.events.count(KeyWanted("s"))
            stage.events.clear()
            return found

        sequence = 0

        def play(first: int, last: int, lost: int = 0) -> None:
            nonlocal sequence
            sequence += lost
            stage.play(units[first:last], sequence=sequence)
            sequence += sum(map(len, bursts(units[first:last])))

        stage.live.tick()
        assert wanted() == 0  # nothing comes at all
        play(1, 5)
        stage.live.tick()
        assert wanted() == 1  # pictures come, and none can be shown
        play(20, 25)
        viewer = Seen("t")
        stage.live.join(viewer)
        stage.live.tick()
        assert wanted() == 0
        stage.live.leave(viewer)
        now = 103.0
        stage.live.join(viewer)
        assert wanted() == 1  # the one before is old
        play(27, 28, lost=100)
        now = 104.0
        play(28, 30)
        stage.live.tick()
        assert wanted() == 1  # after a loss what comes is withheld
        stage.live.tick()
        assert wanted() == 0
        stage.live.leave(viewer)
        play(32, 35)
        stage.live.tick()
        assert wanted() == 0  # nobody looks

    run(test)


def test_the_past_has_the_key_frames_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(footage=Footage(1_700_000_000.0, 1_700_000_060.0))
        stage.play(encode(Codec.H264, 5)[1:])
        stage.live.tick()
        assert KeyWanted("s") not in stage.events

    run(test)
