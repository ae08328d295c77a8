"""The talks of one engine: their ports, their tickets, their lines."""

import asyncio
import socket
import time
from collections.abc import Callable

from picows import WSListener

from tongshi.errors import Conflict, Exhausted, Missing
from tongshi.gateway.engine import EngineEvent, Speak, Spoken, Transport
from tongshi.gateway.ports import Ports
from tongshi.gateway.receive import bind
from tongshi.gateway.talk import Talk
from tongshi.gateway.talkbuffer import RATE
from tongshi.gateway.talkline import TcpLine, UdpLine
from tongshi.gateway.tickets import ANYBODY, Bond, Ticket, Tickets
from tongshi.net.task import Supervisor
from tongshi.settings import MediaSettings

PREFIX = b"/talk/"
"""Path of the WebSocket of who talks, before the ticket."""


class TalkRoom:
    """See ``tongshi.gateway.engine.Talks``, which this is.

    ports, tasks, tell: the engine's own.
    """

    def __init__(
        self,
        settings: MediaSettings,
        ports: Ports,
        tasks: Supervisor,
        tell: Callable[[EngineEvent], None],
    ) -> None:
        self.tickets = Tickets()
        self._settings = settings
        self._ports = ports
        self._tasks = tasks
        self._tell = tell
        self._talks: dict[str, Talk] = {}

    def __len__(self) -> int:
        return len(self._talks)

    async def open(self, speak: Speak) -> int:
        """See Talks."""
        name = speak.talk
        if name in self._talks:
            raise Conflict(f"talk {name} is open")
        if len(self._talks) >= self._settings.talks:
            raise Exhausted(f"{len(self._talks)} talks are open", resource="talk")
        udp = speak.transport is Transport.UDP
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        sock = bind(self._ports, name, self._settings.listen, kind)
        port = int(sock.getsockname()[1])
        packet = RATE * self._settings.talk_packet_ms // 1000
        talk = Talk(speak, port, packet, self._tell)
        if udp:
            talk.line = UdpLine(sock, talk, speak.hosts)
        else:
            talk.line = TcpLine(
                sock,
                talk,
                speak.hosts,
                passive=speak.transport is Transport.TCP_PASSIVE,
                patience=self._settings.connect_timeout,
                tasks=self._tasks,
            )
        self._talks[name] = talk
        return port

    async def start(
        self, talk: str, host: str, port: int, ssrc: int, *, follow: bool = False
    ) -> None:
        """See Talks."""
        found = self._find(talk)
        if found.running or found.line is None:
            raise Conflict(f"talk {talk} has begun")
        await found.line.reach(host, port, follow=follow)
        if self._talks.get(talk) is not found:
            raise Missing(f"talk {talk} was closed")
        found.start(ssrc)

    async def admit(
        self, talk: str, ticket: str, *, expires_s: float, bond: Bond = ANYBODY
    ) -> None:
        """See Talks."""
        self._find(talk)
        expires = time.monotonic() + expires_s
        self.tickets.admit(Ticket(ticket, talk, expires, transcode=False, bond=bond))

    async def close(self, talk: str, code: str = "", stage: str = "") -> Spoken:
        """See Talks."""
        found = self._talks.pop(talk, None)
        if found is None:
            return Spoken()
        self.tickets.close(talk)
        try:
            return found.close(code, stage)
        finally:
            self._ports.release(found.port)

    async def figures(self, talk: str) -> Spoken:
        """See Talks."""
        return self._find(talk).figures()

    async def close_all(self) -> None:
        """Close every talk."""
        for talk in tuple(self._talks):
            await self.close(talk)

    def revoke(self, ticket: str, code: str) -> None:
        """Withdraw a ticket, and end who talks by it."""
        self.tickets.revoke(ticket)
        for talk in self._talks.values():
            talk.revoke(ticket, code)

    def meet(self, token: str, cookies: str) -> WSListener | None:
        """Return the connection of who shows a ticket that counts; None for any other."""
        ticket = self.tickets.take(token, asyncio.get_running_loop().time(), cookies)
        talk = self._talks.get(ticket.stream) if ticket is not None else None
        return talk.meet(ticket) if talk is not None and ticket is not None else None

    def _find(self, talk: str) -> Talk:
        found = self._talks.get(talk)
        if found is None:
            raise Missing(f"no talk {talk}")
        return found
