"""What stands on the sockets: signalling's reception, the gateway's doors, the interface's edge."""

import contextlib
import json

from starlette.datastructures import Headers

from tongshi.api.boundary import check_origin, limited
from tongshi.api.purpose import LONGEST, read_purpose
from tongshi.console.visit import own_place
from tongshi.db.text import storable
from tongshi.errors import Denied, Error, Invalid
from tongshi.gateway import parcel, wire
from tongshi.gateway.tcp import is_framed
from tongshi.signalling.answers import CATALOG
from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.reception import Reception
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import parse
from tongshi.testing.targets.feed import Target, hold, of_text, parts, pieces
from tongshi.testing.targets.machines import CAMERA, SOURCE, new_endpoint, new_registrar
from tongshi.testing.timeless import LoopClock, run

_ELSEWHERE = Address("198.51.100.66", 5060)
_TCP = Address("192.0.2.7", 40000, "tcp", "tcp#1")


async def _receive(datagrams: list[bytes]) -> None:
    """Let a registered camera and strangers talk to a platform that waits for answers."""
    endpoint, clock = new_endpoint(), LoopClock()
    events: list[SignallingEvent] = []
    neighbours = Neighbours(Rules(limit=5), events.append)
    waiting = Waiting(0, first=10.0, gap=1.0)
    reception = Reception(
        endpoint, new_registrar(), neighbours, waiting, lambda _: False, events.append, clock
    )
    waiting.parts(CAMERA, SOURCE, CATALOG, lambda: None)
    for index, data in enumerate(datagrams):
        endpoint.receive(data, (SOURCE, _ELSEWHERE, _TCP)[index % 3], float(index))
        for event in endpoint.events():
            if isinstance(event, RequestArrived):
                reception.arrived(event)
        for sent, _ in endpoint.outgoing():
            parse(sent)
        neighbours.expire(float(index), float(index))
    reception.flush()
    neighbours.flush()
    assert len(neighbours) == 0  # nobody has proved a password
    assert endpoint.servers <= 20
    hold(endpoint, 600_000)


def _reception(data: bytes) -> None:
    run(_receive([data, *parts(data)] * 3))


def _wire(data: bytes) -> None:
    """A line of a worker's: an event, an answer, or a ValueError."""
    with contextlib.suppress(ValueError):
        line = wire.decode(data)
        assert isinstance(wire.to_error(line), Error)
        event = wire.to_event(line)
        with contextlib.suppress(TypeError):  # JSON carries lists where it was given tuples
            json.loads(wire.encode(wire.from_event(event)))


def _parcel(data: bytes) -> None:
    size = parcel.HEAD.size
    with contextlib.suppress(ValueError):
        length, _ = parcel.read_head(data[:size].ljust(size, b"\0"))
        assert 0 <= length <= parcel.LARGEST


def _framed(data: bytes) -> None:
    """The beginning of a connection tells what it carries before much of it is kept."""
    assert is_framed(data) is not None or len(data) <= 4


async def _nothing() -> dict[str, object]:
    return {"type": "http.request", "body": b""}


def _boundary(data: bytes) -> None:
    """Header values of a request to the interface."""
    values = [*pieces(data), b"", b"", b"", b""]
    names = (b"sec-fetch-site", b"origin", b"content-length", b"host")
    headers = Headers(raw=list(zip(names, values, strict=False)))
    with contextlib.suppress(Denied):
        check_origin("POST", headers, "tongshi.example")
        assert headers.get("sec-fetch-site") in {"same-origin", "none"}
    with contextlib.suppress(Invalid):
        limited(headers, _nothing)


def _place(text: str) -> None:
    place = own_place(text)
    assert place.startswith("/")
    assert place[1:2] not in ("/", "\\")
    assert place.isprintable()


def _kept(text: str) -> None:
    kept = storable(text, 100)
    assert len(kept) <= 100
    assert "\0" not in kept
    kept.encode("utf-8", "strict")
    with contextlib.suppress(Invalid):
        assert 0 < len(read_purpose(text)) <= LONGEST


TARGETS: dict[str, Target] = {
    "signalling.reception": _reception,
    "gateway.wire": _wire,
    "gateway.parcel": _parcel,
    "gateway.framed": _framed,
    "api.boundary": _boundary,
    "console.place": of_text(_place),
    "db.text": of_text(_kept),
}
"""Name -> target."""
