"""The mark over pictures: whose words it has, and what becomes of who touches it."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from tongshi.access.register import EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api.mark import lines_of, text_of, zone_of
from tongshi.api.parts import Parts
from tongshi.settings import AccessSettings

LIVE = {
    "device": "34020000001180000001",
    "channel": "34020000001310000001",
    "purpose": "patrol",
}
SPAN = {**LIVE, "since": 1_700_000_000, "until": 1_700_000_060}


@pytest.mark.parametrize(("place", "body"), [("/api/live", LIVE), ("/api/playback", SPAN)])
def test_the_words_are_those_of_the_sign_in(
    operator: httpx.Client, parts: Parts, place: str, body: dict[str, object]
) -> None:
    told = operator.post(place, json=body, headers={"X-Mark": "somebody else"}).json()
    assert told["mark"] == {
        "text": "Operator Unit 1",
        "at": parts.clock.wall(),
        "zone": zone_of(parts.clock.wall()),
    }
    again = operator.post(f"{place}/{told['view']}/renew").json()
    assert again["mark"]["text"] == "Operator Unit 1"


def test_without_a_unit_there_is_the_name() -> None:
    assert text_of("王", "") == "王"
    assert text_of("王", "公安局") == "王 公安局"
    assert text_of("", "") == ""


def test_where_the_settings_want_none_there_is_none(operator: httpx.Client, parts: Parts) -> None:
    off = replace(parts.settings, access=AccessSettings(watermark="off"))
    object.__setattr__(parts, "settings", off)
    assert "mark" not in operator.post("/api/live", json=LIVE).json()


@pytest.mark.parametrize(("place", "body"), [("/api/live", LIVE), ("/api/playback", SPAN)])
def test_who_touches_the_mark_sees_no_more_and_is_found(
    operator: httpx.Client,
    auditor: httpx.Client,
    parts: Parts,
    flush: Callable[[], None],
    place: str,
    body: dict[str, object],
) -> None:
    view = operator.post(place, json=body).json()["view"]
    assert operator.post(f"/api/live/{view}/tampering", json={"what": "style"}).status_code == 204
    assert operator.get(f"{place}/{view}").status_code == 404
    flush()
    (entry,) = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert entry.ending is not None
    assert entry.ending.how == "tampered"
    while parts.watch.look():
        pass
    (row,) = auditor.get("/api/findings").json()["rows"]
    assert (row["rule"], row["person"], row["figure"]) == ("mark-tampered", "Operator", 1.0)
    (behind,) = auditor.get(f"/api/findings/{row['id']}").json()["entries"]
    assert (behind["what"], behind["name"]) == (
        "mark.tampered",
        f"{LIVE['device']}/{LIVE['channel']}",
    )


def test_nobody_reports_for_others(
    operator: httpx.Client, another: httpx.Client, parts: Parts
) -> None:
    view = operator.post("/api/live", json=LIVE).json()["view"]
    told = {"what": "removed"}
    assert another.post(f"/api/live/{view}/tampering", json=told).status_code == 404
    assert operator.post("/api/live/nothing/tampering", json=told).status_code == 404
    for wrong in ({"what": "other"}, {}, {"what": "style", "person": "x"}):
        assert operator.post(f"/api/live/{view}/tampering", json=wrong).status_code == 400
    assert len(parts.views.all()) == 1


def test_what_is_burnt_in_says_who_and_when() -> None:
    first, second = lines_of("王", "公安局", 1_700_000_000.0).splitlines()
    assert first == "王 公安局"
    assert len(second) == len("2023-11-15 06:13:20")


@pytest.mark.parametrize(("setting", "marked"), [("export", True), ("player", False)])
def test_snapshots_carry_the_mark_where_the_settings_ask(
    operator: httpx.Client, parts: Parts, setting: str, marked: bool
) -> None:
    wanted = replace(parts.settings, access=AccessSettings(watermark=setting))
    object.__setattr__(parts, "settings", wanted)
    answer = operator.post("/api/snapshots", json=LIVE)
    assert answer.status_code == 200
    assert (b"Operator Unit 1" in answer.content) is marked
