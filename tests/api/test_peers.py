import httpx
import pytest

from tongshi.api.parts import Parts

CAMERA = "34020000001320000001"
NEW = "34020000001320000077"


def field(told: dict[str, object], name: str) -> object:
    rows = told["fields"]
    assert isinstance(rows, list)
    return next((row["value"], row["by"]) for row in rows if row["name"] == name)


def test_every_field_and_every_preset_is_told(operator: httpx.Client) -> None:
    told = operator.get("/api/profiles").json()
    fields = {row["name"]: row for row in told["fields"]}
    assert fields["transport"]["choices"] == ["udp", "tcp-passive", "tcp-active"]
    assert fields["answer_timeout"]["low"] == 1
    assert fields["subscribe"]["default"] == "true"
    assert fields["record_type_all"]["row"] == "10.5"
    presets = {row["name"]: row["fields"] for row in told["presets"]}
    assert presets["dahua"]["record_type_all"] == "true"


def test_the_profile_in_use_and_why(operator: httpx.Client) -> None:
    told = operator.get(f"/api/devices/{CAMERA}/profile").json()
    assert (told["preset"], told["ground"], told["by_hand"]) == ("generic-2016", "edition", [])
    assert field(told, "subscribe") == ("true", "standard")
    assert told["own_password"] is False


def test_a_person_sets_a_profile_and_takes_it_back(admin: httpx.Client) -> None:
    wish = {"preset": "dahua", "fields": {"subscribe": "false"}}
    told = admin.put(f"/api/devices/{CAMERA}/profile", json=wish).json()
    assert (told["preset"], told["ground"]) == ("dahua", "hand")
    assert field(told, "subscribe") == ("false", "hand")
    assert field(told, "record_type_all") == ("true", "preset")
    told = admin.put(f"/api/devices/{CAMERA}/profile", json={}).json()
    assert told["preset"] == "generic-2016"
    answer = admin.put(f"/api/devices/{CAMERA}/profile", json={"fields": {"x": "1", "qop": "2"}})
    assert answer.status_code == 400
    assert len(answer.json()["faults"]) == 2


def test_a_password_is_set_and_never_told(admin: httpx.Client, parts: Parts) -> None:
    path = f"/api/devices/{NEW}/password"
    assert admin.put(path, json={"password": "secret word"}).status_code == 204
    told = admin.get(f"/api/devices/{NEW}/profile")
    assert told.json()["own_password"] is True
    assert "secret word" not in told.text
    assert parts.peers.has_password(NEW)
    assert admin.delete(path).status_code == 204
    assert admin.delete(path).status_code == 404
    assert admin.put(path, json={"password": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/api/devices/{CAMERA}/profile"),
        ("PUT", f"/api/devices/{CAMERA}/password"),
        ("DELETE", f"/api/devices/{CAMERA}/password"),
    ],
)
def test_operators_change_nothing_of_it(operator: httpx.Client, method: str, path: str) -> None:
    assert operator.request(method, path, json={}).status_code == 403
