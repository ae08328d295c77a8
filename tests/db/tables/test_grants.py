from sqlalchemy import Engine, insert, select

from tongshi.db.tables import camera_cells, camera_marks, grants


def test_marks_are_told_apart_by_all_that_they_are(engine: Engine) -> None:
    row = {"device_id": "d", "channel_id": "c", "kind": "tag"}
    with engine.begin() as connection:
        connection.execute(insert(camera_marks), [{**row, "value": one} for one in ("a", "b")])
        assert len(connection.execute(select(camera_marks)).all()) == 2


def test_numbers_are_never_used_again() -> None:
    for table in (grants, camera_cells):
        assert table.dialect_options["sqlite"]["autoincrement"], table.name
