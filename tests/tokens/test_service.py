from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select

from tongshi.access.accounts.store import add_person, write_disabled
from tongshi.access.identity import Person
from tongshi.access.permission import Permission, Role
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.db.tables import api_tokens, audit_entries
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.tokens.quota import Quotas
from tongshi.tokens.service import Given, TokenRules, Tokens, zone_offset
from tongshi.tokens.token import NewToken
from tongshi.tokens.usage import Period, UsageQuery

ANNA = Actor(2, "Anna", "Security", "192.0.2.2")
HERE = "192.0.2.20"
Make = Callable[..., Given]


def utc(_: float) -> int:
    return 0


def add(writer: Writer, person: Person) -> None:
    writer.commit(lambda connection: add_person(connection, person, "", 1.0))


@pytest.fixture
def tokens(engine: Engine, writer: Writer, clock: ManualClock) -> Tokens:
    for name, role in (("bridge", Role.SERVICE), ("anna", Role.SECURITY)):
        add(writer, Person(0, name, name.title(), "Unit", role, True, False))
    return Tokens(engine, writer, clock, TokenRules(86400.0, 7200.0), utc)


@pytest.fixture
def make(tokens: Tokens, clock: ManualClock) -> Make:
    def give(person_id: int = 1, lasts: float = 3600.0, quotas: Quotas | None = None) -> Given:
        scopes = frozenset({Permission.SEE_LIVE})
        wish = NewToken(person_id, "night", scopes, clock.wall() + lasts, quotas=quotas or Quotas())
        return tokens.make(wish, ANNA)

    return give


def acts(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(audit_entries.c.what)).scalars())


def test_a_token_is_told_once_and_kept_as_a_digest(
    tokens: Tokens, make: Make, engine: Engine
) -> None:
    given = make()
    found = tokens.find(given.text, HERE)
    assert found is not None
    assert found.id == given.token.id
    with engine.connect() as connection:
        row = connection.execute(select(api_tokens)).one()
    secret = given.text.rpartition("_")[2]
    assert all(secret not in str(value) for value in row)
    assert acts(engine) == ["token.made"]


def test_a_forged_token_is_none(tokens: Tokens, make: Make) -> None:
    first, second = make().text, make().text
    forged = f"tst_{first.split('_')[1]}_{second.split('_', 2)[2]}"
    for text in (forged, first[:-1] + ("A" if first[-1] != "A" else "B"), "tst_99_" + "a" * 43):
        assert tokens.find(text, HERE) is None


def test_a_token_ends_by_time_and_by_hand(
    tokens: Tokens, make: Make, clock: ManualClock, engine: Engine
) -> None:
    short, long = make(lasts=60.0), make()
    clock.wind(60.0)
    assert tokens.find(short.text, HERE) is None
    assert tokens.find(long.text, HERE) is not None
    assert tokens.revoke(long.token.id, ANNA).revoked_by == "Anna"
    assert tokens.find(long.text, HERE) is None
    tokens.revoke(long.token.id, ANNA)
    assert acts(engine) == ["token.made", "token.made", "token.revoked"]
    with pytest.raises(Missing):
        tokens.revoke(99, ANNA)


def test_only_an_open_account_of_a_service_has_tokens(
    make: Make, writer: Writer, tokens: Tokens
) -> None:
    with pytest.raises(Conflict):
        make(person_id=2)
    with pytest.raises(Missing):
        make(person_id=99)
    with pytest.raises(Invalid):
        make(lasts=86401.0)
    given = make()
    writer.commit(lambda connection: write_disabled(connection, 1, 5.0))
    assert tokens.find(given.text, HERE) is None
    with pytest.raises(Conflict):
        make()


def test_calls_beyond_a_quota_are_refused_and_counted(
    tokens: Tokens, make: Make, writer: Writer, clock: ManualClock
) -> None:
    clock.unix = 1_700_000_040.0
    given = make(quotas=Quotas(calls_minute=2))
    assert tokens.find(given.text, HERE) is not None
    for _ in range(2):
        tokens.count_call(given.token.id, "devices")
    with pytest.raises(Exhausted) as caught:
        tokens.count_call(given.token.id, "devices")
    assert (caught.value.resource, caught.value.again) == ("calls-minute", 60.0)
    clock.wind(60.0)
    tokens.count_call(given.token.id, "devices")
    writer.flush()
    query = UsageQuery(0, clock.wall() + 1, Period.WHOLE)
    (line,) = tokens.usage(query)
    assert (line.used.calls, line.used.refused, line.account) == (3, 1, "Bridge")


def test_what_was_used_today_counts_after_a_restart(
    tokens: Tokens, make: Make, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    given = make(quotas=Quotas(calls_day=2, stream_day=1, bytes_day=100))
    assert tokens.find(given.text, HERE) is not None
    tokens.count_call(given.token.id, "live", streams=True)
    assert tokens.count_flow(given.token.id, "live", 30.0, 50)
    assert not tokens.count_flow(given.token.id, "live", 30.0, 0)
    writer.flush()
    again = Tokens(engine, writer, clock, TokenRules(), utc)
    assert again.find(given.text, HERE) is not None
    with pytest.raises(Exhausted) as caught:
        again.count_call(given.token.id, "live", streams=True)
    assert caught.value.resource == "stream-day"
    again.count_call(given.token.id, "devices")
    with pytest.raises(Exhausted) as caught:
        again.count_call(given.token.id, "devices")
    assert caught.value.resource == "calls-day"


def test_what_flows_for_a_revoked_token_is_to_end(tokens: Tokens, make: Make) -> None:
    given = make()
    tokens.find(given.text, HERE)
    assert tokens.count_flow(given.token.id, "live", 1.0, 1)
    tokens.revoke(given.token.id, ANNA)
    assert not tokens.count_flow(given.token.id, "live", 1.0, 1)


def test_the_last_use_is_kept_and_old_usage_forgotten(
    tokens: Tokens, make: Make, writer: Writer, clock: ManualClock
) -> None:
    given = make()
    tokens.find(given.text, HERE)
    tokens.count_call(given.token.id, "live")
    writer.flush()
    (kept,) = tokens.everything()
    assert (kept.used_at, kept.used_from) == (clock.wall(), HERE)
    query = UsageQuery(0, 2e9)
    assert len(tokens.usage(query)) == 1
    clock.wind(3 * 3600.0)
    tokens.forget_old()
    assert not tokens.usage(query)
    with pytest.raises(Invalid):
        tokens.usage(UsageQuery(5.0, 5.0))


def test_the_zone_is_told_in_seconds() -> None:
    assert abs(zone_offset(1_700_000_000.0)) <= 14 * 3600
