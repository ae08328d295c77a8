import pytest
from sqlalchemy import Engine

from tongshi.access.marking.service import MOST, Marks
from tongshi.audit.entry import Actor
from tongshi.audit.store import AuditQuery, page_entries
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.errors import Invalid, Missing
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState
from tongshi.registry.service import Registry

RECORDER = "34020000001180000001"
CAMERAS = [f"3402000000131000000{number}" for number in (1, 2)]
BY = Actor(1, "Admin", "Unit", "::1")


def test_one_and_many_are_marked_or_none(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    registry, heard = Registry(engine, writer), list[str]()
    standing = CatalogStanding(CatalogState.COMPLETE, 2, 2, "", 1.0)
    items = [Item(device_id=code, name="Gate") for code in CAMERAS]
    registry.merge_catalog(RECORDER, items, standing)
    registry.close()
    marks = Marks(engine, writer, clock, lambda: heard.append("changed"))
    keys = [(RECORDER, code) for code in CAMERAS]
    marks.write([*keys, (RECORDER, "")], {"tag": ["b", "a"], "class": ["I"]}, BY)
    wanted = {"class": ["I"], "tag": ["a", "b"]}
    assert marks.read([*keys, (RECORDER, RECORDER)]) == dict.fromkeys(
        [*keys, (RECORDER, RECORDER)], wanted
    )
    assert marks.values() == wanted
    with pytest.raises(Missing):
        marks.write([keys[0], (RECORDER, "nowhere")], {"class": ["II"]}, BY)
    assert marks.read(keys)[keys[0]]["class"] == ["I"]
    for wrong in ([], [keys[0]] * (MOST + 1)):
        with pytest.raises(Invalid):
            marks.write(wrong, {"class": ["I"]}, BY)
    assert heard == ["changed"]
    with engine.connect() as connection:
        entries, total = page_entries(connection, AuditQuery())
    assert total == 3
    assert {entry.act.what for entry in entries} == {"mark.changed"}
