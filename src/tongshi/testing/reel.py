"""A recorder by script, on real sockets: it plays one recording as well or as oddly as told.

Frame *n* of the recording belongs to the moment ``begin + n / fps`` and says so in its bytes, so
that whoever receives the recording can be asked which frames it has.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.description import PS, Purpose
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import MediaStatus, write
from tongshi.gb28181.mansrtsp import CONTENT_TYPE, Method, Order, Range, Reply
from tongshi.gb28181.mansrtsp import Order as Command
from tongshi.gb28181.version import Version
from tongshi.media import nal
from tongshi.media.ps import Muxer
from tongshi.media.sender import Sender, frame_rfc4571
from tongshi.media.unit import CLOCK, AccessUnit, Codec
from tongshi.net.carrier import Carrier
from tongshi.net.udp import UdpServer
from tongshi.sip.address import Address
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import AckArrived, Event, RequestArrived
from tongshi.sip.message import Request

MARK = uuid.UUID("0f1d6a52-9b1c-4c0e-8b52-7f3f0b6e2a11").bytes
"""Before a frame's number in its bytes."""
FPS = 25
BEAT = 30.0
"""Between registrations, s."""
LATE = 60.0
"""So far behind its time it still catches up, s."""


class Stamps(Enum):
    """What the time stamps count."""

    MEDIA = "the recording, from its beginning"
    RESTART = "anew after each jump"
    RUN_ON = "frames sent, over jumps"
    WALL = "the wall, at any speed"


class End(Enum):
    """How the end is told."""

    STATUS = "MESSAGE within the session"
    BESIDE = "MESSAGE of its own Call-ID"
    BYE = "BYE alone"
    SILENCE = "not at all"


def numbers(data: bytes) -> list[int]:
    """Return the numbers of the frames in *data*, in order."""
    found: list[int] = []
    at = data.find(MARK)
    while at >= 0:
        at += len(MARK)
        found.append(int(data[at : at + 12]))
        at = data.find(MARK, at)
    return found


def mark(unit: AccessUnit, number: int) -> AccessUnit:
    """Return *unit* with a message in it that says its number: H.264 alone."""
    told = MARK + b"%012d" % number
    told = b"\x06\x05" + bytes([len(told)]) + told + b"\x80"
    first = next(begin for begin, _ in nal.split(unit.data) if unit.data[begin] & 31 in (1, 5))
    at = first - 4 if unit.data[first - 4] == 0 else first - 3
    return unit._replace(data=unit.data[:at] + nal.START_4 + told + unit.data[at:], spans=())


@dataclass
class Script:
    """What a reel does beyond the standard, or short of it.

    statuses: answers to INVITEs before the first 200.  fast: at the speed that the line takes.
    refused: spellings of speeds that are answered 400.  keys_above: at higher speeds key frames
    alone are sent.  file_size: told of a download.
    """

    stamps: Stamps = Stamps.MEDIA
    end: End = End.STATUS
    ignores_speed: bool = False
    statuses: list[int] = field(default_factory=list)
    refused: tuple[bytes, ...] = ()
    keys_above: float = 16.0
    file_size: int | None = None
    fast: bool = False
    sound: bool = False
    tells_range: bool = False


class Session:
    """One playback or download that the reel sends."""

    def __init__(self, reel: "Reel", dialog: Dialog, offer: Offer, host: str) -> None:
        self.reel = reel
        self.dialog = dialog
        self.offer = offer
        self.host = host
        self.number = reel.key_before(offer.start)
        self.last = min(reel.count, int((offer.end - reel.begin) * FPS))
        self.scale = float(offer.download_speed or 1)
        self.running = asyncio.Event()
        self.running.set()
        self.sent: list[int] = []
        self._stamp = CLOCK
        self._due = 0.0
        self._sound = Codec.G711A if reel.script.sound else None

    def obey(self, order: Order) -> Reply:
        """Carry out *order*."""
        script = self.reel.script
        if order.method is Method.PAUSE:
            self.running.clear()
            return Reply(cseq=order.cseq)
        if order.scale is not None and not script.ignores_speed:
            self.scale = order.scale
        told = None
        if order.range is not None and order.range.begin is not None:
            self.number = self.reel.key_before(self.offer.start + order.range.begin)
            if script.stamps is Stamps.RESTART:
                self._stamp = CLOCK
            if script.tells_range:
                told = Range(self.number / FPS + self.reel.begin - self.offer.start)
        self._due = asyncio.get_running_loop().time()
        self.running.set()
        return Reply(cseq=order.cseq + 7, range=told)

    async def run(self) -> None:
        """Send until the end."""
        offer = self.offer
        if offer.tcp:
            _, writer = await asyncio.open_connection(self.host, offer.port)
            try:
                await self._send(writer)
            finally:
                writer.transport.abort() if self.reel.gone else writer.close()
        else:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=(self.host, offer.port)
            )
            try:
                await self._send(transport)
            finally:
                transport.close()

    async def _send(self, way: asyncio.StreamWriter | asyncio.DatagramTransport) -> None:
        loop = asyncio.get_running_loop()
        muxer, sender = Muxer(Codec.H264, self._sound), Sender(self.offer.ssrc_number or 1)
        self._due = loop.time()
        while 0 <= self.number < self.last:
            await self.running.wait()
            for number in self._group():
                unit = self._stamped(number)
                units = [unit]
                if self._sound is not None and (
                    self.scale == 1 or self.offer.purpose is Purpose.DOWNLOAD
                ):
                    units.append(AccessUnit(self._sound, unit.pts, unit.pts, True, b"\xd5" * 320))
                packets = sender.packets_of(muxer.pack(*units), unit.pts)
                if isinstance(way, asyncio.StreamWriter):
                    way.write(frame_rfc4571(packets))
                    await way.drain()
                else:
                    for packet in packets:
                        way.sendto(packet)
                self.sent.append(number)
            await self._wait(loop)
        await self.reel.tell_end(self)

    def _group(self) -> Sequence[int]:
        """Return what is sent next: one frame, or a group at a time backwards."""
        gop = self.reel.gop
        if self.scale < 0:
            first = self.number - self.number % gop
            self.number = first - gop
            return range(first, min(first + gop, self.last))
        if self.scale > self.reel.script.keys_above:
            first = self.number - self.number % gop
            self.number = first + gop
            return (first,)
        self.number += 1
        return (self.number - 1,)

    def _stamped(self, number: int) -> AccessUnit:
        step = CLOCK // FPS
        match self.reel.script.stamps:
            case Stamps.MEDIA:
                stamp = CLOCK + number * step
            case Stamps.WALL:
                self._stamp += int(step / abs(self.scale))
                stamp = self._stamp
            case _:
                self._stamp += step
                stamp = self._stamp
        return self.reel.frame(number)._replace(pts=stamp, dts=stamp)

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.reel.script.fast:
            await asyncio.sleep(0)
            return
        frames = self.reel.gop if self.scale < 0 or self.scale > self.reel.script.keys_above else 1
        self._due = max(self._due + frames / FPS / abs(self.scale), loop.time() - LATE)
        await asyncio.sleep(max(0.0, self._due - loop.time()))


class Reel:
    """A recorder with one channel and one recording.

    film: coded pictures that are repeated, a whole number of groups.  begin: UNIX time of its
    first frame, s.  seconds: how long it is.  orders: bodies of the INFOs that came.
    """

    def __init__(
        self, film: Sequence[AccessUnit], *, gop: int, begin: int, seconds: float, number: int = 1
    ) -> None:
        self.id = f"340200000011800{number:05}"
        self.channel = f"340200000013100{number:05}"
        self.script = Script()
        self.film = film
        self.gop = gop
        self.begin = begin
        self.count = int(seconds * FPS)
        self.orders: list[bytes] = []
        self.offers: list[Offer] = []
        self.sessions: list[Session] = []
        self.byes = 0
        self.gone = False
        self._tokens = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._by_call: dict[str, Session] = {}
        self._target: Address | None = None
        self._beating: asyncio.Task[None] | None = None
        self._endpoint = Endpoint(new_token=self._token)
        self._carrier: Carrier[Event] = Carrier(self._endpoint, self._hear)
        self._udp = UdpServer(self._carrier, "127.0.0.1", 0)

    def frame(self, number: int) -> AccessUnit:
        """Return a frame, with its number in it."""
        return mark(self.film[number % len(self.film)], number)

    def key_before(self, moment: float) -> int:
        """Return the key frame at or before *moment*, UNIX time."""
        number = max(0, min(int((moment - self.begin) * FPS), self.count - 1))
        return number - number % self.gop

    def join(self, port: int) -> None:
        """Register with the platform at *port*."""
        self._target = Address("127.0.0.1", port)
        self._beating = asyncio.ensure_future(self._beat())

    def vanish(self) -> None:
        """Be gone without a word: no media, no answers."""
        self.gone = True
        for task in self._tasks.values():
            task.cancel()

    def return_(self) -> None:
        """Be there again, having forgotten all sessions."""
        self.gone = False
        self._tasks.clear()
        self._by_call.clear()

    async def close(self) -> None:
        """Give everything back."""
        tasks = list(self._tasks.values())
        if self._beating is not None:
            tasks.append(self._beating)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._carrier.close()
        self._udp.close()

    async def tell_end(self, session: Session) -> None:
        """Tell the end as the script says."""
        body = write(MediaStatus(8, self.channel, "121"), Version.V2016)
        kind = ("Content-Type", "Application/MANSCDP+xml")
        match self.script.end:
            case End.STATUS:
                self._send(session.dialog.request("MESSAGE", [kind], body))
            case End.BESIDE:
                self._request("MESSAGE", self._token(), (kind,), body)
            case End.BYE:
                self._send(session.dialog.request("BYE"))
            case End.SILENCE:
                await asyncio.Event().wait()

    async def _beat(self) -> None:
        """Register, and again before the platform would take us for dead."""
        while True:
            self._request("REGISTER", f"reg{self.id}", (("Expires", "3600"),))
            await asyncio.sleep(BEAT)

    def _token(self) -> str:
        self._tokens += 1
        return f"reel{self._tokens}"

    def _request(
        self, method: str, call_id: str, headers: tuple[tuple[str, str], ...], body: bytes = b""
    ) -> None:
        self._tokens += 1
        own = f"<sip:{self.id}@3402000000>"
        fields = [
            ("From", f"{own};tag={self._token()}"),
            ("To", own),
            ("Call-ID", call_id),
            ("CSeq", f"{self._tokens} {method}"),
            ("Max-Forwards", "70"),
            ("Contact", f"<sip:{self.id}@127.0.0.1:{self._udp.port}>"),
            *headers,
        ]
        self._send(Request(method, "sip:34020000002000000001@3402000000", fields, body))

    def _send(self, request: Request) -> None:
        if self._target is not None and not self.gone:
            loop = asyncio.get_running_loop()
            sent_by = f"127.0.0.1:{self._udp.port}"
            self._endpoint.request(request, self._target, loop.time(), sent_by=sent_by)
            self._carrier.pump()

    def _hear(self, event: Event) -> None:
        if self.gone:
            return
        match event:
            case RequestArrived(request=request) if request.method == "INVITE":
                self._invited(event)
            case RequestArrived(request=request) if request.method == "INFO":
                self._steered(event)
            case RequestArrived(request=request):
                if request.method == "BYE":
                    self.byes += 1
                    task = self._tasks.pop(request.call_id, None)
                    if task is not None:
                        task.cancel()
                self._endpoint.reply_once(event, request.response(200))
            case AckArrived(request=request):
                session = self._by_call.get(request.call_id)
                if session is not None and request.call_id not in self._tasks:
                    self._tasks[request.call_id] = asyncio.ensure_future(_quietly(session))
            case _:
                pass

    def _invited(self, event: RequestArrived) -> None:
        request = event.request
        now = asyncio.get_running_loop().time()
        offer = Offer.parse(request.body)
        self.offers.append(offer)
        if self.script.statuses:
            status = self.script.statuses.pop(0)
            self._endpoint.reply(event, request.response(status, to_tag=self._token()), now)
            return
        size = self.script.file_size if offer.purpose is Purpose.DOWNLOAD else None
        answer = offer.answer(
            owner=self.channel, host="127.0.0.1", port=0, payloads=(PS,), file_size=size
        )
        contact = ("Contact", f"<sip:{self.channel}@127.0.0.1:{self._udp.port}>")
        response = request.response(
            200,
            to_tag=self._token(),
            headers=[contact, ("Content-Type", "APPLICATION/SDP")],
            body=answer.build(),
        )
        session = Session(self, Dialog.from_uas(request, response), offer, event.source.host)
        self.sessions.append(session)
        self._by_call[request.call_id] = session
        self._endpoint.reply(event, response, now)

    def _steered(self, event: RequestArrived) -> None:
        request = event.request
        self.orders.append(request.body)
        session = self._by_call.get(request.call_id)
        now = asyncio.get_running_loop().time()
        try:
            order = Command.parse(request.body)
        except RemoteProtocolError as error:
            self._endpoint.reply(event, request.response(error.status), now)
            return
        if session is None or any(text in request.body for text in self.script.refused):
            status = 400 if session is not None else 481
            self._endpoint.reply(event, request.response(status), now)
            return
        response = request.response(
            200,
            headers=[("Content-Type", CONTENT_TYPE)],
            body=session.obey(order).build(),
        )
        self._endpoint.reply(event, response, now)


async def _quietly(session: Session) -> None:
    """Send; a peer that hangs up in the middle is nothing to speak of."""
    with contextlib.suppress(ConnectionError):
        await session.run()
