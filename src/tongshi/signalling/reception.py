"""What peers ask of us, and what they are answered.

| request | answer |
|---|---|
| REGISTER | the registrar's, with 302 for who is sent elsewhere; 503 when no further device fits |
| MESSAGE, keepalive | 200; 404 from who never registered, 403 from who has to register again |
| MESSAGE, an answer we wait for | 200 from the host that was asked |
| MESSAGE of a dialog | what the dialog's owner says |
| MESSAGE, anything else | what its taker says, 200 when it has none, from where a device \
registered; else 403; 400 when unreadable |
| BYE | 200 when it ends a session of ours, else what its dialog's owner says, else 481 |
| OPTIONS | 200 |
| NOTIFY, INFO | what the dialog's owner says, else 481 |
| INVITE | who takes calls answers it; 488 when nobody does |
| others | 405 |

All but INVITE, and what belongs to a dialog, are answered without remembering: each may be carried
out twice.  A NOTIFY is not remembered either: there are many, and their number tells repetitions.
Sources: RFC 3261 8.2; GB/T 28181-2022 9.1.2, 9.3.3, 9.4, 9.6, 9.11.
"""

import logging
from collections import Counter
from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.manscdp import Message, read
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.registration import (
    Redirected,
    Refused,
    Registered,
    Registrar,
    Unregistered,
)
from tongshi.signalling.answers import Answer
from tongshi.signalling.event import (
    DeviceRedirected,
    DeviceRegistered,
    PartsFaulty,
    RegistrationRefused,
    SignallingEvent,
)
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import AckArrived, Cancelled, RequestArrived, Unacknowledged
from tongshi.sip.message import Request, Response

_log = logging.getLogger(__name__)

ALLOW = "REGISTER, MESSAGE, INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, NOTIFY, SUBSCRIBE"
_STRANGE_BODY = 2048
"""A body longer than this, byte, is not read when nothing is known of its sender."""
_REFUSALS = 1000
"""Refusals told per flush at the most; all are counted."""
_FAULTY = 10_000
"""Devices of which faulty parts, or missing bodies, are remembered at the most."""
_PARTS = 256
"""Faulty parts that are told of one device at the most."""

Taker = Callable[[Neighbour, Message, RequestArrived], int]
"""Takes a message that nobody awaits, from a device that is known; returns the status to answer."""
Claim = Callable[[RequestArrived], Response | None]
"""Answers a request that belongs to a dialog of its owner; None for any other."""


class Reception:
    """Answers requests.

    end_call: takes a BYE; returns whether it ended a session.
    counters: by what was answered, as ``"keepalive 200"``; and ``"message empty"``, those without
    a body.

    Owners of dialogs and subjects hang themselves in, before the first request comes:
    takers: by type of message; each is given that type only.
    in_dialog: asked in turn for a BYE, INFO, MESSAGE, NOTIFY or ACK; what one of them returns to an
    ACK goes nowhere.  They look at the Call-ID before anything else: most requests are not theirs.
    invited: given every INVITE, which it answers through the endpoint itself.
    withdrawn: told of an INVITE taken back, and of an answer to one that was never acknowledged.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        registrar: Registrar,
        neighbours: Neighbours,
        waiting: Waiting,
        end_call: Callable[[Request], bool],
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._endpoint = endpoint
        self._registrar = registrar
        self._neighbours = neighbours
        self._waiting = waiting
        self._end_call = end_call
        self._emit = emit
        self._clock = clock
        self.takers: dict[type[Message], Taker] = {}
        self.in_dialog: list[Claim] = []
        self.invited: Callable[[RequestArrived], None] | None = None
        self.withdrawn: list[Callable[[Cancelled | Unacknowledged], None]] = []
        self._refused: dict[str, RegistrationRefused | DeviceRedirected] = {}
        self._faulty: dict[str, tuple[str, ...]] = {}
        self._empty: set[str] = set()
        self._methods: dict[str, Callable[[RequestArrived], None]] = {
            "REGISTER": self._register,
            "MESSAGE": self._message,
            "BYE": self._bye,
            "OPTIONS": self._options,
            "INVITE": self._invite,
            "NOTIFY": self._notify,
            "INFO": lambda arrived: self._ask_dialogs(arrived, "info"),
        }

    def arrived(self, arrived: RequestArrived) -> None:
        """Answer one request."""
        self._methods.get(arrived.request.method, self._not_allowed)(arrived)

    def acknowledged(self, arrived: AckArrived) -> None:
        """Hand an ACK to the owner of its dialog; one without an owner is nobody's."""
        request, source = arrived.request, arrived.source
        self._claimed(RequestArrived(request, source, "", source))

    def withdraw(self, event: Cancelled | Unacknowledged) -> None:
        """Tell those who take calls that one came to nothing."""
        for hear in self.withdrawn:
            hear(event)

    def flush(self) -> None:
        """Tell the refusals and redirections since the last flush, the last of each device."""
        if self._refused:
            refused, self._refused = self._refused, {}
            for event in refused.values():
                self._emit(event)

    def _answer(self, arrived: RequestArrived, response: Response, what: str) -> None:
        self.counters[f"{what} {response.status}"] += 1
        self._endpoint.reply_once(arrived, response)

    def _message(self, arrived: RequestArrived) -> None:
        request, source = arrived.request, arrived.source
        try:
            device_id = request.from_user
            if not request.body:
                self._note_empty(device_id, source)
            if len(request.body) > _STRANGE_BODY and self._is_strange(device_id, source):
                self._answer(arrived, request.response(403), "message")
                return
            message = read(request.body)
        except RemoteProtocolError as error:
            self._answer(arrived, request.response(error.status), "message")
            return
        if isinstance(message, Keepalive):
            status = self._beat(device_id, message, source)
            self._answer(arrived, request.response(status), "keepalive")
            if (message.faulty or device_id in self._faulty) and status == 200:
                known = self._neighbours.get(device_id) is not None
                self._tell_faulty(device_id if known else message.device_id, message.faulty)
        else:
            self._take(device_id, message, arrived)

    def _note_empty(self, device_id: str, source: Address) -> None:
        """Take a MESSAGE without a body for a sign of life, and tell who looks for its fault.

        Firewalls and gateways on the way take bodies away; over TCP they mostly do not.
        """
        self.counters["message empty"] += 1
        now, wall = self._clock.now(), self._clock.wall()
        known = self._neighbours.hear(device_id, source, now, wall) is not None
        if known and device_id not in self._empty and len(self._empty) < _FAULTY:
            self._empty.add(device_id)
            _log.warning(
                "event=body-missing device_id=%s from=%s hint=%r",
                device_id,
                source.host,
                "something on the way takes the bodies of its messages: use TCP",
            )

    def _beat(self, device_id: str, message: Keepalive, source: Address) -> int:
        now, wall = self._clock.now(), self._clock.wall()
        status = self._neighbours.beat(device_id, source, now, wall)
        if status == 404 and message.device_id != device_id:
            # Some put another id into From: the body's counts if it is at home at that host.
            named = self._neighbours.get(message.device_id)
            if named is not None and named.address.host == source.host:
                return self._neighbours.beat(message.device_id, source, now, wall)
        return status

    def _tell_faulty(self, device_id: str, parts: tuple[str, ...]) -> None:
        """Tell which parts of a device are faulty, when that is a change.  Source: A.2.5.2."""
        parts = parts[:_PARTS]
        known = self._faulty.pop(device_id, ())
        if parts and len(self._faulty) < _FAULTY:
            self._faulty[device_id] = parts
        if parts != known:
            self._emit(PartsFaulty(device_id, parts, self._clock.wall()))

    def _take(self, device_id: str, message: Message, arrived: RequestArrived) -> None:
        """Take a message other than a keepalive: an answer, part of a dialog, or a notice."""
        request, source = arrived.request, arrived.source
        awaited = isinstance(message, Answer) and self._waiting.arrived(source, message)
        neighbour = self._neighbours.hear(device_id, source, self._clock.now(), self._clock.wall())
        if awaited:
            self._answer(arrived, request.response(200), "message")
        elif (response := self._claimed(arrived)) is not None:
            self._settle(arrived, response, "message")
        else:
            neighbour = neighbour or self._named(message, source)
            status = 403 if neighbour is None else 200
            taker = self.takers.get(type(message))
            if neighbour is not None and taker is not None:
                status = taker(neighbour, message, arrived)
            self._answer(arrived, request.response(status), "message")

    def _named(self, message: Message, source: Address) -> Neighbour | None:
        """Return the device that *message* itself names, if it is at home at that host."""
        if type(message) not in self.takers:
            return None
        now, wall = self._clock.now(), self._clock.wall()
        return self._neighbours.hear(message.device_id, source, now, wall)

    def _claimed(self, arrived: RequestArrived) -> Response | None:
        """Return what the owner of the request's dialog answers; None when it has no owner."""
        for claim in self.in_dialog:
            response = claim(arrived)
            if response is not None:
                return response
        return None

    def _settle(self, arrived: RequestArrived, response: Response, what: str) -> None:
        """Answer, and answer a repetition the same without asking again."""
        self.counters[f"{what} {response.status}"] += 1
        self._endpoint.reply(arrived, response, self._clock.now())

    def _is_strange(self, device_id: str, source: Address) -> bool:
        neighbour = self._neighbours.get(device_id)
        at_home = neighbour is not None and neighbour.address.host == source.host
        return not at_home and not self._waiting.expects(source.host)

    def _register(self, arrived: RequestArrived) -> None:
        request, source = arrived.request, arrived.source
        wall = self._clock.wall()
        response, event = self._registrar.handle(request, source, self._clock.now(), wall)
        match event:
            case Registered():
                if not self._neighbours.has_room(event.device_id):
                    response = request.response(503, headers=(("Retry-After", "600"),))
                else:
                    self._grant(event, wall)
            case Unregistered():
                self._neighbours.unregister(event.device_id, wall)
            case Refused():
                self.counters[f"refused {event.reason.value}"] += 1
                self._refuse(event.device_id, source, event.reason.value, wall)
            case Redirected():
                self._redirect(event, wall)
            case None:
                pass
        self._answer(arrived, response, "register")

    def _grant(self, event: Registered, wall: float) -> None:
        address = event.address
        granted = DeviceRegistered(
            event.device_id,
            address.host,
            address.port,
            address.transport,
            wall,
            wall + event.expires,
            event.version,
            event.user_agent,
            event.contact,
            event.refreshed,
        )
        series = hash(event.call_id)
        self._neighbours.register(granted, address, self._clock.now(), series)

    def _refuse(self, device_id: str, source: Address, why: str, wall: float) -> None:
        if len(self._refused) < _REFUSALS or device_id in self._refused:
            self._refused[device_id] = RegistrationRefused(
                device_id, source.host, source.port, wall, why
            )

    def _redirect(self, event: Redirected, wall: float) -> None:
        """Let a device go that was sent to another server."""
        device_id = event.device_id
        self._neighbours.unregister(device_id, wall)
        if len(self._refused) < _REFUSALS or device_id in self._refused:
            self._refused[device_id] = DeviceRedirected(
                device_id, event.address.host, event.server, wall
            )

    def _bye(self, arrived: RequestArrived) -> None:
        if self._end_call(arrived.request):
            self._answer(arrived, arrived.request.response(200), "bye")
        else:
            self._ask_dialogs(arrived, "bye")

    def _ask_dialogs(self, arrived: RequestArrived, what: str) -> None:
        response = self._claimed(arrived)
        if response is None:
            self._answer(arrived, arrived.request.response(481), what)
        else:
            self._settle(arrived, response, what)

    def _notify(self, arrived: RequestArrived) -> None:
        response = self._claimed(arrived) or arrived.request.response(481)
        self._answer(arrived, response, "notify")

    def _options(self, arrived: RequestArrived) -> None:
        response = arrived.request.response(200, headers=(("Allow", ALLOW),))
        self._answer(arrived, response, "options")

    def _invite(self, arrived: RequestArrived) -> None:
        if self.invited is not None:
            self.invited(arrived)
            return
        self.counters["invite 488"] += 1
        self._endpoint.reply(arrived, arrived.request.response(488), self._clock.now())

    def _not_allowed(self, arrived: RequestArrived) -> None:
        response = arrived.request.response(405, headers=(("Allow", ALLOW),))
        self._answer(arrived, response, "other")
