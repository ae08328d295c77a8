import pytest

from tongshi.health import stability
from tongshi.health.stability import Flapping, Notice, Rules, Stability, Told

CAMERA = "34020000001320000001"
RULES = Rules(changes=4, window=1000, settle=60, calm=500)


class Bench:
    def __init__(self) -> None:
        self.stability = Stability(RULES)
        self.told: list[tuple[float, Told]] = []

    def change(self, at: float, *, online: bool) -> None:
        self.pass_to(at)
        notice = self.stability.take(CAMERA, online=online, at=at)
        if notice is not None:
            self.told.append((at, notice.told))

    def pass_to(self, at: float) -> None:
        self.told += [(notice.at, notice.told) for notice in self.stability.expire(at)]


def test_offline_is_told_at_once_and_online_when_it_lasts() -> None:
    bench = Bench()
    bench.change(0, online=True)
    bench.change(100, online=False)
    bench.change(110, online=True)
    bench.pass_to(169)
    assert bench.told == [(100, Told.OFFLINE)]
    bench.pass_to(170)
    assert bench.told == [(100, Told.OFFLINE), (170, Told.ONLINE)]
    bench.pass_to(5000)
    assert len(bench.stability) == 0


def test_a_device_that_comes_up_first_is_not_told_and_forgotten() -> None:
    bench = Bench()
    bench.change(0, online=True)
    bench.pass_to(60)
    bench.pass_to(2000)
    assert bench.told == []
    assert len(bench.stability) == 0


def test_a_return_that_did_not_last_is_not_told() -> None:
    bench = Bench()
    bench.change(0, online=False)
    bench.change(10, online=True)
    bench.change(20, online=False)
    bench.pass_to(300)
    assert bench.told == [(0, Told.OFFLINE)]


def test_a_flapping_device_is_told_once_and_when_it_is_steady() -> None:
    bench = Bench()
    for at in range(0, 100, 10):
        bench.change(at, online=at % 20 == 10)
    assert bench.told == [(0, Told.OFFLINE), (30, Told.UNSTABLE)]
    assert bench.stability.flapping() == [Flapping(CAMERA, 30, 10, True)]
    bench.pass_to(589)
    assert len(bench.told) == 2
    bench.pass_to(590)
    assert bench.told[-1] == (590, Told.STEADY)
    assert bench.stability.flapping() == []
    bench.change(600, online=False)
    assert bench.told[-1] == (600, Told.OFFLINE)


def test_one_that_is_steadily_gone_is_not_told_twice() -> None:
    bench = Bench()
    for at in (0, 10, 20, 30, 40):
        bench.change(at, online=at % 20 == 10)
    bench.pass_to(2000)
    assert [told for _, told in bench.told] == [Told.OFFLINE, Told.UNSTABLE, Told.STEADY]
    bench.change(2100, online=True)
    bench.pass_to(2160)
    assert bench.told[-1] == (2160, Told.ONLINE)


def test_notices_carry_state_and_count() -> None:
    notice = Stability(RULES).take(CAMERA, online=False, at=5.0)
    assert notice == Notice(CAMERA, Told.OFFLINE, False, 1, 5.0)


def test_what_is_watched_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability, "LIMIT", 3)
    watch = Stability(Rules(changes=1000, window=1e9))
    for number in range(10):
        watch.take(f"camera{number}", online=False, at=float(number))
    assert len(watch) == 3
    few = Stability(Rules(changes=2, window=1e9))
    for number in range(100):
        few.take(CAMERA, online=number % 2 == 0, at=float(number))
    assert few.flapping()[0].changes == 20
    assert watch.expire(1e12) == []
