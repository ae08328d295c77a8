import pytest

from tongshi.sim.route import Place, Route

LINE = [(118.0, 31.0), (118.0, 31.1), (118.1, 31.1)]


def test_a_drive_from_place_to_place() -> None:
    route = Route(LINE, 36.0, 100.0)
    assert route.at(50.0) == Place(118.0, 31.0, 36.0, 0.0)
    # 10 m/s for 500 s of 11,132 m northwards.
    middle = route.at(600.0)
    assert middle.latitude == pytest.approx(31.0 + 0.1 * 5000 / 11_132)
    assert (middle.longitude, middle.direction) == (118.0, 0.0)
    east = route.at(100.0 + 1200.0)
    assert east.latitude == 31.1
    assert east.direction == pytest.approx(90.0)
    assert route.at(1e6) == Place(118.1, 31.1)


def test_round_and_round() -> None:
    route = Route(LINE, 36.0, 0.0, loop=True)
    lap = route.length / 10
    assert route.at(lap * 3 + 100).latitude == pytest.approx(route.at(100).latitude)


def test_standing_still() -> None:
    assert Route([(1.0, 2.0)], 50.0, 0.0).at(9.0) == Place(1.0, 2.0)
    assert Route([(1.0, 2.0)], 50.0, 0.0, loop=True).at(9.0) == Place(1.0, 2.0)
