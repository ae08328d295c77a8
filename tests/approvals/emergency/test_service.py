"""Broken glass over a real store: rights at once, told at once, reviewed or held against one."""

from dataclasses import replace

import pytest

from tongshi.access.grant import Right
from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.approvals.content import Place
from tongshi.approvals.emergency.store import GlassQuery
from tongshi.approvals.glass import Emergency, State, Verdict, stand
from tongshi.errors import Conflict, Denied, Invalid, Missing
from tongshi.testing.house import ADDRESS, CAMERAS, DEVICE, HOUR, House

WHY = Emergency("alarm", "110-7", "a child is missing", (Place(DEVICE, CAMERAS[0], "东门"),), 15)


def test_rights_hold_at_once_and_for_so_long(house: House) -> None:
    assert not house.may("asker", Right.LIVE, "alarm")
    glass = house.emergencies.smash(house["asker"], ADDRESS, WHY)
    assert house.may("asker", Right.LIVE, "alarm")
    for right, purpose in (
        (Right.LIVE, "patrol"),
        (Right.DOWNLOAD, "alarm"),
        (Right.CONTROL, "alarm"),
    ):
        assert not house.may("asker", right, purpose)
    assert not house.may("asker", Right.LIVE, "alarm", CAMERAS[1])
    house.wait(15 * 60)
    assert not house.may("asker", Right.LIVE, "alarm")
    assert stand(house.emergencies.read(glass.id), house.clock.wall()) is State.DUE
    assert house.acts() == ["break-glass.begun"]


def test_security_audit_and_owners_in_scope_are_told(house: House) -> None:
    glass = house.emergencies.smash(house["asker"], ADDRESS, WHY)
    told = {house.people[name] for name in ("security", "auditor", "owner")}
    assert house.emergencies.told(glass) == told
    other = replace(glass, why=replace(WHY, cameras=(Place(DEVICE, "elsewhere"),)))
    assert house.emergencies.told(other) == told - {house.people["owner"]}


def test_a_review_is_closed_once_and_ends_what_was_not_justified(house: House) -> None:
    glass = house.emergencies.smash(house["asker"], ADDRESS, WHY)
    auditor = house["auditor"]
    assert house.emergencies.count_open() == 1
    closed = house.emergencies.close(auditor, ADDRESS, glass.id, Verdict.UNJUSTIFIED, "curious")
    assert closed.review is not None
    assert not house.may("asker", Right.LIVE, "alarm")
    with pytest.raises(Conflict):
        house.emergencies.close(auditor, ADDRESS, glass.id, Verdict.JUSTIFIED, "x")
    with pytest.raises(Missing):
        house.emergencies.close(auditor, ADDRESS, 99, Verdict.JUSTIFIED, "x")
    assert house.emergencies.count_open() == 0
    assert house.acts() == ["break-glass.begun", "break-glass.reviewed"]


def test_a_justified_one_goes_on(house: House) -> None:
    glass = house.emergencies.smash(house["asker"], ADDRESS, WHY)
    house.emergencies.close(house["auditor"], ADDRESS, glass.id, Verdict.JUSTIFIED, "found")
    assert house.may("asker", Right.LIVE, "alarm")


def test_who_is_overdue_breaks_no_other_until_it_is_closed(house: House) -> None:
    glass = house.emergencies.smash(house["asker"], ADDRESS, WHY)
    house.emergencies.smash(house["asker"], ADDRESS, WHY)
    house.wait(24 * HOUR - 1)
    assert house.emergencies.sweep() == ()
    assert not house.emergencies.blocked(house["asker"])
    house.wait(1)
    assert [each.id for each in house.emergencies.sweep()] == [glass.id, glass.id + 1]
    assert house.emergencies.sweep() == (), "once each"
    assert house.emergencies.blocked(house["asker"])
    with pytest.raises(Denied, match="overdue"):
        house.emergencies.smash(house["asker"], ADDRESS, WHY)
    house.emergencies.smash(house["first"], ADDRESS, WHY)
    for number in (glass.id, glass.id + 1):
        house.emergencies.close(house["auditor"], ADDRESS, number, Verdict.UNCLEAR, "late")
    house.emergencies.smash(house["asker"], ADDRESS, WHY)
    assert house.acts().count("break-glass.overdue") == 2


@pytest.mark.parametrize(
    "why",
    [
        replace(WHY, purpose="nothing"),
        replace(WHY, purpose="retrieval"),
        replace(WHY, minutes=31),
        replace(WHY, reason=""),
        replace(WHY, case=""),
    ],
)
def test_glass_is_not_broken_so(house: House, why: Emergency) -> None:
    with pytest.raises(Invalid):
        house.emergencies.smash(house["asker"], ADDRESS, why)
    assert house.acts() == []


def test_everybody_reads_what_is_his(house: House) -> None:
    mine = house.emergencies.smash(house["asker"], ADDRESS, WHY)
    there = replace(WHY, cameras=(Place(DEVICE, CAMERAS[1]),))
    theirs = house.emergencies.smash(house["first"], ADDRESS, there)
    page = house.emergencies.page

    def numbers(name: str, everything: bool = False) -> list[int]:
        scope = EVERYTHING if everything else NOTHING
        return [each.id for each in page(house.people[name], scope, GlassQuery()).rows]

    assert numbers("asker") == [mine.id]
    assert numbers("first") == [theirs.id]
    assert numbers("stranger") == []
    assert numbers("auditor", everything=True) == [theirs.id, mine.id]
    owned = page(house.people["owner"], house.rights.scope(house["owner"]), GlassQuery())
    assert owned.total == 2
    house.emergencies.close(house["auditor"], ADDRESS, mine.id, Verdict.JUSTIFIED, "found")
    open_ones = page(house.people["auditor"], EVERYTHING, GlassQuery(open=True))
    assert [each.id for each in open_ones.rows] == [theirs.id]
    (row,) = page(house.people["asker"], NOTHING, GlassQuery()).rows
    assert (row.why, row.address) == (WHY, ADDRESS)
    assert row.review is not None
    assert row.review.words == "found"
