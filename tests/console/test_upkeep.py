from dataclasses import replace

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.errors import PeerSilent
from tongshi.gb28181.manscdp import Command, TeleBoot
from tongshi.shelf.firmware import State, Upgrade
from tongshi.signalling.commands import Commands, Fate
from tongshi.sip.address import Address

RECORDER = "34020000001180000001"
PLACE = f"/devices/{RECORDER}/upkeep"


class Restarting(Commands):
    """A device that is told to restart."""

    def __init__(self) -> None:
        self.told: list[Command] = []

    async def control(self, device_id: str, channel_id: str, command: Command) -> Fate:
        if self.told:
            raise PeerSilent("no answer", timer="F", stage="query")
        self.told.append(command)
        return Fate.DELIVERED


@pytest.fixture
def restarting() -> Restarting:
    return Restarting()


@pytest.fixture
def parts(parts: Parts, restarting: Restarting) -> Parts:
    return replace(parts, commands=restarting)


def test_a_restart_with_its_purpose(
    admin: httpx.Client, auditor: httpx.Client, restarting: Restarting
) -> None:
    form = {"act": "reboot", "-purpose": "maintenance"}
    assert "Restart · Delivered" in admin.post(PLACE, data=form).text
    assert restarting.told == [TeleBoot("Boot")]
    assert "The peer did not answer" in admin.post(PLACE, data=form).text
    assert auditor.get("/api/register").json()["rows"][0]["look"]["purpose"] == "maintenance"


def test_a_restart_without_a_purpose_is_refused(
    admin: httpx.Client, restarting: Restarting
) -> None:
    assert "Input breaks a rule" in admin.post(PLACE, data={"act": "reboot"}).text
    assert restarting.told == []


def test_a_password_of_its_own(admin: httpx.Client, parts: Parts) -> None:
    assert "uses the common password" in admin.get(PLACE).text
    assert "6 to 128" in admin.post(PLACE, data={"act": "password", "password": "a"}).text
    text = admin.post(PLACE, data={"act": "password", "password": "a secret"}).text
    assert "has a password of its own" in text
    assert "a secret" not in text
    assert parts.peers.has_password(RECORDER)
    assert "uses the common password" in admin.post(PLACE, data={"act": "common"}).text
    assert "Not found" in admin.post(PLACE, data={"act": "common"}).text


def test_a_lock_out_is_shown_and_cleared(admin: httpx.Client, parts: Parts) -> None:
    assert "Not locked out" in admin.get(PLACE).text
    for _ in range(50):
        parts.admission.failed(RECORDER, Address("192.0.2.9", 5060, "udp"))
    assert "From 192.0.2.9: 50 failures" in admin.get(PLACE).text
    assert "50 failures forgotten" in admin.post(PLACE, data={"act": "unlock"}).text


def test_nothing_else_is_done(admin: httpx.Client) -> None:
    assert "Not found" in admin.post(PLACE, data={"act": "explode"}).text


def test_upgrades_and_how_far_each_came(admin: httpx.Client, parts: Parts) -> None:
    assert "None so far" in admin.get(PLACE).text
    assert "(bring a file first)" in admin.get(PLACE).text
    brought = admin.post("/api/firmware?name=camera.bin", content=b"firmware")
    assert brought.status_code == 200
    text = admin.get(PLACE).text
    assert "camera.bin · 8 B" in text
    at = parts.clock.wall()
    number = brought.json()["id"]
    for state, why in ((State.FETCHING, ""), (State.FAILED, "damaged"), (State.FAILED, "odd")):
        name = f"session-of-{state.value}-{why or 'none'}-padded-to-length"
        parts.shelf.begin(
            Upgrade(
                *(0, name, RECORDER, RECORDER, number, "Maker", "2.0", state, why, 4, at, at),
                *(1, "Tester"),
            )
        )
    listed = admin.get(f"{PLACE}/upgrades", headers={"HX-Request": "true"}).text
    assert listed.count(">Failed<") == 2
    assert "the file was damaged" in listed
    assert "odd" in listed
    assert "<html" not in listed


def test_an_upgrade_with_what_is_not_there(admin: httpx.Client) -> None:
    form = {"act": "upgrade", "firmware": "99", "version": "2", "-purpose": "maintenance"}
    assert "Not found" in admin.post(PLACE, data=form | {"manufacturer": "M"}).text
    assert "Not found" in admin.post(PLACE, data=form | {"firmware": "x"}).text
