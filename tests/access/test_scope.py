import pytest
from sqlalchemy import Engine, literal, select

from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.access.scope import EVERYTHING, NOTHING, Scope, scope_of
from tongshi.access.store import visible

SOMEBODY = Person(1, "a", "A", "", Role.OPERATOR, must_change=False, disabled=False)
GONE = Person(1, "a", "A", "", Role.OPERATOR, must_change=False, disabled=True)


def test_the_signed_in_see_everything_and_nobody_nothing() -> None:
    assert scope_of(SOMEBODY) == EVERYTHING
    assert scope_of(None) == NOTHING
    assert scope_of(GONE) == NOTHING


@pytest.mark.parametrize("scope", [EVERYTHING, NOTHING])
@pytest.mark.parametrize("channel_id", ["", "c"])
def test_the_answer_for_one_and_the_condition_for_many_agree(
    engine: Engine, scope: Scope, channel_id: str
) -> None:
    with engine.connect() as connection:
        rows = connection.execute(
            select(literal(1)).where(visible(scope, literal("d"), literal(channel_id)))
        ).all()
    assert bool(rows) is scope.sees("d", channel_id)


def test_no_device_at_all_is_never_seen() -> None:
    assert not EVERYTHING.sees("")
