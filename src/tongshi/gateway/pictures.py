"""JPEG pictures of key frames, decoded in a coder process that is kept while it is wanted."""

import asyncio
from dataclasses import replace

from tongshi.errors import EngineFailed, Exhausted
from tongshi.gateway.child import Child
from tongshi.gateway.parcel import HEAD, LARGEST, Kind, Parcel, read_head

_WAITING = 16
_TIMEOUT = 5.0  # s, start of the process included
_IDLE = 60.0  # s


async def send(child: Child, parcel: Parcel) -> None:
    """Write *parcel*; waits while the child is slow.  Raises OSError when it is gone."""
    child.writer.writelines((parcel.head(), parcel.data))
    await child.writer.drain()


async def receive(child: Child) -> Parcel:
    """Return the child's next parcel; raises EngineFailed when it is gone."""
    try:
        length, head = read_head(await child.reader.readexactly(HEAD.size))
        data = await child.reader.readexactly(length)
    except (asyncio.IncompleteReadError, OSError, ValueError):
        raise EngineFailed("the coder process ended", stage="decode") from None
    return replace(head, data=data)


def check(parcel: Parcel) -> Parcel:
    """Return *parcel*; raises EngineFailed when it is a fault."""
    if parcel.kind is Kind.FAULT:
        stage, _, why = parcel.data.decode("utf-8", "replace").partition(":")
        raise EngineFailed(why, stage=stage)
    return parcel


async def start_coder() -> Child:
    """Return a new coder process that is ready; raises EngineFailed."""
    try:
        child = await Child.start("tongshi.gateway.coder", limit=LARGEST)
    except OSError as error:
        raise EngineFailed(f"the coder process did not start: {error}", stage="worker") from None
    try:
        await receive(child)
    except BaseException:
        child.kill()
        await child.stop()
        raise
    return child


class Pictures:
    """Makes one picture at a time; the next ones wait, up to a bound."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._used = 0.0

    async def take(self, still: bytes, kind: Kind = Kind.PICTURE) -> bytes:
        """Return *still*, an MP4 file of one key frame, as JPEG; or what else the coder is to do.

        Raises EngineFailed when it cannot be decoded, Exhausted when too many wait.
        """
        if self._waiting >= _WAITING:
            raise Exhausted("too many pictures are wanted at once", resource="snapshot")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._take(Parcel(kind, still))
        finally:
            self._waiting -= 1
            self._used = asyncio.get_running_loop().time()

    async def _take(self, parcel: Parcel) -> bytes:
        healthy = False
        try:
            async with asyncio.timeout(_TIMEOUT):
                if self._child is None:
                    self._child = await start_coder()
                await send(self._child, parcel)
                answer = await receive(self._child)
            healthy = True
            return check(answer).data
        except TimeoutError:
            raise EngineFailed("the picture was not decoded in time", stage="decode") from None
        except OSError:
            raise EngineFailed("the coder process ended", stage="decode") from None
        finally:
            if not healthy:
                await self.stop()

    async def rest(self, now: float) -> None:
        """Stop the process when nobody wanted a picture for a while."""
        if self._child is not None and not self._waiting and now - self._used > _IDLE:
            await self.stop()

    async def stop(self) -> None:
        """End the process, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            await child.stop()
