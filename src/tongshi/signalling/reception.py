"""What peers ask of us, and what they are answered.

| request | answer |
|---|---|
| REGISTER | the registrar's; 503 when no further device fits |
| MESSAGE, keepalive | 200; 404 from who never registered, 403 from who has to register again |
| MESSAGE, an answer we wait for | 200 from the host that was asked |
| MESSAGE, anything else | 200 from where a device registered, else 403; 400 when unreadable |
| BYE | 200 when it ends a session of ours, else 481 |
| OPTIONS | 200 |
| NOTIFY, INFO | 481: there is no such dialog |
| INVITE | 488: nothing is offered to devices yet |
| others | 405 |

All but INVITE are answered without remembering: each may be carried out twice.
Sources: RFC 3261 8.2; GB/T 28181-2022 9.1.2, 9.3.3, 9.6.
"""

from collections import Counter
from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.manscdp import Message, read
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
)
from tongshi.gb28181.registration import Refused, Registered, Registrar, Unregistered
from tongshi.signalling.event import DeviceRegistered, RegistrationRefused, SignallingEvent
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.waiting import Waiting
from tongshi.sip.address import Address
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

ALLOW = "REGISTER, MESSAGE, INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, NOTIFY, SUBSCRIBE"
_STRANGE_BODY = 2048
"""A body longer than this, byte, is not read when nothing is known of its sender."""
_REFUSALS = 1000
"""Refusals told per flush at the most; all are counted."""


class Reception:
    """Answers requests.

    end_call: takes a BYE; returns whether it ended a session.
    counters: by what was answered, as ``"keepalive 200"``.
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
        self._refused: dict[str, RegistrationRefused] = {}
        self._methods: dict[str, Callable[[RequestArrived], None]] = {
            "REGISTER": self._register,
            "MESSAGE": self._message,
            "BYE": self._bye,
            "OPTIONS": self._options,
            "INVITE": self._invite,
            "NOTIFY": self._no_dialog,
            "INFO": self._no_dialog,
        }

    def arrived(self, arrived: RequestArrived) -> None:
        """Answer one request."""
        self._methods.get(arrived.request.method, self._not_allowed)(arrived)

    def flush(self) -> None:
        """Tell the refusals since the last flush, the last of each device."""
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
        else:
            status = self._take(device_id, message, source)
            self._answer(arrived, request.response(status), "message")

    def _beat(self, device_id: str, message: Keepalive, source: Address) -> int:
        now, wall = self._clock.now(), self._clock.wall()
        status = self._neighbours.beat(device_id, source, now, wall)
        if status == 404 and message.device_id != device_id:
            # Some put another id into From: the body's counts if it is at home at that host.
            named = self._neighbours.get(message.device_id)
            if named is not None and named.address.host == source.host:
                return self._neighbours.beat(message.device_id, source, now, wall)
        return status

    def _take(self, device_id: str, message: Message, source: Address) -> int:
        """Take a message other than a keepalive; return the status to answer."""
        awaited = isinstance(
            message, CatalogAnswer | DeviceInfoAnswer | DeviceStatusAnswer
        ) and self._waiting.arrived(source, message)
        known = self._neighbours.hear(device_id, source, self._clock.now(), self._clock.wall())
        return 200 if awaited or known is not None else 403

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
                self._refuse(event.device_id, source, event.reason.value, wall)
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
        self._neighbours.register(granted, address, self._clock.now())

    def _refuse(self, device_id: str, source: Address, why: str, wall: float) -> None:
        if len(self._refused) < _REFUSALS or device_id in self._refused:
            self._refused[device_id] = RegistrationRefused(
                device_id, source.host, source.port, wall, why
            )

    def _bye(self, arrived: RequestArrived) -> None:
        status = 200 if self._end_call(arrived.request) else 481
        self._answer(arrived, arrived.request.response(status), "bye")

    def _options(self, arrived: RequestArrived) -> None:
        response = arrived.request.response(200, headers=(("Allow", ALLOW),))
        self._answer(arrived, response, "options")

    def _no_dialog(self, arrived: RequestArrived) -> None:
        self._answer(arrived, arrived.request.response(481), "other")

    def _invite(self, arrived: RequestArrived) -> None:
        self.counters["invite 488"] += 1
        self._endpoint.reply(arrived, arrived.request.response(488), self._clock.now())

    def _not_allowed(self, arrived: RequestArrived) -> None:
        response = arrived.request.response(405, headers=(("Allow", ALLOW),))
        self._answer(arrived, response, "other")
