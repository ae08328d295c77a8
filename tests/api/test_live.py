import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from starlette.types import ASGIApp

from tongshi.api.parts import Parts
from tongshi.console.site import application
from tongshi.gateway.engine import Figures, FirstMedia, Measured, ReaderJoined, Track
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
ASK = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol", "plays": ["h264"]}


def test_a_view_has_an_address_that_the_browser_reaches(operator: httpx.Client) -> None:
    answer = operator.post("/api/live", json=ASK)
    assert answer.status_code == 200
    told = answer.json()
    assert told["url"].startswith("ws://console:8081/play/t")
    assert (told["state"], told["codec"], told["width"]) == ("ready", "h264", 1280)
    assert (told["transport"], told["transcoded"]) == ("udp", False)
    again = operator.get(f"/api/live/{told['view']}").json()
    assert again["url"] == told["url"]


@pytest.mark.parametrize(
    ("scheme", "host", "expected"),
    [
        ("https", "video.example:8443", "wss://video.example:8081/play/"),
        ("http", "[2001:db8::1]:8080", "ws://[2001:db8::1]:8081/play/"),
    ],
)
def test_the_address_follows_the_browsers(
    operator: httpx.Client, scheme: str, host: str, expected: str
) -> None:
    operator.headers["Cookie"] = f"tongshi_session={operator.cookies['tongshi_session']}"
    answer = operator.post(f"{scheme}://{host}/api/live", json=ASK)
    assert answer.json()["url"].startswith(expected)


def test_a_slow_camera_is_asked_without_holding_the_line(
    operator: httpx.Client, statuses: list[int | None]
) -> None:
    statuses.append(None)
    answer = operator.post("/api/live?wait=0", json=ASK)
    assert answer.status_code == 202
    told = answer.json()
    assert told["state"] == "opening"
    assert "url" not in told
    view = told["view"]
    assert operator.get(f"/api/live/{view}").status_code == 202
    assert operator.post(f"/api/live/{view}/renew").status_code == 202
    late = operator.get(f"/api/live/{view}?wait=20")
    assert late.status_code == 504
    assert late.json()["code"] == "peer.silent"
    assert late.json()["stage"] == "invite"
    assert "INVITE" in late.json()["advice"]


def test_a_wait_that_is_too_short_is_no_failure(
    operator: httpx.Client, statuses: list[int | None]
) -> None:
    statuses.append(None)
    assert operator.post("/api/live?wait=0.01", json=ASK).status_code == 202


def test_a_refusal_tells_the_devices_status(
    operator: httpx.Client, statuses: list[int | None]
) -> None:
    statuses.append(404)
    answer = operator.post("/api/live", json=ASK)
    assert (answer.status_code, answer.json()["peer_status"]) == (502, 404)
    assert "catalog" in answer.json()["advice"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"purpose": ""}, 400, "invalid"),
        ({"purpose": "other"}, 400, "invalid"),
        ({"channel": "nobody"}, 404, "missing"),
        ({"device": "nobody"}, 404, "missing"),
        ({"stream": "third"}, 400, "invalid"),
        ({"plays": ["vp9"]}, 400, "invalid"),
    ],
)
def test_what_is_refused_before_anything_is_registered(
    operator: httpx.Client, auditor: httpx.Client, change: dict[str, object], status: int, code: str
) -> None:
    answer = operator.post("/api/live", json={**ASK, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert auditor.get("/api/register").json()["total"] == 0


def test_a_view_is_renewed_and_closed(operator: httpx.Client) -> None:
    told = operator.post("/api/live", json=ASK).json()
    renewed = operator.post(f"/api/live/{told['view']}/renew").json()
    assert renewed["view"] == told["view"]
    assert renewed["url"] != told["url"]
    assert operator.delete(f"/api/live/{told['view']}").status_code == 204
    for method, path in (("GET", ""), ("POST", "/renew"), ("DELETE", "")):
        assert operator.request(method, f"/api/live/{told['view']}{path}").status_code == 404


def test_a_view_that_is_watched_has_no_address_any_more(
    operator: httpx.Client, null_engine: Null, runner: asyncio.Runner, parts: Parts
) -> None:
    told = operator.post("/api/live", json=ASK).json()

    async def watch() -> None:
        [view] = parts.views.all()
        assert view.session is not None
        null_engine.tell(ReaderJoined(view.session.stream, view.ticket))
        null_engine.tell(Measured(view.session.stream, Figures(packets=100, lost=3)))

    runner.run(watch())
    answer = operator.get(f"/api/live/{told['view']}")
    assert answer.status_code == 202
    assert answer.json()["state"] == "watched"
    [shown] = operator.get("/api/live").json()
    assert (shown["state"], shown["person"], shown["purpose"]) == ("watched", "Operator", "patrol")
    assert (shown["figures"]["lost"], shown["transport"]) == (3, "udp")


def test_views_of_others_are_their_own(operator: httpx.Client, another: httpx.Client) -> None:
    mine = operator.post("/api/live", json=ASK).json()["view"]
    theirs = another.post("/api/live", json=ASK).json()["view"]
    assert [each["view"] for each in operator.get("/api/live").json()] == [mine]
    assert [each["view"] for each in another.get("/api/live").json()] == [theirs]
    assert operator.get(f"/api/live/{theirs}").status_code == 404
    assert operator.delete(f"/api/live/{theirs}").status_code == 404


def test_an_opening_view_is_listed_without_figures(
    operator: httpx.Client, statuses: list[int | None]
) -> None:
    statuses.append(None)
    operator.post("/api/live?wait=0", json=ASK)
    [shown] = operator.get("/api/live").json()
    assert (shown["state"], shown["figures"], shown["transport"]) == ("opening", None, None)


def test_signing_out_ends_ones_views(operator: httpx.Client, parts: Parts) -> None:
    operator.post("/api/live", json=ASK)
    operator.delete("/api/session")
    assert list(parts.views.all()) == []


def test_h265_is_told_to_be_transcoded(operator: httpx.Client, null_engine: Null) -> None:
    track = Track("h265", 'video/mp4; codecs="hvc1.1.6.L93.B0"', 640, 360, "g711a")
    null_engine.answers = lambda stream: FirstMedia(stream, track)
    told = operator.post("/api/live", json=ASK).json()
    assert (told["codec"], told["transcoded"], told["audio"]) == ("h265", True, "g711a")
    told = operator.post("/api/live", json={**ASK, "plays": ["h264", "hevc"]}).json()
    assert told["transcoded"] is False


def test_purposes_to_choose_from(operator: httpx.Client) -> None:
    told = operator.get("/api/live/purposes", headers={"Accept-Language": "zh"}).json()
    plain = {"words": False, "case": False, "second": False}
    assert told[0] == {"code": "patrol", "title": "日常巡查", **plain}
    assert [each["code"] for each in told if each["words"]] == ["other"]
    assert [each["code"] for each in told if each["case"]] == ["case"]
    assert "retrieval" not in {each["code"] for each in told}, "without an approval"


def test_viewers_behind_a_proxy_are_sent_there(
    parts: Parts, operator: httpx.Client, browse: Callable[[ASGIApp], httpx.Client]
) -> None:
    media = replace(parts.settings.media, viewer_url="wss://media.example/live/")
    client = browse(application(replace(parts, settings=replace(parts.settings, media=media))))
    client.cookies.update(operator.cookies)
    told = client.post("/api/live", json=ASK).json()
    assert told["url"].startswith("wss://media.example/live/play/t")


def test_a_node_of_the_catalog_has_no_picture(parts: Parts, operator: httpx.Client) -> None:
    group = "34020000002150000001"
    standing = CatalogStanding(CatalogState.PARTIAL, 2, 1, "", parts.clock.wall())
    parts.registry.merge_catalog(RECORDER, [Item(device_id=group, name="group")], standing)
    answer = operator.post("/api/live", json={**ASK, "channel": group})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
