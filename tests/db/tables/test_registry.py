import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from tongshi.db.tables import catalogs, devices

CATALOG = {"device_id": "d", "source": "query", "at": 1.0, "state": "complete", "why": ""} | (
    dict.fromkeys(("announced", "received", "added", "changed", "removed", "restored"), 0)
)


def test_a_catalog_is_of_a_device_that_is_known(engine: Engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(IntegrityError):
            connection.execute(insert(catalogs), CATALOG)
        connection.execute(insert(devices).values(device_id="d", first_at=1.0))
        connection.execute(insert(catalogs), CATALOG)


def test_a_device_without_a_catalog_says_so(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(devices).values(device_id="d", first_at=1.0))
        row = connection.execute(devices.select()).one()
    assert (row.catalog_state, row.catalog_at, row.registered_at) == ("never", None, None)
