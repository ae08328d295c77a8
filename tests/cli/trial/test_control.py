"""Asking, steering, configuring: what holds, and what is told when it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.trial import control
from tongshi.cli.trial.site import Site
from tongshi.testing.aside import Aside

pytestmark = pytest.mark.network

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


def test_what_holds(holds: Make) -> None:
    assert "4 presets, home, cruise of 2, position, 1024 MB" in holds(control.ask)
    assert "held by its stop" in holds(control.steer)
    assert "written, read back" in holds(control.configure)


@pytest.mark.parametrize(
    ("path", "change", "why"),
    [
        ("/description$", {"model": "Other"}, "DeviceInfo"),
        ("/status$", {"online": False}, "DeviceStatus"),
        ("/presets$", {"items": []}, "presets"),
        ("/presets$", {"complete": False}, "presets"),
        ("/ptz$", {"pan": 77.0}, "PTZ position"),
        ("/home$", {"reset_time": 1}, "home position"),
        ("/cruises$", {"items": []}, "cruise 3 is not listed"),
        ("/cruises/3$", {"items": []}, "cruise"),
        ("/cards$", {"items": []}, "cards"),
    ],
)
def test_an_answer_that_is_not_so(
    breaks: Make, lie: Plant, path: str, change: dict[str, Any], why: str
) -> None:
    lie(path, lambda told: {**told, **change})
    assert breaks(control.ask).startswith(why)


def test_a_stop_that_does_not_stop(
    aside: Aside[Site], breaks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = Site.order

    async def order(
        self: Site, device: str, channel: str, do: str, **more: object
    ) -> dict[str, object]:
        return {} if do == "stop" else await true(self, device, channel, do, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Site, "order", order)
        assert "it did not stop" in breaks(control.steer)
    aside.call(rest)


async def rest(site: Site) -> None:
    spec, channel = site.dome()
    await site.order(spec.device_id, channel.channel_id, "stop")


def test_a_move_that_moves_nothing(breaks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def order(
        self: Site, device: str, channel: str, do: str, **more: object
    ) -> dict[str, object]:
        return {}

    monkeypatch.setattr(Site, "order", order)
    monkeypatch.setattr(control, "VANISHED", 0.3)
    assert "it turned 0° right" in breaks(control.steer)


def test_a_camera_that_goes_on_when_its_driver_is_gone(
    aside: Aside[Site], breaks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "VANISHED", 1.0)
    assert "nobody drives it" in breaks(lambda site, tell: left(site))


async def left(site: Site) -> None:
    await control._leave(site, *site.dome())


def test_settings_that_do_not_arrive(breaks: Make, lie: Plant, mislead: Plant) -> None:
    mislead("state", lambda told: {**told, "name": "another"})
    assert breaks(control.configure).startswith("name: the interface says")


def test_settings_that_are_not_confirmed(breaks: Make, lie: Plant) -> None:
    lie("PUT .*BasicParam", lambda told: {**told, "confirmed": False})
    assert breaks(control.configure).startswith("outcome")


def test_settings_that_cannot_be_read(breaks: Make, lie: Plant) -> None:
    lie("GET .*config.types", lambda told: {"blocks": {}, "lacking": {"BasicParam": "silent"}})
    assert breaks(control.configure) == "lacking: {'BasicParam'}"


def test_turning() -> None:
    assert control.turn_of({"pan": 350}, {"pan": 10}) == 20
    assert control.turn_of({"pan": 10}, {"pan": 350}) == -20
