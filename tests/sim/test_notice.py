import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp import AlarmNotify, AlarmQuery, CatalogNotify, CatalogQuery
from tongshi.sim.notice import SUBJECTS, cmd_type_of, matches, read_query, weigh

DEVICE = "34020000001320000001"
ALARM = AlarmNotify(1, DEVICE, 2, 5, "2024-05-06T07:08:09", alarm_type=6)


def test_messages_have_names() -> None:
    assert cmd_type_of(CatalogQuery(1, DEVICE)) == "Catalog"
    other = manscdp.read(b"<Query><CmdType>Weather</CmdType><SN>1</SN></Query>")
    assert cmd_type_of(other) == "Weather"
    assert len(SUBJECTS) == 4


def test_what_a_notice_weighs() -> None:
    assert weigh(None) == 0
    assert weigh(ALARM) == 1
    items = (Item(device_id="a"), Item(device_id="b"))
    assert weigh(CatalogNotify(1, DEVICE, 2, items, 2)) == 2


@pytest.mark.clause("9.11.2")
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (AlarmQuery(1, DEVICE), True),
        (AlarmQuery(1, DEVICE, 0, 0), True),
        (AlarmQuery(1, DEVICE, 1, 2), True),
        (AlarmQuery(1, DEVICE, 3, 4), False),
        (AlarmQuery(1, DEVICE, methods=(0,)), True),
        (AlarmQuery(1, DEVICE, methods=(5, 6)), True),
        (AlarmQuery(1, DEVICE, methods=(2,)), False),
        (AlarmQuery(1, DEVICE, types=(6,)), True),
        (AlarmQuery(1, DEVICE, types=(7,)), False),
        (AlarmQuery(1, DEVICE, start_time="2024-05-06T00:00:00"), True),
        (AlarmQuery(1, DEVICE, start_time="2024-05-07T00:00:00"), False),
        (AlarmQuery(1, DEVICE, end_time="2024-05-05T00:00:00"), False),
    ],
)
def test_which_alarms_are_asked_for(query: AlarmQuery, wanted: bool) -> None:
    assert matches(ALARM, query) is wanted


def test_what_cannot_be_read_asks_for_nothing() -> None:
    assert read_query(b"no xml") is None
    assert read_query(manscdp.write(CatalogQuery(1, DEVICE))) == CatalogQuery(1, DEVICE)
