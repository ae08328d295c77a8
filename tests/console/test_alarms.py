from collections.abc import Callable

import httpx
import pytest

from tongshi.alarms.alarm import Report, State
from tongshi.api.parts import Parts
from tongshi.api.text import Language, Words
from tongshi.clock import ManualClock
from tongshi.console.alarms import kind_of

RECORDER = "34020000001180000001"
CAMERA = "34020000001320000001"
GONE = "34020000001320000002"
CHANNEL = "34020000001310000001"
HX = {"HX-Request": "true"}


def report(at: float, **more: object) -> Report:
    values = {"device_id": RECORDER, "channel_id": CHANNEL, "received_at": at, "at": at}
    make: Callable[..., Report] = Report
    return make(**(values | {"priority": 1, "method": 5, "alarm_type": 2} | more))


@pytest.fixture
def raised(parts: Parts, clock: ManualClock, flush: Callable[[], None]) -> list[int]:
    """Numbers of three alarms: motion, a device's own, one of a device that is gone."""
    at = clock.wall()
    reports = [
        report(at, description="门口 <b>"),
        report(at, device_id=CAMERA, channel_id=CAMERA, method=2, alarm_type=None, priority=4),
        report(at, device_id=GONE, channel_id=GONE, method=2, alarm_type=1, priority=None),
    ]
    found = [parts.alarms.record(each) for each in reports]
    flush()
    return [number for number, _ in filter(None, found)]


def test_the_page_tells_kind_level_and_place(operator: httpx.Client, raised: list[int]) -> None:
    text = operator.get("/alarms").text
    assert text.count('data-handling="new"') == 3
    assert "Video · motion" in text
    assert "Device · video lost" in text
    assert "通道 1" in text
    assert "门口 &lt;b&gt;" in text
    assert f"/live?layout=1&amp;tiles={RECORDER}/{CHANNEL}" in text
    assert f"/playback?camera={RECORDER}/{CHANNEL}&amp;at=1700000000" in text
    assert "none told" in text


def test_the_list_follows_its_address(operator: httpx.Client, raised: list[int]) -> None:
    answer = operator.get("/alarms/list?method=2&priority=4&state=open", headers=HX)
    assert answer.text.count("data-handling") == 1
    assert answer.headers["HX-Replace-Url"] == "/alarms?state=open&method=2&priority=4"
    assert operator.get(f"/alarms?device={GONE}").text.count("data-handling") == 1
    assert operator.get("/alarms?state=closed").text.count("data-handling") == 0
    assert operator.get("/alarms?since=2023-01-01&until=2023-01-02").text.count("handling=") == 0
    nonsense = "/alarms?state=x&method=9&priority=²&since=x&until=x&size=1&number=x"
    assert operator.get(nonsense).text.count("data-handling") == 3


def test_nothing_there_and_nothing_found_are_told_apart(operator: httpx.Client) -> None:
    assert "No alarms" in operator.get("/alarms").text
    assert "Nothing matches" in operator.get("/alarms?text=x").text
    assert operator.get("/alarms/badge", headers=HX).text.strip() == ""


def test_the_badge_counts_what_is_new(operator: httpx.Client, raised: list[int]) -> None:
    assert ">3</span>" in operator.get("/alarms/badge", headers=HX).text


def test_an_alarm_is_handled_step_by_step(operator: httpx.Client, raised: list[int]) -> None:
    place = f"/alarms/{raised[0]}"
    assert "Nothing was done yet" in operator.get(f"{place}/details", headers=HX).text
    acknowledged = operator.post(f"{place}/handle", data={"act": "acknowledge"}).text
    assert "<b>Acknowledge</b>" in acknowledged
    assert 'value="acknowledge"' not in acknowledged
    given = {"act": "assign", "assignee": "巡检一组 <i>", "note": "看看"}
    assert "→ 巡检一组 &lt;i&gt;" in operator.post(f"{place}/handle", data=given).text
    assert "巡检一组" in operator.get(f"{place}/row", headers=HX).text
    closed = operator.post(f"{place}/handle", data={"act": "close", "note": "一只猫"}).text
    assert "一只猫" in closed
    assert 'value="close"' not in closed
    assert 'data-handling="closed"' in operator.get(f"{place}/row", headers=HX).text


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"act": "assign"}, "Input breaks a rule"),
        ({"act": "close"}, "Input breaks a rule"),
        ({"act": "forget"}, "Not found"),
    ],
)
def test_what_cannot_be_done_is_told_in_place(
    operator: httpx.Client, raised: list[int], form: dict[str, str], told: str
) -> None:
    answer = operator.post(f"/alarms/{raised[0]}/handle", data=form)
    assert answer.status_code == 200
    assert told in answer.text
    assert "Nothing was done yet" in answer.text


def test_several_are_handled_at_once_and_what_failed_says_why(
    operator: httpx.Client, parts: Parts, raised: list[int]
) -> None:
    ids = ",".join(map(str, raised))
    text = operator.post("/alarms/several", data={"ids": ids, "act": "acknowledge"}).text
    assert "3 handled" in text
    assert text.count('data-handling="acknowledged"') == 3
    again = operator.post(
        "/alarms/several?state=new", data={"ids": f"{ids},x,999", "act": "acknowledge"}
    ).text
    assert "0 handled, 4 not: Conflicts with the present state" in again
    assert again.count("data-handling") == 0


def test_a_reset_is_done_at_the_device_or_says_why_not(
    operator: httpx.Client, raised: list[int]
) -> None:
    done = operator.post(f"/alarms/{raised[1]}/reset").text
    assert "Reset at the device" in done
    refused = operator.post(f"/alarms/{raised[2]}/reset").text
    assert "The peer did not answer" in refused
    assert "did not take the message" in refused


@pytest.mark.parametrize("number", ["999999", "x", "9" * 19])
def test_what_is_not_there(operator: httpx.Client, number: str) -> None:
    for path in ("row", "details"):
        assert operator.get(f"/alarms/{number}/{path}", headers=HX).status_code == 404


def test_kinds_in_words() -> None:
    tell = kind_of(Words(Language.EN))
    assert tell(report(0, method=6, alarm_type=2)) == "Device fault · fan fault"
    assert tell(report(0, method=5, alarm_type=99)) == "Video · #99"
    assert tell(report(0, method=None, alarm_type=None)) == "Unknown source"
    assert State.NEW.value == "new"
