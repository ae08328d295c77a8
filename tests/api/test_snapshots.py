import asyncio
from collections.abc import Callable, Coroutine

import httpx
import pytest

from tongshi.api import snapshots as module
from tongshi.api.parts import Parts
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.manscdp import DeviceConfig, DeviceConfigAnswer, Message, SnapShotConfig
from tongshi.signalling.answers import Answer

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
ASK = {"device": RECORDER, "channel": CHANNEL, "purpose": "alarm"}


def endings(auditor: httpx.Client) -> list[tuple[str, str, int]]:
    rows = auditor.get("/api/register").json()["rows"]
    return [(row["look"]["action"], row["ending"]["how"], row["ending"]["bytes"]) for row in rows]


def test_a_picture_is_registered_and_given_back(
    operator: httpx.Client, auditor: httpx.Client, flush: Callable[[], None]
) -> None:
    answer = operator.post("/api/snapshots", json=ASK)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xff\xd8")
    flush()
    assert endings(auditor) == [("snapshot", "closed", len(answer.content))]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"purpose": " "}, 400, "invalid"),
        ({"channel": "nobody"}, 404, "missing"),
    ],
)
def test_no_picture_without_a_purpose_or_a_camera(
    operator: httpx.Client, auditor: httpx.Client, change: dict[str, str], status: int, code: str
) -> None:
    answer = operator.post("/api/snapshots", json={**ASK, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert auditor.get("/api/register").json()["total"] == 0


def test_a_failed_picture_is_registered_with_its_cause(
    operator: httpx.Client,
    auditor: httpx.Client,
    flush: Callable[[], None],
    statuses: list[int | None],
) -> None:
    statuses.append(403)
    answer = operator.post("/api/snapshots", json=ASK)
    assert (answer.status_code, answer.json()["peer_status"]) == (502, 403)
    flush()
    assert endings(auditor) == [("snapshot", "peer.refused", 0)]


# By upload, and several


JPEG = bytes.fromhex("ffd8 ffc0000b 08 0438 0780 01 000000 ffda0008 0000000000 00 1234 ffd9")
NAME = "3402000000131000000102" + "20240506070809123" + "01.jpg"
Answers = dict[type[Message], Callable[[Message], Answer]]


@pytest.fixture
def uploading(parts: Parts, answers: Answers, runner: asyncio.Runner) -> list[bytes]:
    """Have the recorder upload these pictures to every order."""
    brought: list[bytes] = []

    async def bring(key: str, data: bytes) -> None:
        order = parts.pictures.take(key)
        parts.pictures.fill(order, await order.keep(NAME, data))

    def obey(said: Message) -> Answer:
        assert isinstance(said, DeviceConfig)
        [block] = said.blocks
        assert isinstance(block, SnapShotConfig)
        key = block.upload_url.rpartition("/")[2]
        for place, data in enumerate(brought):
            asyncio.get_running_loop().call_later(0.05 + place / 100, start, bring(key, data))
        return DeviceConfigAnswer(said.sn, CHANNEL)

    tasks: set[asyncio.Task[None]] = set()

    def start(work: Coroutine[None, None, None]) -> None:
        tasks.add(asyncio.get_running_loop().create_task(work))

    answers[DeviceConfig] = obey
    return brought


@pytest.mark.clause("9.14.2", "A.2.3.2.12", "A.2.5.7")
def test_a_picture_by_upload_is_kept_and_given_back(
    operator: httpx.Client,
    another: httpx.Client,
    auditor: httpx.Client,
    uploading: list[bytes],
    flush: Callable[[], None],
) -> None:
    uploading.append(JPEG)
    answer = operator.post("/api/snapshots", json={**ASK, "via": "upload"})
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["X-Picture-Via"] == "upload"
    number = answer.headers["X-Picture-Id"]
    [kept] = operator.get(f"/api/pictures?device={RECORDER}").json()["rows"]
    assert (kept["id"], kept["width"], kept["height"]) == (int(number), 1920, 1080)
    assert kept["taken_at"] == "2024-05-05T23:08:09+00:00"
    assert operator.get(kept["url"]).content == JPEG
    assert another.get(kept["url"]).status_code == 400  # who did not order it says why
    assert another.get(kept["url"] + "?purpose=alarm").content == JPEG
    assert operator.get("/api/pictures/999/file").status_code == 404
    flush()
    rows = auditor.get("/api/register").json()["rows"]
    assert [row["look"]["what"] for row in rows] == [f"picture {number}", "pictures 1"]
    assert {row["look"]["action"] for row in rows} == {"snapshot"}


@pytest.mark.clause("9.14.1")
def test_several_pictures_are_a_list(operator: httpx.Client, uploading: list[bytes]) -> None:
    uploading += [JPEG, JPEG]
    ask = {**ASK, "via": "upload", "count": 2}
    told = operator.post("/api/snapshots", json=ask).json()
    assert (told["via"], told["ordered"], told["complete"], told["why"]) == ("upload", 2, True, "")
    assert len(told["pictures"]) == 2
    told = operator.post("/api/snapshots", json={**ask, "count": 3}).json()
    assert (told["complete"], told["why"], len(told["pictures"])) == (False, "late", 2)


def test_several_pictures_from_the_stream(
    operator: httpx.Client,
    null_engine: Null,
    statuses: list[int | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def snapshot(stream: str) -> bytes:
        return JPEG

    async def rest(seconds: float) -> None:
        statuses.append(403 if seconds == 2 else 200)

    monkeypatch.setattr(null_engine, "snapshot", snapshot)
    monkeypatch.setattr(module, "rest", rest)
    told = operator.post("/api/snapshots", json={**ASK, "count": 2}).json()
    assert (told["via"], told["complete"], len(told["pictures"])) == ("stream", True, 2)
    told = operator.post("/api/snapshots", json={**ASK, "count": 2, "interval": 2}).json()
    assert (told["complete"], told["why"], len(told["pictures"])) == (False, "fewer", 1)
    statuses.append(403)
    assert operator.post("/api/snapshots", json={**ASK, "count": 2}).status_code == 502


def test_a_device_that_uploads_nothing(
    operator: httpx.Client, uploading: list[bytes], parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = operator.post("/api/snapshots", json={**ASK, "via": "upload"})
    assert (silent.status_code, silent.json()["stage"]) == (504, "upload")
    monkeypatch.setattr(parts.commands, "uploads", lambda device_id: True)
    answer = operator.post("/api/snapshots", json={**ASK, "via": "auto"})
    assert (answer.status_code, answer.headers["X-Picture-Via"]) == (200, "stream")
    assert answer.headers["X-Picture-Instead"] == "peer.silent"


def test_auto_takes_what_costs_less(
    operator: httpx.Client, uploading: list[bytes], parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploading.append(JPEG)
    auto = {**ASK, "via": "auto"}

    def via(**change: object) -> str:
        answer = operator.post("/api/snapshots", json={**auto, **change})
        assert answer.status_code == 200
        return answer.headers["X-Picture-Via"]

    assert via() == "stream"  # of 2016
    monkeypatch.setattr(parts.commands, "uploads", lambda device_id: True)
    assert via() == "upload"
    assert via(stream="sub") == "stream"
    view = operator.post("/api/live", json=ASK).json()["view"]
    assert via() == "stream"  # somebody watches: it is here already
    assert operator.post("/api/snapshots", json={**auto, "purpose": "", "view": view}).is_success
    operator.delete(f"/api/live/{view}")
    gone = {**auto, "device": "34020000001320000002", "channel": "34020000001320000002"}
    assert operator.post("/api/snapshots", json=gone).status_code == 404
