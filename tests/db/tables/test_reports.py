import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from tongshi.db.tables import alarm_steps


def test_a_step_is_of_an_alarm_that_is_known(engine: Engine) -> None:
    step = {"alarm_id": 1, "at": 1.0, "person_id": 0, "person": "", "act": "raised"}
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(alarm_steps).values(**step, assignee="", note=""))
