import pytest

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import StreamStyle
from tongshi.gb28181.profile import STANDARD
from tongshi.gb28181.registration import Terms
from tongshi.gb28181.version import Version
from tongshi.signalling import profiles
from tongshi.signalling.event import DeviceRegistered, ProfileChosen
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.profiles import Profiles
from tongshi.sip.address import Address

CAMERA = "34020000001320000001"
HOME = Address("192.0.2.20", 5060)
USUAL = Terms("3402000000")


class Bench:
    """Profiles over neighbours; hand: what a person set."""

    def __init__(self, makers: dict[str, str] | None = None, limit: int = 100) -> None:
        self.hand: dict[str, dict[str, str]] = {}
        self.neighbours = Neighbours(Rules(limit=limit), lambda event: None)
        self.profiles = Profiles(
            self.neighbours, lambda device_id: self.hand.get(device_id, {}), makers
        )
        self.neighbours.profile_of = self.profiles.of

    def register(self, user_agent: str = "", version: Version = Version.V2016) -> None:
        granted = DeviceRegistered(
            CAMERA, HOME.host, 5060, "udp", 0.0, 3600.0, version, user_agent, "", False
        )
        self.neighbours.register(granted, HOME, 0.0)


def test_a_stranger_has_no_deviation() -> None:
    bench = Bench()
    assert bench.profiles.of(CAMERA) is STANDARD
    assert Profiles(bench.neighbours).of(CAMERA) is STANDARD
    assert bench.profiles.chosen(CAMERA).preset == "generic-2016"


def test_a_device_is_known_by_what_it_says_when_it_registers() -> None:
    bench = Bench()
    bench.register("Dahua SIP UAS")
    assert bench.profiles.of(CAMERA).record_type_all
    assert bench.profiles.of(CAMERA) is bench.profiles.of(CAMERA)


def test_makers_known_before_a_restart_still_hold() -> None:
    bench = Bench({CAMERA: "Dahua"})
    bench.register()
    assert bench.profiles.chosen(CAMERA).preset == "dahua"


def test_a_description_may_change_the_profile_and_is_told() -> None:
    bench = Bench()
    bench.register("IPC")
    told = bench.profiles.described(CAMERA, "Hikvision", 5.0)
    assert told == ProfileChosen(CAMERA, "hikvision", "device-info", "Hikvision", (), 5.0)
    assert bench.profiles.of(CAMERA).stream_style is StreamStyle.STREAM
    assert bench.profiles.described(CAMERA, "Hikvision", 6.0) is None
    assert bench.profiles.described(CAMERA, "", 7.0) is None
    bench.profiles.forget(CAMERA)
    assert bench.profiles.of(CAMERA) is STANDARD
    assert bench.profiles.described("stranger", "Dahua", 8.0) is not None


def test_what_is_kept_of_makers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "_DEVICES", 2)
    bench = Bench(dict.fromkeys(("a", "b", "c"), "Dahua"))

    def known() -> list[str]:
        chosen = bench.profiles.chosen
        return [name for name in "abcde" if chosen(name).preset == "dahua"]

    assert known() == ["b", "c"]
    bench.profiles.described("b", "Dahua", 1.0)
    bench.profiles.described("d", "Dahua", 1.0)
    assert known() == ["b", "d"]  # who told it again is kept
    for name in "abcde":
        bench.profiles.listed(name, (Item("1", manufacturer="Dahua"),), 2.0)
    assert known() == ["b", "d", "e"]


def test_a_device_that_is_forgotten_leaves_no_maker() -> None:
    bench = Bench(limit=1)
    bench.neighbours.forgotten = bench.profiles.forget
    bench.register()
    bench.profiles.described(CAMERA, "Dahua", 1.0)
    bench.neighbours.unregister(CAMERA, 2.0)
    assert bench.profiles.chosen(CAMERA).preset == "dahua"
    assert bench.neighbours.has_room("34020000001320000002")
    assert bench.profiles.chosen(CAMERA).preset != "dahua"


def test_most_channels_may_tell_the_maker() -> None:
    bench = Bench()
    bench.register()
    items = (Item("1", manufacturer="Dahua"), Item("2", manufacturer="Dahua"), Item("3"))
    told = bench.profiles.listed(CAMERA, items, 5.0)
    assert told is not None
    assert (told.preset, told.ground) == ("dahua", "catalog")
    assert bench.profiles.listed(CAMERA, (), 6.0) is None


def test_what_a_person_sets_holds_at_once_and_for_strangers_too() -> None:
    bench = Bench()
    bench.hand[CAMERA] = {"subscribe": "false", "version": "3.0"}
    assert not bench.profiles.of(CAMERA).subscribe
    assert bench.profiles.set(CAMERA, 5.0).by_hand == ("subscribe", "version")
    bench.register()
    neighbour = bench.neighbours.get(CAMERA)
    assert neighbour is not None
    assert (neighbour.told, neighbour.version) == (Version.V2016, Version.V2022)
    bench.hand[CAMERA] = {"version": "1.0"}
    bench.profiles.set(CAMERA, 6.0)
    assert neighbour.version is Version.V2011


def test_terms_differ_by_profile() -> None:
    bench = Bench()
    terms = bench.profiles.terms(USUAL)
    assert terms(CAMERA, "Dahua").algorithm == "MD5"
    assert terms(CAMERA, "TP-Link").qop
    bench.hand[CAMERA] = {"qop": "false", "send_date": "false", "algorithm": "SHA-256"}
    made = terms(CAMERA, "")
    assert (made.qop, made.send_date, made.algorithm) == (False, False, "SHA-256")
    bench.register()
    assert terms(CAMERA, "") is made
    assert terms("other", "") is USUAL


def test_what_peers_say_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "_REMEMBERED", 2)
    bench = Bench()
    for number in range(5):
        bench.register(f"agent {number}")
        bench.profiles.described(CAMERA, f"maker {number}" + "x" * 100, 0.0)
    assert bench.profiles.chosen(CAMERA).preset == "generic-2016"
    assert len(bench.profiles._choices) <= 2
    assert len(bench.profiles._words) <= 2
