import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from tongshi.db.tables import api_tokens, people, token_usage

PERSON = {
    "id": 1,
    "name": "bridge",
    "shown": "Bridge",
    "unit": "",
    "role": "service",
    "password": "",
    "must_change": False,
    "made_at": 1.0,
    "password_at": 1.0,
    "failures": 0,
    "locked_until": 0.0,
}
TOKEN = {
    "id": 1,
    "person_id": 1,
    "name": "t",
    "digest": "d",
    "scopes": "",
    "networks": "",
    "made_at": 1.0,
    "made_by": "a",
    "ends_at": 2.0,
    "revoked_by": "",
    "used_from": "",
}
USED = {"token_id": 1, "kind": "live", "calls": 1, "refused": 0, "seconds": 0.0, "bytes": 0}


def test_an_hour_of_a_kind_is_there_once(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(people), PERSON)
        connection.execute(insert(api_tokens), TOKEN)
        connection.execute(insert(token_usage), [{**USED, "hour": 0}, {**USED, "hour": 3600}])
        with pytest.raises(IntegrityError):
            connection.execute(insert(token_usage), {**USED, "hour": 0})


def test_a_token_belongs_to_somebody(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(api_tokens), TOKEN)
