"""Subscriptions under way: their SUBSCRIBEs over the exchange, their NOTIFYs by Call-ID."""

from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.errors import Exhausted
from tongshi.gb28181.charset import recode
from tongshi.gb28181.manscdp import (
    CONTENT_TYPE,
    AlarmQuery,
    CatalogQuery,
    MobilePositionQuery,
    PtzPositionQuery,
    write,
)
from tongshi.gb28181.subscription import EventName, Subject, Subscriber, SubscriberEvent
from tongshi.gb28181.version import Version
from tongshi.signalling.exchange import Exchange, Outcome
from tongshi.signalling.neighbours import Neighbour, Neighbours
from tongshi.signalling.own import Own
from tongshi.signalling.tie import Rules, Tie
from tongshi.sip.address import Address
from tongshi.sip.event import Answered, RequestArrived
from tongshi.sip.message import Request, Response

Hear = Callable[[Tie, SubscriberEvent, RequestArrived | None], None]


class Subscribing:
    """Carries out what subscribers ask for, and passes on what they say.

    hear: gets each event of a tie's subscriber; with a notice, the NOTIFY that brought it.
    sent: SUBSCRIBEs so far.
    """

    def __init__(
        self,
        rules: Rules,
        own: Own,
        exchange: Exchange,
        neighbours: Neighbours,
        hear: Hear,
        clock: Clock,
    ) -> None:
        self.sent = 0
        self._rules = rules
        self._own = own
        self._exchange = exchange
        self._neighbours = neighbours
        self._hear = hear
        self._clock = clock
        self._number = 0
        self._by_call: dict[str, Tie] = {}

    def begin(self, tie: Tie, neighbour: Neighbour, version: Version) -> None:
        """Ask *neighbour*, which speaks *version*, for a new subscription."""
        self._number = self._number % 999_999 + 1
        tie.event = EventName(tie.key.subject.package, str(self._number % 10_000))
        address = neighbour.address
        headers = (
            ("Event", str(tie.event)),
            ("Expires", str(self._rules.expires)),
            ("Contact", f"<{self._own.contact_uri(address)}>"),
            ("Content-Type", CONTENT_TYPE),
        )
        target = tie.key.target_id or neighbour.device_id
        query = query_for(tie.key.subject, self._number, target, tie.interval)
        body = recode(write(query, version), self._own.profile_of(neighbour.device_id).charset)
        request = self._own.request("SUBSCRIBE", neighbour.device_id, address, headers, body)
        tie.call_id = request.call_id
        tie.subscriber = Subscriber(request)
        self._by_call[tie.call_id] = tie
        tie.subscriber.start()
        self.advance(tie)

    def advance(self, tie: Tie, arrived: RequestArrived | None = None) -> None:
        """Send what the subscriber of *tie* has to send, and pass on what happened."""
        subscriber = tie.subscriber
        if subscriber is None:
            return
        neighbour = self._neighbours.get(tie.key.device_id)
        for request in subscriber.requests():
            if neighbour is None or not self._send(tie, subscriber, request, neighbour.address):
                subscriber.unanswered(self._clock.now())
        for event in subscriber.events():
            self._hear(tie, event, arrived)

    def take(self, arrived: RequestArrived) -> Response | None:
        """Answer a NOTIFY of a subscription that stands; None for any other."""
        request = arrived.request
        tie = self._by_call.get(request.call_id)
        if tie is None or tie.subscriber is None or not tie.subscriber.owns(request):
            return None
        response = tie.subscriber.arrived(request, self._clock.now())
        self.advance(tie, arrived)
        return response

    def forget(self, tie: Tie) -> None:
        """Know no more of its subscription: what still comes of it belongs to nobody."""
        if self._by_call.get(tie.call_id) is tie:
            del self._by_call[tie.call_id]

    def __len__(self) -> int:
        return len(self._by_call)

    def _send(self, tie: Tie, subscriber: Subscriber, request: Request, to: Address) -> bool:
        def hear(outcome: Outcome) -> None:
            if isinstance(outcome, Answered):
                if outcome.response.status < 200:
                    return
                subscriber.answered(outcome.response, self._clock.now())
            else:
                subscriber.unanswered(self._clock.now())
            self._exchange.forget(outcome.handle)
            if tie.subscriber is subscriber:
                self.advance(tie)

        self.sent += 1
        try:
            self._exchange.send(request, to, hear, within=self._rules.message)
        except Exhausted:
            return False
        return True


def query_for(
    subject: Subject, sn: int, target_id: str, interval: int
) -> CatalogQuery | AlarmQuery | MobilePositionQuery | PtzPositionQuery:
    """Return the body of a subscription.  interval: between positions, s."""
    match subject:
        case Subject.CATALOG:
            return CatalogQuery(sn, target_id)
        case Subject.ALARM:
            return AlarmQuery(sn, target_id, start_priority=0, end_priority=0, methods=(0,))
        case Subject.POSITION:
            return MobilePositionQuery(sn, target_id, interval)
        case Subject.PTZ:
            return PtzPositionQuery(sn, target_id)
