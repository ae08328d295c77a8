"""A subordinate platform with a large catalog, as a process of its own: the load of a benchmark.

In: one line of JSON, an :class:`Order`.  Out: lines of JSON: ``{"event": "ready"}`` once all parts
are composed, then for each catalog query ``{"event": "sent", "began", "ended", "resent",
"refused"}``; times are CLOCK_MONOTONIC, s, which all processes of a machine share.  It ends with
its input.

Parts are composed beforehand and answers are read at fixed places, so that the sender costs less
than whoever is measured.

Source: GB/T 28181-2022 annex M (parts), 9.1 (registration).
"""

import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Details, Item
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer
from tongshi.gb28181.version import Version
from tongshi.sim.load import Target, authorize
from tongshi.sip.framing import Framer
from tongshi.sip.message import Request, Response, parse

RESEND = 0.5
"""Time after which an unanswered part is sent again, s."""
_SN = b"<SN>0</SN>"
_MESSAGE = (
    "{method} sip:{server}@{realm} SIP/2.0\r\n"
    "Via: SIP/2.0/{transport} {host}:{port};rport;branch=z9hG4bK{number:08x}\r\n"
    "From: <sip:{device}@{realm}>;tag={number}\r\n"
    "To: <sip:{to}@{realm}>\r\n"
    "Call-ID: {call}@{host}\r\n"
    "CSeq: {number} {method}\r\n"
    "Contact: <sip:{device}@{host}:{port}>\r\n"
    "Max-Forwards: 70\r\n"
    "{more}"
    "Content-Length: {length}\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What to send.

    target: where the platform listens.  each: items in a part.  window: parts under way at once;
    1 is what annex M says.  transport: ``UDP``, ``TCP``.  core: to run on; -1 is any.
    """

    host: str
    port: int
    password: str
    device_id: str
    items: int
    each: int
    window: int
    transport: str
    core: int = -1

    def as_json(self) -> str:
        """Return the line that the process reads."""
        return json.dumps(asdict(self))

    @property
    def target(self) -> Target:
        """The platform as the signalling load knows it."""
        return Target(self.host, self.port, self.password)


def catalog_of(order: Order) -> list[Item]:
    """Return a catalog as a city's platform has: groups, and cameras with all that they tell."""
    centre = order.device_id[:8]
    groups = [
        Item(
            device_id=f"{centre}00215{number:07}",
            name=f"重点单位 {number}",
            civil_code=centre[:6],
            parent_id=order.device_id,
        )
        for number in range(min(100, order.items // 100))
    ]
    cameras = [
        _camera(order.device_id, centre, number) for number in range(order.items - len(groups))
    ]
    return [*groups, *cameras]


def _camera(device_id: str, centre: str, number: int) -> Item:
    return Item(
        device_id=f"{centre}00132{number:07}",
        name=f"长江中路与花津路交叉口东 {number:06} 枪机",
        manufacturer="ACME",
        model="DS-2CD7A47",
        civil_code=f"{centre[:4]}{number % 20:02}",
        address=f"长江中路 {number} 号",
        parental=0,
        parent_id=device_id,
        register_way=1,
        secrecy=0,
        ip_address="10.0.0.1",
        port=5060,
        status="OFF" if number % 20 == 0 else "ON",
        longitude=118.38 + number / 1e6,
        latitude=31.33 + number / 1e6,
        business_group_id=f"{centre}00215{number % 100:07}" if number % 2 else "",
        details=Details(
            ptz_type=1 + number % 3, room_type=1, supply_light_type=2, direction_type=1 + number % 8
        ),
    )


def compose(order: Order, items: Iterable[Item]) -> list[bytes]:
    """Return the bodies of all parts, with 0 where the query's SN goes."""
    whole = list(items)
    return [
        manscdp.write(
            CatalogAnswer(0, order.device_id, len(whole), tuple(part), len(part)), Version.V2016
        )
        for part in (whole[at : at + order.each] for at in range(0, len(whole), order.each))
    ]


class Wire:
    """One socket to the platform and the messages on it."""

    def __init__(self, order: Order) -> None:
        stream = order.transport == "TCP"
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._socket.connect((order.host, order.port))
        self._framer = Framer() if stream else None
        self.host, self.port = self._socket.getsockname()

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait for it."""
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """Send one message; over TCP wait until it is taken."""
        self._socket.sendall(data)

    def read(self) -> list[bytes]:
        """Return the messages that are there; raises ConnectionError when the platform left."""
        data = self._socket.recv(262_144)
        if self._framer is None:
            return [data]
        if not data:
            raise ConnectionError("the platform closed the connection")
        return self._framer.feed(data)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class Subordinate:
    """One platform that registers, and answers catalog queries with all it has.

    say: told what happened, one object each.
    """

    def __init__(self, order: Order, say: Callable[[dict[str, object]], None]) -> None:
        self._order = order
        self._say = say
        self._bodies = compose(order, catalog_of(order))
        self._wire = Wire(order)
        self.host, self.port = self._wire.host, self._wire.port
        self._number = 0
        self._flying: dict[int, tuple[bytes, float]] = {}
        self._parts: Iterator[bytes] = iter(())
        self._refused: dict[int, int] = {}
        self._began = 0.0
        self._resent = 0

    def register(self) -> None:
        """Register with digest; raises ConnectionError when that is refused."""
        self._wire.send(self._request("REGISTER", b"", "Expires: 86400\r\n"))
        challenge = self._response().headers.get("WWW-Authenticate") or ""
        fields = dict(part.split("=", 1) for part in challenge[7:].replace(", ", ",").split(","))
        realm, nonce = fields["realm"].strip('"'), fields["nonce"].strip('"')
        order = self._order
        line = authorize(order.target, order.device_id, realm, nonce, "qop" in fields)
        self._wire.send(self._request("REGISTER", b"", f"Expires: 86400\r\n{line}"))
        status = self._response().status
        if status != 200:
            raise ConnectionError(f"the platform refused the registration with {status}")

    def serve(self, until: int) -> None:
        """Answer until there is something to read at the descriptor *until*, or its end."""
        poll = select.poll()
        poll.register(self._wire.fileno(), select.POLLIN)
        poll.register(until, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(100)}
            if until in ready:
                return
            if self._wire.fileno() in ready:
                for data in self._wire.read():
                    self._take(data)
            self._repeat()

    def close(self) -> None:
        """Close the socket."""
        self._wire.close()

    def _take(self, data: bytes) -> None:
        if not data.startswith(b"SIP/2.0 "):
            request = parse(data)
            if isinstance(request, Request):
                self._wire.send(request.response(200, to_tag="subordinate").encode())
                if request.method == "MESSAGE":
                    self._query(request.body)
            return
        at = data.find(b"branch=z9hG4bK")
        status = int(data[8:11])
        if self._flying.pop(int(data[at + 14 : at + 22], 16), None) is not None:
            if status >= 300:
                self._refused[status] = self._refused.get(status, 0) + 1
            self._fill()

    def _query(self, body: bytes) -> None:
        match manscdp.read(body):
            case CatalogQuery(sn=sn):
                new = b"<SN>%d</SN>" % sn
                self._parts = (part.replace(_SN, new, 1) for part in self._bodies)
                self._began, self._resent, self._refused = time.monotonic(), 0, {}
                self._fill()
            case DeviceInfoQuery(sn=sn):
                answer = DeviceInfoAnswer(sn, self._order.device_id, name="Subordinate")
                self._launch(manscdp.write(answer, Version.V2016))
            case _:
                pass

    def _fill(self) -> None:
        """Send parts until the window is full; tell when the last was answered."""
        if not self._began:
            return
        while len(self._flying) < self._order.window:
            part = next(self._parts, None)
            if part is None:
                if not self._flying:
                    self._tell()
                return
            self._launch(part)

    def _tell(self) -> None:
        self._say(
            {
                "event": "sent",
                "began": self._began,
                "ended": time.monotonic(),
                "resent": self._resent,
                "refused": self._refused,
            }
        )
        self._began = 0.0

    def _launch(self, body: bytes) -> None:
        data = self._request("MESSAGE", body, f"Content-Type: {manscdp.CONTENT_TYPE}\r\n")
        self._flying[self._number] = (data, time.monotonic())
        self._wire.send(data)

    def _repeat(self) -> None:
        """Send again what was lost; over TCP nothing is."""
        if self._order.transport == "TCP":
            return
        now = time.monotonic()
        late = deque(number for number, (_, at) in self._flying.items() if now - at > RESEND)
        for number in late:
            data, _ = self._flying[number]
            self._flying[number] = (data, now)
            self._resent += 1
            self._wire.send(data)

    def _request(self, method: str, body: bytes, more: str) -> bytes:
        order = self._order
        self._number += 1
        head = _MESSAGE.format(
            method=method,
            server=order.target.server_id,
            realm=order.target.realm,
            transport=order.transport,
            host=self._wire.host,
            port=self._wire.port,
            number=self._number,
            device=order.device_id,
            to=order.device_id if method == "REGISTER" else order.target.server_id,
            call="registration" if method == "REGISTER" else self._number,
            more=more,
            length=len(body),
        )
        return head.encode("ascii") + body

    def _response(self) -> Response:
        """Return the next response; what else comes before it is taken as it should."""
        while True:
            for data in self._wire.read():
                found = parse(data)
                if isinstance(found, Response) and found.status >= 200:
                    return found


def main() -> int:
    """Read the order, obey it until the input ends."""
    order = Order(**json.loads(sys.stdin.readline()))
    if order.core >= 0:
        os.sched_setaffinity(0, {order.core})

    def say(said: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    subordinate = Subordinate(order, say)
    try:
        say({"event": "ready"})
        subordinate.register()
        subordinate.serve(sys.stdin.fileno())
    finally:
        subordinate.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
