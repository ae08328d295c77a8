"""Numbers beyond what a store can hold, wherever the interface and the pages take one."""

import httpx
import pytest

from tongshi.api.routes import ROUTES

HUGE = str(10**30)
DEVICE, CHANNEL = "34020000001180000001", "34020000001310000001"
NUMBERED = [route for route in ROUTES if "_id}" in route.path or "{number}" in route.path]
PLACES = sorted(
    {
        (route.method, route.path)
        for route in NUMBERED
        if not any(name in route.path for name in ("view_id", "talk_id", "trace_id"))
    }
)


@pytest.mark.parametrize(("method", "path"), PLACES, ids=[" ".join(place) for place in PLACES])
def test_a_number_that_is_too_large_names_nothing(
    admin: httpx.Client, method: str, path: str
) -> None:
    for number in (HUGE, str(2**63), "-1", "0x10", "１"):
        filled = path.replace("{device_id:path}", DEVICE).replace("{channel_id:path}", CHANNEL)
        for name in ("alarm", "picture", "firmware", "download"):
            filled = filled.replace(f"{{{name}_id}}", number)
        filled = filled.replace("{number}", number).replace("{subject}", "alarm")
        body = None if method == "GET" else {"note": "x", "to": "y", "purpose": "patrol"}
        answer = admin.request(method, f"/api{filled}".replace("{block}", "x"), json=body)
        assert answer.status_code != 500, (filled, answer.text)


@pytest.mark.parametrize("name", ["number", "size", "since", "until", "method", "priority"])
@pytest.mark.parametrize("path", ["alarms", "positions", "pictures", "downloads", "upgrades"])
@pytest.mark.parametrize("value", [HUGE, "-1", "1e400", "９"])
def test_filters_are_bounded(admin: httpx.Client, path: str, name: str, value: str) -> None:
    assert admin.get(f"/api/{path}", params={name: value}).status_code in (200, 400)


@pytest.mark.parametrize("value", [HUGE, "9" * 5000, "-1", "1e400", "nan", "９", "²"])
def test_pages_take_them_as_well(admin: httpx.Client, value: str) -> None:
    for path in ("alarms", "alarms/list", "devices/list", "register", "downloads/list"):
        for name in ("number", "size", "since", "until", "method", "priority"):
            answer = admin.get(f"/{path}", params={name: value})
            assert answer.status_code in (200, 400), (path, name)
    form = {"ids": f"1,{value}", "act": "acknowledge", "note": "", "assignee": ""}
    assert admin.post("/alarms/several", data=form).status_code == 200
    for path in (f"/alarms/{value}/details", f"/alarms/{value}/row"):
        assert admin.get(path).status_code in (400, 404)
