"""Who is registered, where, and whether it lives: by hand-wound time."""

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tongshi.gb28181.profile import Profile
from tongshi.gb28181.version import Version
from tongshi.signalling.event import (
    DevicePresence,
    DeviceRegistered,
    DeviceRestarted,
    DevicesSeen,
    Presence,
    SignallingEvent,
    Why,
)
from tongshi.signalling.neighbours import LATE, STALL, Known, Neighbours, Rules
from tongshi.sip.address import Address

WALL = 1_700_000_000.0
HOME = Address("192.0.2.20", 5060, "udp", "udp/192.0.2.10:5060")
CAMERA = "34020000001320000001"


class Bench:
    """Neighbours and what they told; time in seconds since the start."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.events: list[SignallingEvent] = []
        self.links: list[tuple[str, bool]] = []
        self.neighbours = Neighbours(
            rules or Rules(),
            self.events.append,
            lambda local, used: self.links.append((local, used)),
        )

    def register(
        self,
        at: float = 0.0,
        device_id: str = CAMERA,
        address: Address = HOME,
        expires: float = 3600,
        user_agent: str = "camera/1.0",
    ) -> None:
        granted = DeviceRegistered(
            device_id,
            address.host,
            address.port,
            address.transport,
            WALL + at,
            WALL + at + expires,
            Version.V2016,
            user_agent,
            "sip:x@10.0.0.1",
            False,
        )
        self.neighbours.register(granted, address, at)

    def beat(self, at: float, address: Address = HOME, device_id: str = CAMERA) -> int:
        return self.neighbours.beat(device_id, address, at, WALL + at)

    def pass_to(self, end: float, start: float = 0.0) -> None:
        """Judge once a second from *start* to *end*."""
        at = start
        while at <= end:
            self.neighbours.expire(at, WALL + at)
            at += 1.0

    def presences(self) -> list[tuple[Presence, Why, float]]:
        """What was told of presences so far: state, why, s since the start."""
        return [
            (event.state, event.why, event.at - WALL)
            for event in self.events
            if isinstance(event, DevicePresence)
        ]


def test_a_registration_brings_a_device_online_and_is_told_whole() -> None:
    bench = Bench()
    bench.register()
    registered, presence = bench.events
    assert isinstance(registered, DeviceRegistered)
    assert presence == DevicePresence(CAMERA, Presence.ONLINE, Why.REGISTERED, WALL, WALL)
    assert (len(bench.neighbours), bench.neighbours.online) == (1, 1)
    assert [neighbour.device_id for neighbour in bench.neighbours] == [CAMERA]


def test_a_refresh_is_told_as_registration_and_is_no_change_of_presence() -> None:
    bench = Bench()
    bench.register()
    bench.register(at=1800)
    assert len(bench.presences()) == 1
    assert sum(isinstance(event, DeviceRegistered) for event in bench.events) == 2


@pytest.mark.clause("9.6.1")
def test_a_silent_device_is_offline_after_the_misses_allowed_and_not_before() -> None:
    bench = Bench(Rules(keepalive=60, misses=3))
    bench.register()
    assert bench.beat(60) == 200
    bench.pass_to(239)
    assert len(bench.presences()) == 1
    bench.pass_to(240, start=240)
    assert bench.presences()[1:] == [(Presence.OFFLINE, Why.MISSED, 240)]
    event = bench.events[-1]
    assert isinstance(event, DevicePresence)
    assert event.last_proof == WALL + 60


@pytest.mark.clause("9.1.1")
def test_keepalives_keep_it_online_until_the_registration_runs_out_and_a_little() -> None:
    bench = Bench()
    bench.register(expires=600)
    for at in range(60, 900, 60):
        bench.pass_to(at, start=at - 59)
        status = bench.beat(at)
        assert status == (200 if at <= 600 + LATE else 403)
    assert bench.presences()[1:] == [(Presence.OFFLINE, Why.EXPIRED, 600 + LATE)]


def test_a_renewal_that_comes_a_little_late_is_no_interruption() -> None:
    bench = Bench()
    bench.register(expires=100)
    bench.beat(95)
    bench.pass_to(100 + LATE - 1)
    bench.register(at=100 + LATE - 0.5)
    assert len(bench.presences()) == 1


def test_a_keepalive_within_a_valid_registration_brings_it_back() -> None:
    bench = Bench()
    bench.register()
    bench.pass_to(181)
    assert bench.beat(200) == 200
    assert bench.presences()[1:] == [
        (Presence.OFFLINE, Why.MISSED, 180),
        (Presence.ONLINE, Why.KEEPALIVE, 200),
    ]
    bench.pass_to(379, start=200)
    assert bench.neighbours.online == 1


def test_strangers_are_told_to_register() -> None:
    bench = Bench()
    assert bench.beat(0) == 404
    bench.register()
    bench.neighbours.unregister(CAMERA, WALL + 5)
    assert bench.beat(10) == 403
    assert bench.presences()[-1] == (Presence.OFFLINE, Why.UNREGISTERED, 5)
    bench.neighbours.unregister("else", WALL)


def test_tolerance_lets_a_keepalive_revive() -> None:
    bench = Bench(Rules(revive=True))
    bench.register(expires=60)
    bench.pass_to(181)
    assert bench.presences()[-1] == (Presence.OFFLINE, Why.EXPIRED, 70)
    assert bench.beat(200) == 200
    bench.pass_to(379, start=182)
    assert bench.neighbours.online == 1
    bench.pass_to(381, start=380)
    assert bench.presences()[-1] == (Presence.OFFLINE, Why.MISSED, 380)


def test_nat_moves_are_followed_or_refused() -> None:
    elsewhere = HOME._replace(host="198.51.100.7", port=40000)
    bench = Bench(Rules(roam=True))
    bench.register()
    assert bench.beat(10, elsewhere) == 200
    neighbour = bench.neighbours.get(CAMERA)
    assert neighbour is not None
    assert neighbour.address == elsewhere
    assert len(bench.presences()) == 1

    strict = Bench()
    strict.register()
    assert strict.beat(10, elsewhere) == 403
    kept = strict.neighbours.get(CAMERA)
    assert kept is not None
    assert kept.address == HOME
    assert strict.beat(20, HOME._replace(port=1024)) == 200
    held = strict.neighbours.get(CAMERA)
    assert held is not None
    assert held.address.port == 1024


def test_what_is_seen_is_handed_over_once_a_flush_however_often_it_came() -> None:
    bench = Bench()
    bench.register()
    for at in range(1, 1001):
        bench.beat(at / 100)
    bench.neighbours.flush()
    bench.neighbours.flush()
    seen = [event for event in bench.events if isinstance(event, DevicesSeen)]
    assert seen == [DevicesSeen({CAMERA: WALL + 10})]


def test_other_messages_prove_life_from_where_it_is_at_home_only() -> None:
    bench = Bench()
    bench.register()
    assert bench.neighbours.hear(CAMERA, HOME._replace(port=9), 100, WALL + 100) is not None
    assert bench.neighbours.hear(CAMERA, HOME._replace(host="198.51.100.7"), 150, WALL) is None
    assert bench.neighbours.hear("else", HOME, 100, WALL) is None
    bench.pass_to(279)
    assert bench.neighbours.online == 1
    bench.pass_to(280, start=280)
    assert bench.neighbours.online == 0
    assert bench.neighbours.hear(CAMERA, HOME, 300, WALL) is not None
    assert bench.neighbours.hear(CAMERA, HOME, 4000, WALL) is None


def test_a_lost_connection_takes_its_devices_offline_and_another_brings_them_back() -> None:
    first = Address("192.0.2.20", 40000, "tcp", "tcp#1")
    second = first._replace(port=40001, local="tcp#2")
    bench = Bench()
    bench.register(address=first)
    bench.register(device_id="b", address=first)
    bench.register(device_id="c", address=second)
    bench.neighbours.lose_link("tcp#1", WALL + 5)
    bench.neighbours.lose_link("tcp#1", WALL + 5)
    assert sorted(bench.presences()[3:]) == [(Presence.OFFLINE, Why.LINK_LOST, 5)] * 2
    assert bench.neighbours.reached_by("tcp#2")
    assert bench.beat(7, second) == 200  # it reconnected and sent no REGISTER
    assert bench.presences()[-1] == (Presence.ONLINE, Why.KEEPALIVE, 7)
    bench.neighbours.lose_link("tcp#2", WALL + 9)
    assert bench.neighbours.online == 0
    assert not bench.neighbours.reached_by("tcp#2")


def test_connections_are_of_use_while_a_device_is_reached_by_them() -> None:
    first = Address("192.0.2.20", 40000, "tcp", "tcp#1")
    second = first._replace(port=40001, local="tcp#2")
    bench = Bench()
    bench.register(address=first)
    bench.register(device_id="b", address=first)
    bench.register(at=1, address=first)
    assert bench.links == [("tcp#1", True)]
    bench.register(at=2, address=second)
    bench.beat(3, second, "b")  # it reconnected and sent no REGISTER
    assert bench.links[1:] == [("tcp#2", True), ("tcp#1", False)]
    bench.neighbours.unregister(CAMERA, WALL + 4)
    assert bench.links[3:] == []
    bench.neighbours.unregister("b", WALL + 5)
    assert bench.links[3:] == [("tcp#2", False)]


def test_a_device_that_moved_is_not_lost_with_its_old_connection() -> None:
    first = Address("192.0.2.20", 40000, "tcp", "tcp#1")
    bench = Bench()
    bench.register(address=first)
    bench.register(at=1, address=first._replace(local="tcp#2"))
    bench.neighbours.lose_link("tcp#1", WALL + 5)
    assert bench.neighbours.online == 1


KNOWN = Known(CAMERA, HOME.host, HOME.port, "udp", WALL + 3000, last_proof=WALL - 30)


def test_after_a_restart_everybody_is_unknown_until_heard_from() -> None:
    bench = Bench()
    bench.neighbours.restore([KNOWN], 0, WALL)
    held = bench.neighbours.get(CAMERA)
    assert held is not None
    assert (held.state, held.why, held.proof) == (Presence.UNKNOWN, Why.RESTARTED, WALL - 30)
    assert bench.events == []
    assert bench.beat(20) == 200  # from another link name than the store can know
    assert bench.presences() == [(Presence.ONLINE, Why.KEEPALIVE, 20)]


def test_one_not_heard_from_after_a_restart_is_offline_in_the_end() -> None:
    bench = Bench()
    bench.neighbours.restore([KNOWN], 0, WALL)
    bench.pass_to(180)
    assert bench.presences() == [(Presence.OFFLINE, Why.MISSED, 180)]


def test_one_whose_registration_ran_out_meanwhile_must_register() -> None:
    bench = Bench()
    row = Known(CAMERA, HOME.host, HOME.port, "udp", WALL - 3000)
    bench.neighbours.restore([row], 0, WALL)
    assert bench.beat(20) == 403
    bench.pass_to(180)
    assert bench.presences() == [(Presence.OFFLINE, Why.EXPIRED, 180)]
    bench.register(at=200)
    assert bench.neighbours.online == 1


def test_restoring_changes_nobody_who_is_there_already_and_keeps_the_limit() -> None:
    bench = Bench(Rules(limit=2))
    bench.register()
    others = [Known(f"b{number}", "192.0.2.1", 5060, "udp", WALL) for number in range(5)]
    bench.neighbours.restore([KNOWN, *others], 0, WALL)
    assert len(bench.neighbours) == 2
    assert bench.neighbours.online == 1


def test_a_pause_of_our_own_is_not_held_against_the_devices() -> None:
    bench = Bench(Rules(keepalive=60, misses=3))
    bench.register()
    bench.pass_to(100)
    bench.neighbours.expire(100 + 500, WALL + 600)  # the machine slept
    assert bench.neighbours.online == 1
    assert bench.beat(600 + 59) == 200
    bench.pass_to(700, start=601)
    assert bench.neighbours.online == 1
    bench.pass_to(840, start=701)
    assert bench.neighbours.online == 0
    assert STALL < 60


def test_a_full_house_makes_room_by_forgetting_the_longest_gone() -> None:
    bench = Bench(Rules(limit=2))
    bench.register(device_id="a")
    bench.register(device_id="b")
    assert bench.neighbours.has_room("a")
    assert not bench.neighbours.has_room("c")
    bench.neighbours.unregister("b", WALL)
    bench.neighbours.unregister("a", WALL)
    assert bench.neighbours.has_room("c")
    assert [neighbour.device_id for neighbour in bench.neighbours] == ["a"]


def test_texts_of_peers_are_shared_and_bounded() -> None:
    bench = Bench()
    bench.register(device_id="a", user_agent="maker" + "x" * 500)
    first = bench.neighbours.get("a")
    assert first is not None
    assert len(first.user_agent) == 128
    for number in range(5000):
        bench.register(device_id="b", user_agent=f"maker {number}")
    assert len(bench.neighbours._words) <= 4096


class Presences(RuleBasedStateMachine):
    """Whatever happens in whatever order, the books agree."""

    IDS = ("a", "b", "c")

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(Rules(keepalive=10, misses=2, limit=2))
        self.at = 0.0

    @rule()
    def wait(self) -> None:
        for _ in range(4):
            self.at += 1.5
            self.bench.neighbours.expire(self.at, WALL + self.at)

    @rule()
    def register(self) -> None:
        for number, device_id in enumerate(self.IDS):
            if self.bench.neighbours.has_room(device_id):
                tcp = Address("192.0.2.9", 1, "tcp", f"tcp#{number}")
                self.bench.register(self.at, device_id, tcp, expires=25)

    @rule()
    def beat(self) -> None:
        for device_id in self.IDS:
            self.bench.beat(self.at, HOME, device_id)

    @rule()
    def lose(self) -> None:
        self.bench.neighbours.lose_link("tcp#0", WALL + self.at)

    @precondition(lambda self: len(self.bench.neighbours) > 0)
    @rule()
    def unregister(self) -> None:
        device_id = next(iter(self.bench.neighbours)).device_id
        self.bench.neighbours.unregister(device_id, WALL + self.at)

    @invariant()
    def the_books_agree(self) -> None:
        neighbours = self.bench.neighbours
        online = [held for held in neighbours if held.state is Presence.ONLINE]
        assert neighbours.online == len(online)
        assert len(neighbours) <= 2
        assert set(neighbours._gone) == {
            held.device_id for held in neighbours if held.state is Presence.OFFLINE
        }
        for held in online:
            assert held.device_id in neighbours._watch
        linked = {key for held in neighbours._on_link.values() for key in held}
        assert linked == {held.device_id for held in online if held.address.transport == "tcp"}
        told: dict[str, Presence] = {}
        for event in self.bench.events:
            if isinstance(event, DevicePresence):
                assert told.get(event.device_id) is not event.state
                told[event.device_id] = event.state
        for held in neighbours:
            assert told[held.device_id] is held.state


TestPresences = Presences.TestCase
TestPresences.settings = hypothesis_settings(max_examples=60, stateful_step_count=30, deadline=None)


def restarts(bench: Bench) -> list[str]:
    return [event.why for event in bench.events if isinstance(event, DeviceRestarted)]


def renew(bench: Bench, at: float, series: int, contact: str = "", expires: float = 3600) -> None:
    granted = DeviceRegistered(
        CAMERA,
        HOME.host,
        HOME.port,
        HOME.transport,
        WALL + at,
        WALL + at + expires,
        Version.V2016,
        "camera/1.0",
        contact or "sip:x@10.0.0.1",
        True,
    )
    bench.neighbours.register(granted, HOME, at, series)


def test_a_device_that_reboots_without_going_offline_is_told() -> None:
    bench = Bench()
    renew(bench, 0, series=1)
    renew(bench, 3000, series=1)
    assert restarts(bench) == []
    renew(bench, 3100, series=2)
    assert restarts(bench) == ["call-id"]
    renew(bench, 4000, series=2)
    renew(bench, 7000, series=2, contact="sip:x@10.0.0.2")
    assert restarts(bench) == ["call-id", "contact"]


def test_a_new_call_id_at_every_refresh_is_a_habit_and_no_reboot() -> None:
    bench = Bench()
    for number in range(1, 5):
        renew(bench, 3000 * number, series=number)
    assert restarts(bench) == ["call-id"]  # the first time it cannot be told
    renew(bench, 12_100, series=9)  # out of rhythm
    assert restarts(bench) == ["call-id", "call-id"]


def test_a_device_that_was_offline_or_whose_series_is_unknown_has_not_rebooted() -> None:
    bench = Bench()
    bench.register(0)
    renew(bench, 10, series=1)
    bench.neighbours.unregister(CAMERA, WALL + 20)
    renew(bench, 30, series=2)
    assert restarts(bench) == []


def test_a_profile_says_whether_a_keepalive_moves_or_revives() -> None:
    bench = Bench()
    away = Address("198.51.100.9", 5060, "udp")
    bench.register(0, expires=60)
    assert bench.beat(10, away) == 403
    bench.neighbours.profile_of = lambda device_id: Profile(roam=True, revive=True)
    assert bench.beat(20, away) == 200
    bench.pass_to(100)
    assert bench.beat(101, away) == 200


def test_a_connection_left_by_registering_over_another_is_closed_at_once() -> None:
    bench = Bench()
    ended: list[str] = []
    bench.neighbours._end_link = ended.append
    old = Address("192.0.2.20", 40_001, "tcp", "tcp#1")
    new = Address("192.0.2.20", 40_002, "tcp", "tcp#2")
    bench.register(0, address=old)
    bench.register(1, "34020000001320000002", address=old)
    bench.register(2, address=new)
    assert ended == []  # another device still lives on it
    bench.register(3, "34020000001320000002", address=new)
    assert ended == ["tcp#1"]
    assert bench.beat(4, old) == 200  # a keepalive alone proves nothing: left to the idle rule
    assert ended == ["tcp#1"]
