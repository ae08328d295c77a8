"""Numbers beyond what a store can hold, wherever the interface and the pages take one."""

from collections.abc import Callable

import httpx
import pytest

from tongshi.access.permission import GRANTED, Permission, Role
from tongshi.api.routes import ROUTES

HUGE = str(10**30)
DEVICE, CHANNEL = "34020000001180000001", "34020000001310000001"
NUMBERED = sorted(
    (
        route
        for route in ROUTES
        if ("_id}" in route.path or "{number}" in route.path)
        and not any(name in route.path for name in ("view_id", "talk_id", "trace_id"))
    ),
    key=lambda route: (route.path, route.method),
)
FILTERS = ("number", "size", "since", "until", "method", "priority", "after", "person", "entry")

Whoever = Callable[[Permission | None], httpx.Client]


@pytest.fixture
def whoever(
    enter: Callable[[Role], httpx.Client], stranger: httpx.Client
) -> Callable[[Permission | None], httpx.Client]:
    """Return a function that gives the browser of somebody who has a permission."""
    entered: dict[Role, httpx.Client] = {}

    def give(permission: Permission | None) -> httpx.Client:
        if permission is None:
            return stranger
        able = [role for role in Role if role is not Role.SERVICE and permission in GRANTED[role]]
        role = next((role for role in able if role in entered), able[0])
        if role not in entered:
            entered[role] = enter(role)
        return entered[role]

    return give


def test_a_number_that_is_too_large_names_nothing(whoever: Whoever) -> None:
    assert len(NUMBERED) > 30
    for route in NUMBERED:
        for number in (HUGE, str(2**63), "-1", "0x10", "１"):
            path = route.path.replace("{device_id:path}", DEVICE)
            path = path.replace("{channel_id:path}", CHANNEL).replace("{subject}", "alarm")
            path = path.replace("{block}", "x").replace("{name:path}", "x").replace("{key}", "x")
            for name in path.split("{")[1:]:
                path = path.replace(f"{{{name.partition('}')[0]}}}", number)
            body = None if route.method == "GET" else {"note": "x", "to": "y", "purpose": "patrol"}
            client = whoever(route.permission)
            answer = client.request(route.method, f"/api{path}", json=body)
            assert answer.status_code != 500, (route.method, path, answer.text)


@pytest.mark.parametrize("value", [HUGE, "-1", "1e400", "９"])
def test_filters_are_bounded(whoever: Whoever, value: str) -> None:
    lists = [route for route in ROUTES if route.method == "GET" and "{" not in route.path]
    assert len(lists) > 20
    for route in lists:
        if route.path == "/events":
            continue  # a stream
        for name in FILTERS:
            answer = whoever(route.permission).get(f"/api{route.path}", params={name: value})
            assert answer.status_code < 500, (route.path, name, answer.text)


@pytest.mark.parametrize("value", [HUGE, "9" * 5000, "-1", "1e400", "nan", "９", "²"])
def test_pages_take_them_as_well(whoever: Whoever, value: str) -> None:
    operator, auditor = whoever(Permission.SEE_ALARMS), whoever(Permission.READ_ACCESS_REGISTER)
    for path in ("alarms", "alarms/list", "devices/list", "register", "downloads/list"):
        client = whoever(Permission.DOWNLOAD) if path.startswith("downloads") else operator
        client = auditor if path == "register" else client
        for name in ("number", "size", "since", "until", "method", "priority"):
            answer = client.get(f"/{path}", params={name: value})
            assert answer.status_code in (200, 400), (path, name)
    handler = whoever(Permission.HANDLE_ALARMS)
    form = {"ids": f"1,{value}", "act": "acknowledge", "note": "", "assignee": ""}
    assert handler.post("/alarms/several", data=form).status_code == 200
    for path in (f"/alarms/{value}/details", f"/alarms/{value}/row"):
        assert handler.get(path).status_code in (400, 404)
