import httpx
import pytest

from tongshi.api.text import Language, Words
from tongshi.console.device import kind_of, path_to

RECORDER = "34020000001180000001"
GONE = "34020000001320000002"
HX = {"HX-Request": "true"}


def test_the_page_tells_who_it_is_and_how_it_stands(operator: httpx.Client) -> None:
    text = operator.get(f"/devices/{RECORDER}").text
    assert "<h1>物流园录像机</h1>" in text
    assert "registered" in text
    assert "UDP 192.0.2.20:5060" in text
    assert "GB/T 28181-2016 (2.0)" in text
    assert text.count("通道 ") >= 4
    assert f'data-device="{RECORDER}"' in text


def test_tabs_are_those_that_one_may_use(operator: httpx.Client, admin: httpx.Client) -> None:
    few, all_of_them = (client.get(f"/devices/{RECORDER}").text for client in (operator, admin))
    for tab in ("config", "profile", "traces", "upkeep"):
        assert f"/devices/{RECORDER}/{tab}" not in few
        assert f"/devices/{RECORDER}/{tab}" in all_of_them
    assert f"/devices/{RECORDER}/status" in few


def test_what_was_never_told_is_told_so(operator: httpx.Client) -> None:
    text = operator.get(f"/devices/{GONE}").text
    assert "keepalives were missed" in text
    assert "No catalog yet" in text


def test_presence_comes_alone(operator: httpx.Client) -> None:
    text = operator.get(f"/devices/{RECORDER}/presence", headers=HX).text
    assert 'data-state="online"' in text
    assert "<html" not in text


def test_channels_come_in_pages(operator: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.console.device.CHANNELS", 3)
    text = operator.get(f"/devices/{RECORDER}").text
    assert "1–3 of 4" in text
    assert "?number=2" in text
    assert "4–4 of 4" in operator.get(f"/devices/{RECORDER}?number=2").text


def test_a_device_that_is_not_there(operator: httpx.Client) -> None:
    assert operator.get("/devices/nobody").status_code == 404


def test_kinds_and_places() -> None:
    assert kind_of(RECORDER, Words(Language.EN)) != ""
    assert kind_of(RECORDER, Words(Language.ZH)) != kind_of(RECORDER, Words(Language.EN))
    assert kind_of("nobody", Words(Language.EN)) == ""
    assert path_to('a/b?"') == "/devices/a%2Fb%3F%22"
