"""How seldom each device may be heard: what it told, and what contradicts it."""

import pytest

from tongshi.clock import ManualClock
from tongshi.gb28181.manscdp import BasicParam
from tongshi.gb28181.version import Version
from tongshi.signalling import beats as module
from tongshi.signalling.beats import Beat, BeatRules, Beats
from tongshi.signalling.event import (
    BeatLearned,
    DevicePresence,
    DeviceRegistered,
    Presence,
    SignallingEvent,
)
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.sip.address import Address

HOME = Address("192.0.2.20", 5060)
CAMERA = "34020000001320000001"
SLOW = BasicParam(heart_beat_interval=20, heart_beat_count=3)


class Bench:
    """Neighbours of a platform that expects a keepalive each second."""

    def __init__(self, known: dict[str, tuple[float, int]] | None = None) -> None:
        self.events: list[SignallingEvent] = []
        self.clock = ManualClock()
        self.near = Neighbours(Rules(keepalive=1.0, misses=3), self.events.append)
        rules = BeatRules(1.0, 3, 300.0)
        self.beats = Beats(rules, self.near, self.events.append, self.clock, known)

    def enter(self) -> None:
        wall = self.clock.wall()
        granted = DeviceRegistered(
            CAMERA, HOME.host, 5060, "udp", wall, wall + 3600, Version.V2022, "", "", False
        )
        self.near.register(granted, HOME, self.clock.now())

    def live(self, seconds: int, *, every: int = 0) -> None:
        """Let time pass, second by second; with a keepalive every so many."""
        for at in range(1, seconds + 1):
            self.clock.wind(1.0)
            if every and at % every == 0:
                self.near.beat(CAMERA, HOME, self.clock.now(), self.clock.wall())
            self.near.expire(self.clock.now(), self.clock.wall())

    @property
    def presences(self) -> list[Presence]:
        return [one.state for one in self.events if isinstance(one, DevicePresence)]

    @property
    def learned(self) -> list[tuple[float | None, int]]:
        return [(e.interval, e.count) for e in self.events if isinstance(e, BeatLearned)]


@pytest.mark.clause("9.6", "A.2.1.13")
def test_a_device_told_to_beat_seldom_is_not_missed() -> None:
    bench = Bench()
    bench.enter()
    bench.live(5, every=1)
    bench.beats.learn(CAMERA, SLOW)
    bench.live(200, every=20)
    assert bench.presences == [Presence.ONLINE]
    assert bench.learned == [(20.0, 3)]
    bench.live(61)
    assert bench.presences == [Presence.ONLINE, Presence.OFFLINE]


def test_without_learning_it_is_missed() -> None:
    bench = Bench()
    bench.enter()
    bench.live(40, every=20)
    assert Presence.OFFLINE in bench.presences


def test_what_was_learned_holds_after_a_restart() -> None:
    bench = Bench({CAMERA: (20.0, 0)})
    assert bench.beats.of(CAMERA) == Beat(20.0)
    bench.enter()
    bench.live(59)
    assert bench.presences == [Presence.ONLINE]
    assert bench.learned == []


def test_a_later_word_replaces_an_earlier_one() -> None:
    bench = Bench()
    bench.beats.learn(CAMERA, SLOW)
    bench.beats.learn(CAMERA, SLOW)
    bench.beats.learn(CAMERA, BasicParam(heart_beat_count=5))
    bench.beats.learn(CAMERA, BasicParam(heart_beat_interval=30))
    bench.beats.learn(CAMERA, BasicParam(name="a name alone"))
    bench.beats.learn(CAMERA, BasicParam(heart_beat_interval=0, heart_beat_count=0))
    assert bench.learned == [(20.0, 3), (20.0, 5), (30.0, 5)]
    assert bench.beats.silence(CAMERA) == 150.0
    bench.beats.learn(CAMERA, BasicParam(heart_beat_interval=1, heart_beat_count=1))
    assert bench.learned[-1] == (None, 0)  # as the settings have it
    assert bench.beats.of(CAMERA) is None


def test_a_count_alone_says_nothing_of_an_unknown_rhythm() -> None:
    bench = Bench()
    bench.beats.learn(CAMERA, BasicParam(heart_beat_count=9))
    assert bench.learned == []


@pytest.mark.parametrize(
    ("told", "silence"),
    [
        (SLOW, 60.0),
        (BasicParam(heart_beat_interval=20, heart_beat_count=1), 60.0),
        (BasicParam(heart_beat_interval=20, heart_beat_count=10), 200.0),
        (BasicParam(heart_beat_interval=3600, heart_beat_count=255), 300.0),
        (BasicParam(), 3.0),
    ],
)
def test_silence_is_bounded(told: BasicParam, silence: float) -> None:
    assert Bench().beats.foresee(CAMERA, told) == silence


def test_the_bound_is_never_below_the_settings() -> None:
    rules = BeatRules(600.0, 3, 900.0)
    assert rules.silence(Beat(3600.0, 3)) == 1800.0


def test_a_device_that_beats_slower_than_it_told_is_not_believed() -> None:
    clock, events = ManualClock(), list[SignallingEvent]()
    near = Neighbours(Rules(), events.append)
    bench = Bench()
    bench.near, bench.events, bench.clock = near, events, clock
    bench.beats = Beats(BeatRules(), near, events.append, clock)
    bench.enter()
    bench.beats.learn(CAMERA, BasicParam(heart_beat_interval=5, heart_beat_count=3))
    assert bench.beats.silence(CAMERA) == 15.0
    bench.live(600, every=60)
    assert bench.presences == [Presence.ONLINE, Presence.OFFLINE, Presence.ONLINE]
    assert bench.learned == [(5.0, 3), (None, 0)]


def test_a_slow_device_that_was_missed_keeps_its_rhythm() -> None:
    bench = Bench()
    bench.enter()
    bench.beats.learn(CAMERA, SLOW)
    bench.live(70)
    bench.live(20, every=20)
    assert bench.presences == [Presence.ONLINE, Presence.OFFLINE, Presence.ONLINE]
    assert bench.beats.of(CAMERA) == Beat(20.0, 3)


def test_no_more_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 1)
    bench = Bench()
    bench.beats.learn(CAMERA, SLOW)
    bench.beats.learn("34020000001320000002", SLOW)
    bench.beats.learn(CAMERA, BasicParam(heart_beat_interval=30))
    assert bench.learned == [(20.0, 3), (30.0, 3)]
