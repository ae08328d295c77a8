from collections.abc import Callable

import httpx
import pytest
from starlette.types import ASGIApp

from tongshi.api.parts import Parts
from tongshi.testing.grounds import World, settle


@pytest.fixture
def world(
    parts: Parts,
    site: ASGIApp,
    enter: Callable[..., httpx.Client],
    flush: Callable[[], None],
) -> World:
    return settle(parts, enter, flush)
