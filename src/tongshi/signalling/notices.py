"""What devices tell unasked: alarms, positions, changes of a catalog, offers of video.

A notice comes as a MESSAGE, subscribed to or not, or as the NOTIFY of a subscription; both end
here.  What it says is told as an event at once; nothing waits, and whoever keeps it bounds it.

| notice | told as | answered with, besides the 200 |
|---|---|---|
| Alarm | AlarmRaised, unless it came before | a MESSAGE, Response Alarm |
| Alarm, method 4 | PositionReported; AlarmRaised as well if it says more than where | the same |
| MobilePosition, one or a list | PositionReported, unless it came before | |
| Catalog | CatalogChanged | |
| VideoUploadNotify | VideoOffered; PositionReported | |
| PTZPosition, as Notify or as Response | PtzReported | |

Sources: GB/T 28181-2022 9.4, 9.11, A.2.5, N.4.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import replace

from tongshi.clock import Clock
from tongshi.errors import Exhausted
from tongshi.gb28181.catalog import Change, Item
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    AlarmNotify,
    CatalogAnswer,
    CatalogNotify,
    Message,
    MobilePosition,
    Outcome,
    Position,
    PtzPositionAnswer,
    PtzPositionNotify,
    VideoUploadNotify,
    write,
)
from tongshi.gb28181.profile import Profile
from tongshi.signalling.event import (
    AlarmRaised,
    CatalogChanged,
    PositionReported,
    PtzReported,
    SignallingEvent,
    VideoOffered,
)
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.exchange import Outcome as Sent
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.own import Own
from tongshi.signalling.reception import Reception
from tongshi.sip.event import Answered, RequestArrived

GPS = 4
"""The alarm method that is a report of a position."""
_REMEMBERED = 100_000
"""Alarms and positions that are remembered, to know them when they come again."""
_AGAIN = 120.0
"""Time in which the same report is a repetition, s: twice the longest a device goes on sending."""
_ANSWER = 5.0
"""Wait for the answer to our answer, s."""
_ANSWERING = 50
"""Answers under way to one device: one that confirms none takes no room that others need."""
_STATES = frozenset({Change.ON, Change.OFF, Change.VLOST, Change.DEFECT})


class Notices:
    """Takes notices and tells them.

    profile_of: the deviations to heed for a device.
    counters: notices by kind, and what became of them: ``"alarm"``, ``"alarm repeated"``,
    ``"alarm unanswered"``, ``"position"``, ``"position repeated"``, ``"catalog"``,
    ``"catalog ignored"``, ``"video"``, ``"ptz"``; positions and catalogs count items.
    """

    def __init__(
        self,
        own: Own,
        exchange: Exchange,
        profile_of: Callable[[str], Profile],
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._own = own
        self._exchange = exchange
        self._profile_of = profile_of
        self._emit = emit
        self._clock = clock
        self._recent: OrderedDict[tuple[str, int], float] = OrderedDict()
        self._answering: Counter[str] = Counter()

    def hang_into(self, reception: Reception) -> None:
        """Take what comes as a MESSAGE."""
        kinds: tuple[type[Message], ...] = (
            AlarmNotify,
            MobilePosition,
            CatalogNotify,
            VideoUploadNotify,
            PtzPositionNotify,
        )
        for kind in kinds:
            reception.takers[kind] = self.take

    def take(self, neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
        """Tell what *message* says; return the status to answer, 200 for whatever it is."""
        device_id = neighbour.device_id
        match message:
            case AlarmNotify():
                self._take_alarm(neighbour, message)
            case MobilePosition():
                self._take_positions(device_id, message)
            case CatalogNotify() | CatalogAnswer():
                self._take_catalog(device_id, message.items)
            case VideoUploadNotify():
                self._take_offer(device_id, message)
            case PtzPositionNotify() | PtzPositionAnswer():
                self.take_ptz(device_id, message)
            case _:
                self.counters["other"] += 1
        return 200

    def _take_alarm(self, neighbour: Neighbour, alarm: AlarmNotify) -> None:
        """Tell an alarm once, and answer it each time: the answer may have been lost."""
        self.counters["alarm"] += 1
        device_id = neighbour.device_id
        if self._is_repeated(device_id, alarm):
            self.counters["alarm repeated"] += 1
        else:
            if alarm.method == GPS:
                self._tell_positions(device_id, (_position_of(alarm),), "alarm")
            if alarm.method != GPS or alarm.description or alarm.alarm_type is not None:
                self._emit(AlarmRaised(device_id, alarm, self._clock.wall()))
        self._answer(neighbour, AlarmAnswer(alarm.sn, alarm.device_id or device_id, Outcome.OK))

    def _answer(self, neighbour: Neighbour, answer: AlarmAnswer) -> None:
        """Send *answer*, unless the device still owes the confirmation of many."""
        device_id = neighbour.device_id

        def hear(outcome: Sent) -> None:
            if isinstance(outcome, Answered) and outcome.response.status < 200:
                return
            self._exchange.forget(outcome.handle)
            self._answering[device_id] -= 1
            if self._answering[device_id] <= 0:
                del self._answering[device_id]

        if self._answering[device_id] >= _ANSWERING:
            self.counters["alarm unanswered"] += 1
            return
        try:
            request = self._own.message(neighbour, write(answer, neighbour.version))
            self._exchange.send(request, neighbour.address, hear, within=_ANSWER)
        except Exhausted:
            self.counters["alarm unanswered"] += 1
        else:
            self._answering[device_id] += 1

    def _take_positions(self, device_id: str, told: MobilePosition) -> None:
        """Tell positions once; without a time nobody can say whether they were told before."""
        if told.time and self._is_repeated(device_id, told):
            self.counters["position repeated"] += 1
        else:
            self._tell_positions(device_id, told.items, "position")

    def _is_repeated(self, device_id: str, notice: AlarmNotify | MobilePosition) -> bool:
        """Whether this very notice came before, under its number and with all that it says."""
        now = self._clock.now()
        recent = self._recent
        while recent and (len(recent) > _REMEMBERED or next(iter(recent.values())) + _AGAIN <= now):
            recent.popitem(last=False)
        key = (device_id, hash(replace(notice, others=())))
        if key in recent:
            return True
        recent[key] = now
        return False

    def _tell_positions(self, device_id: str, items: tuple[Position, ...], source: str) -> None:
        self.counters["position"] += len(items)
        if items:
            self._emit(PositionReported(device_id, items, source, self._clock.wall()))

    def _take_catalog(self, device_id: str, items: tuple[Item, ...]) -> None:
        """Tell changes; some recorders notify states that are not so, and are not believed."""
        self.counters["catalog"] += len(items)
        if not self._profile_of(device_id).status_notify:
            kept = tuple(item for item in items if item.change not in _STATES)
            self.counters["catalog ignored"] += len(items) - len(kept)
            items = kept
        if items:
            self._emit(CatalogChanged(device_id, items, self._clock.wall()))

    def _take_offer(self, device_id: str, offer: VideoUploadNotify) -> None:
        self.counters["video"] += 1
        channel_id = offer.device_id or device_id
        self._emit(VideoOffered(device_id, channel_id, self._clock.wall()))
        if offer.longitude is not None and offer.latitude is not None:
            position = Position(channel_id, offer.time, offer.longitude, offer.latitude)
            self._tell_positions(device_id, (position,), "video")

    def take_ptz(self, device_id: str, told: PtzPositionNotify | PtzPositionAnswer) -> None:
        """Tell where a camera of *device_id* looks, as it said, asked or not."""
        self.counters["ptz"] += 1
        position = PtzPositionNotify(
            told.sn,
            told.device_id,
            told.pan,
            told.tilt,
            told.zoom,
            told.horizontal_field_angle,
            told.vertical_field_angle,
            told.max_view_distance,
        )
        channel_id = told.device_id or device_id
        self._emit(PtzReported(device_id, channel_id, position, self._clock.wall()))


def _position_of(alarm: AlarmNotify) -> Position:
    return Position(alarm.device_id, alarm.time, alarm.longitude, alarm.latitude)
