"""The scope in SQL and the decision one by one agree on every camera and right."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, literal, make_url, select

from tongshi.access.cell import Cell
from tongshi.access.cover import MOST
from tongshi.access.grant import (
    Camera,
    Grant,
    Hours,
    Right,
    Selector,
    Subject,
    SubjectKind,
    Window,
    Wish,
    decide,
)
from tongshi.access.placing.service import Cells
from tongshi.access.placing.store import read_cells
from tongshi.access.scope import EVERYTHING, NOTHING, Book, Scope, compile_scope
from tongshi.access.sight.store import visible
from tongshi.db.connect import connect
from tongshi.db.tables import camera_marks, catalogs, channels, devices, position_reports
from tongshi.db.writer import Writer

ME = Subject(SubjectKind.PERSON, "7")
UNIT = Subject(SubjectKind.UNIT, "Unit")
OTHER = Subject(SubjectKind.ROLE, "auditor")
PARTY = frozenset({ME, UNIT})
REGIONS = ("", "34", "3402", "340201", "340202", "34020101", "34020201", "35")
CLASSES, SECTORS, UNITS, TAGS = ("I", "II"), ("school", "road"), ("u1", "u2"), ("a", "b", "c")
DEVICES = ("d1", "d2", "d3")
NOW = 1_000_000.0


def cameras() -> list[Camera]:
    """A few of every sort: with all marks, some, none; the devices themselves among them."""
    made = []
    for number in range(36):
        tags = frozenset(tag for at, tag in enumerate(TAGS) if number >> at & 1)
        klass = (*CLASSES, "")[number % 3]
        sector = (*SECTORS, "")[number // 3 % 3]
        unit = (*UNITS, "")[number // 5 % 3]
        device = DEVICES[number % 2]
        region = REGIONS[number * 7 % len(REGIONS)]
        made.append(Camera(device, f"c{number}", region, klass, sector, unit, tags))
    made.append(Camera("d1", "d1", "3402", "I", "road", "u1", frozenset({"a"})))
    made.append(Camera("d2", "d2", "35"))
    made.append(Camera("d3", "d3", "34020101"))
    return made


CAMERAS = cameras()
LISTED = [one for one in CAMERAS if one.channel_id != one.device_id]


def marks_of(camera: Camera) -> Iterator[dict[str, str]]:
    named = (("class", camera.klass), ("sector", camera.sector), ("unit", camera.unit))
    for kind, value in (*named, *(("tag", tag) for tag in camera.tags)):
        if value:
            row = {"device_id": camera.device_id, "channel_id": camera.channel_id}
            yield {**row, "kind": kind, "value": value}


def channel_row(camera: Camera) -> dict[str, object]:
    texts = ("name", "said", "manufacturer", "model", "address", "civil_code", "parents")
    more = ("business_group", "parent_id", "group_id", "item", "digest")
    return {
        **dict.fromkeys((*texts, *more), ""),
        "device_id": camera.device_id,
        "channel_id": camera.channel_id,
        "role": "camera",
        "camera": True,
        "region": camera.division,
        "catalog_id": 1,
        "appeared_at": 0.0,
        "changed_at": 0.0,
    }


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, blank_store: Path) -> Iterator[Engine]:
    """A store with the cameras of `cameras`, read only."""
    path = tmp_path_factory.mktemp("town") / "tongshi.db"
    engine = connect(f"sqlite:///{shutil.copy(blank_store, path)}")
    fill(engine)
    writer = Writer(engine)
    Cells(engine, writer).place()
    writer.close()
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def cells(town: Engine) -> tuple[Cell, ...]:
    with town.connect() as connection:
        return read_cells(connection, 0)


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        own = [one for one in CAMERAS if one.channel_id == one.device_id]
        rows = [
            {"device_id": one.device_id, "first_at": 0.0, "region": one.division} for one in own
        ]
        connection.execute(insert(devices), rows)
        counts = dict.fromkeys(("announced", "received", "added", "changed", "removed"), 0)
        catalog = {"id": 1, "device_id": "d1", "source": "", "at": 0.0, "state": "", "why": ""}
        connection.execute(insert(catalogs), {**catalog, **counts, "restored": 0})
        connection.execute(insert(channels), [channel_row(one) for one in LISTED])
        connection.execute(insert(camera_marks), [row for one in CAMERAS for row in marks_of(one)])
        raised = {"received_at": 0.0, "longitude": 0.0, "latitude": 0.0, "source": ""}
        told = [{"device_id": one.device_id, "channel_id": one.channel_id} for one in CAMERAS]
        told.append({"device_id": "d1", "channel_id": "nowhere"})
        told.append({"device_id": "d9", "channel_id": "d9"})
        told.append({"device_id": "d1", "channel_id": ""})
        connection.execute(insert(position_reports), [{**raised, **one} for one in told])


def some(values: tuple[str, ...], most: int = 2) -> st.SearchStrategy[frozenset[str]]:
    chosen = st.frozensets(st.sampled_from([*values, "nowhere"]), max_size=most)
    return st.one_of(st.just(frozenset[str]()), st.just(frozenset[str]()), chosen)


DIVISIONS = ("34", "3402", "340201", "340202", "34020101", "35", "36")
PAIRS = [(one.device_id, one.channel_id) for one in CAMERAS]
SELECTORS = st.builds(
    Selector,
    divisions=st.one_of(
        st.just(frozenset[str]()), st.frozensets(st.sampled_from(DIVISIONS), max_size=3)
    ),
    classes=some(CLASSES),
    sectors=some(SECTORS),
    units=some(UNITS),
    tags=some(TAGS),
    cameras=st.one_of(
        st.just(frozenset[tuple[str, str]]()),
        st.just(frozenset[tuple[str, str]]()),
        st.frozensets(st.sampled_from(PAIRS), max_size=3),
    ),
    devices=some(DEVICES),
)
NAMED = SELECTORS.filter(lambda one: not one.empty)
WINDOWS = (Window(frozenset({2}), 600, 660), Window(frozenset({1}), 1200, 30))
WHOLE = Selector(everything=True)
TIMES = st.sampled_from([None, NOW - 10, NOW, NOW + 10])


def make(
    selector: Selector,
    subject: Subject,
    rights: frozenset[Right],
    *,
    deny: bool,
    since: float | None,
    until: float | None,
    hours: Hours,
    purposes: frozenset[str],
    revoked: bool,
) -> Grant:
    if since is not None and until is not None and until <= since:
        since = None
    return Grant(
        0,
        subject,
        rights,
        selector,
        purposes,
        hours,
        since,
        until,
        deny=deny,
        revoked_at=NOW - 1 if revoked else None,
    )


GRANTS = st.lists(
    st.builds(
        make,
        st.one_of(
            SELECTORS.filter(lambda one: not one.empty),
            SELECTORS.filter(lambda one: not one.empty),
            st.just(WHOLE),
        ),
        st.sampled_from([ME, ME, UNIT, OTHER]),
        st.frozensets(st.sampled_from(list(Right)), min_size=1, max_size=4),
        deny=st.sampled_from([False, False, True]),
        since=TIMES,
        until=TIMES,
        hours=st.sampled_from(
            [
                Hours(),
                Hours(),
                Hours((Window(frozenset({2}), 600, 660),)),
                Hours((Window(frozenset({1}), 1200, 30),)),
            ]
        ),
        purposes=st.sampled_from([frozenset[str](), frozenset({"patrol"})]),
        revoked=st.sampled_from([False, False, False, True]),
    ),
    max_size=8,
).map(lambda made: [replace(one, id=number) for number, one in enumerate(made, 1)])
MOMENTS = st.sampled_from([(2, 610), (2, 20), (3, 900)])


def seen_channels(engine: Engine, scope: Scope) -> set[tuple[str, str]]:
    c = channels.c
    with engine.connect() as connection:
        found = select(c.device_id, c.channel_id).where(visible(scope, c.device_id, c.channel_id))
        return {(row[0], row[1]) for row in connection.execute(found)}


def seen_reports(engine: Engine, scope: Scope) -> set[tuple[str, str]]:
    c = position_reports.c
    with engine.connect() as connection:
        found = select(c.device_id, c.channel_id).where(visible(scope, c.device_id, c.channel_id))
        return {(row[0], row[1]) for row in connection.execute(found)}


def seen_devices(engine: Engine, scope: Scope) -> set[str]:
    with engine.connect() as connection:
        found = select(devices.c.device_id).where(visible(scope, devices.c.device_id))
        by_row = set(connection.execute(found).scalars())
        by_value = {
            one
            for one in DEVICES
            if connection.execute(select(visible(scope, literal(one)))).scalar_one()
        }
    assert by_row == by_value
    return by_row


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(grants=GRANTS, right=st.sampled_from(list(Right)), moment=MOMENTS)
def test_sql_and_decision_agree(
    town: Engine,
    cells: tuple[Cell, ...],
    grants: list[Grant],
    right: Right,
    moment: tuple[int, int],
) -> None:
    wish = Wish(right, NOW, moment[1], moment[0])
    scope = compile_scope(grants, PARTY, wish)
    book = Book(grants)
    expected = {
        (one.device_id, one.channel_id)
        for one in CAMERAS
        if decide(grants, PARTY, one, wish).allowed
    }
    narrowed = [decide(book.about(one), PARTY, one, wish).allowed for one in CAMERAS]
    assert [(one.device_id, one.channel_id) in expected for one in CAMERAS] == narrowed
    assert [scope.sees(one) for one in CAMERAS] == narrowed
    listed = {(one.device_id, one.channel_id) for one in LISTED}
    for told in (scope, scope.by_cells(cells)):
        assert seen_channels(town, told) == expected & listed
        assert seen_reports(town, told) & set(PAIRS) == expected
        assert seen_devices(town, told) == {device for device, _ in expected}


def grant(selector: Selector, *, deny: bool = False) -> Grant:
    return Grant(1, ME, frozenset({Right.SEE}), selector, deny=deny)


def scope_for(*grants: Grant) -> Scope:
    return compile_scope(grants, PARTY, Wish(Right.SEE, NOW, 0, 0))


def test_a_row_of_no_catalog_stands_where_its_device_does(town: Engine) -> None:
    found = seen_reports(town, scope_for(grant(Selector(divisions=frozenset({"3402"})))))
    assert ("d1", "nowhere") in found
    assert ("d1", "") in found
    assert ("d9", "d9") not in found


def test_nothing_and_everything(town: Engine) -> None:
    assert seen_channels(town, NOTHING) == set()
    assert len(seen_reports(town, EVERYTHING)) == len(CAMERAS) + 3
    assert scope_for(grant(WHOLE)) == EVERYTHING
    assert scope_for(grant(WHOLE), grant(WHOLE, deny=True)) == NOTHING


def test_a_broad_selector_stands_by_itself(town: Engine) -> None:
    many = frozenset(f"x{number}" for number in range(100))
    broad = Selector(
        divisions=frozenset({"34"}),
        classes=many | {"I"},
        sectors=many | {"road"},
        units=frozenset({"u1", "u2"}),
        tags=frozenset({"a", "c"}),
        devices=frozenset({"d1"}),
        cameras=frozenset(PAIRS),
    )
    assert len(broad.classes) * len(broad.sectors) > MOST
    scope = scope_for(grant(broad))
    assert scope.allowed.broad == (broad,)
    expected = {(one.device_id, one.channel_id) for one in LISTED if broad.covers(one)}
    assert expected
    assert seen_channels(town, scope) == expected


def test_the_statement_stays_the_same_however_many_keys_there_are() -> None:
    c = channels.c
    texts = set()
    dialect = make_url("sqlite://").get_dialect()()
    for units in (frozenset({"u1"}), frozenset(f"u{number}" for number in range(500))):
        scope = scope_for(grant(Selector(units=units)))
        texts.add(str(visible(scope, c.device_id, c.channel_id).compile(dialect=dialect)))
    assert len(texts) == 1


def test_on_a_server_the_keys_are_taken_out_of_json_too() -> None:
    dialect = make_url("postgresql://server/store").get_dialect()()
    c = channels.c
    selector = Selector(divisions=frozenset({"3402"}), classes=frozenset({"I"}))
    scope = scope_for(grant(selector), grant(Selector(devices=frozenset({"d1"}))))
    found = str(visible(scope, c.device_id, c.channel_id).compile(dialect=dialect))
    assert "json_array_elements_text" in found
    assert "json_array_elements(" in found
    assert "->> 1" in found
