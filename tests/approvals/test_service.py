"""Requests over a real store: the grants that they make and end, and what the audit has of them."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from tongshi.access.grant import Right
from tongshi.access.granting.store import read_grant
from tongshi.approvals.content import Citizen, Interest, Kind, Officer, Place, Relation, Retrieval
from tongshi.approvals.purpose import Stated
from tongshi.approvals.request import State, Verdict
from tongshi.approvals.service import OPEN_AT_ONCE
from tongshi.approvals.store import RequestQuery
from tongshi.db.tables import people, requests
from tongshi.errors import Conflict, Denied, Exhausted, Invalid, Missing
from tongshi.testing.house import ADDRESS, CAMERAS, DEVICE, HOUR, House, ask_of

YES, NO = Verdict.APPROVE, Verdict.REFUSE
OFFICERS = (Officer("Li", "Unit 1", "110101199001011234"), Officer("Wu", "Unit 1", "P7654321"))
RETRIEVAL = Retrieval("Criminal Procedure Law 54", "2026-17", OFFICERS)


def test_a_yes_is_a_grant_until_its_time_is_over(house: House) -> None:
    request = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    assert not house.may("asker", Right.LIVE, "patrol")
    granted = house.approvals.decide(house["first"], ADDRESS, request.id, YES, "go on")
    assert granted.state is State.GRANTED
    with house.engine.connect() as connection:
        grant = read_grant(connection, granted.grant_id or 0)
    assert grant is not None
    assert (grant.origin, grant.purposes) == (f"approval:{request.id}", frozenset({"patrol"}))
    assert grant.until == house.clock.wall() + HOUR
    assert house.may("asker", Right.LIVE, "patrol")
    assert not house.may("asker", Right.LIVE, "duty"), "for its purpose alone"
    assert not house.may("asker", Right.LIVE, "patrol", CAMERAS[1]), "for its cameras alone"
    assert not house.may("asker", Right.PLAYBACK, "patrol")
    assert not house.may("stranger", Right.LIVE, "patrol")
    house.wait(HOUR)
    assert not house.may("asker", Right.LIVE, "patrol"), "without anybody sweeping"
    assert house.approvals.request(house["asker"], request.id).state is State.EXPIRED
    assert [each.id for each in house.approvals.sweep()] == [request.id]
    assert house.approvals.sweep() == ()
    assert house.acts() == ["request.made", "request.decided", "request.expired"]


def test_two_persons_where_the_law_wants_them(house: House) -> None:
    ask = ask_of(Kind.RETRIEVAL, "retrieval", RETRIEVAL, since=1000.0, until=2000.0)
    request = house.approvals.submit(house["asker"], ADDRESS, ask)
    passed = house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    assert (passed.state, passed.step, passed.grant_id) == (State.WAITING, "second", None)
    for name in ("first", "asker"):
        with pytest.raises(Denied):
            house.approvals.decide(house[name], ADDRESS, request.id, YES, "")
    granted = house.approvals.decide(house["owner"], ADDRESS, request.id, YES, "")
    assert granted.state is State.GRANTED
    assert house.may("asker", Right.DOWNLOAD, "retrieval")


def test_a_refusal_says_why_and_stays(house: House) -> None:
    request = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    with pytest.raises(Invalid):
        house.approvals.decide(house["first"], ADDRESS, request.id, NO, " ")
    refused = house.approvals.decide(house["first"], ADDRESS, request.id, NO, "no reason")
    assert refused.state is State.REFUSED
    with pytest.raises(Missing):
        house.approvals.decide(house["second"], ADDRESS, request.id, YES, "")
    with pytest.raises(Denied):
        house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    read = house.approvals.request(house["asker"], request.id)
    assert read.decisions[0].reason == "no reason"


def test_who_has_no_part_in_it_knows_of_none(house: House) -> None:
    request = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    for name in ("stranger", "helper", "security"):
        for number in (request.id, 999):
            with pytest.raises(Missing, match="no such request"):
                house.approvals.request(house[name], number)
            with pytest.raises(Missing, match="no such request"):
                house.approvals.decide(house[name], ADDRESS, number, YES, "")
            with pytest.raises(Missing, match="no such request"):
                house.approvals.withdraw(house[name], ADDRESS, number)
    assert house.approvals.request(house["auditor"], request.id).id == request.id
    with pytest.raises(Denied):
        house.approvals.decide(house["auditor"], ADDRESS, request.id, YES, "")


def test_nobody_decides_about_cameras_that_he_has_no_say_in(house: House) -> None:
    house.grant("helper", Right.APPROVE, cameras=CAMERAS[:1])
    two = replace(ask_of(), cameras=(Place(DEVICE, CAMERAS[0]), Place(DEVICE, CAMERAS[1])))
    request = house.approvals.submit(house["asker"], ADDRESS, two)
    assert house.approvals.to_decide(house["helper"]) == ()
    assert [each.id for each in house.approvals.to_decide(house["first"])] == [request.id]
    wanted = {house.people[name] for name in ("first", "second", "owner")}
    assert house.approvals.deciders(request) == wanted
    assert house.approvals.to_decide(house["asker"]) == ()
    assert house.approvals.to_decide(house["security"]) == ()


def test_what_is_given_back_or_taken_back_ends_at_once(house: House) -> None:
    waiting = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    with pytest.raises(Denied):
        house.approvals.withdraw(house["first"], ADDRESS, waiting.id)
    taken = house.approvals.withdraw(house["asker"], ADDRESS, waiting.id)
    assert taken.state is State.WITHDRAWN
    request = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    assert house.may("asker", Right.LIVE, "patrol")
    house.approvals.withdraw(house["asker"], ADDRESS, request.id)
    assert not house.may("asker", Right.LIVE, "patrol")
    with pytest.raises(Conflict):
        house.approvals.withdraw(house["asker"], ADDRESS, request.id)


def test_downloads_use_it_up(house: House) -> None:
    ask = ask_of(Kind.EXPORT, since=1000.0, until=2000.0)
    request = house.approvals.submit(house["asker"], ADDRESS, ask)
    with pytest.raises(Denied):
        house.approvals.take_file(request.id)
    house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    for _ in range(3):
        assert house.may("asker", Right.DOWNLOAD, "patrol")
        house.approvals.take_file(request.id)
    assert not house.may("asker", Right.DOWNLOAD, "patrol")
    assert house.approvals.request(house["asker"], request.id).state is State.USED_UP
    with pytest.raises(Denied):
        house.approvals.take_file(request.id)


def test_an_approval_covers_its_cameras_and_its_span(house: House) -> None:
    ask = ask_of(Kind.FOOTAGE, since=1000.0, until=2000.0)
    request = house.approvals.submit(house["asker"], ADDRESS, ask)
    camera = (DEVICE, CAMERAS[0])
    with pytest.raises(Denied):
        house.approvals.check(request.id, camera, 1000.0, 2000.0)
    house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    house.approvals.check(request.id, camera, 1000.0, 2000.0)
    for key, since, until in (
        ((DEVICE, CAMERAS[1]), 1000.0, 2000.0),
        (camera, 900.0, 2000.0),
        (camera, 1000.0, 2000.5),
        (camera, None, None),
    ):
        with pytest.raises(Denied):
            house.approvals.check(request.id, key, since, until)
    house.wait(HOUR)
    with pytest.raises(Denied):
        house.approvals.check(request.id, camera, 1000.0, 2000.0)


def test_documents_are_sealed_and_shown_to_those_who_must_know(house: House) -> None:
    ask = ask_of(Kind.RETRIEVAL, "retrieval", RETRIEVAL, since=1000.0, until=2000.0)
    request = house.approvals.submit(house["asker"], ADDRESS, ask)
    with house.engine.connect() as connection:
        kept = connection.execute(select(requests.c.content)).scalar_one()
    for officer in OFFICERS:
        assert officer.document not in kept
    for name in ("first", "auditor"):
        assert house.approvals.request(house[name], request.id).ask.content == RETRIEVAL
    hidden = house.approvals.request(house["asker"], request.id).ask.content
    assert isinstance(hidden, Retrieval)
    assert [each.document for each in hidden.officers] == ["**************1234", "****4321"]
    (row,) = house.approvals.mine(house["asker"], RequestQuery()).rows
    assert row.ask.content == hidden
    (row,) = house.approvals.everybody(RequestQuery()).rows
    assert row.ask.content == RETRIEVAL


def test_a_citizen_views_once_somebody_else_consents(house: House) -> None:
    citizen = Citizen("Zhao", "11010119800101567X", Relation.SELF, Interest.LIFE, "Sun")
    ask = ask_of(Kind.CITIZEN, "citizen", citizen, since=1000.0, until=2000.0)
    request = house.approvals.submit(house["asker"], ADDRESS, ask)
    assert request.steps == ("consent", "second"), "the purpose is of two persons"
    with pytest.raises(Invalid):
        house.approvals.decide(house["owner"], ADDRESS, request.id, YES, "")
    house.approvals.decide(house["owner"], ADDRESS, request.id, YES, "", confirmed=True)
    house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    assert house.may("asker", Right.PLAYBACK, "citizen")
    for right in (Right.DOWNLOAD, Right.EXPORT, Right.SNAPSHOT):
        assert not house.may("asker", right, "citizen")


def test_a_request_is_whole_and_of_a_purpose_there_is(house: House) -> None:
    for ask in (
        replace(ask_of(), reason=" "),
        replace(ask_of(), purpose="nothing"),
        replace(ask_of(), lasts=31 * 24 * HOUR),
        replace(ask_of(Kind.LIVE, "case"), case_number=""),
    ):
        with pytest.raises(Invalid):
            house.approvals.submit(house["asker"], ADDRESS, ask)
    assert house.acts() == []


def test_nobody_floods_those_who_decide(house: House) -> None:
    for _ in range(OPEN_AT_ONCE):
        house.approvals.submit(house["asker"], ADDRESS, ask_of())
    with pytest.raises(Exhausted):
        house.approvals.submit(house["asker"], ADDRESS, ask_of())
    assert house.approvals.mine(house["asker"], RequestQuery(size=10)).total == OPEN_AT_ONCE


def test_what_waited_too_long_is_not_decided(house: House) -> None:
    request = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    house.wait(24 * HOUR)
    assert house.approvals.to_decide(house["first"]) == ()
    with pytest.raises(Missing):
        house.approvals.decide(house["first"], ADDRESS, request.id, YES, "")
    assert len(house.approvals.sweep()) == 1
    page = house.approvals.mine(house["asker"], RequestQuery(state=State.EXPIRED))
    assert [each.id for each in page.rows] == [request.id]


def test_a_reason_is_stated_fully_with_another_person(house: House) -> None:
    asker = house["asker"]
    read = house.approvals.read
    assert read(asker, Stated("patrol"))[1].stated == "patrol"
    purpose, reason = read(asker, Stated("citizen", "", " First "))
    assert purpose.approval
    assert (reason.second, reason.second_id) == ("First", house.people["first"])
    for second in ("", "nobody", "asker", "auditor"):
        with pytest.raises(Invalid):
            read(asker, Stated("citizen", "", second))
    gone = update(people).where(people.c.id == house.people["first"]).values(disabled_at=1.0)
    house.writer.commit(lambda connection: connection.execute(gone))
    with pytest.raises(Invalid):
        read(asker, Stated("citizen", "", "first"))
