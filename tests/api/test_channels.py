import httpx
import pytest

RECORDER = "34020000001180000001"
CAMERA = "34020000001320000001"
CHANNEL = "34020000001310000001"


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"device": RECORDER}, ["通道 1", "通道 2", "通道 3", "通道 4"]),
        ({"text": "通道 2"}, ["通道 2"]),
        ({"state": "offline"}, []),
        ({"device": RECORDER, "sort": "id", "descending": "true", "size": 1}, ["通道 4"]),
        ({"removed": "true"}, []),
    ],
)
def test_a_page_of_cameras(
    operator: httpx.Client, params: dict[str, str | int], names: list[str]
) -> None:
    answer = operator.get("/api/channels", params=params)
    assert answer.status_code == 200
    assert [row["name"] for row in answer.json()["rows"]] == names


def test_one_camera(operator: httpx.Client) -> None:
    told = operator.get(f"/api/devices/{RECORDER}/channels/{CHANNEL}").json()
    assert (told["name"], told["camera"], told["state"]) == ("通道 1", True, "online")
    assert operator.get(f"/api/devices/{CAMERA}/channels/{CHANNEL}").status_code == 404
