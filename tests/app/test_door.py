from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import Engine

from tongshi.access.factors.service import KEY_NAME
from tongshi.access.identity import Certificate, Rules
from tongshi.access.oidc.service import Registered
from tongshi.app.door import open_door, registered, rules_of
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.settings import AccessSettings, NodeSettings, Settings, WebSettings

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_settings_become_rules() -> None:
    assert rules_of(Settings()) == Rules()
    web = WebSettings(session_hours=1, idle_minutes=2, attempts=7, lock_minutes=3)
    access = AccessSettings(proof_minutes=4, addresses=5, certificate="block", totp="everybody")
    rules = rules_of(Settings(web=web, access=access))
    assert (rules.absolute, rules.idle, rules.attempts, rules.lock) == (3600.0, 120.0, 7, 180.0)
    assert (rules.proof, rules.addresses) == (240.0, 5)
    assert (rules.certificate, rules.everybody_totp) == (Certificate.BLOCK, True)


def test_a_provider_is_set_or_not() -> None:
    assert registered(Settings()) == Registered()
    access = AccessSettings(oidc_issuer="https://idp", oidc_client="me", oidc_email=True)
    assert registered(Settings(access=access)) == Registered("https://idp", "me", by_email=True)


def test_the_key_stays_with_the_data(
    tmp_path: Path, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    settings = Settings(node=NodeSettings(data=str(tmp_path / "data")))
    door = open_door(settings, engine, writer, clock, CHEAP)
    key = (tmp_path / "data" / KEY_NAME).read_bytes()
    given = door.people.make_first()
    assert given is not None
    assert door.sign_ins.sign_in(given.name, given.password, "").token
    offered = door.factors.enrol(1)
    again = open_door(settings, engine, writer, clock, CHEAP)
    assert again.factors.pending(1) == offered
    assert (tmp_path / "data" / KEY_NAME).read_bytes() == key
