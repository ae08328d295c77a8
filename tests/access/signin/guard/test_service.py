from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tongshi.access.identity import Person, Rules, Way
from tongshi.access.signin.guard.service import Attempt, Guard
from tongshi.db.writer import Writer

Join = Callable[..., tuple[Person, str]]
Told = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def guard(engine: Engine, writer: Writer, rules: Rules) -> Guard:
    return Guard(engine, writer, rules)


def test_failures_end_in_a_pause_for_anybody_of_that_name_there(
    guard: Guard, rules: Rules, told: Told
) -> None:
    nobody = Attempt("nobody", None, "192.0.2.1", 100.0)
    for _ in range(rules.attempts):
        assert not guard.is_paused(nobody)
        guard.fail(nobody, Way.PHRASE)
    assert guard.is_paused(nobody)
    assert not guard.is_paused(Attempt("nobody", None, "192.0.2.2", 100.0))
    assert not guard.is_paused(Attempt("other", None, "192.0.2.1", 100.0))
    assert not guard.is_paused(Attempt("nobody", None, "192.0.2.1", 100.0 + rules.lock))
    assert told() == [("session.begun", "refused")] * rules.attempts + [("person.locked", "done")]


def test_a_success_forgets_the_name_and_knows_the_place(
    guard: Guard, engine: Engine, rules: Rules, join: Join
) -> None:
    person, _ = join()
    here = Attempt("li", person, "192.0.2.1", 100.0)
    for _ in range(rules.attempts - 1):
        guard.fail(here, Way.TOTP)
    with engine.begin() as connection:
        guard.forgive(connection, here)
    for number in range(4 * rules.attempts):
        guard.fail(Attempt("li", person, f"198.51.100.{number}", 100.0), Way.PHRASE)
    assert not guard.is_paused(here)
    assert guard.is_paused(Attempt("li", person, "192.0.2.9", 100.0))
