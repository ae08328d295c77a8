import pytest

from tongshi.sim.head import (
    GROUPS,
    MOST_TILT,
    MOST_ZOOM,
    PAN_SPEED,
    POINTS,
    Aim,
    Doing,
    Head,
    Home,
    Round,
    Spot,
)


def test_a_drive_integrates_its_speed() -> None:
    head = Head()
    head.drive(0.5, 0.0, 0.0, 10.0)
    assert head.doing is Doing.DRIVEN
    assert head.advance(11.0).pan == pytest.approx(PAN_SPEED / 2)
    head.stop(12.0)
    assert head.advance(20.0).pan == pytest.approx(PAN_SPEED)
    assert head.still
    assert head.advance(1.0) == head.aim


def test_limits_and_the_full_turn() -> None:
    head = Head()
    head.drive(-1.0, 1.0, 1.0, 0.0)
    aim = head.advance(60.0)
    assert aim.tilt == MOST_TILT
    assert aim.zoom == MOST_ZOOM
    assert 0 <= aim.pan < 360
    head.drive(0.0, 0.0, 0.0, 61.0)
    assert head.still
    assert aim.width == pytest.approx(58 / MOST_ZOOM)
    assert aim.height < aim.width


def test_the_lens_moves_within_its_limits() -> None:
    head = Head()
    head.adjust(0.1, -1.0, 0.0)
    head.advance(2.0)
    assert head.focus == pytest.approx(0.7)
    assert head.iris == 0.0
    head.stop(2.0)
    head.advance(9.0)
    assert head.focus == pytest.approx(0.7)


def test_going_takes_its_time_and_the_short_way() -> None:
    head = Head(aim=Aim(350.0, 0.0, 1.0))
    head.go(Aim(10.0, 0.0, 1.0), 0.0)
    assert head.advance(0.1).pan == pytest.approx(359.0)
    assert head.advance(5.0) == Aim(10.0, 0.0, 1.0)
    assert head.still
    head.go(Aim(0.0, 200.0, 99.0), 5.0)
    assert head.advance(60.0) == Aim(0.0, MOST_TILT, MOST_ZOOM)


def test_presets() -> None:
    head = Head()
    head.go(Aim(90.0, 10.0, 2.0), 0.0)
    head.advance(10.0)
    head.keep(1, "", 10.0)
    head.keep(1, "gate", 10.0)
    head.keep(1, "", 10.0)
    head.keep(0, "none", 10.0)
    head.keep(256, "none", 10.0)
    assert head.presets == {1: Spot("gate", Aim(90.0, 10.0, 2.0))}
    head.go(Aim(), 10.0)
    head.advance(30.0)
    head.recall(1, 30.0)
    head.recall(9, 30.0)
    assert head.advance(60.0).pan == 90.0
    head.rounds[0] = Round((1, 2))
    head.forget(1)
    head.forget(1)
    assert head.presets == {}
    assert head.rounds[0].points == (2,)


def with_presets() -> Head:
    spots = {1: Spot("a", Aim(0.0)), 2: Spot("b", Aim(90.0))}
    return Head(presets=spots)


def test_a_cruise_runs_round_and_round() -> None:
    head = with_presets()
    for preset in (1, 2, 3):
        head.add_point(1, preset)
    head.tune_round(1, speed=15, stay=5, name="east")
    assert head.rounds[1] == Round((1, 2), 5, 15, "east")
    head.cruise(1, 0.0)
    assert head.advance(3.0).pan == 0.0
    assert head.advance(6.5).pan == pytest.approx(90.0)
    assert head.advance(12.5).pan == pytest.approx(0.0)
    assert head.advance(10_000.0).pan is not None
    assert head.doing is Doing.CRUISING
    head.stop(10_001.0)
    assert head.still


def test_a_cruise_that_loses_its_points_ends() -> None:
    head = with_presets()
    head.add_point(1, 1)
    head.cruise(1, 0.0)
    head.drop_point(1, 0)
    head.drop_point(1, 0)
    head.advance(1.0)
    assert head.still
    head.cruise(1, 2.0)
    assert head.still
    head.add_point(1, 1)
    head.add_point(1, 2)
    head.drop_point(1, 1)
    assert head.rounds[1].points == (2,)
    head.cruise(1, 2.0)
    del head.presets[2]
    head.advance(20.0)
    assert head.doing is Doing.CRUISING


def test_groups_and_points_are_bounded() -> None:
    head = with_presets()
    for _ in range(POINTS + 5):
        head.add_point(1, 1)
    assert len(head.rounds[1].points) == POINTS
    head.add_point(GROUPS, 1)
    head.tune_round(GROUPS, speed=1)
    head.tune_sweep(GROUPS, 0.0, speed=1)
    assert GROUPS not in head.rounds
    assert GROUPS not in head.sweeps


def test_a_scan_goes_between_its_limits() -> None:
    head = Head(aim=Aim(100.0))
    head.tune_sweep(1, 0.0, side="left", speed=255)
    head.go(Aim(190.0), 0.0)
    head.advance(10.0)
    head.tune_sweep(1, 10.0, side="right")
    head.scan(1, 10.0)
    assert head.advance(10.5).pan == pytest.approx(145.0)
    assert head.advance(11.0).pan == pytest.approx(100.0)
    assert head.advance(11.5).pan == pytest.approx(145.0)


def test_a_scan_without_limits_goes_around() -> None:
    head = Head()
    head.scan(3, 0.0)
    assert head.advance(1.0).pan == pytest.approx(360 - PAN_SPEED * 128 / 255)
    head.tune_sweep(4, 1.0, side="left")
    head.tune_sweep(4, 1.0, side="right")
    head.scan(4, 1.0)
    assert head.advance(100.0).pan == pytest.approx(head.sweeps[4].left or 0.0)


def test_home_after_rest() -> None:
    head = with_presets()
    head.home = Home(True, 30, 2)
    head.drive(0.1, 0.0, 0.0, 0.0)
    head.stop(1.0)
    assert head.advance(20.0).pan < 90
    assert head.advance(120.0).pan == 90.0
    head.home = Home(True, 30, 9)
    assert head.advance(500.0).pan == 90.0


def test_looking_into_a_box_and_out() -> None:
    head = Head(aim=Aim(100.0, 10.0, 2.0))
    head.look_into((0.75, 0.5, 0.5, 0.25), 0.0, out=False)
    aim = head.advance(60.0)
    assert aim.zoom == pytest.approx(4.0)
    assert aim.pan == pytest.approx(100 + 0.25 * 29)
    head.look_into((0.5, 0.5, 0.5, 0.5), 60.0, out=True)
    assert head.advance(120.0).zoom == pytest.approx(2.0)
