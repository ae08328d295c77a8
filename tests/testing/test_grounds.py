from collections.abc import Callable

import httpx
from sqlalchemy import Engine
from starlette.types import ASGIApp

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.clock import ManualClock
from tongshi.testing.bodies import RECORDER
from tongshi.testing.grounds import ALL, blind, counts, settle, short_grants


def test_a_world_has_one_of_everything_and_codes_of_nothing(
    parts: Parts,
    house_writer: tuple[Engine, object],
    site: ASGIApp,
    enter: Callable[..., httpx.Client],
    flush: Callable[[], None],
    clock: ManualClock,
) -> None:
    before = counts(house_writer[0])
    world = settle(parts, house_writer[0], enter, flush)
    assert set(world.real) == set(world.absent)
    for name, code in world.real.items():
        assert len(code) == len(world.absent[name]), name
        assert code != world.absent[name], name
    after = counts(house_writer[0])
    for table in ("alarms", "pictures", "downloads", "requests", "grants", "hooks", "findings"):
        assert after[table] > before[table], table
    path = f"/api/devices/{RECORDER}"
    assert world.person(Role.OWNER, "all", ALL).get(path).status_code == 200
    for why, client in blind(world, Role.OWNER, clock.wind).items():
        assert client.get(path).status_code == 404, why
    for why, grants in short_grants().items():
        assert world.person(Role.OWNER, why, *grants).get(path).status_code == 200, why
