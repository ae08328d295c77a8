"""A peer on a real UDP socket that says whatever it is told to: a device, or just somebody.

It keeps no rules of its own.  What the platform asks is handed to ``polite``; without one it is
heard and never answered.
"""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from tongshi.digest import Challenge, answer
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.manscdp import Message, write
from tongshi.gb28181.version import Version
from tongshi.sip.message import Request, Response, parse

PLATFORM = "34020000002000000001"
REALM = PLATFORM[:10]
ELSEWHERE = "127.0.0.66"
Polite = Callable[[Request], Response | None]
"""Answers a request of the platform's; None for silence."""


def agree(request: Request) -> Response:
    """Return 200 to whatever is asked."""
    return request.response(200)


class Rogue:
    """Somebody at *host*.  Use as a context manager in a running loop.

    device_id: who it says it is.  heard: the platform's requests, repetitions included.
    """

    def __init__(
        self,
        port: int,
        device_id: str,
        *,
        host: str = ELSEWHERE,
        polite: Polite = lambda request: None,
    ) -> None:
        self.device_id = device_id
        self.host = host
        self.heard: list[Request] = []
        self.polite = polite
        self._numbers = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Response]] = {}
        self._loop = asyncio.get_running_loop()
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((host, 0))
        self._sock.connect(("127.0.0.1", port))
        self._sock.setblocking(False)
        self._loop.add_reader(self._sock.fileno(), self._read)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()

    @property
    def port(self) -> int:
        """Where it is."""
        return int(self._sock.getsockname()[1])

    def build(
        self,
        method: str,
        body: bytes = b"",
        *,
        headers: Iterable[tuple[str, str]] = (),
        sender: str = "",
        call_id: str = "",
        tags: tuple[str, str] = ("1", ""),
    ) -> bytes:
        """Return a request of its own.  sender: who it says it is.  tags: of From and To."""
        number = next(self._numbers)
        call_id = call_id or f"{self.host}.{self.port}.{number}"
        said, to_tag = sender or self.device_id, f";tag={tags[1]}" if tags[1] else ""
        lines = [
            f"{method} sip:{PLATFORM}@{REALM} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bKr{self.port}x{number}",
            f"From: <sip:{said}@{REALM}>;tag={tags[0]}",
            f"To: <sip:{PLATFORM}@{REALM}>{to_tag}",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{said}@{self.host}:{self.port}>",
            *(f"{name}: {value}" for name, value in headers),
            f"Content-Length: {len(body)}",
        ]
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + body

    def message(self, message: Message, *, sender: str = "") -> bytes:
        """Return a MESSAGE."""
        kind = (("Content-Type", "Application/MANSCDP+xml"),)
        return self.build("MESSAGE", write(message, Version.V2022), headers=kind, sender=sender)

    async def ask(self, data: bytes) -> Response:
        """Return the final answer to the request *data*; raises TimeoutError after 10 s."""
        call_id = parse(data).call_id
        waiting: asyncio.Future[Response] = self._loop.create_future()
        self._answers[call_id] = waiting
        try:
            self.send(data)
            async with asyncio.timeout(10):
                return await waiting
        finally:
            self._answers.pop(call_id, None)

    async def tell(self, message: Message, *, sender: str = "") -> int:
        """Return the status of the answer to a MESSAGE."""
        return (await self.ask(self.message(message, sender=sender))).status

    async def register(self, password: str, *, expires: int = 3600) -> int:
        """Register, or leave with 0; return the final status."""
        headers = [("Expires", str(expires))]
        first = await self.ask(self.build("REGISTER", headers=headers))
        if first.status != 401:
            return first.status
        credentials = answer(
            Challenge.parse(first.headers.get("WWW-Authenticate") or ""),
            method="REGISTER",
            uri=f"sip:{PLATFORM}@{REALM}",
            username=self.device_id,
            password=password,
            cnonce="c",
        )
        headers.append(("Authorization", str(credentials)))
        return (await self.ask(self.build("REGISTER", headers=headers))).status

    def send(self, data: bytes) -> None:
        """Send anything; what the system has no room for is lost."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self._sock.send(data)

    async def storm(self, datagrams: Iterable[bytes]) -> None:
        """Send all as fast as the loop lets others have their turn."""
        for number, data in enumerate(datagrams):
            self.send(data)
            if number % 16 == 15:
                await asyncio.sleep(0)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                self._hear(self._sock.recv(65536))

    def _hear(self, data: bytes) -> None:
        try:
            message = parse(data)
        except RemoteProtocolError:
            return
        if isinstance(message, Request):
            self.heard.append(message)
            response = self.polite(message)
            if response is not None:
                self.send(response.encode())
            return
        waiting = self._answers.get(message.call_id)
        if waiting is not None and not waiting.done() and message.status >= 200:
            waiting.set_result(message)
