from sqlalchemy import Engine, insert, select

from tongshi.access.grant import Camera
from tongshi.access.placing import store
from tongshi.db.tables import camera_marks, devices


def test_cells_are_made_once_and_found_again(engine: Engine) -> None:
    with engine.begin() as connection:
        assert store.read_newest(connection) == 0
        mark = {"device_id": "d", "channel_id": "b", "kind": "tag", "value": "x"}
        connection.execute(insert(camera_marks), mark)
        first = store.number_channels(connection, "d", {"a": "34", "b": "34", "c": "34"})
        assert first["a"] == first["c"] != first["b"]
        assert store.number_channels(connection, "e", {"z": "34"}) == {"z": first["a"]}
        assert store.number_devices(connection, ["34", "35"])["34"] == first["a"]
        cells = store.read_cells(connection, 0)
        assert [cell.id for cell in cells] == [1, 2, 3]
        assert store.read_cells(connection, 2) == cells[2:]
        assert store.read_newest(connection) == 3
    assert {cell.camera for cell in cells} == {
        Camera("", "", "34"),
        Camera("", "", "34", tags=frozenset({"x"})),
        Camera("", "", "35"),
    }


def test_a_device_stands_in_a_cell_too(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(devices), {"device_id": "d", "first_at": 0.0, "region": "34"})
        assert store.read_unplaced(connection, 9) == [("d", "d")]
        store.place_camera(connection, Camera("d", "d", "34"))
        assert store.read_unplaced(connection, 9) == []
        assert connection.execute(select(devices.c.cell)).scalar_one() == 1
