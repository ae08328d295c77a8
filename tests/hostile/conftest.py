from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import Engine
from starlette.types import ASGIApp

from tongshi.api.parts import Parts
from tongshi.testing.grounds import World, settle


@pytest.fixture
def world(
    parts: Parts,
    house_writer: tuple[Engine, object],
    site: ASGIApp,
    enter: Callable[..., httpx.Client],
    flush: Callable[[], None],
) -> World:
    return settle(parts, house_writer[0], enter, flush)
