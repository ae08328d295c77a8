from collections.abc import Callable

import httpx

from tongshi.api.parts import Parts
from tongshi.registry.position import Report

RECORDER = "34020000001180000001"


def test_where_mobile_devices_were(
    parts: Parts, flush: Callable[[], None], operator: httpx.Client
) -> None:
    for at, channel in ((100.0, "front"), (200.0, "front"), (150.0, "rear")):
        parts.positions.record(Report(RECORDER, channel, at, 117.0 + at / 1000, 31.8))
    flush()
    latest = operator.get("/api/positions").json()["rows"]
    assert [(row["channel_id"], row["received_at"]) for row in latest] == [
        ("front", 200.0),
        ("rear", 150.0),
    ]
    rows = operator.get("/api/positions", params={"device": RECORDER, "channel": "rear"}).json()
    assert rows["total"] == 1
    address = f"/api/devices/{RECORDER}/positions"
    reports = operator.get(address, params={"channel": "front"}).json()["rows"]
    assert [row["longitude"] for row in reports] == [117.1, 117.2]
    since = {"since": "1970-01-01T00:02:30Z", "until": "1970-01-01T00:03:00Z"}
    assert operator.get(address, params=since).json()["total"] == 1
    assert operator.get("/api/devices/nobody/positions").status_code == 404
