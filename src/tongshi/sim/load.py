"""Many thousand devices on a few UDP sockets, to load a registrar; blocking, for its own process.

Every device has a code of its own and registers with digest; keepalives are MESSAGEs as devices
write them.  Messages are made from templates and answers read at fixed places, so that the sender
costs less than whoever is measured.  A message in flight is known by the number in its branch; an
unanswered one is sent again every half second and given up after eight.
"""

import hashlib
import re
import select
import socket
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

RESEND = 0.5
"""Time after which an unanswered message is sent again, s."""
GIVE_UP = 8.0
"""Time after which a message counts as lost, s."""
_BRANCH = b"branch=z9hG4bK"
_CHALLENGE = re.compile(rb'realm="([^"]*)".*?nonce="([^"]*)"', re.S)
_QOP = re.compile(rb"qop=", re.I)

_REGISTER = (
    "REGISTER sip:{server}@{realm} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{number:08x}\r\n"
    "From: <sip:{device}@{realm}>;tag={device}\r\n"
    "To: <sip:{device}@{realm}>\r\n"
    "Call-ID: {device}@{host}\r\n"
    "CSeq: {sequence} REGISTER\r\n"
    "Contact: <sip:{device}@{host}:{port}>\r\n"
    "Max-Forwards: 70\r\n"
    "User-Agent: IP Camera\r\n"
    "{authorization}"
    "Expires: 86400\r\n"
    "Content-Length: 0\r\n\r\n"
)
_BODY = (
    '<?xml version="1.0" encoding="GB2312"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n'
    "<SN>{number}</SN>\r\n<DeviceID>{device}</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n"
)
_MESSAGE = (
    "MESSAGE sip:{server}@{realm} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{number:08x}\r\n"
    "From: <sip:{device}@{realm}>;tag={number}\r\n"
    "To: <sip:{server}@{realm}>\r\n"
    "Call-ID: {number}-{device}@{host}\r\n"
    "CSeq: 20 MESSAGE\r\n"
    "Max-Forwards: 70\r\n"
    "User-Agent: IP Camera\r\n"
    "Content-Type: Application/MANSCDP+xml\r\n"
    "Content-Length: {length}\r\n\r\n{body}"
)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to load.  server_id: 20 digits.  realm: SIP domain."""

    host: str
    port: int
    password: str
    server_id: str = "34020000002000000001"
    realm: str = "3402000000"


@dataclass(slots=True)
class Tally:
    """What came of a load.

    done: exchanges that ended as they should.  refused: by final status.  lost: never answered.
    seconds: from the first message to the last answer.  times: of each answer, s.
    """

    done: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    lost: int = 0
    resent: int = 0
    seconds: float = 0.0
    times: "array[float]" = field(default_factory=lambda: array("d"))

    @property
    def rate(self) -> float:
        """Exchanges done a second."""
        return self.done / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """Return the answer time, s, that *share* of the answers did not exceed; 0 for none."""
        if not self.times:
            return 0.0
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class _Flight:
    """A message under way."""

    data: bytes
    sock: socket.socket
    device: str
    sent: float
    first: float


class Devices:
    """*count* devices behind a few sockets.  Close it, or use it as a context.

    host: own address.  sockets: how many; the devices share them evenly.
    """

    def __init__(
        self, target: Target, count: int, *, host: str = "127.0.0.1", sockets: int = 4
    ) -> None:
        self.target = target
        self.ids = [f"340200000013{number:08}" for number in range(count)]
        self._host = host
        self._sockets = [_open(target, host) for _ in range(sockets)]
        self._ports = [sock.getsockname()[1] for sock in self._sockets]
        self._number = 0
        self._flights: dict[int, _Flight] = {}
        self._order: deque[tuple[float, int]] = deque()
        self._poll = select.poll()
        self._by_fd = {sock.fileno(): sock for sock in self._sockets}
        for descriptor in self._by_fd:
            self._poll.register(descriptor, select.POLLIN)

    def __enter__(self) -> "Devices":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the sockets."""
        for sock in self._sockets:
            sock.close()

    def register(self, *, window: int = 256) -> Tally:
        """Register every device once, with digest; *window* of them at a time."""
        devices = enumerate(self.ids)
        return self._run((self._registration(index, device) for index, device in devices), window)

    def keep_alive(self, seconds: float, *, window: int = 256) -> Tally:
        """Send keepalives of all devices in turn for *seconds*, *window* of them at a time."""
        end = time.perf_counter() + seconds
        return self._run(self._keepalives(lambda: time.perf_counter() < end), window)

    def keep_alive_at(self, rate: float, seconds: float) -> Tally:
        """Send keepalives of all devices in turn, *rate* a second whatever comes back."""
        tally, began = Tally(), time.perf_counter()
        messages = self._keepalives(lambda: True)
        sent, wanted = 0, int(rate * seconds)
        while sent < wanted:
            due = min(int((time.perf_counter() - began) * rate), wanted)
            for _ in range(min(due - sent, 256)):
                self._launch(*next(messages))
                sent += 1
            self._collect(tally, 0 if due > sent else 1)
            self._repeat(tally)
        self._drain(tally)
        tally.seconds = seconds
        return tally

    def challenge(self, number: int) -> int:
        """Ask for *number* challenges that nobody will answer; return how many came."""
        tally = Tally()
        devices = (self.ids[index % len(self.ids)] for index in range(number))
        asks = (
            (self._register(index, device, ""), index, device)
            for index, device in enumerate(devices)
        )
        for data, index, device in asks:
            self._launch(data, index, device)
            if len(self._flights) >= 256:
                self._collect(tally, 100, answer=False)
                self._repeat(tally)
        self._drain(tally, answer=False)
        return tally.refused.get(401, 0)

    def _registration(self, index: int, device: str) -> tuple[bytes, int, str]:
        return self._register(index, device, ""), index, device

    def _keepalives(self, going: Callable[[], bool]) -> Iterator[tuple[bytes, int, str]]:
        """Yield keepalives of all devices in turn while *going*."""
        target, count = self.target, len(self.ids)
        index = 0
        while going():
            device = self.ids[index % count]
            place = index % len(self._sockets)
            body = _BODY.format(number=self._number + 1, device=device)
            yield (
                _MESSAGE.format(
                    server=target.server_id,
                    realm=target.realm,
                    host=self._host,
                    port=self._ports[place],
                    number=self._number + 1,
                    device=device,
                    length=len(body),
                    body=body,
                ).encode("ascii"),
                index % count,
                device,
            )
            index += 1

    def _register(self, index: int, device: str, authorization: str) -> bytes:
        target = self.target
        return _REGISTER.format(
            server=target.server_id,
            realm=target.realm,
            host=self._host,
            port=self._ports[index % len(self._sockets)],
            number=self._number + 1,
            device=device,
            sequence=2 if authorization else 1,
            authorization=authorization,
        ).encode("ascii")

    def _run(self, messages: Iterator[tuple[bytes, int, str]], window: int) -> Tally:
        """Keep *window* exchanges under way until *messages* ends and all are answered."""
        tally, began = Tally(), time.perf_counter()
        more = True
        while more or self._flights:
            while more and len(self._flights) < window:
                message = next(messages, None)
                if message is None:
                    more = False
                else:
                    self._launch(*message)
            self._collect(tally, 50)
            self._repeat(tally)
        tally.seconds = time.perf_counter() - began
        return tally

    def _launch(self, data: bytes, index: int, device: str, first: float = 0.0) -> None:
        self._number += 1
        now = time.perf_counter()
        sock = self._sockets[index % len(self._sockets)]
        self._flights[self._number] = _Flight(data, sock, device, now, first or now)
        self._order.append((now + RESEND, self._number))
        _send(sock, data)

    def _collect(self, tally: Tally, wait_ms: int, *, answer: bool = True) -> None:
        """Take the answers that are there; wait for the first of them."""
        for descriptor, _ in self._poll.poll(wait_ms):
            sock = self._by_fd[descriptor]
            for _ in range(256):
                try:
                    data = sock.recv(65536)
                except OSError:
                    break
                self._take(data, tally, answer)

    def _take(self, data: bytes, tally: Tally, answer: bool) -> None:
        at = data.find(_BRANCH)
        if at < 0 or not data.startswith(b"SIP/2.0 "):
            return  # a request of the platform's: these devices answer none
        flight = self._flights.pop(int(data[at + 14 : at + 22], 16), None)
        if flight is None:
            return
        status = int(data[8:11])
        if status == 401 and answer:
            self._authorize(data, flight)
        elif 200 <= status < 300:
            tally.done += 1
            tally.times.append(time.perf_counter() - flight.first)
        else:
            tally.refused[status] = tally.refused.get(status, 0) + 1

    def _authorize(self, data: bytes, flight: _Flight) -> None:
        challenge = _CHALLENGE.search(data)
        if challenge is None:
            return
        realm, nonce = challenge[1].decode("ascii"), challenge[2].decode("ascii")
        header = authorize(self.target, flight.device, realm, nonce, bool(_QOP.search(data)))
        index = int(flight.device[12:])
        self._launch(
            self._register(index, flight.device, header), index, flight.device, flight.first
        )

    def _repeat(self, tally: Tally) -> None:
        """Send again what is due, give up what is too old."""
        now = time.perf_counter()
        while self._order and self._order[0][0] <= now:
            _, number = self._order.popleft()
            flight = self._flights.get(number)
            if flight is None:
                continue
            if now - flight.sent > GIVE_UP:
                del self._flights[number]
                tally.lost += 1
                continue
            tally.resent += 1
            self._order.append((now + RESEND, number))
            _send(flight.sock, flight.data)

    def _drain(self, tally: Tally, *, answer: bool = True) -> None:
        """Wait for what is under way."""
        while self._flights:
            self._collect(tally, 50, answer=answer)
            self._repeat(tally)


def authorize(target: Target, device: str, realm: str, nonce: str, qop: bool) -> str:
    """Return an Authorization line, ended, that answers a challenge of MD5."""
    uri = f"sip:{target.server_id}@{target.realm}"
    secret = _md5(f"{device}:{realm}:{target.password}")
    action = _md5(f"REGISTER:{uri}")
    if qop:
        response = _md5(f"{secret}:{nonce}:00000001:{device}:auth:{action}")
        tail = f', qop=auth, nc=00000001, cnonce="{device}"'
    else:
        response = _md5(f"{secret}:{nonce}:{action}")
        tail = ""
    return (
        f'Authorization: Digest username="{device}", realm="{realm}", nonce="{nonce}", '
        f'uri="{uri}", response="{response}", algorithm=MD5{tail}\r\n'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()


def _open(target: Target, host: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    sock.bind((host, 0))
    sock.connect((target.host, target.port))
    sock.setblocking(False)
    return sock


def _send(sock: socket.socket, data: bytes) -> None:
    try:
        sock.send(data)
    except OSError:
        return  # full, or nobody there yet: it is sent again when it is due
