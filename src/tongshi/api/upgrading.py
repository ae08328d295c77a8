"""Upgrades of devices under way: asked, fetched, restarted, and what the device told of it.

The firmware is served under a key that nobody can guess and that dies with the last byte, with the
upgrade, or with this process.  An upgrade that goes on while the node restarts is followed still:
its result names its session.

Source: GB/T 28181-2022 9.13, A.2.3.1.12, A.2.5.9.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tongshi.access.identity import Person
from tongshi.api.feed import Feed
from tongshi.clock import Clock
from tongshi.errors import Conflict, Error, Exhausted, Missing
from tongshi.gb28181.manscdp import DeviceUpgrade
from tongshi.net.task import Supervisor
from tongshi.shelf.firmware import REASONS, Firmware, State, Upgrade, advance, judge
from tongshi.shelf.service import Shelf
from tongshi.signalling.commands import Commands
from tongshi.signalling.event import DeviceRegistered, SignallingEvent, UpgradeReported

TEND = 20.0
"""Between two looks at what has taken too long, s."""
LIMIT = 1000
"""Upgrades under way at once at the most."""


class Upgrades:
    """The upgrades under way, by session; subscribe :meth:`take` to signalling."""

    def __init__(self, shelf: Shelf, commands: Commands, feed: Feed, clock: Clock) -> None:
        self._shelf = shelf
        self._commands = commands
        self._feed = feed
        self._clock = clock
        self._tasks = Supervisor("upgrades")
        self._by_session: dict[str, Upgrade] = {}
        self._keys: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    async def start(self) -> None:
        """Follow what was under way before, and look after everything from now on."""
        for upgrade in await asyncio.to_thread(self._shelf.open_upgrades):
            self._by_session[upgrade.session_id] = upgrade
        self._tasks.sustain(self._tend, name="tend", pause=TEND)

    async def stop(self) -> None:
        """Follow nothing any more."""
        await self._tasks.close()

    async def begin(
        self,
        person: Person,
        device_id: str,
        firmware: Firmware,
        manufacturer: str,
        version: str,
        address_of: Callable[[str], str],
    ) -> Upgrade:
        """Ask a device to fetch *firmware* and return how far that came: accepted, or the error.

        address_of: returns the HTTP address of a key.  Raises Conflict while the device is being
        upgraded, Exhausted, and what `Commands.control` raises; then the upgrade has failed.
        """
        if any(each.device_id == device_id for each in self._by_session.values()):
            raise Conflict(f"{device_id} is being upgraded")
        if len(self._by_session) >= LIMIT:
            raise Exhausted(f"{len(self._by_session)} upgrades go on", resource="session")
        wall, session_id, key = self._clock.wall(), secrets.token_hex(20), secrets.token_hex(24)
        upgrade = Upgrade(
            0,
            session_id,
            device_id,
            device_id,
            firmware.id,
            manufacturer,
            version,
            State.ASKED,
            "",
            0,
            wall,
            wall,
            person.id,
            person.shown,
        )
        self._by_session[session_id] = upgrade  # nobody else begins one meanwhile
        try:
            upgrade = await asyncio.to_thread(self._shelf.begin, upgrade)
        except Error:
            del self._by_session[session_id]
            raise
        self._by_session[session_id] = upgrade
        self._keys[key] = session_id
        self._tell(upgrade)
        command = DeviceUpgrade(version, address_of(key), manufacturer, session_id)
        try:
            await self._commands.control(device_id, device_id, command)
        except Error as error:
            self._move(session_id, State.FAILED, error.code)
            raise
        self._move(session_id, State.ACCEPTED)
        return self._by_session.get(session_id, upgrade)

    def uses(self, firmware_id: int) -> bool:
        """Return whether a device is being upgraded with a firmware."""
        return any(each.firmware_id == firmware_id for each in self._by_session.values())

    def device_of(self, key: str) -> str:
        """Return the device that was told *key*; raises Missing."""
        upgrade = self._by_session.get(self._keys.get(key, ""))
        if upgrade is None:
            raise Missing("no such file")
        return upgrade.device_id

    def open(self, key: str) -> tuple[Upgrade, Path]:
        """Return the upgrade of *key*, which is being fetched now, and its file; raises Missing."""
        upgrade = self._by_session.get(self._keys.get(key, ""))
        if upgrade is None:
            raise Missing("no such file")
        place = self._shelf.file_of(upgrade.firmware_id)
        self._move(upgrade.session_id, State.FETCHING)
        return upgrade, place

    def sent(self, key: str, count: int, *, last: bool) -> None:
        """Note that *count* bytes of *key* were sent; *last*: the file's last one among them."""
        session_id = self._keys.get(key, "")
        upgrade = self._by_session.get(session_id)
        if upgrade is None:
            return
        self._by_session[session_id] = replace(upgrade, sent=upgrade.sent + count)
        if last:
            del self._keys[key]
            self._move(session_id, State.FETCHED)

    def take(self, event: SignallingEvent) -> None:
        """Take what signalling says."""
        match event:
            case UpgradeReported():
                found = self._by_session.get(event.session_id)
                if found is not None and found.device_id == event.device_id:
                    why = "" if event.done else REASONS.get(event.reason, event.reason or "other")
                    state = State.DONE if event.done else State.FAILED
                    self._move(event.session_id, state, why)
            case DeviceRegistered():
                for session_id, upgrade in list(self._by_session.items()):
                    if upgrade.device_id == event.device_id and upgrade.state is State.FETCHED:
                        self._move(session_id, State.RESTARTED)
            case _:
                pass

    def _move(self, session_id: str, state: State, why: str = "") -> None:
        upgrade = self._by_session.get(session_id)
        if upgrade is None:
            return
        moved = advance(upgrade, state, self._clock.wall(), why)
        if moved is not upgrade:
            self._keep(moved)

    def _keep(self, upgrade: Upgrade) -> None:
        self._by_session[upgrade.session_id] = upgrade
        if upgrade.over:
            del self._by_session[upgrade.session_id]
            self._keys = {
                key: session for key, session in self._keys.items() if session != upgrade.session_id
            }
        self._tasks.start(self._record(upgrade), name=f"record/{upgrade.id}")
        self._tell(upgrade)

    async def _record(self, upgrade: Upgrade) -> None:
        await asyncio.to_thread(self._shelf.note, upgrade)

    async def _tend(self) -> None:
        """End what has taken too long, and forget old pictures."""
        wall = self._clock.wall()
        for upgrade in list(self._by_session.values()):
            judged = judge(upgrade, wall)
            if judged is not upgrade:
                self._keep(judged)
        await asyncio.to_thread(self._shelf.purge)

    def _tell(self, upgrade: Upgrade) -> None:
        body = {"device": upgrade.device_id, "upgrade": upgrade.id, "state": upgrade.state.value}
        self._feed.publish("upgrade", upgrade.device_id, body, key=str(upgrade.id))
