import pytest
from argon2 import PasswordHasher

from tongshi.access.hashing import service
from tongshi.access.hashing.service import Hashing
from tongshi.errors import Exhausted

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_passwords_cost_what_the_standard_recommends() -> None:
    """RFC 9106, second recommendation: 64 MiB, three passes."""
    assert Hashing().hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_password_is_right_or_wrong() -> None:
    hashing = Hashing(CHEAP)
    hashed = hashing.hash("the words")
    assert hashing.verify(hashed, "the words")
    assert not hashing.verify(hashed, "other words")
    assert not hashing.verify(hashed, "\ud800" * 1000)


def test_where_there_is_no_account_the_same_work_is_done_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[str] = []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, hashed: str | bytes, password: str | bytes) -> bool:
        checked.append(str(hashed).rsplit("$", 2)[0])
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    hashing = Hashing(CHEAP)
    assert not hashing.verify(hashing.hash("x"), "wrong")
    assert not hashing.verify(None, "wrong")
    assert len(checked) == 2
    assert len(set(checked)) == 1, "one kind of hash with one set of parameters"


def test_weaker_parameters_are_old() -> None:
    stronger = Hashing(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    hashed = Hashing(CHEAP).hash("x")
    assert stronger.is_old(hashed)
    assert not stronger.is_old(stronger.hash("x"))


def test_too_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAIT", 0.01)
    hashing = Hashing(CHEAP)
    with hashing.turn(), hashing.turn(), pytest.raises(Exhausted), hashing.turn():
        raise AssertionError


def test_generated_passwords_differ() -> None:
    hashing = Hashing(CHEAP)
    assert len({hashing.spell() for _ in range(20)}) == 20
