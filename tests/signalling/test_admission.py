import pytest

from tongshi.gb28181.registration import Elsewhere, Refusal
from tongshi.registry.peers.rule import Effect, Rule, RuleBook
from tongshi.signalling import admission
from tongshi.signalling.admission import Admission, Lock, LockRules
from tongshi.sip.address import Address

CAMERA = "34020000001320000001"
OTHER = "34020000001320000002"
HOME = Address("192.0.2.20", 5060)
AWAY = Address("198.51.100.9", 5060)


class Clock:
    """A clock wound by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at + 1_700_000_000


class Door:
    """An admission with what it asks about."""

    def __init__(self, *rules: Rule, lock: LockRules | None = None) -> None:
        self.clock = Clock()
        self.known: set[str] = set()
        self.homes: set[tuple[str, str]] = set()
        self.door = Admission(
            lock or LockRules(attempts=3, host_attempts=6, seconds=60),
            self.clock,
            is_known=self.known.__contains__,
            is_at_home=lambda device_id, host: (device_id, host) in self.homes,
        )
        self.door.rules = RuleBook(rules)

    def fail(self, times: int, device_id: str = CAMERA, source: Address = HOME) -> None:
        for _ in range(times):
            self.door.failed(device_id, source)


def test_without_rules_everybody_may_try() -> None:
    door = Door().door
    assert door.bar(CAMERA, HOME) is None
    assert not door.opens(CAMERA, HOME)
    assert door.proved(CAMERA, HOME) is None


def test_failures_lock_a_device_out_from_that_host_only_and_for_a_while() -> None:
    door = Door()
    door.fail(2)
    assert door.door.bar(CAMERA, HOME) is None
    door.fail(1)
    assert door.door.bar(CAMERA, HOME) is Refusal.LOCKED
    assert door.door.bar(CAMERA, AWAY) is None
    assert door.door.bar(OTHER, HOME) is None
    assert door.door.locks() == [Lock(CAMERA, HOME.host, 3, 60.0)]
    assert door.door.counters["locks"] == 1
    door.clock.at += 61
    assert door.door.bar(CAMERA, HOME) is None
    assert door.door.locks() == []


def test_who_guesses_from_elsewhere_never_locks_out_the_device() -> None:
    door = Door()
    door.homes.add((CAMERA, HOME.host))
    door.fail(100, CAMERA, AWAY)
    assert door.door.bar(CAMERA, AWAY) is Refusal.LOCKED
    assert door.door.bar(CAMERA, HOME) is None


def test_a_host_that_tries_many_devices_is_locked_but_for_those_at_home() -> None:
    door = Door()
    for number in range(6):
        door.fail(1, f"camera{number}")
    assert door.door.bar("camera9", HOME) is Refusal.LOCKED
    assert Lock("", HOME.host, 6, 60.0) in door.door.locks()
    door.homes.add((CAMERA, HOME.host))
    assert door.door.bar(CAMERA, HOME) is None


def test_old_failures_do_not_add_up() -> None:
    door = Door()
    door.fail(2)
    door.clock.at += 61
    door.fail(2)
    assert door.door.bar(CAMERA, HOME) is None


def test_a_proof_forgets_the_failures_of_its_device() -> None:
    door = Door()
    door.fail(2)
    assert door.door.proved(CAMERA, HOME) is None
    door.fail(2)
    assert door.door.bar(CAMERA, HOME) is None


def test_a_lock_is_cleared() -> None:
    door = Door()
    door.fail(5)
    assert door.door.clear(CAMERA) == 5
    assert door.door.bar(CAMERA, HOME) is None
    door.fail(5)
    door.fail(2, OTHER)
    assert door.door.bar("third", HOME) is Refusal.LOCKED
    door.door.clear(CAMERA)
    assert door.door.bar("third", HOME) is None
    door.door.clear_host(HOME.host)
    assert door.door.clear(OTHER) == 0


def test_clearing_one_device_leaves_a_host_locked_that_others_locked() -> None:
    door = Door()
    door.fail(7, OTHER)
    door.fail(1, CAMERA)
    door.door.clear(CAMERA)
    assert door.door.bar(CAMERA, HOME) is Refusal.LOCKED


def test_a_count_whose_host_is_forgotten_is_cleared_all_the_same() -> None:
    door = Door()
    door.fail(1)
    door.door._by_host.clear()
    assert door.door.clear(CAMERA) == 1


def test_failures_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "FAILURES", 2)
    door = Door()
    for number in range(5):
        door.fail(3, f"camera{number}")
    assert [lock.device_id for lock in door.door.locks() if lock.device_id] == [
        "camera3",
        "camera4",
    ]


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        (Rule(Effect.DENY, CAMERA), Refusal.DENIED),
        (Rule(Effect.SOURCE, CAMERA, "203.0.113.0/24"), Refusal.SOURCE),
        (Rule(Effect.SOURCE, CAMERA, "192.0.2.0/24"), None),
        (Rule(Effect.DENY, OTHER), None),
    ],
)
def test_rules_hold_before_any_proof(rule: Rule, refusal: Refusal | None) -> None:
    assert Door(rule).door.bar(CAMERA, HOME) is refusal


def test_a_door_is_open_from_where_a_rule_says() -> None:
    door = Door(Rule(Effect.OPEN, "*", "192.0.2.0/24")).door
    assert door.opens(CAMERA, HOME)
    assert not door.opens(CAMERA, AWAY)


def test_new_devices_wait_for_approval() -> None:
    door = Door(Rule(Effect.APPROVAL, "*"))
    assert door.door.proved(CAMERA, HOME) is Refusal.QUARANTINED
    door.clock.at += 5
    assert door.door.proved(CAMERA, AWAY) is Refusal.QUARANTINED
    (waiting,) = door.door.newcomers()
    assert (waiting.device_id, waiting.host, waiting.tries) == (CAMERA, AWAY.host, 2)
    assert waiting.last_at - waiting.first_at == 5
    door.door.rules = RuleBook([Rule(Effect.APPROVAL, "*"), Rule(Effect.ALLOW, CAMERA)])
    assert door.door.proved(CAMERA, HOME) is None
    assert door.door.newcomers() == []


def test_devices_known_before_need_no_approval() -> None:
    door = Door(Rule(Effect.APPROVAL, "*"))
    door.known.add(CAMERA)
    assert door.door.proved(CAMERA, HOME) is None


def test_those_who_wait_are_bounded_and_may_be_dismissed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "NEWCOMERS", 2)
    door = Door(Rule(Effect.APPROVAL, "*")).door
    for number in range(3):
        door.proved(f"camera{number}", HOME)
    assert [waiting.device_id for waiting in door.newcomers()] == ["camera1", "camera2"]
    door.dismiss("camera1")
    door.dismiss("nobody")
    assert [waiting.device_id for waiting in door.newcomers()] == ["camera2"]


@pytest.mark.clause("9.1.2.3")
def test_devices_are_sent_elsewhere_by_rule() -> None:
    target = "34020000002000000002@192.0.2.9:5060"
    door = Door(Rule(Effect.REDIRECT, "3402*", target=target, expires=600)).door
    assert door.proved(CAMERA, HOME) == Elsewhere(target, 600)
    assert door.proved("44010000001320000001", HOME) is None
    assert door.counters["redirected"] == 1
