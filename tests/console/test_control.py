from dataclasses import replace

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.errors import PeerRefused
from tongshi.gb28181.gather import Gathered, Why
from tongshi.gb28181.manscdp import (
    CruiseStop,
    CruiseTrack,
    HomePosition,
    HomePositionAnswer,
    Preset,
    PtzPositionAnswer,
)
from tongshi.signalling.commands import Commands

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
CAMERA = f"device={RECORDER}&channel={CHANNEL}"
HX = {"HX-Request": "true"}


def gathered(*items: object, why: Why | None = None, announced: int | None = None) -> object:
    count = len(items)
    return Gathered(items, 1, announced, count, 0, 0, 0, 0, why is None, why)


class Camera(Commands):
    """A camera that tells what it was given, or refuses everything.

    cruise_asked: numbers of the cruises that it was asked for.
    """

    def __init__(self) -> None:
        self.refuses = False
        self.cruise_asked: list[int] = []
        self.told_presets = gathered(Preset("2", "码头 <b>"), Preset("1", ""), Preset("x", "odd"))
        self.told_home: HomePosition | None = HomePosition(True, 30, 2)

    def _check(self) -> None:
        if self.refuses:
            raise PeerRefused("the device answered with ERROR", status=0, stage="answer")

    async def presets(self, device_id: str, channel_id: str) -> Gathered[Preset]:
        self._check()
        assert isinstance(self.told_presets, Gathered)
        return self.told_presets

    async def cruises(self, device_id: str, channel_id: str) -> Gathered[CruiseTrack]:
        self._check()
        told = gathered(CruiseTrack(0, "早班"), CruiseTrack(None, ""), why=Why.MISSING, announced=4)
        assert isinstance(told, Gathered)
        return told

    async def cruise(self, device_id: str, channel_id: str, number: int) -> Gathered[CruiseStop]:
        self._check()
        self.cruise_asked.append(number)
        told = gathered(CruiseStop(2, 15, 7), CruiseStop(9))
        assert isinstance(told, Gathered)
        return told

    async def position(self, device_id: str, channel_id: str) -> PtzPositionAnswer:
        self._check()
        return PtzPositionAnswer(1, CHANNEL, 181.5, -3.25, 2.0, 60.0, 34.0, 250.0)

    async def home(self, device_id: str, channel_id: str) -> HomePositionAnswer:
        self._check()
        return HomePositionAnswer(1, CHANNEL, self.told_home)


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def parts(parts: Parts, camera: Camera) -> Parts:
    return replace(parts, commands=camera)


def show(client: httpx.Client, what: str, more: str = "") -> str:
    answer = client.get(f"/live/control/{what}?{CAMERA}{more}", headers=HX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return answer.text


def test_presets_in_order_with_the_first_free_number(operator: httpx.Client) -> None:
    text = show(operator, "presets")
    assert text.index("<b>1</b>") < text.index("<b>2</b>")
    assert "码头 &lt;b&gt;" in text
    assert "odd" not in text
    assert 'value="3"' in text
    assert '{"act": "call", "do": "preset", "number": 2}' in text


def test_a_camera_without_presets(operator: httpx.Client, camera: Camera) -> None:
    camera.told_presets = gathered(announced=0)
    assert "The device has no presets" in show(operator, "presets")


def test_nothing_told_is_a_cause_and_no_empty_list(operator: httpx.Client, camera: Camera) -> None:
    camera.told_presets = gathered(why=Why.SILENT)
    text = show(operator, "presets")
    assert "The peer did not answer" in text
    assert "has no presets" not in text
    assert 'value="call"' in text  # by number, all the same


def test_a_list_that_nobody_counted_is_not_called_partial(
    operator: httpx.Client, camera: Camera
) -> None:
    camera.told_presets = gathered(Preset("1", "a"), why=Why.UNCOUNTED)
    assert " came" not in show(operator, "presets")


def test_cruises_and_what_is_missing_of_them(operator: httpx.Client) -> None:
    text = show(operator, "cruises")
    assert "早班" in text
    assert "2 of 4 came" in text
    assert 'value="1"' in text


def test_a_cruise_to_be_edited(operator: httpx.Client, camera: Camera) -> None:
    text = show(operator, "cruise", "&number=0")
    assert "stay 15 s" in text
    assert "speed 7" in text
    assert '<option value="2">2 码头 &lt;b&gt;</option>' in text
    show(operator, "cruise", "&number=9999")
    show(operator, "cruise", "&number=x")
    assert camera.cruise_asked == [0, 255, 1]


def test_where_a_camera_looks(operator: httpx.Client) -> None:
    text = show(operator, "position")
    assert "Now: pan 181.5°, tilt -3.25°, zoom 2" in text
    assert "60° wide, 34° high" in text
    assert "sees 250 m" in text


def test_home(operator: httpx.Client, camera: Camera) -> None:
    assert " checked" in show(operator, "home")
    camera.told_home = None
    assert "No home position is set" in show(operator, "home")


@pytest.mark.parametrize("what", ["presets", "cruises", "cruise", "position", "home"])
def test_a_refusal_stands_in_the_place_of_the_list(
    operator: httpx.Client, camera: Camera, what: str
) -> None:
    camera.refuses = True
    text = show(operator, what)
    assert "data-do=" in text or "/live/control/cruise" in text  # things go on by number
    if what != "cruise":
        assert "The peer refused" in text
        assert "The device says that it cannot" in text


def test_a_camera_that_is_not_seen(operator: httpx.Client) -> None:
    answer = operator.get("/live/control/presets?device=x&channel=y", headers=HX)
    assert answer.status_code == 404
