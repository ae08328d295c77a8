import asyncio

import pytest

from tongshi.gateway.engines.null import Null
from tongshi.gb28181.manscdp import Keepalive
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.platform import Signalling
from tongshi.testing.rogue import Rogue, agree

pytestmark = pytest.mark.network
CAMERA = "34020000001320000001"


def test_it_registers_tells_hears_and_leaves() -> None:
    async def main() -> None:
        signalling = Signalling(
            SignallingSettings(listen="127.0.0.1:0"),
            MediaSettings(),
            Null(),
            password_of=lambda device_id: "word",
        )
        await signalling.start()
        port = int(signalling.addresses[0].rpartition(":")[2])
        with Rogue(port, CAMERA, polite=agree) as rogue:
            assert await rogue.register("wrong") == 403
            assert await rogue.tell(Keepalive(1, CAMERA)) == 404
            assert await rogue.register("word") == 200
            assert await rogue.tell(Keepalive(1, CAMERA)) == 200
            await rogue.storm([b"junk", b""] * 20)
            for _ in range(500):
                if rogue.heard:
                    break
                await asyncio.sleep(0.01)
            assert rogue.heard[0].method == "MESSAGE"  # DeviceInfo, or the catalog
            assert await rogue.register("word", expires=0) == 200
        await signalling.stop()

    asyncio.run(main())


def test_it_opens_doors_that_are_open_and_answers_nothing_by_itself() -> None:
    async def main() -> None:
        signalling = Signalling(
            SignallingSettings(listen="127.0.0.1:0"),
            MediaSettings(),
            Null(),
            password_of=lambda device_id: "",
        )
        await signalling.start()
        port = int(signalling.addresses[0].rpartition(":")[2])
        with Rogue(port, CAMERA) as rogue:
            assert await rogue.register("") == 200
            for _ in range(500):
                if len(rogue.heard) > 1:
                    break
                await asyncio.sleep(0.01)
            assert len({request.call_id for request in rogue.heard}) < len(rogue.heard)
        await signalling.stop()

    asyncio.run(main())
