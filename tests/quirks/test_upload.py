"""Each deviation in the upload of snapshots, with and without its handling."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from tongshi.api import asker, uploads
from tongshi.api.parts import Parts
from tongshi.errors import Invalid, RemoteProtocolError
from tongshi.gb28181.manscdp import (
    DeviceConfig,
    DeviceConfigAnswer,
    Message,
    SnapShotConfig,
    UploadSnapShotFinished,
)
from tongshi.shelf import parcel
from tongshi.signalling import pictures
from tongshi.signalling.answers import Answer
from tongshi.sim import errand
from tongshi.sim.event import SnapshotWanted
from tongshi.sim.host import ignore
from tongshi.sim.quirks import Quirks
from tongshi.testing.unplugged import CAMERA, CHANNELS, Camera, Unplugged, visit

Patch = pytest.MonkeyPatch
Without = Callable[[Patch], None]
Prove = Callable[[Callable[[], None], Without], None]

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
NAME = "34020000001310000001022024050607080912301"
JPEG = bytes.fromhex("ffd8 ffc0000b 08 0438 0780 01 000000 ffda0008 0000000000 00 1234 ffd9")


class Connection:
    """Carries a device's requests of HTTP into the application, without a socket."""

    def __init__(self, browser: httpx.Client) -> None:
        self._browser = browser
        self.status = 0

    def request(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> None:
        self.status = self._browser.request(
            method, target, content=body, headers=headers
        ).status_code

    def getresponse(self) -> "Connection":
        return self

    def read(self, most: int) -> bytes:
        return b""

    def close(self) -> None:
        pass


def forms_only(patch: Patch) -> None:
    unpack = parcel.unpack

    def strict(content_type: str, body: bytes) -> parcel.Parcel:
        if not content_type.startswith("multipart/"):
            raise RemoteProtocolError("not a form", clause="9.14")
        return unpack(content_type, body)

    patch.setattr(uploads, "unpack", strict)


def requests_must(hold: Callable[[Request], bool]) -> Without:
    def without(patch: Patch) -> None:
        address_of = asker.address_of

        def strict(request: Request) -> str:
            if not hold(request):
                raise Invalid("not as we said")
            return address_of(request)

        patch.setattr(uploads, "address_of", strict)

    return without


def fewer_are_told() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        orders = platform.on_demand.pictures

        async def keep(name: str, data: bytes) -> str:
            return name

        task = asyncio.create_task(
            orders.order(CAMERA, CHANNELS[0], 2, 1, lambda key: f"http://x/{key}", keep)
        )
        await asyncio.sleep(1)
        (wanted,) = [one.order for one in camera.told if isinstance(one, SnapshotWanted)]
        order = orders.take(wanted.upload_url.rpartition("/")[2])
        orders.fill(order, await order.keep(NAME, JPEG))
        done = UploadSnapShotFinished(camera.device.number(), CAMERA, wanted.session_id, (NAME,))
        camera.device.send(done, camera.clock.now(), ignore)
        camera.carrier.pump()
        before = camera.clock.now()
        uploaded = await task
        assert (uploaded.kept, uploaded.why) == ((NAME,), "fewer")
        assert camera.clock.now() - before < 5

    visit(work, "upload-fewer")


def only_all_is_enough(patch: Patch) -> None:
    patch.setattr(pictures.Order, "settled", property(lambda self: self.full))


CASES: dict[str, tuple[Callable[[], None], Without]] = {
    "upload-fewer": (fewer_are_told, only_all_is_enough),
}
PATHS: dict[str, Without] = {
    "upload-raw": forms_only,
    "upload-put": requests_must(lambda request: request.method == "POST"),
    "upload-appended": requests_must(lambda request: request.url.path.count("/") == 3),
}
"""How the handling of each is taken away."""


@pytest.mark.parametrize("quirk", CASES)
def test_a_deviation_of_orders_is_handled(quirk: str, prove: Prove) -> None:
    prove(*CASES[quirk])


@pytest.mark.parametrize("quirk", PATHS)
def test_a_deviation_of_uploads_is_handled(
    quirk: str,
    prove: Prove,
    parts: Parts,
    stranger: httpx.Client,
    runner: asyncio.Runner,
    told: list[Message],
    answers: dict[type[Message], Callable[[Message], Answer]],
    monkeypatch: Patch,
) -> None:
    ordered = asyncio.Event()

    def take(said: Message) -> Answer:
        ordered.set()
        assert isinstance(said, DeviceConfig)
        return DeviceConfigAnswer(said.sn, CHANNEL)

    answers[DeviceConfig] = take
    monkeypatch.setattr(errand, "_connect", lambda address: Connection(stranger))
    kept: list[bytes] = []

    async def keep(name: str, data: bytes) -> str:
        kept.append(data)
        return name

    async def order() -> tuple["asyncio.Task[Any]", str]:
        told.clear()
        ordered.clear()
        task = asyncio.create_task(
            parts.pictures.order(
                RECORDER, CHANNEL, 1, 1, lambda key: f"http://x/api/uploads/{key}", keep
            )
        )
        async with asyncio.timeout(10):
            await ordered.wait()
        (block,) = next(said for said in told if isinstance(said, DeviceConfig)).blocks
        assert isinstance(block, SnapShotConfig)
        return task, block.upload_url

    def scenario() -> None:
        kept.clear()
        task, address = runner.run(order())
        why = errand.upload(address, NAME, JPEG, Quirks.of((quirk,)))
        task.cancel()
        assert (why, kept) == ("", [JPEG])

    prove(scenario, PATHS[quirk])
