import httpx

from tongshi.api.parts import Parts
from tongshi.registry.want import Want

RECORDER = "34020000001180000001"
ADDRESS = f"/api/devices/{RECORDER}/subscriptions"


def test_an_administrator_chooses_what_a_device_tells(parts: Parts, admin: httpx.Client) -> None:
    assert admin.get(ADDRESS).json() == []
    told = admin.put(f"{ADDRESS}/position", json={"interval": 30, "target": "front"}).json()
    assert (told["subject"], told["target_id"], told["interval"]) == ("position", "front", 30)
    assert (told["state"], told["chosen"]) == ("waiting", True)
    assert admin.put(f"{ADDRESS}/alarm").status_code == 200
    assert [row["subject"] for row in admin.get(ADDRESS).json()] == ["position", "alarm"]
    target = {"target": "front"}
    assert admin.delete(f"{ADDRESS}/position", params=target).status_code == 204
    assert [row["subject"] for row in admin.get(ADDRESS).json()] == ["alarm"]
    assert set(parts.wants.all()) == {
        Want(RECORDER, "position", "front", wanted=False),
        Want(RECORDER, "alarm"),
    }


def test_what_is_refused(admin: httpx.Client, operator: httpx.Client) -> None:
    assert operator.get(ADDRESS).status_code == 403
    assert admin.put(f"{ADDRESS}/faces").status_code == 400
    assert admin.put(f"{ADDRESS}/alarm", json={"interval": -1}).status_code == 400
    target = {"target": "a</DeviceID>"}
    assert admin.put(f"{ADDRESS}/alarm", json=target).status_code == 400
    assert admin.delete(f"{ADDRESS}/alarm", params=target).status_code == 400
    assert admin.get("/api/devices/nobody/subscriptions").status_code == 404
    assert admin.delete("/api/devices/nobody/subscriptions/alarm").status_code == 404
