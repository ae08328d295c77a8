from math import inf, nan

import pytest

from tongshi.registry.position import is_known


@pytest.mark.parametrize(
    ("longitude", "latitude", "known"),
    [
        (117.1, 31.8, True),
        (-180.0, -90.0, True),
        (0.0, 31.8, False),
        (117.1, 0.0, False),
        (None, 31.8, False),
        (117.1, None, False),
        (180.1, 31.8, False),
        (117.1, 90.1, False),
        (nan, 31.8, False),
        (117.1, inf, False),
    ],
)
def test_what_can_be_believed(
    longitude: float | None, latitude: float | None, *, known: bool
) -> None:
    assert is_known(longitude, latitude) is known
