"""Addresses that leaked: of pictures, of sound and of files, tried by whoever got hold of them.

What the gateway's door itself refuses stands in ``tests/gateway/test_viewers.py``.
"""

import asyncio
from dataclasses import replace

import httpx
import pytest

from tongshi.api.bond import binding
from tongshi.api.parts import Parts
from tongshi.gateway.engines.null import Null
from tongshi.media.mp4 import Finished
from tongshi.recording.download import State
from tongshi.settings import AccessSettings

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
LIVE = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}
SPAN = {**LIVE, "since": 1_700_000_000, "until": 1_700_000_060}
CONTENT = bytes(1000)


@pytest.fixture
def bound(parts: Parts) -> Parts:
    """The parts of a node whose addresses are bound as in earnest."""
    bind = binding(AccessSettings())
    parts.views._bind = parts.talking._bind = parts.addresses._bind = bind
    return parts


@pytest.fixture
def twice(operator: httpx.Client, stranger: httpx.Client) -> httpx.Client:
    """Another sign-in of the very same person."""
    given = {"name": "operator", "password": "a long sentence of ope"}
    assert stranger.post("/api/session", json=given).status_code == 200
    assert operator.get("/api/session").json()["id"] == stranger.get("/api/session").json()["id"]
    return stranger


def finish(parts: Parts, runner: asyncio.Runner, number: int) -> None:
    held = runner.run(parts.downloads.find(number))
    result = Finished(len(CONTENT), "ab" * 32, "p", "", 25, 1, 1.7e9, 1.7e9 + 60, 60.0, False)
    done = replace(held, state=State.DONE, result=result, written=len(CONTENT), ended_at=1.0)
    parts.downloads._put(done)
    parts.downloads._path.mkdir(exist_ok=True)
    (parts.downloads._path / f"{number}.mp4").write_bytes(CONTENT)


def test_tickets_are_bound_to_the_sign_in_that_asked(
    bound: Parts, operator: httpx.Client, null_engine: Null
) -> None:
    told = operator.post("/api/live", json=LIVE).json()
    bond = null_engine.bonds[told["url"].rpartition("/")[2]]
    cookies = "; ".join(f"{name}={value}" for name, value in operator.cookies.items())
    assert bond.knows(cookies)
    assert not bond.knows("")
    assert not bond.knows("tongshi_session=another")
    renewed = operator.post(f"/api/live/{told['view']}/renew").json()
    assert null_engine.bonds[renewed["url"].rpartition("/")[2]] == bond


def test_tickets_of_talks_are_bound_as_well(
    bound: Parts, operator: httpx.Client, null_engine: Null
) -> None:
    told = operator.post("/api/talks", json=LIVE).json()
    bond = null_engine.talks.bonds[told["url"].rpartition("/")[2]]
    assert not bond.knows("tongshi_session=another")
    assert bond.knows(f"x=y; tongshi_session={operator.cookies['tongshi_session']}")


@pytest.mark.parametrize("place", ["/api/live", "/api/playback"])
def test_another_sign_in_of_the_same_person_has_no_part_in_a_view(
    bound: Parts, operator: httpx.Client, twice: httpx.Client, place: str
) -> None:
    told = operator.post(place, json=LIVE if place == "/api/live" else SPAN).json()
    view = told["view"]
    absent = twice.get(f"{place}/nothing")
    for answer in (
        twice.get(f"{place}/{view}"),
        twice.post(f"{place}/{view}/renew"),
        twice.delete(f"{place}/{view}"),
        twice.post(f"/api/playback/{view}/control", json={"do": "pause"}),
    ):
        assert (answer.status_code, answer.json()) == (404, absent.json())
    assert operator.delete(f"{place}/{view}").status_code == 204


@pytest.mark.parametrize("place", ["/api/live", "/api/playback"])
def test_a_view_that_is_over_gives_no_more_addresses(
    bound: Parts, operator: httpx.Client, null_engine: Null, place: str
) -> None:
    told = operator.post(place, json=LIVE if place == "/api/live" else SPAN).json()
    operator.delete(f"{place}/{told['view']}")
    assert operator.post(f"{place}/{told['view']}/renew").status_code == 404
    other = "/api/playback" if place == "/api/live" else "/api/live"
    live = operator.post("/api/live", json=LIVE).json()["view"]
    if other == "/api/playback":  # a live view is none of the past
        assert operator.get(f"{other}/{live}").status_code == 404


def test_signing_out_shuts_what_was_open(
    bound: Parts,
    operator: httpx.Client,
    twice: httpx.Client,
    runner: asyncio.Runner,
) -> None:
    number = operator.post("/api/downloads", json=SPAN).json()["id"]
    finish(bound, runner, number)
    file = operator.get(f"/api/downloads/{number}/file").headers["location"]
    view = operator.post("/api/live", json=LIVE).json()["view"]
    assert operator.delete("/api/session").status_code == 204
    for path in (file, f"/api/live/{view}"):
        assert operator.get(path).status_code == 401
    assert not bound.views.all()
    assert twice.get(file).status_code == 403
    assert len(bound.addresses._addresses) == 0


def test_an_address_of_a_file_leads_nobody_else_there(
    bound: Parts,
    operator: httpx.Client,
    twice: httpx.Client,
    another: httpx.Client,
    auditor: httpx.Client,
    runner: asyncio.Runner,
) -> None:
    number = operator.post("/api/downloads", json=SPAN).json()["id"]
    second = operator.post("/api/downloads", json={**SPAN, "until": 1_700_000_090}).json()["id"]
    for each in (number, second):
        finish(bound, runner, each)
    file = operator.get(f"/api/downloads/{number}/file").headers["location"]
    assert twice.get(file).status_code == 403
    assert another.get(file).status_code == 404
    assert auditor.get(file).status_code in (403, 404)
    for wrong in (file[:-1], file + "0", file.replace(f"/{number}/", f"/{second}/")):
        assert operator.get(wrong).status_code == 403, wrong
    key = file.rpartition("=")[2]
    for path in (f"/api/firmware/file/{key}", f"/api/live/{key}"):
        assert operator.get(path).status_code == 404
    assert operator.put(f"/api/uploads/{key}", content=b"x").status_code == 404
    assert operator.get(file).content == CONTENT
    assert operator.get(file).status_code == 403


def test_a_new_password_shuts_every_address(
    bound: Parts, operator: httpx.Client, twice: httpx.Client, runner: asyncio.Runner
) -> None:
    number = operator.post("/api/downloads", json=SPAN).json()["id"]
    finish(bound, runner, number)
    file = operator.get(f"/api/downloads/{number}/file").headers["location"]
    change = {"present": "a long sentence of ope", "new": "quite another sentence"}
    assert twice.post("/api/session/password", json=change).status_code == 204
    assert operator.get(file).status_code == 401
    assert twice.get(file).status_code == 403
