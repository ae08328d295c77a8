"""Moving cameras: the newest wish wins, and nothing moves longer than somebody holds it.

A camera moves until it is told to stop, and the one who would tell it may be gone.  So each
movement has to be renewed; one that is not is stopped from here.

::

    move ---> sent, if it differs from the last or that is long ago;  at most one in flight
      |          a wish that comes meanwhile replaces the one before it
      +-----> not renewed in time ---> stop
    stop ---> sent at once, and again when no older move is in flight any more: a repeated packet
              of such a move could overtake the stop; not after something else moved the camera

Moves and lenses are stopped by words of their own, so each has a helm of its own.

Source: GB/T 28181-2022 A.3.2, A.3.3.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tongshi.errors import Error, Exhausted
from tongshi.gb28181.ptz import Lens, Move, Stop
from tongshi.net.task import Supervisor

Motion = Move | Lens
Send = Callable[[str, str, Stop | Move | Lens], Awaitable[None]]
"""Sends a word to a channel of a device; returns when it was taken, raises when it was not."""


@dataclass(frozen=True, slots=True)
class SteeringRules:
    """renewal: s after which a movement that nobody renewed is stopped.  spacing: s between moves
    to one camera.  again: s after which a renewed movement is sent once more.

    second: s after a stop until it is repeated.  tries: stops sent while the camera takes none.
    limit: cameras moving at once.  callers: who wait for one camera.
    """

    renewal: float = 2.5
    spacing: float = 0.1
    again: float = 2.0
    second: float = 0.2
    tries: int = 4
    limit: int = 2000
    callers: int = 20


@dataclass(slots=True, eq=False)
class Helm:
    """One camera's movement, or its lens's.

    wanted: number of the newest wish.  told: of the newest one that was sent, well or not.
    sent_at: loop time of the last move, s; -inf after a stop.  halting: stops under way.
    released: something else moves it since the stop, which must not be repeated.
    """

    device_id: str
    channel_id: str
    halt: Stop | Lens
    word: Motion | None = None
    wanted: int = 0
    told: int = 0
    sent_at: float = float("-inf")
    halting: int = 0
    released: bool = False
    timer: asyncio.TimerHandle | None = None
    driving: asyncio.Task[None] | None = None
    stopping: asyncio.Task[None] | None = None
    callers: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether nothing moves and nothing is under way."""
        rests = self.driving is None and self.stopping is None and not self.halting
        return rests and self.word is None

    def answer(self, number: int, error: Error | None) -> None:
        """Tell those who wait for wishes up to *number* how it went."""
        waiting = [pair for pair in self.callers if pair[0] <= number]
        self.callers = [pair for pair in self.callers if pair[0] > number]
        for _, caller in waiting:
            if caller.done():
                continue
            if error is None:
                caller.set_result(None)
            else:
                caller.set_exception(error)


class Steering:
    """Every camera that moves because somebody here said so.

    left: movements that were stopped because nobody renewed them.
    """

    def __init__(self, rules: SteeringRules, send: Send) -> None:
        self.left = 0
        self._rules = rules
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._tasks = Supervisor("steering")
        self._helms: dict[tuple[str, str, bool], Helm] = {}

    def __len__(self) -> int:
        """How many cameras and lenses move, or are being stopped."""
        return len(self._helms)

    async def move(self, device_id: str, channel_id: str, word: Motion) -> None:
        """Move, or go on moving: return once the camera took *word* or a newer wish.

        Raises what sending raises; a movement that may have begun is stopped all the same.
        """
        if word in (Move(), Lens()):
            await self._halt(self._helm(device_id, channel_id, isinstance(word, Lens)))
            return
        helm = self._helm(device_id, channel_id, isinstance(word, Lens))
        self._arm(helm)
        fresh = self._loop.time() - helm.sent_at < self._rules.again
        if helm.word == word and helm.told == helm.wanted and fresh:
            return  # a renewal
        helm.word = word
        await self._reach(helm)

    async def stop(self, device_id: str, channel_id: str) -> None:
        """Stop everything, cruise and scan too: return once the camera took it."""
        lens = self._helms.get((device_id, channel_id, True))
        helms = [self._helm(device_id, channel_id, False), *([lens] if lens else [])]
        outcomes = await asyncio.gather(*map(self._halt, helms), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def release(self, device_id: str, channel_id: str) -> None:
        """Something else is about to move the camera: a preset, a cruise, a scan, a place.

        The stop before it is not repeated: it would stop that as well.
        """
        helm = self._helms.get((device_id, channel_id, False))
        if helm is not None:
            helm.released = True

    async def close(self, within: float = 1.0) -> None:
        """Stop what moves, for *within* s at the most, and end."""
        moving = [helm for helm in self._helms.values() if helm.word is not None]
        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*map(self._halt, moving), return_exceptions=True)
        except TimeoutError:
            pass
        for helm in self._helms.values():
            self._disarm(helm)
        await self._tasks.close()
        for helm in self._helms.values():
            for _, caller in helm.callers:
                caller.cancel()
        self._helms.clear()

    def _helm(self, device_id: str, channel_id: str, lens: bool) -> Helm:
        key = (device_id, channel_id, lens)
        helm = self._helms.get(key)
        if helm is None:
            if len(self._helms) >= self._rules.limit:
                raise Exhausted(f"{len(self._helms)} cameras move", resource="session")
            helm = self._helms[key] = Helm(device_id, channel_id, Lens() if lens else Stop())
        return helm

    async def _reach(self, helm: Helm) -> None:
        """Return once the present wish, or a newer one, was sent."""
        if len(helm.callers) >= self._rules.callers:
            raise Exhausted(
                f"{len(helm.callers)} moves wait for one camera", resource="transaction"
            )
        helm.wanted += 1
        caller: asyncio.Future[None] = self._loop.create_future()
        helm.callers.append((helm.wanted, caller))
        if helm.driving is None:
            helm.driving = self._tasks.start(self._drive(helm), name=f"move/{helm.channel_id}")
        await caller

    async def _drive(self, helm: Helm) -> None:
        """Send the newest wish until there is no newer one."""
        try:
            while helm.word is not None and helm.told < helm.wanted:
                await asyncio.sleep(helm.sent_at + self._rules.spacing - self._loop.time())
                number, word = helm.wanted, helm.word
                if word is None:
                    break
                helm.sent_at = self._loop.time()
                error: Error | None = None
                try:
                    await self._send(helm.device_id, helm.channel_id, word)
                except Error as raised:
                    error = raised
                helm.told = max(helm.told, number)
                helm.answer(number, error)
        finally:
            helm.driving = None
            helm.answer(helm.wanted, None)  # a stop came between: it is what counts now

    async def _halt(self, helm: Helm) -> None:
        """Send a stop at once and see to its repetition."""
        self._disarm(helm)
        helm.word = None
        helm.released = False
        helm.sent_at = float("-inf")
        helm.wanted += 1
        helm.told = helm.wanted
        helm.halting += 1
        try:
            await self._send(helm.device_id, helm.channel_id, helm.halt)
        finally:
            helm.halting -= 1
            if helm.word is None and helm.stopping is None:
                helm.stopping = self._tasks.start(
                    self._repeat(helm), name=f"stop/{helm.channel_id}"
                )

    async def _repeat(self, helm: Helm) -> None:
        """Send the stop again until one more is taken, unless the camera is moved anew."""
        try:
            for _ in range(self._rules.tries - 1):
                if helm.driving is not None:
                    await asyncio.wait([helm.driving])
                await asyncio.sleep(self._rules.second)
                if helm.released or helm.word is not None or await self._taken(helm):
                    break
        finally:
            helm.stopping = None
            if helm.idle:
                lens = isinstance(helm.halt, Lens)
                self._helms.pop((helm.device_id, helm.channel_id, lens), None)

    async def _taken(self, helm: Helm) -> bool:
        try:
            await self._send(helm.device_id, helm.channel_id, helm.halt)
        except Error:
            return False
        return True

    def _arm(self, helm: Helm) -> None:
        self._disarm(helm)
        helm.timer = self._loop.call_later(self._rules.renewal, self._abandoned, helm)

    def _disarm(self, helm: Helm) -> None:
        if helm.timer is not None:
            helm.timer.cancel()
            helm.timer = None

    def _abandoned(self, helm: Helm) -> None:
        """Stop what nobody renewed."""
        self.left += 1
        self._tasks.start(self._stop_quietly(helm), name=f"left/{helm.channel_id}")

    async def _stop_quietly(self, helm: Helm) -> None:
        with contextlib.suppress(Error):  # it is repeated, and told to nobody: nobody is there
            await self._halt(helm)
