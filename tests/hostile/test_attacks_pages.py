"""Scripts in everything that anybody wrote, on every page and in every answer.

They are put into the store itself, past every check of what may be written.
"""

import contextlib

from sqlalchemy import Engine, String, update
from sqlalchemy.exc import IntegrityError

from tongshi.access.permission import GRANTED, Role
from tongshi.console.routes import ROWS
from tongshi.db.tables import metadata
from tongshi.testing.acting import MARK, SCRIPT, Reading
from tongshi.testing.bodies import CHANNEL, CLOSED, FIXED, RECORDER, ask
from tongshi.testing.grounds import ALL, ROLES, World
from tongshi.testing.walk import fill

WRITTEN = """shown unit note zh en reason words person address channel purpose detail answer
    description manufacturer model firmware owner block why case_number second_person made_by
    closed_person user_agent object name assignee agent via revoked_by decided_by behalf value
    reviewer"""
"""Columns with texts that people, programs and devices write; wherever they stand."""
CODES = frozenset({"hook_deliveries.why"})
"""Columns of such names that hold words of the program's own."""
KEPT = frozenset({"kept_values", "web_sessions", "audit_heads"})


def infest(store: Engine) -> int:
    """Write a script into every such column of every row; return how many columns have one."""
    touched = 0
    with store.begin() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                free = not (column.primary_key or column.foreign_keys or column.unique)
                if table.name in KEPT or column.name not in WRITTEN.split() or not free:
                    continue
                if isinstance(column.type, String) and str(column) not in CODES:
                    with contextlib.suppress(IntegrityError), connection.begin_nested():
                        changed = connection.execute(update(table).values({column.name: SCRIPT}))
                        touched += changed.rowcount > 0
    return touched


def test_nothing_that_anybody_wrote_acts_on_any_page(
    world: World, house_writer: tuple[Engine, object]
) -> None:
    people = {role: world.person(role, f"a {role.value}", ALL) for role in ROLES}
    people[Role.OPERATOR] = world.people["insider"]
    assert infest(house_writer[0]) > 40
    shown, walked = set(), 0
    codes = {**FIXED, **world.real}
    camera = {"device": RECORDER, "channel": CHANNEL, "under": RECORDER, "view": "device"}
    for row in ROWS:
        if row.method != "GET" or row.permission is None:
            continue
        for role in (each for each in ROLES if row.permission in GRANTED[each]):
            for headers in ({}, {"HX-Request": "true"}):
                query = {} if "tree" not in row.path and "control" not in row.path else camera
                path = fill(row.path, {**codes, "number": world.real["request_id"]})
                answer = people[role].get(path, params=query, headers=headers)
                assert answer.status_code < 500, (role, path, answer.text[:2000])
                if answer.headers.get("content-type", "").startswith("text/html"):
                    reading = Reading()
                    reading.feed(answer.text)
                    assert reading.acts == [], (role, path)
                    shown |= {row.path} if reading.shown else set()
                    walked += 1
    assert walked > 150
    assert shown >= {"/people", "/grants", "/approvals", "/register", "/audit", "/findings"}, shown
    assert shown >= {"/tokens", "/hooks", "/purposes", "/reviews", "/account", "/devices"}, shown


def test_nothing_that_anybody_wrote_leaves_its_json(
    world: World, house_writer: tuple[Engine, object]
) -> None:
    """JSON is served as such, is not sniffed, and has its own frame-proof policy."""
    people = {role: world.person(role, f"a {role.value}", ALL) for role in ROLES}
    infest(house_writer[0])
    for route in CLOSED:
        if route.method != "GET" or route.path == "/events":
            continue
        role = next(each for each in ROLES if route.permission in GRANTED[each])
        told = ask(people[role], route, world.real)
        headers = dict(told.headers)
        assert told.status < 500 or told.status in (502, 503, 504), (route.path, told.body[:2000])
        assert not headers.get("content-type", "").startswith("text/html"), route.path
        assert headers["x-content-type-options"] == "nosniff", route.path
        assert "default-src 'none'" in headers["content-security-policy"], route.path
        assert MARK not in str(told.headers), route.path
