"""Delegates over a real store: whose requests they decide, and when."""

import pytest
from sqlalchemy import update

from tongshi.access.grant import Right
from tongshi.approvals.request import Verdict
from tongshi.db.tables import people
from tongshi.errors import Invalid, Missing
from tongshi.testing.house import ADDRESS, House, ask_of

YES = Verdict.APPROVE


def test_a_delegate_decides_between_two_dates(house: House) -> None:
    wall = house.clock.wall()
    first, helper = house["first"], house["helper"]
    number = house.approvals.delegates.appoint(first, ADDRESS, "Helper", wall + 60, wall + 600)
    request = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    assert house.approvals.to_decide(helper) == ()
    house.wait(60)
    assert len(house.approvals.to_decide(helper)) == 1
    assert house.people["helper"] in house.approvals.deciders(request)
    granted = house.approvals.decide(helper, ADDRESS, request.id, YES, "")
    assert granted.decisions[0].behalf is not None
    assert granted.decisions[0].behalf.id == first.id
    later = house.approvals.submit(house["asker"], ADDRESS, ask_of())
    assert [each.id for each in house.approvals.delegates.of(helper)] == [number]
    house.approvals.delegates.end(first, ADDRESS, number)
    assert house.approvals.delegates.of(first) == ()
    with pytest.raises(Missing):
        house.approvals.delegates.end(first, ADDRESS, number)
    with pytest.raises(Missing):
        house.approvals.decide(helper, ADDRESS, later.id, YES, "")
    assert house.acts().count("delegate.changed") == 2


def test_a_delegate_of_the_asker_decides_nothing_of_his(house: House) -> None:
    house.grant("asker", Right.APPROVE)
    wall = house.clock.wall()
    house.approvals.delegates.appoint(house["asker"], ADDRESS, "helper", wall, wall + 600)
    house.approvals.submit(house["asker"], ADDRESS, ask_of())
    assert house.approvals.to_decide(house["helper"]) == ()


def test_a_delegate_of_somebody_whose_account_is_closed_decides_nothing(house: House) -> None:
    wall = house.clock.wall()
    house.approvals.delegates.appoint(house["first"], ADDRESS, "helper", wall, wall + 600)
    house.approvals.submit(house["asker"], ADDRESS, ask_of())
    assert len(house.approvals.to_decide(house["helper"])) == 1
    closed = update(people).where(people.c.id == house.people["first"]).values(disabled_at=wall)
    house.writer.commit(lambda connection: connection.execute(closed))
    assert house.approvals.to_decide(house["helper"]) == ()


@pytest.mark.parametrize("taker", ["nobody", "auditor", "first"])
def test_nobody_appoints_who_does_not_decide(house: House, taker: str) -> None:
    wall = house.clock.wall()
    with pytest.raises(Invalid):
        house.approvals.delegates.appoint(house["first"], ADDRESS, taker, wall, wall + 600)
