import httpx
import pytest

RECORDER, CHANNEL = "34020000001180000001", "34020000001310000001"
KEYS = [{"device": RECORDER, "channel": CHANNEL}, {"device": RECORDER, "channel": RECORDER}]


def test_one_and_many_cameras_are_marked(security: httpx.Client) -> None:
    body = {"cameras": KEYS, "classes": ["I"], "tags": ["gate", "north"]}
    assert security.put("/api/marks", json=body).status_code == 204
    asked = {"device": RECORDER, "channel": CHANNEL}
    wanted = {"class": ["I"], "tag": ["gate", "north"]}
    assert security.get("/api/marks", params=asked).json() == wanted
    assert security.get("/api/marks", params={"device": RECORDER}).json() == wanted
    assert security.get("/api/marks/values").json() == wanted
    body = {"cameras": KEYS[:1], "tags": []}
    assert security.put("/api/marks", json=body).status_code == 204
    assert security.get("/api/marks", params=asked).json() == {"class": ["I"]}
    unmarked = {"device": RECORDER, "channel": "34020000001310000002"}
    assert security.get("/api/marks", params=unmarked).json() == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"cameras": [], "tags": ["a"]}, 400),
        ({"cameras": KEYS}, 400),
        ({"cameras": KEYS, "classes": ["I", "II"]}, 400),
        ({"cameras": KEYS, "tags": [""]}, 400),
        ({"cameras": KEYS, "colours": ["red"]}, 400),
        ({"cameras": [*KEYS, {"device": RECORDER, "channel": "x"}], "tags": ["a"]}, 404),
    ],
)
def test_what_cannot_be_marked(
    security: httpx.Client, body: dict[str, object], status: int
) -> None:
    answer = security.put("/api/marks", json=body)
    assert answer.status_code == status, answer.text
    assert security.get("/api/marks/values").json() == {}
