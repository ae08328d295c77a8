"""A receiver of webhooks on the loopback interface, which answers as a test tells it to."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FAILED = b"HTTP/1.1 500 Failed\r\nContent-Length: 6\r\n\r\nfailed"


@dataclass(frozen=True, slots=True)
class Heard:
    """One request.  headers: names in small letters."""

    line: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Use as an async context manager.

    answer: what is sent back for a request; ``b""`` keeps the connection open and says nothing.
    heard: the requests so far.  Between requests `news` is set.
    """

    def __init__(self, answer: Callable[[Heard], bytes] = lambda heard: OK) -> None:
        self.answer = answer
        self.heard: list[Heard] = []
        self.connections = 0
        self.port = 0
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/in"

    async def wait(self, count: int, within: float = 20.0) -> list[Heard]:
        """Return the requests once there are *count* of them; raises TimeoutError."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: len(self.heard) >= count)
        return self.heard

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            heard = Heard(head[0], headers, body)
            self.heard.append(heard)
            async with self._news:
                self._news.notify_all()
            answer = self.answer(heard)
            if answer:
                writer.write(answer)
                await writer.drain()
            else:
                await reader.read()
        writer.close()
        self._writers.discard(writer)
