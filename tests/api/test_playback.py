import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from tongshi.access.register import Action, EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api.parts import Parts
from tongshi.api.playback import Order, span_of
from tongshi.errors import Invalid
from tongshi.gateway.engine import Advanced, Figures, Turn
from tongshi.gateway.engines.null import Null

pytestmark = pytest.mark.clause("9.8", "B")

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
SINCE = 1_700_000_000
ASK = {
    "device": RECORDER,
    "channel": CHANNEL,
    "purpose": "patrol",
    "plays": ["h264"],
    "since": SINCE,
    "until": "2023-11-14T22:23:20Z",
}


def steer(client: httpx.Client, view: str, **order: object) -> httpx.Response:
    return client.post(f"/api/playback/{view}/control", json=order)


def test_a_playback_is_registered_with_its_span_and_shown(
    operator: httpx.Client, parts: Parts, null_engine: Null, flush: Callable[[], None]
) -> None:
    told = operator.post("/api/playback", json=ASK).json()
    assert told["url"].startswith("ws://console:8081/play/t")
    view = told["view"]
    assert operator.get(f"/api/playback/{view}").json()["url"] == told["url"]
    assert operator.post(f"/api/playback/{view}/renew").json()["url"] != told["url"]
    (receive,) = null_engine.open_.values()
    assert receive.footage is not None
    assert (receive.footage.since, receive.footage.until) == (SINCE, SINCE + 600)
    flush()
    entry = parts.register.page(EVERYTHING, EntryQuery()).rows[0]
    assert entry.look.action is Action.PLAYBACK
    assert (entry.look.since, entry.look.until) == (SINCE, SINCE + 600)
    (listed,) = operator.get("/api/playback").json()
    assert (listed["view"], listed["scale"], listed["paused"]) == (view, 1.0, False)
    assert operator.delete(f"/api/playback/{view}").status_code == 204
    flush()
    entry = parts.register.page(EVERYTHING, EntryQuery()).rows[0]
    assert entry.ending is not None


def test_a_playback_is_steered(operator: httpx.Client, null_engine: Null) -> None:
    view = operator.post("/api/playback", json=ASK).json()["view"]
    (stream,) = null_engine.open_
    null_engine.tell(Advanced(stream, SINCE + 5.0, 0.5, 1.0, "media", 125, 5))
    assert steer(operator, view, do="pause").json()["paused"] is True
    assert steer(operator, view, do="play").json()["paused"] is False
    told = steer(operator, view, do="scale", scale=2).json()
    assert (told["scale"], told["at"], told["lead"]) == (2.0, SINCE + 5.0, 0.5)
    assert steer(operator, view, do="seek", at=SINCE + 100.5).status_code == 200
    turns = [(turn, value) for _, turn, value in null_engine.steered]
    assert turns == [
        (Turn.HOLD, None),
        (Turn.GO, None),
        (Turn.SPEED, 2.0),
        (Turn.SEEK, SINCE + 100.0),
        (Turn.LANDED, None),
        (Turn.GO, None),
    ]


def test_a_step_asks_for_a_few_pictures(operator: httpx.Client, null_engine: Null) -> None:
    view = operator.post("/api/playback", json=ASK).json()["view"]
    assert steer(operator, view, do="step").status_code == 409
    steer(operator, view, do="pause")
    counts = iter(range(0, 1000, 10))

    async def figures(stream: str) -> Figures:
        return Figures(frames=next(counts))

    null_engine.figures = figures  # type: ignore[method-assign]
    assert steer(operator, view, do="step").json()["paused"] is True


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"do": "seek"}, 400),
        ({"do": "scale"}, 400),
        ({"do": "scale", "scale": 0}, 400),
        ({"do": "seek", "at": SINCE - 10}, 400),
        ({"do": "fly"}, 400),
        ({"do": "scale", "scale": 99}, 400),
    ],
)
def test_orders_that_are_none(
    operator: httpx.Client, order: dict[str, object], status: int
) -> None:
    view = operator.post("/api/playback", json=ASK).json()["view"]
    answer = operator.post(f"/api/playback/{view}/control", json=order)
    assert answer.status_code in (status, 422)


def test_a_device_that_is_still_asked_cannot_be_steered(
    operator: httpx.Client, statuses: list[int | None]
) -> None:
    statuses.append(None)
    answer = operator.post("/api/playback?wait=0", json=ASK)
    assert answer.status_code == 202
    view = answer.json()["view"]
    assert steer(operator, view, do="pause").status_code == 409
    assert operator.post(f"/api/playback/{view}/renew").status_code == 202


def test_a_live_view_is_no_playback(operator: httpx.Client) -> None:
    ask = {name: ASK[name] for name in ("device", "channel", "purpose", "plays")}
    view = operator.post("/api/live", json=ask).json()["view"]
    assert operator.get(f"/api/playback/{view}").status_code == 404
    assert operator.get("/api/playback").json() == []


def test_a_refusal_tells_its_cause(operator: httpx.Client, statuses: list[int | None]) -> None:
    statuses.append(404)
    answer = operator.post("/api/playback", json=ASK)
    assert answer.status_code == 502
    told = answer.json()
    assert (told["code"], told["stage"], told["peer_status"]) == ("peer.refused", "playback", 404)
    assert "nothing is recorded" in told["detail"]


def test_a_purpose_is_needed(operator: httpx.Client) -> None:
    assert operator.post("/api/playback", json={**ASK, "purpose": ""}).status_code == 400


def test_nobody_else_steers(another: httpx.Client, operator: httpx.Client) -> None:
    view = operator.post("/api/playback", json=ASK).json()["view"]
    assert steer(another, view, do="pause").status_code == 404


def test_spans() -> None:
    since = datetime.fromtimestamp(SINCE, UTC)
    assert span_of(since, since.replace(hour=23)).since == SINCE
    for until in (since, since.replace(day=16)):
        with pytest.raises(Invalid):
            span_of(since, until)
    assert Order(do="seek", at=since).at == since


def test_stopping_ends_it(
    operator: httpx.Client, parts: Parts, runner: asyncio.Runner, null_engine: Null
) -> None:
    operator.post("/api/playback", json=ASK)
    runner.run(parts.views.stop())
    for _ in range(20):
        runner.run(asyncio.sleep(0.02))
    assert null_engine.open_ == {}
