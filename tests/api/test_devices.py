import asyncio

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.clock import ManualClock
from tongshi.health.status import Evidence
from tongshi.registry.state import State

RECORDER = "34020000001180000001"
CAMERA = "34020000001320000001"
GONE = "34020000001320000002"


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["device_id"] for row in answer.json()["rows"]]


def test_a_page_of_devices(operator: httpx.Client) -> None:
    answer = operator.get("/api/devices", params={"sort": "id"})
    assert ids(answer) == [RECORDER, CAMERA, GONE]
    told = answer.json()
    assert (told["total"], told["number"], told["size"]) == (3, 1, 50)
    recorder = told["rows"][0]
    assert recorder["state"] == "online"
    assert recorder["catalog"]["state"] == "complete"
    assert recorder["counts"] == {"online": 4, "offline": 0, "unknown": 0}
    assert recorder["registration"]["transport"] == "udp"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"state": "offline"}, [GONE]),
        ({"catalog": "partial"}, [CAMERA]),
        ({"catalog": "never"}, [GONE]),
        ({"text": "录像"}, [RECORDER]),
        ({"text": "%"}, []),
        ({"sort": "id", "descending": "true"}, [GONE, CAMERA, RECORDER]),
        ({"sort": "id", "size": 2, "number": 2}, [GONE]),
        ({"number": 99}, []),
    ],
)
def test_filters_sorting_and_paging(
    operator: httpx.Client, params: dict[str, str | int], expected: list[str]
) -> None:
    assert ids(operator.get("/api/devices", params=params)) == expected


@pytest.mark.parametrize("params", [{"state": "well"}, {"size": 501}, {"number": 0}, {"size": "x"}])
def test_what_cannot_be_asked_is_refused_with_every_fault(
    operator: httpx.Client, params: dict[str, str | int]
) -> None:
    answer = operator.get("/api/devices", params=params)
    assert answer.status_code == 400
    assert answer.json()["faults"]


def test_one_device_as_it_is_now(operator: httpx.Client, parts: Parts, clock: ManualClock) -> None:
    clock.wind(60)
    parts.health.record(RECORDER, Evidence(State.OFFLINE, "link-lost", clock.wall()))
    told = operator.get(f"/api/devices/{RECORDER}").json()
    assert (told["state"], told["why"]) == ("offline", "link-lost")
    assert operator.get("/api/devices/nobody").status_code == 404


def test_a_devices_channels(operator: httpx.Client) -> None:
    told = operator.get(f"/api/devices/{RECORDER}/channels", params={"size": 3}).json()
    assert [row["name"] for row in told["rows"]] == ["通道 1", "通道 2", "通道 3"]
    assert told["total"] == 4
    assert operator.get("/api/devices/nobody/channels").status_code == 404


def test_asking_for_a_catalog_again(
    operator: httpx.Client, runner: asyncio.Runner, asked: list[str]
) -> None:
    assert operator.post(f"/api/devices/{RECORDER}/catalog").status_code == 202
    runner.run(asyncio.sleep(0.01))
    assert asked == [RECORDER]
    assert operator.post("/api/devices/nobody/catalog").status_code == 404


def test_devices_that_come_and_go_are_told_apart(
    operator: httpx.Client, parts: Parts, clock: ManualClock
) -> None:
    assert operator.get("/api/unsteady").json() == []
    for number in range(6):
        clock.wind(10)
        state = State.ONLINE if number % 2 else State.OFFLINE
        parts.health.record(RECORDER, Evidence(state, "registered", clock.wall(), clock.wall()))
    (told,) = operator.get("/api/unsteady").json()
    assert (told["device"], told["online"]) == (RECORDER, True)
    assert told["changes"] >= 6
