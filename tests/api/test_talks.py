"""Talks over the interface: registered first, one a listener, ended with who opened them."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tongshi.access.register import Action, EntryQuery
from tongshi.access.scope import EVERYTHING
from tongshi.api.parts import Parts
from tongshi.api.talks import output_for
from tongshi.errors import PeerSilent
from tongshi.gateway.engine import LineLost, ReaderJoined, ReaderLeft
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState, Channel, Query

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
OTHER = "34020000001310000002"
GONE = "34020000001320000002"
OUTPUT = "34020000001370000001"
ASK = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}


def entries(parts: Parts) -> list[tuple[str, str, str]]:
    """Return action, purpose and ending of each talk in the register, newest first."""
    rows = parts.register.page(EVERYTHING, EntryQuery()).rows
    return [
        (row.look.action.value, row.look.purpose, row.ending.how if row.ending else "")
        for row in rows
        if row.look.action is Action.TALK
    ]


def test_a_talk_is_registered_opened_and_closed(
    operator: httpx.Client, parts: Parts, null_engine: Null, flush: Callable[[], None]
) -> None:
    answer = operator.post("/api/talks", json=ASK)
    assert answer.status_code == 200
    told = answer.json()
    assert told["url"].startswith("ws://console:8081/talk/")
    assert (told["state"], told["mode"], told["hears"]) == ("ready", "talk", True)
    assert (told["half_duplex"], told["rate"], told["transport"]) == (True, 8000, "udp")
    flush()
    assert entries(parts) == [("talk", "patrol", "")]
    ticket = told["url"].rpartition("/")[2]
    [stream] = null_engine.talks.open_
    assert null_engine.talks.admitted == {ticket: stream}
    null_engine.tell(ReaderJoined(stream, ticket))
    [held] = operator.get("/api/talks").json()
    assert (held["person"], held["purpose"], held["state"]) == ("Operator", "patrol", "speaking")
    assert (held["device"], held["target"], held["spoken"]["packets"]) == (RECORDER, CHANNEL, 0)
    null_engine.tell(ReaderLeft(stream, ticket, 12.5, 100_000, "left"))
    assert operator.delete(f"/api/talks/{told['talk']}").status_code in (204, 404)
    assert operator.get("/api/talks").json() == []
    flush()
    assert entries(parts) == [("talk", "patrol", "left")]
    [row] = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert row.ending is not None
    assert (row.ending.watched, row.ending.bytes) == (12.5, 100_000)
    assert row.look.transport == "websocket"
    assert null_engine.talks.open_ == {}


def test_one_closes_ones_own_talks_only(
    operator: httpx.Client, another: httpx.Client, parts: Parts, flush: Callable[[], None]
) -> None:
    told = operator.post("/api/talks", json=ASK).json()
    assert another.delete(f"/api/talks/{told['talk']}").status_code == 404
    assert another.get("/api/talks").json() == []
    taken = another.post("/api/talks", json=ASK)
    assert taken.status_code == 409
    assert "Operator is talking" in taken.json()["detail"]
    assert operator.delete(f"/api/talks/{told['talk']}").status_code == 204
    assert operator.delete(f"/api/talks/{told['talk']}").status_code == 404
    flush()
    assert entries(parts) == [("talk", "patrol", "conflict"), ("talk", "patrol", "closed")]


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ({"device": RECORDER, "channel": CHANNEL}, 400),
        ({**ASK, "purpose": "other"}, 400),
        ({**ASK, "view": "none"}, 404),
        ({**ASK, "channel": "34020000001310000099"}, 404),
        ({**ASK, "output": "34020000001370000099"}, 404),
        ({**ASK, "channel": RECORDER, "output": "34020000001370000099"}, 404),
        ({**ASK, "device": GONE, "channel": GONE}, 404),
    ],
)
def test_what_is_refused_before_any_device_is_asked(
    operator: httpx.Client, ask: dict[str, str], status: int
) -> None:
    answer = operator.post("/api/talks", json=ask)
    assert answer.status_code == status


def test_an_open_view_lends_its_purpose(operator: httpx.Client, parts: Parts) -> None:
    view = operator.post("/api/live", json={**ASK, "purpose": "alarm", "plays": ["h264"]}).json()
    ask = {"device": RECORDER, "channel": CHANNEL, "view": view["view"]}
    told = operator.post("/api/talks", json=ask).json()
    [held] = operator.get("/api/talks").json()
    assert held["purpose"] == "alarm"
    operator.delete(f"/api/talks/{told['talk']}")
    crossed = operator.post("/api/talks", json={**ask, "channel": OTHER})
    assert crossed.status_code == 409


def test_listening_is_a_view_of_its_own(
    operator: httpx.Client, parts: Parts, flush: Callable[[], None]
) -> None:
    told = operator.post("/api/talks", json={**ASK, "listen": True}).json()
    view = operator.get(f"/api/live/{told['view']}?wait=5").json()
    assert view["url"].startswith("ws://console:8081/play/")
    assert len(operator.get("/api/live").json()) == 1
    flush()
    actions = {row.look.action for row in parts.register.page(EVERYTHING, EntryQuery()).rows}
    assert actions == {Action.TALK, Action.LIVE}


def test_a_device_itself_can_be_spoken_to(operator: httpx.Client) -> None:
    told = operator.post("/api/talks", json={**ASK, "channel": RECORDER})
    assert told.status_code == 200


def test_a_refusal_of_the_device_is_told_and_registered(
    operator: httpx.Client,
    statuses: list[int | None],
    parts: Parts,
    flush: Callable[[], None],
) -> None:
    statuses.append(486)
    answer = operator.post("/api/talks", json=ASK)
    assert (answer.status_code, answer.json()["peer_status"]) == (502, 486)
    flush()
    assert entries(parts) == [("talk", "patrol", "peer.refused")]


def test_signing_out_ends_it(
    operator: httpx.Client, parts: Parts, null_engine: Null, flush: Callable[[], None]
) -> None:
    operator.post("/api/talks", json=ASK)
    operator.delete("/api/session")
    assert null_engine.talks.open_ == {}
    assert null_engine.talks.closed[-1][1] == "denied.signin"
    flush()
    assert entries(parts) == [("talk", "patrol", "denied.signin")]


def test_a_new_password_ends_it(operator: httpx.Client, null_engine: Null) -> None:
    operator.post("/api/talks", json=ASK)
    change = {"present": "a long sentence of ope", "new": "another long sentence"}
    assert operator.post("/api/session/password", json=change).status_code == 204
    assert null_engine.talks.open_ == {}


def test_a_lost_line_ends_it(
    operator: httpx.Client,
    runner: asyncio.Runner,
    parts: Parts,
    null_engine: Null,
    flush: Callable[[], None],
) -> None:
    told = operator.post("/api/talks", json=ASK).json()
    [stream] = null_engine.talks.open_
    ticket = told["url"].rpartition("/")[2]
    null_engine.tell(ReaderJoined(stream, ticket))
    null_engine.tell(ReaderJoined(stream, "another"))

    async def lose() -> None:
        null_engine.tell(LineLost(stream, PeerSilent("gone", timer="refused", stage="media")))
        await asyncio.sleep(0.05)

    runner.run(lose())
    assert operator.get("/api/talks").json() == []
    flush()
    assert entries(parts) == [("talk", "patrol", "line")]
    [row] = parts.register.page(EVERYTHING, EntryQuery()).rows
    assert row.ending is not None
    assert row.ending.bytes is None  # nobody told how much was said


def channel(channel_id: str, parent_id: str = RECORDER) -> Channel:
    found = Channel.__new__(Channel)
    object.__setattr__(found, "channel_id", channel_id)
    object.__setattr__(found, "parent_id", parent_id)
    return found


def test_which_voice_output_is_spoken_to() -> None:
    one, two = channel(OUTPUT), channel("34020000001370000002")
    own = channel("34020000001370000003", CHANNEL)
    assert output_for(OUTPUT, []) == OUTPUT
    assert output_for(CHANNEL, []) == ""
    assert output_for(CHANNEL, [one]) == OUTPUT
    assert output_for(CHANNEL, [one, two]) == ""
    assert output_for(CHANNEL, [one, two, own]) == "34020000001370000003"
    assert output_for(CHANNEL, [channel(OTHER, CHANNEL)]) == ""


def test_the_output_is_found_in_the_catalog(operator: httpx.Client, parts: Parts) -> None:
    items = [
        Item(device_id=CHANNEL, name="门", parent_id=RECORDER, status="ON"),
        Item(device_id=OUTPUT, name="喇叭", parent_id=RECORDER, status="ON"),
    ]
    standing = CatalogStanding(CatalogState.COMPLETE, 2, 2, "", parts.clock.wall() + 1)
    parts.registry.merge_catalog(RECORDER, items, standing)
    page = parts.registry.channels(EVERYTHING, Query(device_id=RECORDER, text="137", cameras=False))
    assert output_for(CHANNEL, list(page.rows)) == OUTPUT
    assert operator.post("/api/talks", json={**ASK, "output": OUTPUT}).status_code == 200
