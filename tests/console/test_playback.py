import json
import re
from collections.abc import Callable

import httpx
import pytest
from starlette.datastructures import QueryParams

from tongshi.console.playback import Begun, read_begun

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
WALL = 1_700_000_000.0


def test_the_page_begins_with_what_its_address_says(operator: httpx.Client) -> None:
    address = f"/playback?camera={RECORDER}/{CHANNEL}&day=2026-11-20&at=1795129959"
    text = operator.get(address).text
    found = re.search(r'id="begin">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    told = json.loads(found[1])
    assert (told["day"], told["at"]) == ("2026-11-20", 1795129959)
    assert told["channel"] == {"device": RECORDER, "channel": CHANNEL, "name": "通道 1"}
    assert told["purposes"][0]["code"] == "patrol"
    assert 'value="2026-11-20"' in text
    assert '"playback.nothing"' in text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("day=2026-02-30", Begun("2023-11-15")),
        ("at=x&camera=a", Begun("2023-11-15")),
        ("at=1700100000&camera=a/b/c", Begun("2023-11-16", 1_700_100_000.0, ("a", "b/c"))),
        ("day=2026-11-20T10:00&at=99999999999999", Begun("2026-11-20")),
    ],
)
def test_what_cannot_be_read_is_as_if_it_were_not_said(
    address: str, expected: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_begun(QueryParams(address), WALL)
    assert (found.at, found.camera) == (expected.at, expected.camera)
    assert found.day[:8] == expected.day[:8]


def test_downloads_are_listed_with_their_progress(
    operator: httpx.Client, flush: Callable[[], None]
) -> None:
    assert "Nothing was asked for yet" in operator.get("/downloads").text
    ask = {
        "device": RECORDER,
        "channel": CHANNEL,
        "purpose": "patrol",
        "since": WALL,
        "until": WALL + 60,
    }
    number = operator.post("/api/downloads", json=ask).json()["id"]
    flush()
    text = operator.get("/downloads/list?size=25&number=1").text
    assert "<html" not in text
    assert "通道 1" in text
    assert f'data-remove="{number}"' in text
    assert "<progress" in text
    operator.delete(f"/api/downloads/{number}")
    flush()
    assert "Cancelled" in operator.get("/downloads").text
