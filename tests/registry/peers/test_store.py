from sqlalchemy import Engine

from tongshi.digest import Hashed
from tongshi.registry.entry import Registration
from tongshi.registry.intake import store as intake
from tongshi.registry.peers import store
from tongshi.registry.peers.rule import Effect, Rule

CAMERA = "34020000001320000001"


def test_rules_are_read_as_they_were_written(engine: Engine) -> None:
    rule = Rule(Effect.SOURCE, "3402*", "192.0.2.0/24", "", 3600, "why", 5.0, "admin")
    with engine.begin() as connection:
        number = store.add_rule(connection, rule)
        (read,) = store.read_rules(connection)
        assert (read.effect, read.pattern, read.network) == (rule.effect, "3402*", "192.0.2.0/24")
        assert (read.note, read.made_at, read.made_by, read.id) == ("why", 5.0, "admin", number)
        assert store.remove_rule(connection, number)
        assert not store.remove_rule(connection, number)
        assert store.read_rules(connection) == []


def test_keys_replace_each_other(engine: Engine) -> None:
    with engine.begin() as connection:
        for word in ("first", "second"):
            store.write_key(connection, CAMERA, Hashed.of(CAMERA, "realm", word), 5.0, "admin")
        assert store.read_keys(connection) == {CAMERA: Hashed.of(CAMERA, "realm", "second")}
        assert store.remove_key(connection, CAMERA)
        assert not store.remove_key(connection, CAMERA)


def test_fields_are_those_set_last(engine: Engine) -> None:
    with engine.begin() as connection:
        store.write_fields(connection, CAMERA, {"qop": "false", "subscribe": "true"}, 5.0, "a")
        store.write_fields(connection, CAMERA, {"qop": "false", "version": "3.0"}, 6.0, "b")
        assert store.read_fields(connection) == {CAMERA: {"qop": "false", "version": "3.0"}}
        store.write_fields(connection, CAMERA, {}, 7.0, "c")
        assert store.read_fields(connection) == {}


def test_makers_and_known_devices(engine: Engine) -> None:
    registration = Registration(CAMERA, "192.0.2.20", 5060, "udp", 1.0, 2.0, "2.0", "", "")
    with engine.begin() as connection:
        intake.write_registrations(connection, {CAMERA: registration})
        intake.ensure_device(connection, "never", 1.0)
        assert store.read_known(connection) == {CAMERA}
        assert store.read_makers(connection) == {}
