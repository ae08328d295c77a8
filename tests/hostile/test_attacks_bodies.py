"""Bodies with more in them than their routes take: nothing of it is applied."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tongshi.access.permission import GRANTED, Role
from tongshi.api.parts import Parts
from tongshi.testing.bodies import BODIES, CLOSED, FIXED, QUERIES, key_of
from tongshi.testing.grounds import ALL, World
from tongshi.testing.walk import fill, put

MARK, NUMBER = "zz7731zz", 77317731
TEXTS = """role person person_name shown unit made_by by origin made revoked_by device_id channel_id
    digest token password_hash address decided_by state second_person via reviewer __class__
    __proto__ constructor name_shown who owner subject service account issued_by"""
NUMBERS = """id person_id grant_id approval_id entry_id made_at revoked_at at begun_at
    certified_until trained_at locked_until failures subject_id service_id request_id"""
EXTRA: dict[str, object] = {
    **dict.fromkeys(TEXTS.split(), MARK),
    **dict.fromkeys(NUMBERS.split(), NUMBER),
    "must_change": False,
    "disabled": False,
    "everything": True,
    "is_admin": True,
    "permissions": ["manage-people"],
    "scopes": ["manage-people"],
    "totp": False,
    "approved": True,
}
"""What a body may not decide, unless its route says that it takes it."""
ROLES = [role for role in Role if role is not Role.SERVICE]


def people_of(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT id, name, shown, unit, role FROM people")
        return [tuple(row) for row in found]


def dump(path: Path) -> str:
    """Return the whole store as text."""
    with sqlite3.connect(path) as store:
        text = "\n".join(store.iterdump())
    store.close()
    return text


@pytest.mark.parametrize("role", ROLES)
def test_what_a_route_does_not_take_is_not_applied(
    world: World,
    parts: Parts,
    house_writer: tuple[Engine, object],
    flush: Callable[[], None],
    tmp_path: Path,
    role: Role,
) -> None:
    client = world.person(role, "somebody", ALL)
    flush()
    before, walked = people_of(house_writer[0]), 0
    codes = {**FIXED, **world.real}
    for route in CLOSED:
        key = key_of(route)
        if route.permission not in GRANTED[role] or key not in BODIES:
            continue
        body = put(BODIES[key], codes)
        assert isinstance(body, dict), key
        more = {name: value for name, value in EXTRA.items() if name not in body}
        answer = client.request(
            route.method,
            "/api" + fill(route.path, codes),
            params={name: str(put(each, codes)) for name, each in QUERIES.get(key, {}).items()},
            json={**body, **more},
        )
        assert answer.status_code < 600, key
        assert answer.status_code != 500, (key, answer.text)
        if answer.status_code < 300:
            assert MARK not in answer.text, key
            assert str(NUMBER) not in answer.text, key
        walked += 1
    flush()
    text = dump(tmp_path / "tongshi.db")
    assert MARK not in text
    assert str(NUMBER) not in text
    assert [row for row in people_of(house_writer[0]) if row in before] == before
    assert walked > 0
