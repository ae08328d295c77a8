from sqlalchemy import Connection

from tongshi.approvals.delegates.store import add_delegation, end_delegation, read_delegations
from tongshi.testing.house import House


def test_delegations_are_those_that_are_not_over(house: House) -> None:
    giver, taker = house.people["first"], house.people["helper"]

    def write(connection: Connection) -> None:
        number = add_delegation(connection, giver, taker, 10.0, 20.0, 5.0)
        for person in (giver, taker):
            (found,) = read_delegations(connection, person, 19.0)
            assert (found.id, found.giver.id, found.taker.id) == (number, giver, taker)
            assert (found.giver.shown, found.since, found.until) == ("First", 10.0, 20.0)
        assert read_delegations(connection, giver, 20.0) == ()
        assert read_delegations(connection, house.people["asker"], 10.0) == ()
        assert not end_delegation(connection, number, taker, 12.0)
        assert end_delegation(connection, number, giver, 12.0)
        assert read_delegations(connection, giver, 12.0) == ()

    house.writer.commit(write)
