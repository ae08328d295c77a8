import json

import httpx

from tongshi.api.parts import Parts
from tongshi.sip.address import Address

CAMERA = "34020000001320000001"
PEER = Address("192.0.2.20", 5060, "udp", "x")
DATA = (
    b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1\r\n"
    b"From: <sip:34020000001320000001@3402000000>;tag=1\r\nTo: <sip:x>\r\n"
    b"Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
)


def test_a_devices_exchange_is_recorded_shown_downloaded_and_deleted(
    admin: httpx.Client, parts: Parts
) -> None:
    path = f"/api/devices/{CAMERA}/traces"
    assert admin.delete(path).status_code == 404
    begun = admin.post(path, json={"seconds": 60})
    assert begun.status_code == 201
    name = begun.json()["id"]
    parts.traces.tap(True, DATA, PEER)
    (told,) = admin.get(path).json()
    assert (told["messages"], told["why"], told["by"]) == (1, "", "system")
    assert admin.delete(path).status_code == 204
    shown = admin.get(f"/api/traces/{name}").json()
    assert shown["names"] == ["", CAMERA]
    assert shown["rows"][0]["label"] == "OPTIONS"
    file = admin.get(f"/api/traces/{name}/file")
    assert file.headers["content-type"].startswith("application/jsonl")
    assert json.loads(file.text.splitlines()[1])["peer"] == "192.0.2.20:5060"
    assert admin.delete(f"/api/traces/{name}").status_code == 204
    assert admin.get(f"/api/traces/{name}").status_code == 404
    assert admin.get(path).json() == []


def test_an_address_is_recorded_until_it_is_enough(admin: httpx.Client) -> None:
    begun = admin.post("/api/traces", json={"address": "192.0.2.20"})
    assert begun.status_code == 201
    name = begun.json()["id"]
    assert [one["id"] for one in admin.get("/api/traces").json()] == [name]
    assert admin.post("/api/traces", json={"address": "192.0.2.20"}).status_code == 409
    assert admin.post(f"/api/traces/{name}/end").json()["why"] == "stopped"
    assert admin.post(f"/api/traces/{name}/end").status_code == 404
    assert admin.post("/api/traces", json={}).status_code == 400


def test_operators_record_nothing(operator: httpx.Client) -> None:
    assert operator.get("/api/traces").status_code == 403
