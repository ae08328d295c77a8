from sqlalchemy import Engine

from tongshi.access.grant import Right
from tongshi.access.permission import Role
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.testing.house import CAMERAS, furnish


def test_everybody_in_it_has_their_part(engine: Engine, writer: Writer) -> None:
    house = furnish(engine, writer, ManualClock(unix=1_800_000_000.0))
    assert house["owner"].role is Role.OWNER
    assert house.may("first", Right.APPROVE, "patrol")
    assert house.may("asker", Right.SEE, "patrol")
    assert not house.may("asker", Right.LIVE, "patrol")
    assert not house.may("stranger", Right.SEE, "patrol")
    house.grant("stranger", Right.LIVE, cameras=CAMERAS[:1])
    assert house.may("stranger", Right.LIVE, "patrol")
    assert house.acts() == []
