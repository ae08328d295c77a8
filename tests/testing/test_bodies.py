import pytest

from tongshi.api.routes import ROUTES
from tongshi.testing.bodies import BODIES, CLOSED, HIDING, OF_CAMERAS, OF_PERSONS, codes_in, key_of


def test_codes_are_those_of_path_and_body() -> None:
    rows = {key_of(row): row for row in ROUTES}
    control = "POST /devices/{device_id:path}/channels/{channel_id:path}/control"
    assert codes_in(rows[control]) == {"device_id", "channel_id"}
    assert codes_in(rows["POST /live"]) == {"device_id", "channel_id"}
    assert codes_in(rows["POST /break-glass"]) == {"device_id", "channel_id"}, "in a list"
    assert codes_in(rows["GET /live/{view_id}"]) == {"view_id"}
    assert codes_in(rows["GET /health"]) == set()


def test_what_hides_something_needs_a_permission_and_names_it() -> None:
    assert len(HIDING) > 60
    for row in HIDING:
        assert row in CLOSED
        assert codes_in(row) & (OF_CAMERAS | OF_PERSONS)


@pytest.mark.parametrize("key", BODIES)
def test_a_body_is_of_a_route_that_is_there(key: str) -> None:
    assert key in {key_of(row) for row in ROUTES}
