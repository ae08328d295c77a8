from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.digest import Hashed
from tongshi.errors import Conflict, Invalid, Missing
from tongshi.gb28181.preset import PRESET
from tongshi.registry.peers import service
from tongshi.registry.peers.rule import Effect, Rule
from tongshi.registry.peers.service import Peers

CAMERA = "34020000001320000001"
Open = Callable[[], Peers]


@pytest.fixture
def open_peers(engine: Engine, writer: Writer) -> Open:
    return lambda: Peers(engine, writer, ManualClock(), realm="3402000000", fallback="common")


def test_rules_hold_at_once_and_after_a_restart(open_peers: Open) -> None:
    peers, told = open_peers(), list[str]()
    peers.changed = told.append
    made = peers.add_rule(Rule(Effect.DENY, CAMERA, "192.0.2.9/24"), "admin")
    assert (made.network, made.made_by, made.id > 0) == ("192.0.2.0/24", "admin", True)
    assert peers.book.denies(CAMERA, "192.0.2.1")
    assert open_peers().book.rules == (made,)
    with pytest.raises(Conflict):
        peers.add_rule(Rule(Effect.DENY, CAMERA, "192.0.2.0/24"), "admin")
    peers.remove_rule(made.id)
    assert not peers.book
    with pytest.raises(Missing):
        peers.remove_rule(made.id)
    assert told == ["", ""]


def test_rules_are_bounded_and_checked(open_peers: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = open_peers()
    with pytest.raises(Invalid):
        peers.add_rule(Rule(Effect.SOURCE, CAMERA), "admin")
    monkeypatch.setattr(service, "RULES", 0)
    with pytest.raises(Conflict):
        peers.add_rule(Rule(Effect.DENY, CAMERA), "admin")


def test_a_password_goes_in_and_never_comes_out(open_peers: Open) -> None:
    peers, told = open_peers(), list[str]()
    peers.changed = told.append
    assert peers.password_of(CAMERA) == "common"
    peers.set_password(CAMERA, "12345678", "admin")
    kept = Hashed.of(CAMERA, "3402000000", "12345678")
    assert peers.password_of(CAMERA) == kept
    assert peers.has_password(CAMERA)
    assert open_peers().password_of(CAMERA) == kept
    peers.set_password(CAMERA, "12345678", "admin", username="user", realm="other")
    assert peers.password_of(CAMERA) == Hashed.of("user", "other", "12345678")
    peers.remove_password(CAMERA)
    assert open_peers().password_of(CAMERA) == "common"
    assert told == [CAMERA] * 3
    with pytest.raises(Missing):
        peers.remove_password(CAMERA)


@pytest.mark.parametrize("word", ["short", "x" * 129, "line\nbreak"])
def test_passwords_that_are_none(open_peers: Open, word: str) -> None:
    with pytest.raises(Invalid):
        open_peers().set_password(CAMERA, word, "admin")
    with pytest.raises(Invalid):
        open_peers().set_password("a b", "12345678", "admin")


def test_fields_hold_at_once_and_after_a_restart(open_peers: Open) -> None:
    peers, told = open_peers(), list[str]()
    peers.changed = told.append
    assert peers.fields_of(CAMERA) == {}
    fields = {"qop": "false", PRESET: "dahua"}
    peers.set_fields(CAMERA, fields, "admin")
    assert peers.fields_of(CAMERA) == open_peers().fields_of(CAMERA) == fields
    peers.set_fields(CAMERA, {}, "admin")
    assert peers.fields_of(CAMERA) == open_peers().fields_of(CAMERA) == {}
    assert told == [CAMERA, CAMERA]


def test_every_fault_of_a_profile_is_named(open_peers: Open) -> None:
    with pytest.raises(Invalid) as caught:
        open_peers().set_fields(CAMERA, {"qop": "maybe", "x": "1", PRESET: "nobody"}, "admin")
    assert len(caught.value.faults) == 3
    with pytest.raises(Invalid):
        open_peers().set_fields("a b", {}, "admin")


def test_rhythms_are_kept_and_forgotten(open_peers: Open, writer: Writer) -> None:
    peers = open_peers()
    assert peers.beats == {}
    peers.note_beat(CAMERA, 20.0, 0, 1.0)
    peers.note_beat(CAMERA, 30.0, 5, 2.0)
    writer.flush()
    assert open_peers().beats == {CAMERA: (30.0, 5)}
    peers.note_beat(CAMERA, None, 0, 3.0)
    writer.flush()
    assert open_peers().beats == {}
    writer.close()
    peers.note_beat(CAMERA, 20.0, 0, 4.0)  # told in the log, no fault of who told it
