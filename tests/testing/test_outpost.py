import asyncio

from tongshi.gb28181.manscdp import (
    DeviceControl,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    Message,
    TeleBoot,
)
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import run


def tell(device: Distant, message: Message) -> int | None:
    if isinstance(message, DeviceStatusQuery):
        answer = DeviceStatusAnswer(message.sn, device.id, online=True)
        device.answer(answer)
        device.answer(answer, source=device.address._replace(host="198.51.100.1"))
    return 200


def test_a_device_hears_what_the_platform_says_and_answers() -> None:
    async def work() -> None:
        outpost = Outpost()
        device = outpost.device(1, tell)
        assert (await outpost.commands.status(device.id, device.id)).online
        await outpost.commands.control(device.id, device.id, TeleBoot("Boot"))
        [said] = device.commands()
        assert isinstance(said, DeviceControl)
        await asyncio.sleep(10)
        assert outpost.strays == 1
        await outpost.close()

    run(work())
