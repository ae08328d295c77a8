import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pyotp import TOTP
from sqlalchemy import Engine

from tongshi.access.factors.service import Factors, read_key
from tongshi.access.identity import Person
from tongshi.access.signin.service import SignIns
from tongshi.access.signin.step import SignedIn
from tongshi.audit.entry import Actor
from tongshi.errors import Conflict, Denied, Missing

Join = Callable[..., tuple[Person, str]]
Enrol = Callable[[SignedIn], tuple[TOTP, SignedIn, tuple[str, ...]]]


def test_a_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    key = read_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path) == key
    assert read_key(tmp_path / "other.key") != key
    path.write_bytes(b"cut")
    with pytest.raises(Conflict, match="backup"):
        read_key(path)


def test_the_secret_is_not_in_the_store(factors: Factors, join: Join, engine: Engine) -> None:
    person, _ = join()
    offered = factors.enrol(person.id)
    assert factors.pending(person.id) == offered
    assert offered.address.startswith("otpauth://totp/Node:li?secret=")
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM people").one()
    assert offered.secret not in str(row)


def test_what_is_in_use_stays_until_the_new_one_is_proved(
    factors: Factors, sign_ins: SignIns, join: Join, enrol: Enrol
) -> None:
    person, password = join()
    maker, fresh, _ = enrol(sign_ins.sign_in("li", password, ""))
    assert factors.enrol(person.id).secret != maker.secret
    with pytest.raises(Denied):
        sign_ins.confirm_factor(fresh.session, "nonsense", "")
    with pytest.raises(Missing):
        factors.enrol(999)


def test_recovery_codes_are_made_anew(
    factors: Factors, sign_ins: SignIns, join: Join, enrol: Enrol
) -> None:
    person, password = join()
    with pytest.raises(Conflict):
        factors.renew_codes(person.id, Actor())
    with pytest.raises(Missing):
        factors.pending(person.id)
    _, _, codes = enrol(sign_ins.sign_in("li", password, ""))
    again = factors.renew_codes(person.id, Actor())
    assert not set(again) & set(codes)
    with pytest.raises(Denied):
        sign_ins.sign_in("li", password, "", codes[0])
    assert sign_ins.sign_in("li", password, "", again[0]).token


def test_a_factor_is_taken_off(
    factors: Factors, sign_ins: SignIns, join: Join, enrol: Enrol
) -> None:
    person, password = join()
    with pytest.raises(Conflict):
        factors.remove(person.id, Actor())
    enrol(sign_ins.sign_in("li", password, ""))
    factors.remove(person.id, Actor())
    assert factors.count_codes(person.id) == 0
    assert sign_ins.sign_in("li", password, "").token
