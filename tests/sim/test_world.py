"""Registrations, keepalives, catalogs under loss: whole days in virtual time."""

import pytest

from tongshi.gb28181.registrant import Patience
from tongshi.sim.device import Device
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.join import Join
from tongshi.sim.platform import Came, Listed, Platform, Told, Went
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks
from tongshi.sim.world import World
from tongshi.sip.address import Address

PLATFORM = "34020000002000000001"
HOME = Address("192.0.2.10", 5060)
BAD = Impairments(loss=0.2, delay=0.02, jitter=0.05, reorder=0.1, reorder_by=0.1, duplicate=0.05)


class Town:
    """A platform and devices in one world."""

    def __init__(
        self, devices: int, *, seed: int = 1, impairments: Impairments = CLEAN, channels: int = 1
    ) -> None:
        self.world = World(seed=seed, impairments=impairments)
        self.told: list[tuple[float, object]] = []
        world = self.world
        self.platform = Platform(
            PLATFORM,
            "secret",
            contact=(HOME.host, HOME.port),
            new_token=world.token,
            clock=world.clock,
        )
        self.home = world.add(self.platform, HOME.host, HOME.port, self._hear)
        self.devices = [self._add(number, channels) for number in range(1, devices + 1)]

    def _hear(self, event: object) -> None:
        self.told.append((self.world.now, event))

    def _add(self, number: int, channels: int, quirks: Quirks = NONE) -> Device:
        world = self.world
        host = f"198.51.{number // 250}.{number % 250 + 1}"
        device = Device(
            Profile(
                f"34020000001180{number:06}",
                f"录像机{number}",
                tuple(
                    Channel(f"3402000000131{number:03}{at:04}", f"通道{at}")
                    for at in range(1, channels + 1)
                ),
            ),
            Join(PLATFORM, "secret", patience=Patience(retry=60, spread=30)),
            contact=(host, 5060),
            new_token=world.token,
            chance=world.chance,
            clock=world.clock,
            quirks=quirks,
        )
        place = world.add(device, host, 5060, lambda event: None)
        device.connect(HOME, world.now)
        world.touch(place)
        return device

    def events(self, kind: type[object]) -> list[tuple[float, object]]:
        return [(at, event) for at, event in self.told if isinstance(event, kind)]

    def list_all(self) -> None:
        for device in self.devices:
            self.platform.query(device.profile.device_id, self.world.now)
        self.world.touch(self.home)


def test_a_day_of_keepalives() -> None:
    town = Town(10)
    town.world.run(86_400)
    assert len(town.platform.online) == 10
    assert not town.events(Went)
    counts = [peer.keepalives for peer in town.platform.peers.values()]
    assert all(1438 <= count <= 1445 for count in counts)
    # Each device registers anew at 80 to 90 % of 3600 s: 27 to 30 times a day.
    assert all(27 <= peer.registrations <= 31 for peer in town.platform.peers.values())


def test_twenty_percent_loss_is_survived() -> None:
    town = Town(40, impairments=BAD, seed=7)
    town.world.run(300)
    assert len(town.platform.online) == 40
    town.world.run(3600)
    assert len(town.platform.online) == 40
    assert town.world.lost > town.world.sent / 6


@pytest.mark.parametrize("seed", range(4))
def test_catalogs_are_gathered_whole_through_loss(seed: int) -> None:
    town = Town(6, impairments=BAD, seed=seed, channels=30)
    assert town.world.run_until(lambda: len(town.platform.online) == 6, limit=300)
    town.list_all()
    assert town.world.run_until(lambda: len(town.events(Listed)) == 6, limit=600)
    for _, event in town.events(Listed):
        assert isinstance(event, Listed)
        # A part whose last repetition is lost makes the answer partial, and it says so.
        assert event.gathered.complete is (event.gathered.unique == 30)
    whole = [e for _, e in town.events(Listed) if isinstance(e, Listed) and e.gathered.complete]
    assert len(whole) >= 5


def test_who_dies_silently_is_offline_within_three_intervals() -> None:
    town = Town(3)
    town.world.run(600)
    died = town.world.now
    town.devices[1].kill()
    town.world.run(600)
    gone = town.events(Went)
    assert [(event) for _, event in gone] == [Went(town.devices[1].profile.device_id, "keepalive")]
    # The last report may be up to 60 s old when the device dies.
    assert 120 <= gone[0][0] - died <= 181
    assert len(town.platform.online) == 2


def test_a_platform_that_comes_back_empty_gets_its_devices_back() -> None:
    town = Town(5)
    town.world.run(300)
    town.world.remove(town.home)
    town.platform = Platform(
        PLATFORM,
        "secret",
        contact=(HOME.host, HOME.port),
        new_token=town.world.token,
        clock=town.world.clock,
    )
    town.home = town.world.add(town.platform, HOME.host, HOME.port, town._hear)
    town.world.run(62)
    # Their keepalives are refused with 403, so they register at once and not after three misses.
    assert len(town.platform.online) == 5


def test_a_platform_that_falls_silent_is_noticed_and_found_again() -> None:
    town = Town(4)
    town.world.run(300)
    town.world.remove(town.home)
    town.world.run(400)
    assert not any(device.registered for device in town.devices)
    town.home = town.world.add(town.platform, HOME.host, HOME.port, town._hear)
    town.world.run(200)
    assert all(device.registered for device in town.devices)
    assert len(town.platform.online) == 4


def test_leaving_is_told_at_once() -> None:
    town = Town(1)
    town.world.run(5)
    device = town.devices[0]
    device.leave(town.world.now)
    town.world.touch(town.world._places[device.contact])
    town.world.run(5)
    assert [event for _, event in town.events(Went)] == [Went(device.profile.device_id, "left")]


def test_the_same_seed_gives_the_same_day() -> None:
    def day() -> list[tuple[float, object]]:
        town = Town(8, impairments=BAD, seed=11, channels=3)
        town.world.run(200)
        town.list_all()
        town.world.run(400)
        return town.told

    assert day() == day()


def test_a_wrong_password_is_never_taken_in() -> None:
    town = Town(0)
    town._add(1, 1, Quirks.of(["wrong-password"]))
    town.world.run(1000)
    assert town.platform.peers == {}


@pytest.mark.parametrize(
    "quirk",
    ["early-authorization", "bare-registers", "own-address-in-from", "logout-first",
     "route-on-refresh", "private-contact", "stray-bytes", "response-first"],
)  # fmt: skip
@pytest.mark.parametrize("impairments", [CLEAN, BAD])
def test_quirks_of_signalling_do_not_keep_a_device_out(
    quirk: str, impairments: Impairments
) -> None:
    town = Town(0, impairments=impairments)
    device = town._add(1, 2, Quirks.of([quirk]))
    town.devices = [device]
    town.world.run(4000)
    assert town.platform.online == [device.profile.device_id]
    town.list_all()
    town.world.run(60)
    [(_, listed)] = town.events(Listed)
    assert isinstance(listed, Listed)
    assert listed.gathered.unique == 2


@pytest.mark.parametrize(
    "quirk",
    ["gb2312-utf8", "unescaped-ampersand", "broken-hanzi", "control-characters", "padded-values",
     "sumnum-changing", "duplicate-parts", "num-wrong", "status-forms", "self-in-catalog",
     "parental-65535"],
)  # fmt: skip
def test_quirks_of_xml_leave_the_catalog_whole(quirk: str) -> None:
    town = Town(0)
    town.devices = [town._add(1, 9, Quirks.of([quirk]))]
    town.world.run(5)
    town.list_all()
    town.world.run(60)
    [(_, listed)] = town.events(Listed)
    assert isinstance(listed, Listed)
    assert listed.gathered.complete
    assert listed.gathered.unique == 9 + (quirk == "self-in-catalog")


@pytest.mark.parametrize(
    ("quirk", "unique"), [("sumnum-big", 9), ("sumnum-small", 9), ("catalog-cut", 4), ("deaf", 0)]
)
def test_faulty_catalogs_are_partial(quirk: str, unique: int) -> None:
    town = Town(0)
    town.devices = [town._add(1, 9, Quirks.of([quirk]))]
    town.world.run(5)
    town.list_all()
    town.world.run(200)
    [(_, listed)] = town.events(Listed)
    assert isinstance(listed, Listed)
    assert not listed.gathered.complete
    assert listed.gathered.unique == unique


def test_a_device_that_dies_by_its_quirk() -> None:
    town = Town(0)
    device = town._add(1, 1, Quirks.of(["die-silently=100"]))
    town.world.run(99)
    assert town.platform.online == [device.profile.device_id]
    town.world.run(300)
    assert device.silent
    assert town.platform.online == []


def test_datagrams_to_nobody_are_counted() -> None:
    town = Town(1)
    town.world.remove(town.home)
    town.world.run(2)
    assert town.world.unreachable > 0
    assert not town.events(Told)
    assert not town.events(Came)
