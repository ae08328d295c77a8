import asyncio

import httpx
import pytest

from tongshi.api.parts import Parts
from tongshi.clock import ManualClock
from tongshi.registry.entry import Registration

RECORDER = "34020000001180000001"
CAMERA = "34020000001320000001"
GONE = "34020000001320000002"
HX = {"HX-Request": "true"}


def shown(text: str) -> list[str]:
    return [part.split('"', 1)[0] for part in text.split('data-device="')[1:]]


def test_the_page_shows_states_in_words_and_shapes(operator: httpx.Client) -> None:
    text = operator.get("/devices").text
    assert sorted(shown(text)) == [RECORDER, CAMERA, GONE]
    for state in ("online", "offline", "complete", "partial", "never"):
        assert f'data-state="{state}"' in text
        assert f'href="#i-{state}"' in text
    assert "东门 &lt;b&gt;" in text
    assert "<b>东门" not in text
    assert "1–3 of 3" in text


def test_the_list_follows_its_address(operator: httpx.Client) -> None:
    answer = operator.get("/devices/list?state=offline&size=25&nonsense=1", headers=HX)
    assert shown(answer.text) == [GONE]
    assert answer.headers["HX-Replace-Url"] == "/devices?state=offline&size=25"
    assert "<html" not in answer.text
    assert shown(operator.get("/devices?text=录像").text) == [RECORDER]
    assert shown(operator.get("/devices?catalog=partial").text) == [CAMERA]
    descending = operator.get("/devices?sort=id&descending=true").text
    assert shown(descending) == [GONE, CAMERA, RECORDER]
    assert 'aria-sort="descending"' in descending


def test_what_cannot_be_read_is_as_if_not_said(operator: httpx.Client) -> None:
    text = operator.get("/devices?state=x&catalog=x&sort=x&number=x&size=7").text
    assert len(shown(text)) == 3


def test_a_page_beyond_the_end_is_the_last_one(operator: httpx.Client) -> None:
    text = operator.get("/devices?number=9").text
    assert len(shown(text)) == 3
    assert "1 / 1" in text


def test_nothing_found_and_nothing_there_are_told_apart(operator: httpx.Client) -> None:
    text = operator.get("/devices?text=nobody").text
    assert "Nothing matches" in text
    assert "platform code" not in text


def test_the_summary(operator: httpx.Client) -> None:
    text = operator.get("/devices/summary", headers=HX).text
    assert "Devices <b>3</b>" in text
    assert "Cameras <b>5</b>" in text


def test_a_row_and_its_channels(operator: httpx.Client) -> None:
    row = operator.get(f"/devices/{RECORDER}/row", headers=HX).text
    assert row.count("<tr") == 1
    assert "4/4" in row
    text = operator.get(f"/devices/{RECORDER}/channels", headers=HX).text
    for number in range(1, 5):
        assert f"通道 {number}" in text
        assert f"/live?layout=1&amp;tiles={RECORDER}/3402000000131000000{number}" in text
    assert "GB/T 28181-2016 (2.0)" in text
    assert "registered" in text


def test_an_incomplete_catalog_says_why(operator: httpx.Client) -> None:
    text = operator.get(f"/devices/{CAMERA}/channels", headers=HX).text
    assert "Partial" in text
    assert "parts missing" in text
    assert "1 items received of 2 announced" in text
    assert "No catalog yet" in operator.get(f"/devices/{GONE}/channels", headers=HX).text


def test_channels_come_in_pages(operator: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.console.devices.CHANNELS", 3)
    first = operator.get(f"/devices/{RECORDER}/channels", headers=HX).text
    assert "1–3 of 4" in first
    assert "number=2" in first
    second = operator.get(f"/devices/{RECORDER}/channels?number=2", headers=HX).text
    assert "通道 4" in second
    assert "number=1" in second


def test_asking_again_shows_that_it_goes_on(
    operator: httpx.Client, runner: asyncio.Runner, asked: list[str]
) -> None:
    text = operator.post(f"/devices/{RECORDER}/catalog", headers=HX).text
    assert 'data-state="asking"' in text
    assert " disabled>" in text
    runner.run(asyncio.sleep(0.01))
    assert asked == [RECORDER]
    assert 'data-state="asking"' not in operator.get(f"/devices/{RECORDER}/row").text


def test_signs_of_life_of_the_rows_on_the_page(
    operator: httpx.Client, parts: Parts, clock: ManualClock
) -> None:
    clock.wind(10)
    parts.health.record_seen({RECORDER: clock.wall()})
    told = operator.get("/devices/proofs?state=online").json()
    assert set(told) == {RECORDER, CAMERA}
    assert told[RECORDER] == "2023-11-14T22:13:30+00:00"


def test_odd_ids_and_reasons_are_shown_as_they_are(
    operator: httpx.Client, parts: Parts, clock: ManualClock
) -> None:
    odd = 'a/b?<"&'
    parts.registry.record_registration(
        Registration(odd, "192.0.2.9", 5060, "tcp", clock.wall(), clock.wall() + 60)
    )
    while odd not in {row["device_id"] for row in operator.get("/api/devices").json()["rows"]}:
        pass  # written with the next flush
    text = operator.get("/devices").text
    assert "a/b?&lt;&#34;&amp;" in text
    row = operator.get("/devices/a%2Fb%3F%3C%22%26/row")
    assert row.status_code == 200
    assert "TCP 192.0.2.9:5060" in row.text
