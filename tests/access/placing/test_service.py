from sqlalchemy import Engine, insert, select, update

from tongshi.access.placing.service import Cells
from tongshi.db.tables import channels, devices
from tongshi.db.writer import Writer
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState
from tongshi.registry.service import Registry

RECORDER, CAMERA = "34020000001180000001", "34020000001310000001"


def test_what_stood_there_before_is_numbered(engine: Engine, writer: Writer) -> None:
    registry, cells = Registry(engine, writer), Cells(engine, writer)
    standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, "", 1.0)
    registry.merge_catalog(RECORDER, [Item(device_id=CAMERA, name="Gate")], standing)
    registry.close()
    numbered = cells.known()
    assert numbered
    with engine.begin() as connection:
        connection.execute(update(channels).values(cell=0))
        connection.execute(insert(devices), {"device_id": "d", "first_at": 0.0, "region": "51"})
    assert cells.place() == 2
    assert cells.place() == 0
    with engine.connect() as connection:
        assert connection.execute(select(channels.c.cell)).scalar_one() == numbered[-1].id
    assert len(cells.known()) == len(numbered) + 1
