"""Machines with memory: whatever comes in, they answer or drop, and hold a bounded amount."""

import contextlib
from itertools import count

from tongshi import digest
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathering, catalog_key
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.registrant import Account, Registrant
from tongshi.gb28181.registration import Registered, Registrar, Terms
from tongshi.gb28181.session import Callee, Caller
from tongshi.gb28181.steps import Parties
from tongshi.gb28181.subject import Subject
from tongshi.sip.address import Address
from tongshi.sip.desk import Limits
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, RequestArrived
from tongshi.sip.framing import Framer
from tongshi.sip.message import Request, Response, parse
from tongshi.testing.targets.feed import Target, hold, parts, pieces

SOURCE = Address("192.0.2.7", 5060)
CAMERA = "34020000001320000001"
SERVER = "34020000002000000001"
_HEADROOM = 1 << 20
"""Bytes that a parser of a stream may hold back, whatever it was fed."""
_TERMS = Terms("3402000000")


def new_registrar() -> Registrar:
    """Return a registrar that knows every device, of password ``secret``."""
    return Registrar(
        _TERMS,
        digest.Nonces(b"k" * 32),
        password_of=lambda _: "secret",
        is_registered=lambda _: False,
    )


def new_endpoint() -> Endpoint:
    """Return an endpoint with little room, so that its limits are met."""
    tokens = count()
    limits = Limits(clients=20, servers=20, per_source=10, datagram=1 << 16)
    return Endpoint(new_token=lambda: f"t{next(tokens)}", limits=limits)


def _framing(data: bytes) -> None:
    """Pieces and the whole are cut into the same messages."""
    framer, whole = Framer(), Framer()
    found: list[bytes] = []
    for piece in pieces(data):
        found += framer.feed(piece)
        assert framer.pending <= _HEADROOM
    assert whole.feed(b"".join(pieces(data))) == found


def _endpoint(data: bytes) -> None:
    endpoint, registrar = new_endpoint(), new_registrar()
    for index, piece in enumerate([data, *parts(data), *pieces(data)]):
        endpoint.receive(piece, SOURCE, float(index))
        for event in endpoint.events():
            if isinstance(event, RequestArrived):
                _reply(endpoint, registrar, event, float(index))
        for sent, target in endpoint.outgoing():
            assert target.host == SOURCE.host  # nobody else hears of it
            parse(sent)
    hold(endpoint, 600_000)
    endpoint.expire(1e6)
    endpoint.outgoing()
    assert endpoint.servers == endpoint.clients == 0


def _reply(endpoint: Endpoint, registrar: Registrar, arrived: RequestArrived, now: float) -> None:
    request = arrived.request
    if request.method == "REGISTER":
        response, event = registrar.handle(request, arrived.source, now, 1.7e9)
        if isinstance(event, Registered):
            assert _TERMS.expires_min <= event.expires <= _TERMS.expires_max
        endpoint.reply_once(arrived, response)
    elif request.method == "MESSAGE":
        endpoint.reply_once(arrived, request.response(200))
    else:
        endpoint.reply(arrived, request.response(200), now)


def _client(data: bytes) -> None:
    """Answers, true and false, to requests of ours that are under way."""
    endpoint = new_endpoint()
    invite = _caller().request
    handle = endpoint.request(invite, SOURCE, 0.0, sent_by="192.0.2.10:5060", timeout=30.0)
    endpoint.request(_about("MESSAGE"), SOURCE, 0.0, sent_by="192.0.2.10:5060", timeout=5.0)
    for index, part in enumerate(parts(data)):
        endpoint.receive(part, SOURCE, float(index))
        events: list[Event] = endpoint.events()
        for event in events:
            if isinstance(event, Answered) and event.handle == handle and index % 3 == 1:
                endpoint.cancel(handle, float(index))
        endpoint.expire(float(index))
        endpoint.outgoing()
    hold(endpoint, 600_000)
    for later in (1e6, 2e6):  # what rings too long is cancelled first
        endpoint.expire(later)
    endpoint.outgoing()
    assert endpoint.clients == 0


def _about(method: str) -> Request:
    return Request(
        method,
        f"sip:{CAMERA}@192.0.2.7:5060",
        [
            ("From", f"<sip:{SERVER}@3402000000>;tag=own"),
            ("To", f"<sip:{CAMERA}@3402000000>"),
            ("Call-ID", "ask"),
            ("CSeq", f"1 {method}"),
        ],
    )


def _register(data: bytes) -> None:
    """A REGISTER with header values of a stranger's making."""
    registrar = new_registrar()
    words = [piece.decode("utf-8", "surrogateescape") for piece in pieces(data)]
    names = ("Authorization", "Contact", "Expires", "X-GB-Ver", "User-Agent", "Authorization")
    request = _about("REGISTER")
    for name, value in zip(names, words, strict=False):
        request.headers.add(name, value.replace("\r", " ").replace("\n", " "))
    if len(words) > len(names):
        user = words[-1].replace("\r", " ").replace("\n", " ")
        request.headers.set("From", f"<sip:{user}@3402000000>;tag=1")
    response, event = registrar.handle(request, SOURCE, 1.0, 1.7e9)
    parse(response.encode())
    if isinstance(event, Registered):
        assert event.device_id.isascii()
        assert event.device_id.isprintable()


def _registrant(data: bytes) -> None:
    """A device that a false platform answers."""
    tokens = count()
    account = Account(CAMERA, SERVER, "3402000000", "sip:a@192.0.2.7", "secret")
    registrant = Registrant(account, new_token=lambda: f"t{next(tokens)}", chance=lambda: 0.5)
    registrant.start(0.0)
    for index, part in enumerate(parts(data)):
        request = registrant.outgoing()
        if request is not None:
            parse(request.encode())
        with contextlib.suppress(RemoteProtocolError):
            message = parse(part)
            if isinstance(message, Response):
                message.headers.set("CSeq", f"{index + 1} REGISTER")
                registrant.answered(message, float(index))
        registrant.events()
    hold(registrant, 100_000)


def _caller() -> Caller:
    tokens = count()
    parties = Parties(SERVER, CAMERA, "3402000000", f"sip:{CAMERA}@192.0.2.7", "sip:a@192.0.2.10")
    offer = Offer(owner=SERVER, host="192.0.2.10", port=30000, ssrc="0200000001")
    subject = Subject(CAMERA, "0200000001", SERVER, "1")
    return Caller(parties, offer, subject, new_token=lambda: f"t{next(tokens)}")


def _call(data: bytes) -> None:
    """Our INVITE, and whatever the other side makes of it."""
    caller = _caller()
    caller.start()
    for part in parts(data):
        with contextlib.suppress(RemoteProtocolError):
            message = parse(part)
            if isinstance(message, Response):
                caller.answered(message)
            elif caller.accepts(message):
                parse(caller.arrived(message).encode())
        _carry_out(caller)
    caller.hang_up()
    _carry_out(caller)
    hold(caller, 100_000)


def _called(data: bytes) -> None:
    """A stranger's INVITE to us, and what follows it."""
    first, *others = parts(data)
    invite = _about("INVITE")
    with contextlib.suppress(RemoteProtocolError):
        message = parse(first)
        if isinstance(message, Request):
            invite = message
    with contextlib.suppress(RemoteProtocolError):
        callee = Callee(invite, contact=f"sip:{SERVER}@192.0.2.10", tag="own")
        callee.progress()
        if callee.fault is not None:
            callee.refuse(callee.fault.status)
            return
        answer = Answer(owner=SERVER, host="192.0.2.10", port=30000)
        parse(callee.accept(answer).encode())
        for part in others:
            message = parse(part)
            if isinstance(message, Response):
                continue
            if message.method == "ACK":
                callee.acknowledged(message)
            elif callee.accepts(message):
                parse(callee.arrived(message).encode())
            _carry_out(callee)


def _carry_out(half: Caller | Callee) -> None:
    for step in half.steps():
        request = getattr(step, "request", None)
        if isinstance(request, Request):
            parse(request.encode())
    half.events()


def _gathering(data: bytes) -> None:
    """Parts of a catalog: true ones as XML, and ones that only a liar would send."""
    gathering = Gathering(catalog_key, 0.0, limit=50)
    for index, part in enumerate([*parts(data), *pieces(data)]):
        try:
            message = manscdp.read(part)
        except RemoteProtocolError:
            told = int.from_bytes(part[:7], "big") if part else None
            items = tuple(Item(device_id=f"{byte}") for byte in part[:200])
            message = CatalogAnswer(1, CAMERA, told, items, unreadable=len(part) % 3)
        if isinstance(message, CatalogAnswer):
            gathering.add(message, float(index))
    gathered = gathering.result()
    assert len(gathered.items) == gathered.unique <= 50
    assert gathered.complete is (gathered.why is None)
    if gathered.complete:
        assert gathered.announced == gathered.unique
    hold(gathering, 300_000)


TARGETS: dict[str, Target] = {
    "sip.framing": _framing,
    "sip.endpoint": _endpoint,
    "sip.client": _client,
    "gb28181.registration": _register,
    "gb28181.registrant": _registrant,
    "gb28181.caller": _call,
    "gb28181.callee": _called,
    "gb28181.gathering": _gathering,
}
"""Name -> target."""
