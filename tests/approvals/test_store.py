from dataclasses import replace

from sqlalchemy import Connection

from tongshi.approvals.content import Change, Content, Kind, Mask, Publication
from tongshi.approvals.request import Decision, Request, State, Verdict, Who
from tongshi.approvals.store import (
    RequestQuery,
    add_decision,
    add_request,
    page_requests,
    read_decided_by,
    read_due,
    read_request,
    read_waiting,
    write_standing,
)
from tongshi.testing.house import House, ask_of


def turn(text: str) -> str:
    return text[::-1]


def request_of(house: House, kind: Kind = Kind.LIVE) -> Request:
    asker = Who(house.people["asker"], "Asker", "Unit 1")
    contents: dict[Kind, Content] = {
        Kind.PURPOSE: Change("duty"),
        Kind.PUBLICATION: Publication("web", frozenset(Mask)),
    }
    ask = replace(ask_of(kind), content=contents.get(kind))
    return Request(0, asker, ask, ("approve", "second"), 10.0, 100.0, state_at=10.0)


def test_a_request_comes_back_with_its_decisions(house: House) -> None:
    first = Who(house.people["first"], "First", "Unit 1")
    helper = Who(house.people["helper"], "Helper", "Unit 2")
    decisions = (
        Decision(first, Verdict.APPROVE, "", 20.0, confirmed=True),
        Decision(helper, Verdict.REFUSE, "no", 30.0, replace(first, unit="")),
    )

    def write(connection: Connection) -> None:
        number = add_request(connection, request_of(house), turn)
        request = replace(request_of(house), id=number)
        assert read_request(connection, number, turn) == request
        assert read_request(connection, number + 1, turn) is None
        assert read_waiting(connection, turn) == (request,)
        assert read_due(connection, 99.0, turn, 10) == ()
        assert read_due(connection, 100.0, turn, 10) == (request,)
        for step, decision in enumerate(decisions):
            add_decision(connection, number, step, decision)
        after = replace(
            request,
            decisions=decisions,
            state=State.GRANTED,
            state_at=30.0,
            holds_until=200.0,
            uses=2,
            grant_id=5,
        )
        write_standing(connection, after)
        assert read_request(connection, number, turn) == after
        assert read_waiting(connection, turn) == ()
        assert read_due(connection, 200.0, turn, 10) == (after,)
        for name in ("first", "helper"):
            assert read_decided_by(connection, house.people[name]) == (number,)
        assert read_decided_by(connection, house.people["asker"]) == ()

    house.writer.commit(write)


def test_pages_have_what_is_asked_for(house: House) -> None:
    def write(connection: Connection) -> None:
        kinds = (Kind.LIVE, Kind.PURPOSE, Kind.PUBLICATION)
        numbers = [add_request(connection, request_of(house, kind), turn) for kind in kinds]
        done = replace(request_of(house), id=numbers[0], state=State.REFUSED)
        write_standing(connection, done)
        mine = house.people["asker"]
        for query, found in (
            (RequestQuery(), numbers[::-1]),
            (RequestQuery(person_id=mine), numbers[::-1]),
            (RequestQuery(person_id=mine + 1), []),
            (RequestQuery(open=True), numbers[:0:-1]),
            (RequestQuery(state=State.REFUSED), numbers[:1]),
            (RequestQuery(kind=Kind.PURPOSE), numbers[1:2]),
        ):
            rows, total = page_requests(connection, query, turn)
            assert [row.id for row in rows] == found
            assert total == len(found)
        rows, total = page_requests(connection, RequestQuery(number=2, size=2), turn)
        assert ([row.id for row in rows], total) == (numbers[:1], 3)

    house.writer.commit(write)
