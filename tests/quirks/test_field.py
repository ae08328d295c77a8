"""Deviations of the field that no simulated device plays, each with and without its handling."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tongshi.clock import ManualClock
from tongshi.digest import Nonces
from tongshi.gb28181 import charset, preset
from tongshi.gb28181.description import StreamStyle
from tongshi.gb28181.manscdp import read, write
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.preset import Evidence, choose
from tongshi.gb28181.profile import Charset, Profile
from tongshi.gb28181.registration import Refusal, Terms
from tongshi.gb28181.version import Version
from tongshi.registry.peers.rule import Effect, Rule, RuleBook
from tongshi.signalling import neighbours, offer, profiles
from tongshi.signalling.admission import Admission, LockRules
from tongshi.signalling.event import DeviceRegistered, DeviceRestarted, Presence, Why
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.profiles import Profiles
from tongshi.sip.address import Address

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]
CAMERA = "34020000001320000001"
HOME = Address("192.0.2.20", 5060)
NAT = Address("192.0.2.20", 40_123)
AWAY = Address("198.51.100.9", 5060)


def registered(address: Address = HOME) -> tuple[Neighbours, list[Any]]:
    told: list[Any] = []
    near = Neighbours(Rules(), told.append)
    enter(near, 0.0, address)
    return near, told


def enter(near: Neighbours, at: float, address: Address = HOME, series: int = 1) -> None:
    granted = DeviceRegistered(
        CAMERA, address.host, address.port, address.transport, at, at + 3600, Version.V2016,
        "IPC", "sip:x@10.0.0.1", True,
    )  # fmt: skip
    near.register(granted, address, at, series)


def a_keepalive_without_registration_is_refused() -> None:
    near = Neighbours(Rules(), lambda event: None)
    assert near.beat(CAMERA, HOME, 0.0, 0.0) == 404
    enter(near, 0.0)
    near.unregister(CAMERA, 1.0)
    assert near.beat(CAMERA, HOME, 2.0, 2.0) == 403
    near.profile_of = lambda device_id: Profile(revive=True)
    assert near.beat(CAMERA, HOME, 3.0, 3.0) == 200


def every_keepalive_is_welcome(patch: Patch) -> None:
    patch.setattr(Neighbours, "beat", lambda *given: 200)


def the_address_follows_the_packets() -> None:
    near, _ = registered()
    assert near.beat(CAMERA, NAT, 10.0, 10.0) == 200
    neighbour = near.get(CAMERA)
    assert neighbour is not None
    assert neighbour.address == NAT
    assert near.beat(CAMERA, AWAY, 20.0, 20.0) == 403  # a keepalive proves nothing
    enter(near, 30.0, AWAY)  # the same Call-ID, a new address
    assert neighbour.address == AWAY


def addresses_never_move(patch: Patch) -> None:
    patch.setattr(Neighbours, "_move", lambda self, neighbour, address: None)


def a_connection_made_again_needs_a_keepalive_only() -> None:
    first = Address("192.0.2.20", 40_001, "tcp", "tcp#1")
    second = Address("192.0.2.20", 40_002, "tcp", "tcp#2")
    near, _ = registered(first)
    near.lose_link("tcp#1", 5.0)
    neighbour = near.get(CAMERA)
    assert neighbour is not None
    assert (neighbour.state, neighbour.why) == (Presence.OFFLINE, Why.LINK_LOST)
    assert near.beat(CAMERA, second, 6.0, 6.0) == 200
    assert (neighbour.state, neighbour.address) == (Presence.ONLINE, second)


def another_address_has_to_register(patch: Patch) -> None:
    patch.setattr(Neighbours, "_beat_elsewhere", lambda *given: 403)


def a_reboot_between_two_keepalives_is_noticed() -> None:
    near, told = registered()
    enter(near, 100.0, series=2)
    assert [one.why for one in told if isinstance(one, DeviceRestarted)] == ["call-id"]


def nothing_shows_a_reboot(patch: Patch) -> None:
    patch.setattr(neighbours, "_restart_of", lambda *given: "")


def the_clock_is_not_told_where_that_harms() -> None:
    hand: Mapping[str, str] = {"send_date": "false", "qop": "false"}
    near = Neighbours(Rules(), lambda event: None)
    terms = Profiles(near, lambda device_id: hand).terms(Terms("3402000000"))
    assert not terms(CAMERA, "").send_date
    assert not terms(CAMERA, "").qop


def terms_are_one_for_all(patch: Patch) -> None:
    patch.setattr(profiles, "_terms", lambda usual, profile: usual)


def a_maker_is_known_by_what_it_says() -> None:
    dahua = choose(Evidence("Dahua SIP UAS"), {}).profile
    assert dahua.record_type_all
    assert dahua.config_to_device
    assert dahua.stream_style is StreamStyle.STREAMPROFILE
    assert choose(Evidence("", "TP-LINK"), {}).profile.stream_style is StreamStyle.STREAMMODE


def makers_are_all_alike(patch: Patch) -> None:
    patch.setattr(preset, "_WORDS", ())


def a_list_of_formats_fits_the_peer() -> None:
    old = choose(Evidence(version=Version.V2011), {}).profile
    assert [payload.name for payload in offer.payloads_of(old)] == ["PS"]


def everybody_is_offered_everything(patch: Patch) -> None:
    patch.setattr(offer, "payloads_of", lambda profile: offer.USUAL)


def bodies_have_the_charset_of_the_peer() -> None:
    body = write(Keepalive(1, CAMERA), Version.V2016)
    assert b'encoding="UTF-8"' in charset.recode(body, Charset.UTF_8)
    assert read(charset.recode(body, Charset.UTF_8)) == read(body)


def charsets_have_one_label(patch: Patch) -> None:
    patch.setattr(charset, "recode", lambda body, wanted: body)


def guesses_elsewhere_lock_out_nobody() -> None:
    door = Admission(
        LockRules(attempts=3, host_attempts=5, seconds=60),
        ManualClock(),
        is_known=lambda device_id: True,
        is_at_home=lambda device_id, host: host == HOME.host,
    )
    for _ in range(50):
        door.failed(CAMERA, AWAY)
    assert door.bar(CAMERA, AWAY) is Refusal.LOCKED
    assert door.bar(CAMERA, HOME) is None


def failures_count_by_device_alone(patch: Patch) -> None:
    whole = Admission._count

    def count(self: Admission, counts: Any, key: Any, limit: int) -> None:
        whole(self, counts, (key[0], HOME.host) if isinstance(key, tuple) else key, limit)

    patch.setattr(Admission, "_count", count)


def a_device_has_its_own_door() -> None:
    book = RuleBook([Rule(Effect.SOURCE, CAMERA, "192.0.2.0/24")])
    assert not book.misplaces(CAMERA, HOME.host)
    assert book.misplaces(CAMERA, AWAY.host)


def sources_do_not_matter(patch: Patch) -> None:
    patch.setattr("tongshi.registry.peers.rule.lies_in", lambda host, network: True)


def proofs_are_good_once() -> None:
    assert Nonces(bytes(16)).issue(1.0) != Nonces(bytes(16)).issue(2.0)
    nonces = Nonces(bytes(16))
    assert nonces.issue(1.0, CAMERA) != nonces.issue(1.0, CAMERA)


def nonces_are_by_the_clock(patch: Patch) -> None:
    patch.setattr(Nonces, "issue", lambda self, now, binding="": f"{int(now)}{binding}")


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "10.1 keepalive without REGISTER": (
        a_keepalive_without_registration_is_refused,
        every_keepalive_is_welcome,
    ),
    "10.1 NAT address changes; same Call-ID, new address": (
        the_address_follows_the_packets,
        addresses_never_move,
    ),
    "10.1 keepalives only after a TCP reconnect": (
        a_connection_made_again_needs_a_keepalive_only,
        another_address_has_to_register,
    ),
    "10.1 reboot without going offline": (
        a_reboot_between_two_keepalives_is_noticed,
        nothing_shows_a_reboot,
    ),
    "10.1 Date misleads": (the_clock_is_not_told_where_that_harms, terms_are_one_for_all),
    "10.1 many guess": (
        guesses_elsewhere_lock_out_nobody,
        failures_count_by_device_alone,
    ),
    "10.1 a device from another place": (a_device_has_its_own_door, sources_do_not_matter),
    "10.1 overheard proofs": (proofs_are_good_once, nonces_are_by_the_clock),
    "10.5 maker by maker": (a_maker_is_known_by_what_it_says, makers_are_all_alike),
    "10.5 long payload list": (a_list_of_formats_fits_the_peer, everybody_is_offered_everything),
    "10.2 charset out": (bodies_have_the_charset_of_the_peer, charsets_have_one_label),
}


@pytest.mark.parametrize("row", CASES)
def test_a_deviation_of_the_field_is_handled(row: str, prove: Prove) -> None:
    prove(*CASES[row])
