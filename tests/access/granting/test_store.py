from dataclasses import replace

import pytest
from sqlalchemy import Engine

from tongshi.access.grant import Grant, Hours, Right, Selector, Subject, SubjectKind, Window
from tongshi.access.granting import store
from tongshi.access.granting.store import REMEMBERED, GrantQuery

ME = Subject(SubjectKind.PERSON, "7")
UNIT = Subject(SubjectKind.UNIT, "50% unit")
WHOLE = Selector(everything=True)
FULL = Grant(
    0,
    UNIT,
    frozenset({Right.LIVE, Right.SEE}),
    Selector(
        frozenset({"34"}),
        frozenset({"I"}),
        frozenset({"school"}),
        frozenset({"单位"}),
        frozenset({"a b"}),
        frozenset({("d", "c")}),
        frozenset({"d"}),
    ),
    frozenset({"patrol"}),
    Hours((Window(frozenset({0, 6}), 60, 30),)),
    1.0,
    2000.0,
    86400.0,
    note="why",
    made_by="Admin",
    made_at=5.0,
    origin="approval:3",
)
PLAIN = Grant(0, ME, frozenset({Right.SEE}), WHOLE, deny=True)


def test_a_grant_comes_back_as_it_was(engine: Engine) -> None:
    with engine.begin() as connection:
        for grant in (FULL, PLAIN):
            number = store.add_grant(connection, grant)
            assert store.read_grant(connection, number) == replace(grant, id=number)
        assert store.read_grant(connection, 99) is None


def test_a_grant_is_revoked_once(engine: Engine) -> None:
    with engine.begin() as connection:
        number = store.add_grant(connection, FULL)
        assert store.revoke_grant(connection, number, "Admin", 9.0)
        assert not store.revoke_grant(connection, number, "Admin", 10.0)
        found = store.read_grant(connection, number)
    assert found is not None
    assert found.revoked_at == 9.0


def test_the_grants_of_a_party_that_are_not_long_over(engine: Engine) -> None:
    with engine.begin() as connection:
        own = store.add_grant(connection, PLAIN)
        unit = store.add_grant(connection, FULL)
        gone = store.add_grant(connection, PLAIN)
        store.revoke_grant(connection, gone, "Admin", 1.0)
        party = frozenset({ME, UNIT})
        assert [one.id for one in store.read_party(connection, party, 100.0)] == [own, unit]
        late = 2000.0 + REMEMBERED
        assert [one.id for one in store.read_party(connection, party, late)] == [own]
        assert store.read_party(connection, frozenset({Subject(SubjectKind.ROLE, "x")}), 1.0) == ()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (GrantQuery(), [3, 2, 1]),
        (GrantQuery(size=1, number=2), [2]),
        (GrantQuery(party=frozenset({ME})), [3, 1]),
        (GrantQuery(running=True), [2, 1]),
        (GrantQuery(text="50% U"), [2]),
        (GrantQuery(text="单位"), [2]),
        (GrantQuery(text="5_"), []),
    ],
)
def test_pages_of_grants(engine: Engine, query: GrantQuery, found: list[int]) -> None:
    with engine.begin() as connection:
        for grant in (PLAIN, FULL, PLAIN):
            store.add_grant(connection, grant)
        store.revoke_grant(connection, 3, "Admin", 1.0)
        rows, total = store.page_grants(connection, query, 100.0)
    assert [row.id for row in rows] == found
    assert total >= len(rows)
