"""The statements of positions, through the scope and every filter."""

from functools import partial

import pytest
from sqlalchemy import Engine

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.db.writer import Writer
from tongshi.registry.position import Query, Report
from tongshi.registry.positions import store

FIRST = Report("bus", "front", 100.0, 117.1, 31.8, 99.0, 60.5, 90.0, 30.0, 2.0, "alarm")
SECOND = Report("bus", "front", 200.0, 117.2, 31.9)
OTHER = Report("car", "car", 150.0, 117.3, 31.7)


@pytest.fixture
def filled(engine: Engine, writer: Writer) -> Engine:
    reports = dict(enumerate((FIRST, OTHER, SECOND)))
    writer.commit(lambda connection: store.add_reports(connection, reports))
    for report in (FIRST, OTHER, SECOND):
        newest = {(report.device_id, report.channel_id): report}
        writer.commit(partial(store.write_latest, newest=newest))
    return engine


@pytest.mark.parametrize(
    ("query", "reports", "latest"),
    [
        (Query(), [FIRST, OTHER, SECOND], [SECOND, OTHER]),
        (Query(device_id="bus"), [FIRST, SECOND], [SECOND]),
        (Query(channel_id="car"), [OTHER], [OTHER]),
        (Query(since=150.0), [OTHER, SECOND], [SECOND, OTHER]),
        (Query(until=150.0), [FIRST], []),
        (Query(device_id="nobody"), [], []),
    ],
)
def test_pages(filled: Engine, query: Query, reports: list[Report], latest: list[Report]) -> None:
    with filled.connect() as connection:
        assert store.page_reports(connection, EVERYTHING, query) == (tuple(reports), len(reports))
        assert store.page_latest(connection, EVERYTHING, query) == (tuple(latest), len(latest))
        assert store.page_reports(connection, NOTHING, query) == ((), 0)
        assert store.page_latest(connection, NOTHING, query) == ((), 0)


def test_old_reports_go_a_few_at_a_time_and_the_newest_position_stays(
    filled: Engine, writer: Writer
) -> None:
    gone = [
        writer.commit(lambda connection: store.prune_reports(connection, 180.0, 1))
        for _ in range(3)
    ]
    assert gone == [1, 1, 0]
    with filled.connect() as connection:
        assert store.page_reports(connection, EVERYTHING, Query())[0] == (SECOND,)
        assert store.page_latest(connection, EVERYTHING, Query())[1] == 2
