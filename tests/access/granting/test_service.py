"""Rights over a real store: who may know, who may act, and when that ends."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from tongshi.access.grant import (
    Grant,
    Hours,
    Reason,
    Right,
    Selector,
    Subject,
    SubjectKind,
    Window,
)
from tongshi.access.granting.service import NEEDED, PEOPLE, Case, Rights
from tongshi.access.granting.store import GrantQuery
from tongshi.access.identity import Person
from tongshi.access.marking.service import Marks
from tongshi.access.permission import Role
from tongshi.access.placing.service import Cells
from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.audit.entry import Actor
from tongshi.audit.store import AuditQuery, page_entries
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Error, Invalid, Missing, NotGranted
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState
from tongshi.registry.service import Registry

RECORDER, OTHER = "34020000001180000001", "35010000001180000001"
NEAR, FAR = "34020000001310000001", "35010000001310000001"
LI = Person(7, "li", "Li", "Unit", Role.OPERATOR, must_change=False, disabled=False)
ADMIN = replace(LI, id=1, role=Role.SYSTEM)
BY = Actor(1, "Admin", "Unit", "::1")
ME = Subject(SubjectKind.PERSON, "7")
LOOK = Grant(0, ME, frozenset({Right.LIVE}), Selector(divisions=frozenset({"3402"})))


@pytest.fixture
def registry(engine: Engine, writer: Writer) -> Iterator[Registry]:
    registry = Registry(engine, writer)
    for device, channel in ((RECORDER, NEAR), (OTHER, FAR)):
        standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, "", 1.0)
        registry.merge_catalog(device, [Item(device_id=channel, name="Gate")], standing)
    yield registry
    registry.close()


@pytest.fixture
def rights(engine: Engine, writer: Writer, clock: ManualClock, registry: Registry) -> Rights:
    return Rights(engine, writer, clock, Cells(engine, writer))


def caught(rights: Rights, *asked: str, right: Right = Right.LIVE) -> Error:
    with pytest.raises(Error) as found:
        rights.require(LI, right, *asked)
    return found.value


def test_what_is_not_to_be_seen_is_missing_as_what_is_not_there(rights: Rights) -> None:
    rights.add(LOOK, BY)
    assert rights.require(LI, Right.LIVE, RECORDER, NEAR).grant_id == 1
    hidden, absent = caught(rights, OTHER, FAR), caught(rights, OTHER, "nowhere")
    assert type(hidden) is type(absent) is Missing
    assert str(hidden).replace(FAR, "nowhere") == str(absent)
    assert str(caught(rights, OTHER)) == str(caught(rights, "gone")).replace("gone", OTHER)


def test_who_may_know_and_not_act_is_told_why(rights: Rights) -> None:
    rights.add(LOOK, BY)
    error = caught(rights, RECORDER, NEAR, right=Right.TALK)
    assert isinstance(error, NotGranted)
    assert error.code == "denied.grant"
    assert error.reason == "right"
    assert error.helps == "grant 1 with the right talk; a grant of talk for this camera"


def test_a_role_without_the_right_is_told_so_whatever_is_granted(rights: Rights) -> None:
    whole = replace(LOOK, subject=Subject(SubjectKind.PERSON, "1"), rights=frozenset(Right))
    rights.add(whole, BY)
    with pytest.raises(NotGranted) as found:
        rights.require(ADMIN, Right.LIVE, RECORDER, NEAR)
    assert found.value.reason == "role"
    assert rights.scope(ADMIN) == EVERYTHING
    assert rights.scope(ADMIN, Right.LIVE) == NOTHING
    assert rights.require(ADMIN, Right.SEE, OTHER, FAR).reason is Reason.OFFICE
    assert rights.scope(replace(LI, disabled=True)) == NOTHING
    assert rights.scope(None) == NOTHING


def test_a_device_is_known_by_one_of_its_channels_and_not_more_than_known(rights: Rights) -> None:
    camera = replace(LOOK, selector=Selector(cameras=frozenset({(RECORDER, NEAR)})))
    rights.add(camera, BY)
    assert rights.require(LI, Right.SEE, RECORDER).allowed
    assert isinstance(caught(rights, RECORDER), NotGranted)
    assert rights.sees(LI, RECORDER)
    assert rights.sees(LI, RECORDER, NEAR)
    assert not rights.sees(LI, OTHER, FAR)


def test_a_scope_ends_with_its_grant(
    rights: Rights, registry: Registry, clock: ManualClock
) -> None:
    wall = clock.wall()
    rights.add(replace(LOOK, until=wall + 90), BY)
    scope = rights.scope(LI)
    assert rights.scope(LI) is scope
    clock.wind(61)
    assert rights.scope(LI) is scope  # another minute, and the same grants
    clock.wind(30)
    assert rights.scope(LI) == NOTHING
    assert caught(rights, RECORDER, NEAR).code == "missing"


def test_a_scope_follows_the_hours(rights: Rights, clock: ManualClock) -> None:
    window = Window(frozenset(range(7)), 600, 660)
    rights.add(replace(LOOK, hours=Hours((window,))), BY)
    seen = set[bool]()
    for _ in range(24 * 12):
        clock.wind(300)
        seen.add(rights.scope(LI) != NOTHING)
    assert seen == {True, False}


def test_a_change_is_heard_and_holds_at_once(rights: Rights) -> None:
    heard: list[int] = []
    rights.subscribe(lambda: heard.append(rights.version))
    case = Case(LI, Right.LIVE, RECORDER, NEAR, "patrol")
    assert rights.review([case]) == [False]
    made = rights.add(LOOK, BY)
    assert rights.review([case]) == [True]
    rights.end(made.id, BY)
    assert rights.review([case]) == [False]
    assert heard == [1, 2]
    with pytest.raises(Conflict):
        rights.end(made.id, BY)
    with pytest.raises(Missing):
        rights.end(99, BY)


def test_a_new_camera_is_in_a_scope_at_once(rights: Rights, registry: Registry) -> None:
    rights.add(LOOK, BY)
    assert rights.seen(LI, Right.LIVE, [(RECORDER, NEAR), (OTHER, FAR)]) == {(RECORDER, NEAR)}
    standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, "", 1.0)
    moved = Item(device_id=FAR, name="Gate", civil_code="340209")
    registry.merge_catalog(OTHER, [moved], standing)
    assert rights.seen(LI, Right.LIVE, [(OTHER, FAR), (OTHER, "")]) == {(OTHER, FAR), (OTHER, "")}


def test_marks_move_a_camera_between_scopes(
    rights: Rights, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    marks = Marks(engine, writer, clock, rights.changed)
    rights.add(replace(LOOK, selector=Selector(tags=frozenset({"gate"}))), BY)
    assert not rights.sees(LI, OTHER, FAR)
    marks.write([(OTHER, FAR)], {"tag": ["gate"]}, BY)
    assert rights.sees(LI, OTHER, FAR)
    marks.write([(OTHER, FAR)], {"tag": []}, BY)
    assert not rights.sees(LI, OTHER, FAR)


def test_grants_of_others_transactions(rights: Rights, engine: Engine, writer: Writer) -> None:
    grant = replace(LOOK, made_by="Chief", origin="approval:5")
    number = writer.commit(lambda connection: rights.give(connection, 1.0, grant))
    rights.changed()
    decision = rights.require(LI, Right.LIVE, RECORDER, NEAR, purpose="patrol", approved=True)
    assert (decision.grant_id, decision.approval_id) == (number, 5)
    for _ in range(2):  # once is enough, twice does no harm
        writer.commit(lambda connection: rights.revoke(connection, 2.0, number))
    rights.changed()
    assert caught(rights, RECORDER, NEAR).code == "missing"
    with engine.connect() as connection:
        entries, _ = page_entries(connection, AuditQuery())
    assert [entry.act.what for entry in entries] == ["grant.revoked", "grant.made"]


def test_who_decides_on_requests(rights: Rights) -> None:
    keys = [(RECORDER, NEAR), (OTHER, FAR)]
    rights.add(replace(LOOK, rights=frozenset({Right.APPROVE})), BY)
    assert rights.approves(LI, keys[:1])
    assert not rights.approves(LI, keys)


def test_tested_as_somebody(rights: Rights, engine: Engine) -> None:
    rights.add(LOOK, BY)
    tested = rights.test_as(LI, RECORDER, NEAR, purpose="patrol")
    assert tested.visible
    assert {right for right, one in tested.decisions.items() if one.allowed} == {
        Right.SEE,
        Right.LIVE,
    }
    assert tested.decisions.keys() == NEEDED.keys() == set(Right)
    assert not rights.test_as(LI, OTHER, FAR).visible
    with pytest.raises(Missing):
        rights.test_as(LI, OTHER, "nowhere")
    rights.note_test(BY, LI, f"{RECORDER}/{NEAR}")
    with engine.connect() as connection:
        entries, _ = page_entries(connection, AuditQuery())
    assert entries[0].act.what == "grant.tested"
    assert entries[0].act.person == "Admin"


def test_a_grant_that_is_over_is_not_made(rights: Rights, clock: ManualClock) -> None:
    with pytest.raises(Invalid):
        rights.add(replace(LOOK, until=clock.wall() - 1), BY)
    assert rights.page(GrantQuery(size=0)).total == 0


def test_the_grants_of_so_many_people_are_kept(rights: Rights) -> None:
    rights.add(LOOK, BY)
    first = rights.scope(LI)
    for number in range(PEOPLE):
        rights.scope(replace(LI, id=100 + number))
    assert rights.scope(LI) == first
