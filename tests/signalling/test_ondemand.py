import asyncio

from tongshi.gb28181.manscdp import DeviceUpgradeResult, Message, UploadSnapShotFinished
from tongshi.signalling.ondemand import OnDemand
from tongshi.signalling.reception import Taker
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import run


def test_everything_stands_on_the_same_errands() -> None:
    async def work() -> None:
        outpost = Outpost()
        made = OnDemand.make(outpost.errands, outpost.events.append, outpost.clock)
        takers: dict[type[Message], Taker] = {}
        made.attach(takers)
        assert set(takers) == {UploadSnapShotFinished, DeviceUpgradeResult}

        def mute(device: Distant, message: Message) -> int | None:
            return 200

        device = outpost.device(1, mute)
        assert made.errands.host_for(device.id) == "192.0.2.250"
        asking = asyncio.create_task(made.records.find(device.id, "c", 0, 100))
        await asyncio.sleep(1)
        await made.close()
        await asyncio.wait([asking])
        await outpost.close()

    run(work())
