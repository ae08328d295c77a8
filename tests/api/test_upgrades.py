import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message as Event

from tongshi.access.scope import EVERYTHING
from tongshi.api import upgrades as module
from tongshi.api.parts import Parts
from tongshi.api.upgrades import read_range
from tongshi.errors import Denied, Invalid, Missing
from tongshi.gb28181.manscdp import (
    DeviceControl,
    DeviceControlAnswer,
    DeviceUpgrade,
    Message,
    Outcome,
)
from tongshi.signalling.answers import Answer

CAMERA = "34020000001320000001"
FILE = bytes(range(256)) * 4000
Answers = dict[type[Message], Callable[[Message], Answer]]


def bring(admin: httpx.Client) -> int:
    answer = admin.post("/api/firmware?name=v2.bin", content=FILE)
    assert answer.status_code == 200, answer.text
    row = answer.json()
    assert (row["name"], row["bytes"], len(row["sha256"])) == ("v2.bin", len(FILE), 64)
    return int(row["id"])


def begin(admin: httpx.Client, firmware: int, **change: object) -> httpx.Response:
    wanted = {"firmware": firmware, "manufacturer": "maker", "version": "V2", "purpose": "upkeep"}
    return admin.post(f"/api/devices/{CAMERA}/upgrade", json={**wanted, **change})


def path_of(told: list[Message]) -> str:
    [command] = [said.command for said in told if isinstance(said, DeviceControl)]
    assert isinstance(command, DeviceUpgrade)
    assert command.file_url.startswith("http://console:8080/api/firmware/file/")
    return command.file_url.removeprefix("http://console:8080")


@pytest.mark.clause("9.13.1")
def test_firmware_is_brought_told_and_fetched(
    admin: httpx.Client,
    auditor: httpx.Client,
    stranger: httpx.Client,
    answers: Answers,
    told: list[Message],
    flush: Callable[[], None],
) -> None:
    answers[DeviceControl] = lambda said: DeviceControlAnswer(said.sn, CAMERA, Outcome.OK)
    number = bring(admin)
    assert [row["id"] for row in admin.get("/api/firmware").json()] == [number]
    begun = begin(admin, number)
    assert (begun.status_code, begun.json()["state"]) == (202, "accepted")
    assert begin(admin, number).status_code == 409
    assert admin.delete(f"/api/firmware/{number}").status_code == 409
    path = path_of(told)
    part = stranger.get(path, headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, FILE[:100])
    assert part.headers["Content-Range"] == f"bytes 0-99/{len(FILE)}"
    whole = stranger.get(path)
    assert (whole.status_code, whole.content) == (200, FILE)
    assert stranger.get(path).status_code == 404  # once
    [row] = admin.get(f"/api/devices/{CAMERA}/upgrades").json()["rows"]
    assert row["state"] in ("fetching", "fetched")
    assert admin.get("/api/upgrades").json()["total"] == 1
    flush()
    rows = auditor.get("/api/register").json()["rows"]
    assert {row["look"]["what"] for row in rows} == {"upgrade V2"}
    assert [row["ending"]["how"] for row in rows] == ["conflict", "accepted"]


def test_firmware_is_for_the_device_that_was_told_of_it(
    admin: httpx.Client,
    parts: Parts,
    runner: asyncio.Runner,
    answers: Answers,
    told: list[Message],
) -> None:
    answers[DeviceControl] = lambda said: DeviceControlAnswer(said.sn, CAMERA, Outcome.OK)
    assert begin(admin, bring(admin)).status_code == 202
    key = path_of(told).rpartition("/")[2]

    def ask(host: str) -> Request:
        return Request({"type": "http", "method": "GET", "headers": [], "client": (host, 9)})

    with pytest.raises(Denied, match="not at"):
        runner.run(module.fetch_firmware(parts, ask("192.0.2.66"), key))
    registered = parts.registry.device(EVERYTHING, CAMERA).registration
    assert registered is not None
    answer = runner.run(module.fetch_firmware(parts, ask(registered.host), key))
    assert answer.status_code == 200
    for wrong in ("", key[:-1], key + "0", key.upper()):
        with pytest.raises(Missing):
            runner.run(module.fetch_firmware(parts, ask(registered.host), wrong))


def test_firmware_that_nobody_uses_may_go(admin: httpx.Client) -> None:
    number = bring(admin)
    assert admin.delete(f"/api/firmware/{number}").status_code == 204
    assert admin.delete(f"/api/firmware/{number}").status_code == 404
    assert admin.get("/api/firmware").json() == []
    assert begin(admin, number).status_code == 404


def test_what_is_refused(
    admin: httpx.Client,
    operator: httpx.Client,
    stranger: httpx.Client,
    parts: Parts,
    told: list[Message],
) -> None:
    assert operator.post("/api/firmware?name=x", content=b"x").status_code == 403
    assert operator.post(f"/api/devices/{CAMERA}/upgrade", json={}).status_code == 403
    assert admin.post("/api/firmware?name=x", content=b"").status_code == 400
    assert admin.post("/api/firmware", content=b"x").status_code == 400
    huge = {"Content-Length": str(3 * 1024**3)}
    assert admin.post("/api/firmware?name=x", content=b"x", headers=huge).status_code == 400
    assert stranger.get("/api/firmware/file/guessed").status_code == 404
    assert begin(admin, 1, purpose="").status_code == 400
    assert told == []
    assert list(parts.shelf._firmware.iterdir()) == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", (0, 99)),
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=-", (0, 99)),
        ("bytes=20-10", (0, 99)),
        ("bytes=100-", (0, 99)),
        ("bytes=0-1,5-6", (0, 99)),
        ("lines=1-2", (0, 99)),
    ],
)
def test_a_range_is_one_part_or_everything(header: str, expected: tuple[int, int]) -> None:
    assert read_range(header, 100) == expected


def chunks(*told: Event, pause: float = 0.0) -> Request:
    """Return a request whose body comes like that."""
    left = list(told)

    async def receive() -> Event:
        await asyncio.sleep(pause)
        return left.pop(0) if len(left) > 1 else left[0]

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


MORE: Event = {"type": "http.request", "body": b"x" * 8, "more_body": True}


@pytest.mark.parametrize(
    ("request_", "limit", "error"),
    [
        (chunks(MORE), 20, "larger"),
        (chunks(MORE, pause=0.05), 10**6, "nothing came"),
        (chunks(MORE, {"type": "http.disconnect"}), 10**6, "cut off"),
        (chunks({"type": "http.request", "body": b""}), 10**6, "empty"),
    ],
)
def test_firmware_that_comes_badly_is_told(
    tmp_path: Path,
    request_: Request,
    limit: int,
    error: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SLOW", 0.02)
    with pytest.raises(Invalid, match=error):
        asyncio.run(module._receive(request_, tmp_path / "f", limit))
