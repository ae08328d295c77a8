"""Rows as catalogs leave them, for the tests of single statements."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert

from tongshi.db.tables import catalogs, channels, devices, presence
from tongshi.registry.state import State


@pytest.fixture
def add_device(engine: Engine) -> Callable[..., None]:
    """Return a function that adds a device in a state; in none where None is given."""

    def add(device_id: str, state: State | None, **values: object) -> None:
        with engine.begin() as connection:
            connection.execute(insert(devices).values(device_id=device_id, first_at=1.0, **values))
            if state is not None:
                known = {"device_id": device_id, "state": state.value, "why": "", "since": 1.0}
                connection.execute(insert(presence).values(**known, noticed=1.0))

    return add


@pytest.fixture
def add_channel(engine: Engine) -> Callable[..., None]:
    """Return a function that adds a channel, a camera that is on unless told otherwise."""

    def add(device_id: str, channel_id: str, **values: object) -> None:
        row: dict[str, object] = dict.fromkeys(
            ("name", "manufacturer", "model", "address", "civil_code", "region", "parents"), ""
        )
        row |= {"business_group": "", "parent_id": device_id, "group_id": "", "item": "{}"}
        row |= {"role": "camera", "camera": True, "said": "on", "digest": "", "name": channel_id}
        row |= {"appeared_at": 1.0, "changed_at": 1.0, "device_id": device_id}
        with engine.begin() as connection:
            source = {"device_id": device_id, "source": "query", "at": 1.0, "state": "complete"}
            source |= dict.fromkeys(("announced", "received", "added", "changed"), 0)
            source |= {"removed": 0, "restored": 0, "why": ""}
            number = connection.execute(insert(catalogs).values(**source).returning(catalogs.c.id))
            row |= {"channel_id": channel_id, "catalog_id": number.scalar_one()}
            connection.execute(insert(channels).values({**row, **values}))

    return add
