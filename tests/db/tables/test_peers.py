import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from tongshi.db.tables import peer_profiles


def test_each_field_of_a_profile_is_set_once(engine: Engine) -> None:
    row = {"device_id": "d", "field": "charset", "value": "", "set_at": 1.0, "set_by": "anna"}
    with engine.begin() as connection:
        connection.execute(insert(peer_profiles), [row, {**row, "field": "qop"}])
        with pytest.raises(IntegrityError):
            connection.execute(insert(peer_profiles), row)
