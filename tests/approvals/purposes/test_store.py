from dataclasses import replace

from sqlalchemy import Engine

from tongshi.approvals.purpose import DEFAULTS, Purpose
from tongshi.approvals.purposes.store import (
    add_purpose,
    count_purposes,
    read_purposes,
    write_purpose,
)


def test_a_purpose_comes_back_as_it_was_put(engine: Engine) -> None:
    whole = Purpose("raid", "搜查", "Raid", True, True, True, True, 7, True)
    with engine.begin() as connection:
        assert count_purposes(connection) == len(DEFAULTS)
        add_purpose(connection, whole)
        assert read_purposes(connection)[0] == whole
        plain = Purpose("raid", "甲", "A", order=2000)
        assert write_purpose(connection, plain)
        assert read_purposes(connection)[-1] == plain
        assert not write_purpose(connection, replace(plain, code="none"))
