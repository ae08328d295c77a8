"""Pictures that devices bring, and everything else that may be brought to their door."""

import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message, Receive

from tongshi.api import uploads as module
from tongshi.api.boundary import ROOMS
from tongshi.api.parts import Parts
from tongshi.errors import Denied, Error, Exhausted, Invalid
from tongshi.gb28181.manscdp import DeviceConfig, DeviceConfigAnswer, SnapShotConfig
from tongshi.gb28181.manscdp import Message as Told
from tongshi.signalling.answers import Answer
from tongshi.signalling.pictures import Pictures, Uploaded

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
JPEG = bytes.fromhex("ffd8 ffc0000b 08 0438 0780 01 000000 ffda0008 0000000000 00 1234 ffd9")
Answers = dict[type[Told], Callable[[Told], Answer]]
Order = Callable[[int], str]


class Ordered:
    """An order of pictures that goes on, and what was kept of it."""

    def __init__(self, pictures: Pictures, told: list[Told], answers: Answers) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.full = False
        self._pictures = pictures
        self._told = told
        answers[DeviceConfig] = lambda said: DeviceConfigAnswer(said.sn, CHANNEL)
        self.task: asyncio.Task[Uploaded] | None = None

    async def keep(self, name: str, data: bytes) -> str:
        if self.full:
            raise Exhausted("the disk is full", resource="disk")
        self.kept.append((name, data))
        return str(len(self.kept))

    async def begin(self, count: int) -> str:
        order = self._pictures.order(
            RECORDER, CHANNEL, count, 60, lambda key: f"http://x/api/uploads/{key}", self.keep
        )
        self.task = asyncio.create_task(order)
        for _ in range(100):
            await asyncio.sleep(0.005)
            blocks = [said.blocks for said in self._told if isinstance(said, DeviceConfig)]
            if blocks:
                [[block]] = blocks
                assert isinstance(block, SnapShotConfig)
                return block.upload_url.removeprefix("http://x")
        raise AssertionError("nothing was ordered")

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])


@pytest.fixture
def ordered(
    parts: Parts, told: list[Told], answers: Answers, runner: asyncio.Runner
) -> Iterator[Ordered]:
    made = Ordered(parts.pictures, told, answers)
    yield made
    runner.run(made.end())


@pytest.fixture
def place(runner: asyncio.Runner, ordered: Ordered) -> Order:
    """Return a function that orders so many pictures and returns the path that takes them."""
    return lambda count: runner.run(ordered.begin(count))


@pytest.mark.clause("9.14.3")
@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("name", ["", "/34020000001320000001022024050607080912301.jpg"])
def test_a_picture_is_taken_however_it_is_sent(
    stranger: httpx.Client, place: Order, ordered: Ordered, method: str, name: str
) -> None:
    path = place(2)
    assert stranger.request(method, path + name, content=JPEG).status_code == 200
    assert ordered.kept == [("", JPEG)]
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    answer = stranger.request(
        method,
        path + name,
        content=body + JPEG + b"\r\n--b--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 200
    assert ordered.kept[1] == ("a.jpg", JPEG)


def test_a_key_is_worth_its_pictures_and_no_more(
    stranger: httpx.Client, place: Order, ordered: Ordered, runner: asyncio.Runner
) -> None:
    path = place(1)
    assert stranger.put(path, content=JPEG).status_code == 200
    replayed = stranger.put(path, content=JPEG)
    assert replayed.status_code in (404, 503)
    runner.run(asyncio.sleep(0.05))
    assert stranger.put(path, content=JPEG).status_code == 404
    assert len(ordered.kept) == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "image/jpeg"),
        (b"<html>", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (JPEG[:-2], "image/jpeg"),
        (JPEG, "multipart/form-data"),
        (b"\x7fELF" + JPEG, "image/jpeg"),
    ],
)
def test_what_is_no_picture_is_refused_and_costs_no_place(
    stranger: httpx.Client, place: Order, ordered: Ordered, content: bytes, kind: str
) -> None:
    path = place(1)
    refused = stranger.put(path, content=content, headers={"Content-Type": kind})
    assert 400 <= refused.status_code < 600
    assert ordered.kept == []
    assert stranger.put(path, content=JPEG).status_code == 200


@pytest.mark.parametrize(
    "name", ["/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/a/b/c.jpg", "/%00.jpg"]
)
def test_no_path_comes_from_a_device(
    stranger: httpx.Client, place: Order, ordered: Ordered, name: str
) -> None:
    stranger.put(place(1) + name, content=JPEG)
    assert all(kept[0] == "" for kept in ordered.kept)


def test_a_picture_that_is_too_large_is_refused(
    stranger: httpx.Client,
    place: Order,
    ordered: Ordered,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = place(1)
    announced = {"Content-Length": str(100 * 1024 * 1024)}
    assert stranger.put(path, content=JPEG, headers=announced).status_code == 400
    monkeypatch.setattr(module, "LARGEST", 10)
    assert stranger.put(path, content=JPEG).status_code == 400
    assert ordered.kept == []


def test_a_disk_that_is_full_costs_no_place(
    stranger: httpx.Client, place: Order, ordered: Ordered
) -> None:
    path = place(1)
    ordered.full = True
    assert stranger.put(path, content=JPEG).status_code == 503
    ordered.full = False
    assert stranger.put(path, content=JPEG).status_code == 200


def test_a_guessed_key_opens_nothing(stranger: httpx.Client) -> None:
    assert stranger.put("/api/uploads/guessed", content=JPEG).status_code == 404
    assert stranger.get("/api/uploads/guessed").status_code == 405
    headers = {"Sec-Fetch-Site": "cross-site"}
    refused = stranger.put("/api/uploads/guessed", content=JPEG, headers=headers)
    assert refused.status_code == 403


def request(receive: Receive, host: str = "192.0.2.20") -> Request:
    scope = {"type": "http", "method": "PUT", "path": "/", "headers": [], "client": (host, 9)}
    return Request(scope, receive)


def test_who_sends_too_slowly_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    async def drip() -> Message:
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with pytest.raises(Invalid, match="longer"):
        asyncio.run(module.read_body(request(drip)))


def test_a_body_that_breaks_off_is_told() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Invalid, match="cut off"):
        asyncio.run(module.read_body(request(gone)))


def test_a_sender_that_is_gone_gives_its_place_back(
    parts: Parts, place: Order, runner: asyncio.Runner
) -> None:
    key = place(1).rpartition("/")[2]

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def work() -> None:
        taking = asyncio.create_task(module.take_picture(parts, request(never), key))
        await asyncio.sleep(0.01)
        with pytest.raises(Error):
            parts.pictures.take(key)
        taking.cancel()
        await asyncio.wait([taking])
        parts.pictures.leave(parts.pictures.take(key))

    runner.run(work())


def test_the_largest_picture_is_smaller_than_what_the_edge_takes() -> None:
    assert dict(ROOMS)["/api/uploads/"] > module.LARGEST


async def whole() -> Message:
    return {"type": "http.request", "body": JPEG, "more_body": False}


def test_pictures_come_from_where_the_device_is(
    parts: Parts, place: Order, ordered: Ordered, runner: asyncio.Runner
) -> None:
    key = place(2).rpartition("/")[2]
    for host in ("192.0.2.66", "testclient"):
        with pytest.raises(Denied, match="not at"):
            runner.run(module.take_picture(parts, request(whole, host), key))
    assert ordered.kept == []
    runner.run(module.take_picture(parts, request(whole), key))
    parts.peers.set_fields(RECORDER, {"upload_anywhere": "true"}, "admin")
    parts.profiles.set(RECORDER, 0.0)
    runner.run(module.take_picture(parts, request(whole, "192.0.2.66"), key))
    assert len(ordered.kept) == 2
