"""What devices say of themselves, on the pages that show it."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from starlette.types import ASGIApp

from tongshi.alarms.alarm import Report
from tongshi.api.parts import Parts
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.manscdp import (
    CruiseTrack,
    HomePositionAnswer,
    Preset,
    PtzPositionAnswer,
    SdCard,
)
from tongshi.registry.entry import CatalogStanding, CatalogState, Description
from tongshi.registry.position import Report as Position
from tongshi.signalling.commands import Commands
from tongshi.sip.address import Address
from tongshi.testing.acting import SCRIPT, Reading

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
CAMERA = f"device={RECORDER}&channel={CHANNEL}"
ON_DEVICE = f"/devices/{RECORDER}"


class Liar(Commands):
    """A camera whose every text is a script."""

    def __init__(self) -> None:
        """Nothing of a real one."""

    async def presets(self, device_id: str, channel_id: str) -> Gathered[Preset]:
        return Gathered(
            (Preset("1", SCRIPT), Preset(SCRIPT, SCRIPT)), 1, 2, 2, 0, 0, 0, 0, True, None
        )

    async def cruises(self, device_id: str, channel_id: str) -> Gathered[CruiseTrack]:
        return Gathered((CruiseTrack(0, SCRIPT),), 1, 1, 1, 0, 0, 0, 0, True, None)

    async def position(self, device_id: str, channel_id: str) -> PtzPositionAnswer:
        return PtzPositionAnswer(1, CHANNEL, 1.0, 2.0, 3.0)

    async def home(self, device_id: str, channel_id: str) -> HomePositionAnswer:
        return HomePositionAnswer(1, SCRIPT)

    async def cards(self, device_id: str, target_id: str) -> Gathered[SdCard]:
        return Gathered((SdCard(1, SCRIPT, SCRIPT, 3, 4, 5),), 1, 1, 1, 0, 0, 0, 0, True, None)


@pytest.fixture
def infested(parts: Parts, flush: Callable[[], None]) -> Parts:
    """The parts, with a script in everything that a device can tell."""
    wall = parts.clock.wall()
    item = Item(device_id=CHANNEL, name=SCRIPT, manufacturer=SCRIPT, model=SCRIPT, address=SCRIPT)
    other = replace(item, device_id="34020000001310000009", owner=SCRIPT, block=SCRIPT)
    standing = CatalogStanding(CatalogState.PARTIAL, 2, 2, why=SCRIPT, at=wall)
    parts.registry.merge_catalog(RECORDER, [item, other], standing)
    parts.registry.record_description(Description(RECORDER, wall, SCRIPT, SCRIPT, SCRIPT, SCRIPT))
    for channel_id in (CHANNEL, SCRIPT[:64], '"><b>'):
        parts.alarms.record(Report(RECORDER, channel_id, wall, 1.0, 1, 2, 1, 1, SCRIPT))
        parts.positions.record(Position(RECORDER, channel_id, wall, 117.1, 31.8))
    source = Address(SCRIPT, 5060)
    parts.admission._note_newcomer("34020000001320000077", source)
    for _ in range(200):
        parts.admission.failed(SCRIPT, source)
    flush()
    return replace(parts, commands=Liar())


@pytest.fixture
def site(infested: Parts, build: Callable[[Parts], ASGIApp]) -> ASGIApp:
    return build(infested)


PAGES = (
    "/alarms",
    "/alarms/list",
    "/alarms/1/details",
    "/alarms/2/row",
    "/devices",
    "/devices/list",
    ON_DEVICE,
    f"{ON_DEVICE}/row",
    f"{ON_DEVICE}/channels",
    f"{ON_DEVICE}/presence",
    f"{ON_DEVICE}/positions",
    f"{ON_DEVICE}/profile",
    f"{ON_DEVICE}/status/cards",
    f"{ON_DEVICE}/traces",
    f"{ON_DEVICE}/upkeep",
    "/live",
    "/live/tree",
    f"/live/tree/level?view=device&under={RECORDER}",
    f"/live/control/presets?{CAMERA}",
    f"/live/control/cruises?{CAMERA}",
    f"/live/control/position?{CAMERA}",
    f"/live/control/home?{CAMERA}",
    f"/playback?{CAMERA}",
    "/peers",
    "/downloads",
    "/register",
)


Visit = Callable[[str], httpx.Response]


@pytest.fixture
def visit(admin: httpx.Client, operator: httpx.Client, auditor: httpx.Client) -> Visit:
    """Return what gives a page as the first of them sees it who may."""

    def look(page: str) -> httpx.Response:
        headers = {"HX-Request": "true"} if "?" in page else {}
        answers = (client.get(page, headers=headers) for client in (operator, admin, auditor))
        return next(answer for answer in answers if answer.status_code != 403)

    return look


@pytest.mark.parametrize("page", PAGES)
def test_nothing_that_a_device_says_acts_on_a_page(visit: Visit, page: str) -> None:
    answer = visit(page)
    assert answer.status_code in (200, 404), page
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in f"{policy};" or policy.startswith("default-src 'none'")
    reading = Reading()
    reading.feed(answer.text)
    assert reading.acts == []


def test_scripts_are_shown_as_they_are(visit: Visit) -> None:
    """So that the test above looks at pages that have them."""
    found = {}
    for page in PAGES:
        reading = Reading()
        reading.feed(visit(page).text)
        found[page] = reading.shown
    shown = {page for page, count in found.items() if count}
    assert len(shown) >= 8, found
    assert {"/alarms", "/devices/list", "/peers"} <= shown


@pytest.mark.parametrize(
    "text",
    ["' OR 1=1 --", "%", "_", "\\", "%' ESCAPE '", "\x00", "a" * 100, "\ud800", "'; DROP TABLE x"],
)
def test_filters_of_alarms_are_text_and_nothing_else(admin: httpx.Client, text: str) -> None:
    quoted = text.encode("utf-8", "surrogatepass")
    for name in ("text", "device", "channel", "since", "method", "state"):
        answer = admin.get("/api/alarms", params={name: quoted})
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 200 and text != "a" * 100:
            assert answer.json()["total"] in ((0, 3) if name == "text" else (0,)), name
    assert admin.get("/api/alarms").json()["total"] == 3
