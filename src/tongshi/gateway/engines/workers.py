"""The engine in processes of their own: streams are shared out, and outlive a crash of another.

Each worker is a ``Local`` behind a socket pair (see ``gateway.worker`` and ``gateway.wire``).
When one ends unasked, its streams are reported lost, and it is started again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial

from tongshi.errors import Conflict, EngineFailed, Error, Missing
from tongshi.gateway import wire
from tongshi.gateway.child import Child
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    PayloadTypes,
    ReaderJoined,
    ReaderLeft,
    Receive,
    StreamLost,
    Transport,
    Turn,
)
from tongshi.gateway.engines.talks import WorkerTalks
from tongshi.gateway.ports import split
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings, split_address

_LINE = 16 << 20
_ANSWER = 30.0  # s beyond the connect time-out: a worker that is silent so long is dead
_START, _FINISH = 20.0, 5.0  # s
_PAUSE, _PAUSE_MOST = 0.5, 30.0  # s before a worker is started again; doubled at each failure

_log = logging.getLogger(__name__)


class Worker:
    """One process and what we know to be in it."""

    def __init__(
        self, index: int, settings: MediaSettings, tell: Callable[[EngineEvent], None]
    ) -> None:
        self.index = index
        self.generation = 0
        self.port = 0
        self.streams: set[str] = set()
        self._settings = settings
        self._tell = tell
        self._child: Child | None = None
        self._number = 0
        self._pending: dict[int, asyncio.Future[object]] = {}
        self._readers: dict[str, tuple[str, float]] = {}

    @property
    def pid(self) -> int | None:
        """Return the process id; None while there is no process."""
        return None if self._child is None else self._child.pid

    @property
    def ready(self) -> bool:
        """Tell whether the process takes orders."""
        return self.port != 0

    async def start(self) -> None:
        """Start the process and wait until it listens; raises Error."""
        try:
            async with asyncio.timeout(_START):
                self._child = await Child.start("tongshi.gateway.worker", limit=_LINE)
                self._child.writer.write(wire.encode(asdict(self._settings)))
                line = wire.decode(await self._child.reader.readline())
        except (OSError, ValueError) as error:
            raise EngineFailed(f"media worker did not start: {error}", stage="worker") from None
        except TimeoutError:
            raise EngineFailed("media worker did not start in time", stage="worker") from None
        if "error" in line:
            raise wire.to_error(line["error"])
        self.port = int(line["ready"])
        self.generation += 1

    async def read(self) -> None:
        """Take answers and events until the process ends."""
        if self._child is None:
            return
        try:
            while data := await self._child.reader.readline():
                self._take(wire.decode(data))
        except (OSError, ValueError) as error:
            _log.warning("event=worker_link_broken worker=%d error=%s", self.index, error)

    async def finish(self) -> None:
        """End the process in order: before it goes it tells what becomes of its viewers."""
        child = self._child if self.ready else None
        self.port = 0
        if child is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_FINISH):
                    child.writer.write_eof()
                    await self.read()
        self.streams.clear()
        await self.stop()

    async def stop(self) -> None:
        """End the process; what was in it is lost, and told so."""
        self.port = 0
        child, self._child = self._child, None
        if child is not None:
            await child.stop()
        error = EngineFailed("the media worker ended", stage="worker")
        for future in self._pending.values():
            if not future.done():
                future.set_exception(error)
        self._pending.clear()
        now = asyncio.get_running_loop().time()
        readers, self._readers = self._readers, {}
        for ticket, (stream, since) in readers.items():
            self._tell(ReaderLeft(stream, ticket, now - since, None, error.code))
        streams, self.streams = self.streams, set()
        for stream in sorted(streams):
            self._tell(StreamLost(stream, error))

    async def ask(self, act: str, **given: object) -> object:
        """Return what the worker answers; raises the Error that it answers."""
        if self._child is None or not self.ready:
            raise EngineFailed("the media worker is not running", stage="worker")
        self._number += 1
        number = self._number
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            async with asyncio.timeout(self._settings.connect_timeout + _ANSWER):
                self._child.writer.write(wire.encode({"id": number, "do": act, "with": given}))
                return await future
        except TimeoutError:
            self._child.kill()
            raise EngineFailed("the media worker does not answer", stage="worker") from None
        finally:
            self._pending.pop(number, None)

    def _take(self, line: wire.Line) -> None:
        if "event" in line:
            event = wire.to_event(line)
            match event:
                case ReaderJoined(stream, ticket):
                    self._readers[ticket] = (stream, asyncio.get_running_loop().time())
                case ReaderLeft(_, ticket):
                    self._readers.pop(ticket, None)
            self._tell(event)
            return
        future = self._pending.get(line["id"])
        if future is None or future.done():
            return
        if "error" in line:
            future.set_exception(wire.to_error(line["error"]))
        else:
            future.set_result(line["ok"])


class Workers:
    """An engine of several processes."""

    def __init__(self, settings: MediaSettings) -> None:
        self._listeners: list[Callable[[EngineEvent], None]] = []
        self._workers = [
            Worker(index, part, self._tell) for index, part in enumerate(share(settings))
        ]
        self._homes: dict[str, Worker] = {}
        self.talks = WorkerTalks(self._place, self._homes.get, self._forget)
        self._tasks = Supervisor("media-workers")

    async def start(self) -> None:
        """Start every worker; raises the first failure after ending the others."""
        starting = [asyncio.create_task(worker.start()) for worker in self._workers]
        try:
            await asyncio.wait(starting)
        finally:  # none goes on when this is cancelled
            for start in starting:
                start.cancel()
            results = await asyncio.gather(*starting, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                await self.stop()
                raise result
        for worker in self._workers:
            self._tasks.sustain(partial(self._keep, worker), name=f"worker-{worker.index}")

    async def stop(self) -> None:
        """End every worker."""
        await self._tasks.close()
        await asyncio.gather(*(worker.finish() for worker in self._workers))
        self._homes.clear()

    def subscribe(self, listener: Callable[[EngineEvent], None]) -> None:
        """Tell *listener* every event from now on."""
        self._listeners.append(listener)

    async def open(self, receive: Receive) -> int:
        """Open in the worker that has the fewest streams."""
        worker = self._place(receive.stream)
        try:
            return _number(await worker.ask("open", **wire.from_receive(receive)))
        except BaseException:
            self._forget(receive.stream)
            raise

    async def adopt(
        self, stream: str, ssrc: int | None, payload_types: PayloadTypes, host: str = ""
    ) -> None:
        """See Engine."""
        await self._home(stream).ask(
            "adopt", stream=stream, ssrc=ssrc, payload_types=payload_types, host=host
        )

    async def connect(self, stream: str, host: str, port: int) -> None:
        """See Engine."""
        await self._home(stream).ask("connect", stream=stream, host=host, port=port)

    async def close(self, stream: str, code: str = "", stage: str = "") -> Figures:
        """See Engine."""
        worker = self._homes.get(stream)
        if worker is None:
            return Figures()
        try:
            answer = await worker.ask("close", stream=stream, code=code, stage=stage)
        finally:
            self._forget(stream)
        return _figures(answer)

    async def steer(self, stream: str, turn: Turn, value: float | None = None) -> None:
        """See Engine."""
        await self._home(stream).ask("steer", stream=stream, turn=turn.value, value=value)

    async def admit(
        self,
        stream: str,
        ticket: str,
        *,
        expires_s: float,
        transcode: bool = False,
        silent: bool = False,
        bond: Bond = ANYBODY,
    ) -> None:
        """See Engine."""
        await self._home(stream).ask(
            "admit",
            stream=stream,
            ticket=ticket,
            expires_s=expires_s,
            transcode=transcode,
            silent=silent,
            bond=asdict(bond),
        )

    async def revoke(self, ticket: str, code: str) -> None:
        """Tell every worker: only one knows the ticket, and it may be none."""
        for worker in self._workers:
            if worker.ready:
                await worker.ask("revoke", ticket=ticket, code=code)

    async def snapshot(self, stream: str) -> bytes:
        """See Engine."""
        return wire.to_bytes(str(await self._home(stream).ask("snapshot", stream=stream)))

    async def relay(
        self,
        stream: str,
        host: str,
        port: int,
        ssrc: int,
        transport: Transport = Transport.UDP,
    ) -> str:
        """See Engine.  The id says in which life of which worker the relay is."""
        worker = self._home(stream)
        answer = await worker.ask(
            "relay", stream=stream, host=host, port=port, ssrc=ssrc, transport=transport.value
        )
        return f"{worker.index}.{worker.generation}.{answer}"

    async def unrelay(self, relay: str) -> None:
        """See Engine."""
        index, generation, name = relay.split(".", 2)
        worker = self._workers[int(index)]
        if worker.ready and worker.generation == int(generation):
            await worker.ask("unrelay", relay=name)

    async def figures(self, stream: str) -> Figures:
        """See Engine."""
        return _figures(await self._home(stream).ask("figures", stream=stream))

    def viewer_port(self, stream: str) -> int:
        """See Engine."""
        return self._home(stream).port

    def leased_ports(self) -> int:
        """Return the number of streams: each has one port, in some worker."""
        return len(self._homes)

    def pids(self) -> list[int]:
        """Return the process ids of the workers, for measurements."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def _place(self, stream: str) -> Worker:
        """Return the worker that has the fewest streams; it has *stream* from now on."""
        if stream in self._homes:
            raise Conflict(f"stream {stream} is open")
        ready = [worker for worker in self._workers if worker.ready]
        if not ready:
            raise EngineFailed("no media worker is running", stage="worker")
        worker = min(ready, key=lambda worker: len(worker.streams))
        self._homes[stream] = worker
        worker.streams.add(stream)
        return worker

    def _home(self, stream: str) -> Worker:
        worker = self._homes.get(stream)
        if worker is None:
            raise Missing(f"no stream {stream}")
        return worker

    def _forget(self, stream: str) -> None:
        worker = self._homes.pop(stream, None)
        if worker is not None:
            worker.streams.discard(stream)

    def _tell(self, event: EngineEvent) -> None:
        if isinstance(event, StreamLost):
            self._forget(event.stream)
        for listener in self._listeners:
            listener(event)

    async def _keep(self, worker: Worker) -> None:
        """Read from *worker*; start it again, after a pause, whenever it ends."""
        pause = _PAUSE
        while True:
            if worker.ready:
                await worker.read()
                pause = _PAUSE
                _log.error("event=worker_ended worker=%d", worker.index)
            await worker.stop()
            await asyncio.sleep(pause)
            try:
                await worker.start()
            except Error as error:
                pause = min(2 * pause, _PAUSE_MOST)
                _log.error("event=worker_not_started worker=%d error=%s", worker.index, error)


def share(settings: MediaSettings) -> list[MediaSettings]:
    """Return each worker's part of *settings*: ports, viewers' port, limits."""
    count = max(1, settings.workers)
    host, port = split_address(settings.viewer_listen)
    ranges = split(settings.ports_from, settings.ports_to, count)
    return [
        replace(
            settings,
            workers=0,
            ports_from=low,
            ports_to=high,
            viewer_listen=f"{_bracket(host)}:{port + index if port else 0}",
            transcodes=settings.transcodes // count + (index < settings.transcodes % count),
            sessions=max(1, settings.sessions // count),
            talks=max(1, settings.talks // count),
            viewers=max(1, settings.viewers // count),
        )
        for index, (low, high) in enumerate(ranges)
    ]


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _number(answer: object) -> int:
    if not isinstance(answer, int):
        raise EngineFailed(f"the media worker answered {answer!r}", stage="worker")
    return answer


def _figures(answer: object) -> Figures:
    if not isinstance(answer, dict):
        raise EngineFailed(f"the media worker answered {answer!r}", stage="worker")
    return wire.to_figures(answer)
