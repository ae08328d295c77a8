"""The worker process: one ``Local`` engine that does what the node says over a socket.

Start: ``python -m tongshi.gateway.worker FD``; the first line names the settings.  It ends,
and closes everything, when FD ends or at SIGTERM.
"""

import asyncio
import contextlib
import gc
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import uvloop

from tongshi.errors import EngineFailed, Error
from tongshi.gateway import wire
from tongshi.gateway.child import inherit
from tongshi.gateway.engine import Advanced, EngineEvent, Measured, Transport, Turn
from tongshi.gateway.engines.builtin import Local
from tongshi.gateway.tickets import Bond
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings

LINE = 16 << 20
"""The longest line, in bytes: a picture in base64."""
_UNREAD = 1 << 20


class Servant:
    """Carries out the node's lines on an engine."""

    def __init__(self, engine: Local, writer: asyncio.StreamWriter) -> None:
        self._engine = engine
        self._writer = writer
        self._tasks = Supervisor("worker")
        self._acts: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "open": self._open,
            "adopt": self._adopt,
            "connect": lambda given: engine.connect(**given),
            "close": self._close,
            "steer": self._steer,
            "admit": self._admit,
            "revoke": lambda given: engine.revoke(**given),
            "snapshot": self._snapshot,
            "relay": self._relay,
            "unrelay": lambda given: engine.unrelay(**given),
            "figures": self._figures,
            "talk-open": lambda given: engine.talks.open(wire.to_speak(given)),
            "talk-start": lambda given: engine.talks.start(**given),
            "talk-admit": self._admit_talk,
            "talk-close": self._close_talk,
            "talk-figures": self._talk_figures,
        }

    def take(self, line: wire.Line) -> None:
        """Begin to carry out *line*; the answer is written when it is done."""
        self._tasks.start(self._answer(line), name=str(line.get("do")))

    def tell(self, event: EngineEvent) -> None:
        """Pass *event* on; figures only while the node takes what it is sent."""
        waits = self._writer.transport.get_write_buffer_size()
        if waits < _UNREAD or not isinstance(event, Measured | Advanced):
            self._writer.write(wire.encode(wire.from_event(event)))

    async def stop(self) -> None:
        """Cancel what is under way."""
        await self._tasks.close()

    async def _answer(self, line: wire.Line) -> None:
        answer: wire.Line = {"id": line["id"]}
        try:
            answer["ok"] = await self._acts[line["do"]](line["with"])
        except Error as error:
            answer["error"] = wire.from_error(error)
        except OSError as error:
            answer["error"] = wire.from_error(EngineFailed(str(error), stage="worker"))
        self._writer.write(wire.encode(answer))

    async def _open(self, given: dict[str, Any]) -> int:
        return await self._engine.open(wire.to_receive(given))

    async def _adopt(self, given: dict[str, Any]) -> None:
        types = wire.to_payload_types(given.pop("payload_types"))
        await self._engine.adopt(**given, payload_types=types)

    async def _admit(self, given: dict[str, Any]) -> None:
        await self._engine.admit(**given | {"bond": Bond(**given["bond"])})

    async def _admit_talk(self, given: dict[str, Any]) -> None:
        await self._engine.talks.admit(**given | {"bond": Bond(**given["bond"])})

    async def _steer(self, given: dict[str, Any]) -> None:
        await self._engine.steer(**given | {"turn": Turn(given["turn"])})

    async def _close(self, given: dict[str, Any]) -> wire.Line:
        return wire.from_figures(await self._engine.close(**given))

    async def _figures(self, given: dict[str, Any]) -> wire.Line:
        return wire.from_figures(await self._engine.figures(**given))

    async def _close_talk(self, given: dict[str, Any]) -> wire.Line:
        return asdict(await self._engine.talks.close(**given))

    async def _talk_figures(self, given: dict[str, Any]) -> wire.Line:
        return asdict(await self._engine.talks.figures(**given))

    async def _snapshot(self, given: dict[str, Any]) -> str:
        return wire.from_bytes(await self._engine.snapshot(**given))

    async def _relay(self, given: dict[str, Any]) -> str:
        return await self._engine.relay(**given | {"transport": Transport(given["transport"])})


async def serve(fd: str) -> None:
    """Serve the node at the other end of *fd* until it closes or SIGTERM comes."""
    end = inherit(fd)
    end.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=end, limit=LINE)
    try:
        engine = Local(MediaSettings(**wire.decode(await reader.readline())))
        servant = Servant(engine, writer)
        engine.subscribe(servant.tell)
        try:
            await engine.start()
        except Error as error:
            writer.write(wire.encode({"error": wire.from_error(error)}))
            await writer.drain()
            return
        writer.write(wire.encode({"ready": engine.viewer_port("")}))
        settle()
        reading = asyncio.create_task(_read(reader, servant))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, reading.cancel)
        await asyncio.wait([reading])
        await servant.stop()
        await engine.stop()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, servant: Servant) -> None:
    while data := await reader.readline():
        servant.take(wire.decode(data))


def settle() -> None:
    """Take as many descriptors as may be had, and keep the collector off the path of frames.

    Nothing on that path makes cycles; a full collection would cost milliseconds.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
