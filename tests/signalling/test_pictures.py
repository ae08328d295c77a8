"""Pictures by upload, in virtual time: the whole way, and every way that it fails."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Exhausted, Invalid, Missing, PeerRefused, PeerSilent
from tongshi.gb28181.manscdp import (
    DeviceConfig,
    DeviceConfigAnswer,
    Message,
    Outcome,
    SnapShotConfig,
    UploadSnapShotFinished,
    write,
)
from tongshi.gb28181.version import Version
from tongshi.signalling.event import PictureUploaded
from tongshi.signalling.pictures import PictureRules, Pictures, Uploaded
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import run

pytestmark = pytest.mark.clause("9.14", "A.2.1.24", "A.2.5.8")
CHANNEL = "34020000001310000001"


class Camera:
    """Takes an order and uploads *uploads* pictures, then names *names* of them."""

    def __init__(
        self, uploads: int = 3, names: int | None = 3, result: Outcome = Outcome.OK
    ) -> None:
        self.uploads = uploads
        self.names = names
        self.result = result
        self.pictures: Pictures | None = None
        self.outpost: Outpost | None = None
        self.order = SnapShotConfig()
        self.slow = False

    def __call__(self, device: Distant, message: Message) -> int | None:
        assert isinstance(message, DeviceConfig)
        [self.order] = [block for block in message.blocks if isinstance(block, SnapShotConfig)]
        device.answer(DeviceConfigAnswer(message.sn, message.device_id, self.result))
        if self.result is Outcome.OK:
            loop = asyncio.get_running_loop()
            for place in range(self.uploads):
                loop.call_later(1 + place, self.upload, place)
            if self.names is not None:
                loop.call_later(0.5 if self.slow else self.uploads + 1, self.finish, device.id)
        return 200

    @property
    def key(self) -> str:
        return self.order.upload_url.rpartition("/")[2]

    def upload(self, place: int) -> None:
        assert self.pictures is not None
        self.pictures.fill(self.pictures.take(self.key), f"p{place}")

    def finish(self, device_id: str) -> None:
        assert self.outpost is not None
        assert self.pictures is not None
        names = tuple(f"n{place}" for place in range(self.names or 0))
        told = UploadSnapShotFinished(1, CHANNEL, self.order.session_id, names)
        neighbour = self.outpost.neighbours.get(device_id)
        assert neighbour is not None
        request = Request("MESSAGE", "sip:x@y", (), write(told))
        arrived = RequestArrived(request, neighbour.address, "", neighbour.address)
        assert self.pictures.finished(neighbour, told, arrived) == 200


Work = Callable[[Pictures, Distant, Camera], Coroutine[Any, Any, None]]


def snap(camera: Camera, work: Work, rules: PictureRules | None = None) -> Outpost:
    made: list[Outpost] = []

    async def main() -> None:
        outpost = Outpost()
        made.append(outpost)
        pictures = Pictures(
            outpost.errands, outpost.commands, outpost.events.append, outpost.clock, rules
        )
        camera.outpost, camera.pictures = outpost, pictures
        await work(pictures, outpost.device(1, camera, version=Version.V2022), camera)
        assert len(pictures) == 0
        await asyncio.sleep(5)
        await outpost.close()

    run(main())
    return made[0]


async def order(pictures: Pictures, device: Distant, count: int = 3) -> Uploaded:
    return await pictures.order(
        device.id,
        CHANNEL,
        count,
        1,
        lambda key: f"http://192.0.2.250:8080/api/uploads/{key}",
        keep,
    )


async def keep(name: str, data: bytes) -> str:
    return name


def test_every_picture_comes() -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        uploaded = await order(pictures, device)
        assert (uploaded.kept, uploaded.why) == (("p0", "p1", "p2"), "")
        assert asyncio.get_running_loop().time() == pytest.approx(3, abs=0.1)
        assert (camera.order.snap_num, camera.order.interval) == (3, 1)
        assert 32 <= len(camera.order.session_id) <= 128
        assert len(camera.key) == 48
        with pytest.raises(Missing):
            pictures.take(camera.key)  # the order is over

    [event] = snap(Camera(), work).events
    assert isinstance(event, PictureUploaded)
    assert (event.came, event.ordered, event.why) == (3, 3, "")


@pytest.mark.parametrize(
    ("camera", "kept", "why"),
    [
        (Camera(uploads=2, names=2), 2, "fewer"),
        (Camera(uploads=2, names=3), 2, "lost"),
        (Camera(uploads=2, names=None), 2, "late"),
        (Camera(uploads=3, names=None), 3, ""),
    ],
)
def test_fewer_pictures_than_ordered_say_why(camera: Camera, kept: int, why: str) -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        uploaded = await order(pictures, device)
        assert (len(uploaded.kept), uploaded.why, uploaded.ordered) == (kept, why, 3)

    snap(camera, work)


def test_the_notice_may_overtake_the_last_pictures() -> None:
    camera = Camera()
    camera.slow = True

    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        assert (await order(pictures, device)).why == ""

    snap(camera, work)


@pytest.mark.parametrize("names", [0, None])
def test_nothing_at_all_is_an_error(names: int | None) -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        with pytest.raises(PeerSilent) as silent:
            await order(pictures, device)
        assert silent.value.stage == "upload"

    assert len(snap(Camera(uploads=0, names=names), work).events) == 1


def test_a_device_that_refuses_the_order() -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        with pytest.raises(PeerRefused):
            await order(pictures, device)
        with pytest.raises(Missing):
            pictures.take(camera.key)

    assert snap(Camera(result=Outcome.ERROR), work).events == []


def test_a_key_has_as_many_places_as_pictures() -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        ordering = asyncio.create_task(order(pictures, device, 2))
        await asyncio.sleep(0.1)
        first, second = pictures.take(camera.key), pictures.take(camera.key)
        with pytest.raises(Exhausted):
            pictures.take(camera.key)
        pictures.leave(second)
        pictures.fill(first, "a")
        third = pictures.take(camera.key)
        with pytest.raises(Exhausted):
            pictures.take(camera.key)
        with pytest.raises(Missing):
            pictures.take("guessed")
        pictures.fill(third, "b")
        assert (await ordering).kept == ("a", "b")

    snap(Camera(uploads=0, names=None), work)


def test_a_notice_from_elsewhere_ends_no_order() -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        assert camera.outpost is not None
        other = camera.outpost.device(2, camera)
        ordering = asyncio.create_task(order(pictures, device))
        await asyncio.sleep(0.1)
        camera.names = 0
        camera.finish(other.id)
        camera.names = None
        assert len((await ordering).kept) == 3

    snap(Camera(names=None), work)


def test_orders_are_bounded() -> None:
    async def work(pictures: Pictures, device: Distant, camera: Camera) -> None:
        for count in (0, 11):
            with pytest.raises(Invalid):
                await order(pictures, device, count)
        ordering = asyncio.create_task(order(pictures, device))
        await asyncio.sleep(0.1)
        with pytest.raises(Exhausted):
            await order(pictures, device)
        await ordering

    snap(Camera(), work, PictureRules(orders=1))
