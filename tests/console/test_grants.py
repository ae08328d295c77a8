import re

import httpx
import pytest

from tongshi.access.grant import DAY, Grant, Right, Selector, SubjectKind
from tongshi.access.granting.store import GrantQuery
from tongshi.api.parts import Parts
from tongshi.console.grants import read_hours, shorten
from tongshi.errors import Invalid

RECORDER, CHANNEL = "34020000001180000001", "34020000001310000001"
FORM = {
    "kind": "unit",
    "unit": "Unit <b>",
    "right.live": "1",
    "right.see": "1",
    "divisions": "3402, 35",
    "units": "Unit 1、单位 二",
    "chosen": f"{RECORDER}/{CHANNEL} {RECORDER}",
    "begin": "08:00",
    "end": "17:30",
    "until": "2030-01-31",
    "footage_days": "7",
    "note": "day shift",
}


def test_a_grant_is_made_on_the_page_and_revoked(security: httpx.Client, parts: Parts) -> None:
    answer = security.post("/grants", data=FORM)
    assert answer.headers["Location"] == "/grants"
    page = security.get("/grants").text
    assert "Unit &lt;b&gt;" in page
    assert "08:00–17:30" in page
    number = int(re.findall(r"/grants/(\d+)/revoke", page)[0])
    (made,) = [one for one in _running(parts) if one.id == number]
    assert made.subject.kind is SubjectKind.UNIT
    assert made.rights == {Right.SEE, Right.LIVE}
    assert made.selector == Selector(
        divisions=frozenset({"3402", "35"}),
        units=frozenset({"Unit 1", "单位 二"}),
        cameras=frozenset({(RECORDER, CHANNEL), (RECORDER, RECORDER)}),
    )
    assert made.footage_age == 7 * 86400
    assert security.post(f"/grants/{number}/revoke").headers["Location"] == "/grants"
    assert security.post(f"/grants/{number}/revoke").status_code == 409
    assert number not in {one.id for one in _running(parts)}
    listed = security.get("/grants/list", params={"running": "1", "text": "day"})
    assert f"/grants/{number}/" not in listed.text
    assert security.post("/grants/x/revoke").status_code == 404


def _running(parts: Parts) -> list[Grant]:
    return list(parts.rights.page(GrantQuery(running=True)).rows)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "chief"},
        {"kind": "person"},
        {"divisions": "3"},
        {"everything": "1"},
        {"right.live": "", "right.see": ""},
        {"begin": "25:00"},
        {"until": "soon"},
        {"until": "2020-01-01"},
        {"footage_days": "x"},
        {"deny": "1"},
    ],
)
def test_what_is_wrong_is_told(
    security: httpx.Client, parts: Parts, change: dict[str, str]
) -> None:
    before = len(_running(parts))
    answer = security.post("/grants", data={**FORM, **change})
    assert answer.status_code in (400, 422)
    assert 'role="alert"' in answer.text
    assert len(_running(parts)) == before


def test_what_somebody_sees_and_why(
    security: httpx.Client, operator: httpx.Client, parts: Parts
) -> None:
    form = {
        "person": str(parts.people.named("operator").id),
        "device": RECORDER,
        "channel": CHANNEL,
        "purpose": "patrol",
    }
    page = security.post("/grants/test", data=form).text
    assert "This person knows of the camera." in page
    assert page.count("Allowed") > 5
    assert "The role does not have it" in page
    assert f'value="{RECORDER}"' in page
    total = operator.get("/api/channels").json()["total"]
    assert f"{total} cameras to be seen" in page
    for wrong in ({"person": "x"}, {"device": "x"}, {"person": "9999"}):
        answer = security.post("/grants/test", data={**form, **wrong})
        assert answer.status_code in (400, 404)
        assert 'role="alert"' in answer.text


def test_a_camera_is_marked_and_a_mark_cleared(security: httpx.Client, parts: Parts) -> None:
    form = {"device": RECORDER, "channel": CHANNEL, "classes": "I", "tags": "gate, north side"}
    assert security.post("/grants/marks", data=form).headers["Location"] == "/grants"
    key = (RECORDER, CHANNEL)
    assert parts.marks.read([key])[key] == {"class": ["I"], "tag": ["gate", "north side"]}
    form = {"device": RECORDER, "channel": CHANNEL, "classes": "-", "tags": ""}
    security.post("/grants/marks", data=form)
    assert parts.marks.read([key])[key] == {"tag": ["gate", "north side"]}
    wrong = security.post("/grants/marks", data={**form, "device": "x", "classes": "I"})
    assert wrong.status_code == 404
    assert security.post("/grants/marks", data={"device": RECORDER}).status_code == 400


def test_who_does_not_grant_has_no_such_page(operator: httpx.Client) -> None:
    assert operator.get("/grants").status_code == 403
    assert "/grants" not in operator.get("/live").text


def test_hours_of_a_day() -> None:
    assert read_hours("", "") == []
    (whole,) = read_hours("8:05", "")
    assert (whole.begin, whole.end, len(whole.days)) == (485, DAY, 7)
    (night,) = read_hours("22:00", "06:00")
    assert (night.begin, night.end) == (1320, 360)
    (till,) = read_hours("", "24:00")
    assert (till.begin, till.end) == (0, DAY)
    with pytest.raises(Invalid):
        read_hours("noon", "")


def test_long_lists_are_shortened() -> None:
    assert shorten(["a", "b"]) == "a, b"
    assert shorten(list("abcdef")) == "a, b, c, d +2"
