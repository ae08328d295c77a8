"""A device's other business: pictures to upload, firmware to fetch, sound to hear.

It carries out events of the core that are not about its own media streams.

Source: GB/T 28181-2022 9.12, 9.13, 9.14.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine

from tongshi.gb28181.manscdp import DeviceUpgradeResult, Outcome, UploadSnapShotFinished
from tongshi.gb28181.picture_name import PictureName
from tongshi.sim import errand
from tongshi.sim.device import Device
from tongshi.sim.ears import Ears
from tongshi.sim.event import (
    DeviceEvent,
    Listening,
    Registered,
    Silence,
    SnapshotWanted,
    Spoken,
    UpgradeWanted,
)
from tongshi.sim.host import ignore
from tongshi.sim.obeying import BOOT_S
from tongshi.sim.scene import Studio
from tongshi.sim.snapshot import photograph

KEPT = 4
"""Broadcasts of which what was heard is kept."""
MOST = 8
"""Errands at once; more are not run."""


class Porter:
    """One device's errands.  Make it in a running loop.

    heard: what the last broadcasts brought, the latest last.
    """

    def __init__(
        self, device: Device, local: str, studio: Studio, pump: Callable[[], None]
    ) -> None:
        self.heard: deque[Ears] = deque(maxlen=KEPT)
        self._device = device
        self._local = local
        self._studio = studio
        self._pump = pump
        self._loop = asyncio.get_running_loop()
        self._ears: dict[int, Ears] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._upgraded: UpgradeWanted | None = None
        self._why = ""

    def hear(self, event: DeviceEvent) -> None:
        """Take an event of the device; most mean nothing here."""
        match event:
            case SnapshotWanted():
                self._run(self._take_pictures(event))
            case UpgradeWanted():
                self._run(self._upgrade(event))
            case Registered(refreshed=False):
                self._report_upgrade()
            case Spoken():
                self._listen(event)
            case Listening(number=number, host=host, port=port):
                if number in self._ears:
                    self._ears[number].start(host, port)
            case Silence(number=number):
                ears = self._ears.pop(number, None)
                if ears is not None:
                    ears.close()
            case _:
                pass

    def keep(self, ears: Ears) -> None:
        """Remember what *ears* hear."""
        self.heard.append(ears)

    def close(self) -> None:
        """Stop everything."""
        for task in self._tasks:
            task.cancel()
        for ears in self._ears.values():
            ears.close()
        self._ears.clear()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _listen(self, event: Spoken) -> None:
        device, now = self._device, self._loop.time()
        try:
            ears = Ears(
                self._local,
                tcp=event.tcp,
                active=event.active,
                on_end=lambda why: self._hang_up(event.number),
            )
        except OSError:
            device.hearings.refuse(event.number, now)
            return
        self._ears[event.number] = ears
        self.keep(ears)
        device.hearings.open(event.number, self._local, ears.port, now)

    def _hang_up(self, number: int) -> None:
        self._device.hearings.hang_up(number, self._loop.time())
        self._pump()

    async def _take_pictures(self, event: SnapshotWanted) -> None:
        """Take and upload what was ordered, one after another, and say which came through."""
        device, order = self._device, event.order
        part = device.body.part(event.channel_id)
        if part is None:
            return
        shot = part.channel.shot
        picture = await self._studio.prepare(shot)
        sent: list[str] = []
        wanted = min(order.snap_num or 1, 10) - ("upload-fewer" in device.quirks)
        for number in range(1, wanted + 1):
            wall = device.wall()
            name = str(PictureName(event.channel_id, wall, number))
            frame = int(wall * shot.fps)
            data = await asyncio.to_thread(photograph, shot, picture, frame)
            why = await asyncio.to_thread(
                errand.upload, order.upload_url, name, data, device.quirks
            )
            if not why:
                sent.append(name)
            if number < wanted:
                await asyncio.sleep(order.interval or 1)
        done = UploadSnapShotFinished(
            device.number(), device.profile.device_id, order.session_id, tuple(sent)
        )
        device.send(done, self._loop.time(), ignore)
        self._pump()

    async def _upgrade(self, event: UpgradeWanted) -> None:
        """Fetch the firmware, restart, and tell the result once registered again."""
        fetched = await asyncio.to_thread(errand.fetch, event.order.file_url)
        self._why = fetched.why or ("upgrade-fails" in self._device.quirks and "damaged") or ""
        self._upgraded = event
        if not self._why:
            self._device.body.firmware = event.order.firmware
        self._device.vanish(BOOT_S, self._loop.time())
        self._pump()

    def _report_upgrade(self) -> None:
        event, self._upgraded = self._upgraded, None
        if event is None:
            return
        device = self._device
        told = DeviceUpgradeResult(
            device.number(),
            event.target_id,
            event.order.session_id,
            Outcome.ERROR if self._why else Outcome.OK,
            device.body.firmware,
            _reason_of(self._why),
        )
        device.send(told, self._loop.time(), ignore)


def _reason_of(why: str) -> str:
    """Return the number that UpgradeFailedReason has for *why*."""
    if not why:
        return ""
    return "01" if "timed out" in why else "02" if why in ("damaged", "cut short") else "99"
