import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, text
from tests.audit.conftest import LI, Town

from tongshi.audit.chain import UNBOUND, genesis, link
from tongshi.audit.entry import PLATFORM, Act, Group, Outcome, clean, encode_act
from tongshi.audit.head import Purpose
from tongshi.audit.store import (
    AuditQuery,
    Tip,
    append,
    append_all,
    page_entries,
    prune,
    read_details,
    read_digest,
    read_floor,
    read_heads,
    read_last,
    read_last_head,
    read_last_look,
    read_newest_look,
    read_prunable,
    read_raw,
    read_tip,
)
from tongshi.db.tables import audit_entries
from tongshi.errors import Invalid


def test_an_act_is_bound_to_the_one_before(engine: Engine) -> None:
    one, two = LI.act("trace.begun", "x", n=1.5), PLATFORM.act("node.stop")
    with engine.begin() as connection:
        assert append(connection, 5.0, one) == 1
        assert append(connection, 6.0, two) == 2
        rows = read_raw(connection, 0, 10)
    first = link(UNBOUND, encode_act(1, 5.0, clean(one)))
    assert [row.digest for row in rows] == [first, link(first, encode_act(2, 6.0, two))]


def test_several_acts_are_the_same_as_one_after_the_other(engine: Engine) -> None:
    acts = [LI.act("trace.begun", str(n)) for n in range(5)]
    with engine.begin() as connection:
        assert list(append_all(connection, 5.0, acts)) == [1, 2, 3, 4, 5]
        together = read_tip(connection)
        connection.execute(text("DELETE FROM audit_entries"))
        for act in acts:
            append(connection, 5.0, act)
        assert read_tip(connection) == together
        assert len(append_all(connection, 5.0, ())) == 0


def test_what_is_not_committed_is_not_on_the_chain(engine: Engine) -> None:
    with engine.begin() as connection:
        append(connection, 5.0, PLATFORM.act("node.start"))
    with engine.connect() as connection:
        append(connection, 6.0, PLATFORM.act("node.stop"))
        connection.rollback()
    with engine.begin() as connection:
        assert append(connection, 7.0, PLATFORM.act("node.stop")) == 2


def test_an_act_that_is_none_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(Invalid, match="no such kind"):
            append(connection, 5.0, Act("no-such"))
        assert read_tip(connection) == Tip(0, UNBOUND)


def test_a_chain_ends_at_its_anchor_when_nothing_is_left(town: Town) -> None:
    with town.engine.connect() as connection:
        anchor = read_last_head(connection, Purpose.ANCHOR)
    assert anchor is not None
    assert anchor.head.digest == genesis(town.audit.key)
    town.tamper("DELETE FROM audit_entries")
    with town.engine.connect() as connection:
        assert read_tip(connection) == Tip(0, anchor.head.digest)


def test_many_threads_make_one_chain(town: Town) -> None:
    threads = [threading.Thread(target=lambda: [town.act() for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = town.report()
    assert report.holds
    assert report.entries == 83


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (AuditQuery(), [4, 3, 2, 1]),
        (AuditQuery(what="trace.begun"), [3, 1]),
        (AuditQuery(person_id=7), [2]),
        (AuditQuery(since=2.0, until=4.0), [3, 2]),
        (AuditQuery(outcome="refused"), [2]),
        (AuditQuery(text="ffic"), [3, 1]),
        (AuditQuery(text="50%"), [4]),
        (AuditQuery(text="%"), [4]),
        (AuditQuery(text="' OR 1=1 --"), []),
        (AuditQuery(text="停电"), [4]),
        (AuditQuery(text='"因'), [4]),
        (AuditQuery(text="\\"), []),
        (AuditQuery(number=2, size=3), [1]),
    ],
)
def test_entries_are_found(engine: Engine, query: AuditQuery, expected: list[int]) -> None:
    acts = [
        LI.act("trace.begun", "a"),
        Act("denied", 7, "Wang", outcome=Outcome.REFUSED.value),
        LI.act("trace.begun", "b"),
        PLATFORM.act("node.stop", note='50% of it, "因停电"'),
    ]
    with engine.begin() as connection:
        for wall, act in enumerate(acts, 1):
            append(connection, wall, act)
        rows, total = page_entries(connection, query)
    assert [entry.seq for entry in rows] == expected
    assert total == max(len(expected), 4 if query.size == 3 else 0)


def test_an_entry_comes_back_as_it_was_chained(engine: Engine) -> None:
    act = LI.act("trace.begun", "设备", seconds=1.5, many=3, on=True, none=None)
    with engine.begin() as connection:
        append(connection, 5.25, act)
        (entry,), _ = page_entries(connection, AuditQuery())
        assert (entry.seq, entry.wall, entry.act) == (1, 5.25, act)
        assert entry.digest == read_digest(connection, 1)
        assert read_digest(connection, 2) is None
        assert read_last(connection, "trace.begun") == entry
        assert read_last(connection, "node.stop") is None


@pytest.mark.parametrize("spoilt", ["", "x", "[1]", "null"])
def test_details_that_somebody_spoilt_are_none(spoilt: str) -> None:
    assert read_details(spoilt) == {}


def test_heads_are_read_in_their_order(town: Town) -> None:
    for _ in range(3):
        town.act()
        town.audit.seal()
    with town.engine.connect() as connection:
        numbers = [one.head.number for one in read_heads(connection, Purpose.HEAD, 1, 2)]
    assert numbers == [2, 3]


def test_nothing_may_go_without_an_anchor(engine: Engine) -> None:
    with engine.begin() as connection:
        append(connection, 5.0, PLATFORM.act("node.start"))
        assert read_prunable(connection, {Group.SECURITY: 1e12}, 100) is None


def cut(town: Town, security: float, register: float, most: int = 100) -> int:
    limits = {Group.SECURITY: security, Group.REGISTER: register}
    with town.engine.connect() as connection:
        head = read_prunable(connection, limits, most)
    return head.head.seq if head is not None else 0


def test_only_what_every_group_lets_go_may_go(town: Town) -> None:
    town.act()  # entry 4
    town.audit.seal()
    town.clock.wind(100)
    town.look()  # 5, 6
    town.audit.seal()
    town.clock.wind(100)
    town.act()  # 7
    town.audit.seal()
    wall = town.clock.wall()
    assert cut(town, wall + 1, wall + 1) == 7
    assert cut(town, wall, wall + 1) == 6
    assert cut(town, wall + 1, wall - 150) == 4
    assert cut(town, wall - 150, wall + 1) == 6
    assert cut(town, 0, wall + 1) == 0
    # As many at once as heads allow: the nearest head, if none is near enough.
    assert cut(town, wall + 1, wall + 1, most=5) == 4
    assert cut(town, wall + 1, wall + 1, most=1) == 3


def test_pruning_takes_entries_and_heads_and_leaves_the_rest(town: Town) -> None:
    town.act()
    signed = town.audit.seal()
    town.act()
    assert signed is not None
    head = replace(signed.head, purpose=Purpose.ANCHOR)
    with town.engine.begin() as connection:
        assert prune(connection, replace(signed, head=head)) == 4
        seqs = list(connection.execute(select(audit_entries.c.seq)).scalars())
        assert seqs == [5]
        assert read_last_head(connection, Purpose.HEAD) is None
        anchor = read_last_head(connection, Purpose.ANCHOR)
    assert anchor is not None
    assert anchor.head.seq == 4


def test_the_register_beside_the_chain_is_known_by_its_numbers(
    open_town: Callable[..., Town],
) -> None:
    town = open_town()
    town.tamper(
        "INSERT INTO register_entries (id, begun_at, person, unit, action, device_id, channel_id,"
        " channel, purpose, transport, address) VALUES (4, 1.0, '', '', 'live', 'd', 'c', '', 'x',"
        " '', '')"
    )
    town.audit.begin({}, {})
    number = town.look()
    with town.engine.connect() as connection:
        assert read_floor(connection) == 4
        assert read_newest_look(connection) == number == 5
        assert read_last_look(connection, 1000) == 5
        assert read_last_look(connection, 1) == 0
    assert town.report().holds
