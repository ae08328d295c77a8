import httpx
import pytest

from tongshi.testing.walk import fill, hide, names_in, put, seen

CODES = {"device_id": "34020000001180000001", "alarm_id": "1"}


def test_paths_are_filled() -> None:
    path = "/devices/{device_id:path}/alarms/{alarm_id}"
    assert names_in(path) == ("device_id", "alarm_id")
    assert fill(path, CODES) == "/devices/34020000001180000001/alarms/1"
    assert fill("/x/{device_id}", {"device_id": "../a b"}) == "/x/..%2Fa%20b"
    with pytest.raises(KeyError):
        fill("/x/{new_id}", CODES)


def test_bodies_are_filled() -> None:
    body = {"device": "$device_id", "ids": ["$alarm_id", 7], "note": "x", "deep": {"a": None}}
    assert put(body, CODES) == {
        "device": CODES["device_id"],
        "ids": [1, 7],
        "note": "x",
        "deep": {"a": None},
    }


def test_answers_are_told_apart_by_all_but_what_was_asked_for() -> None:
    def answer(number: str, **headers: str) -> httpx.Response:
        text = f"no alarm {number} of 34020000001180000001 at 12:31"
        return httpx.Response(404, text=text, headers={"Date": number, **headers})

    other = {**CODES, "alarm_id": "9"}
    assert seen(answer("1"), CODES) == seen(answer("9"), other)
    assert seen(answer("1"), CODES) != seen(answer("2"), CODES)
    assert seen(answer("1", etag="x"), CODES) != seen(answer("1"), CODES)
    assert hide("11 1 1a", CODES) == "11 <alarm_id> 1a"
    assert hide("a%2F34020000001180000001", CODES) == "a%2F<device_id>"
