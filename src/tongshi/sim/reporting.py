"""What a device tells unasked: alarms, positions, where it looks, changes of its catalog.

Theory of operation.  Whoever subscribed gets NOTIFYs; alarms go as MESSAGEs to a platform that has
not.  What cannot be sent for want of a registration is held; what has no answer is sent again as
a MESSAGE with the same SN, three times at the most.  All is counted by kind, so that both ends
can be compared.

Source: GB/T 28181-2022 9.4, 9.11, annex N, A.2.5.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.date import write_time
from tongshi.gb28181.manscdp import (
    CONTENT_TYPE,
    AlarmAnswer,
    AlarmNotify,
    AlarmQuery,
    CatalogNotify,
    Message,
    MobilePosition,
    MobilePositionQuery,
    Position,
    PtzPositionNotify,
    VideoAlarmRecord,
)
from tongshi.gb28181.notifier import Notifier, judge
from tongshi.gb28181.subscription import Subject
from tongshi.sim import listing
from tongshi.sim.configuration import block_of
from tongshi.sim.event import Subscribed
from tongshi.sim.host import Host
from tongshi.sim.join import host_port
from tongshi.sim.notice import (
    SUBJECTS,
    Subscription,
    Tally,
    cmd_type_of,
    matches,
    read_query,
    weigh,
)
from tongshi.sim.route import Place, Route
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Response

INTERVAL_S = 5
"""Between positions when the platform does not say."""
LOOK_S = 0.5
"""How often a head is looked at for who subscribed to its position."""
MOST = 16
"""Subscriptions of a device at once."""
RETRIES = 3
HELD = 256
"""Notices held, and alarms remembered, for later."""
_DEVICE_ALARM, _GPS = 2, 4
_TREE = b"<Response><CmdType>%s</CmdType><SN>%d</SN><DeviceID>%s</DeviceID><Result>OK</Result>"


class Reports:
    """Everything one device tells unasked.

    counts: by subject.  route: where it drives; None: it stands where its first channel is.
    """

    def __init__(self, host: Host) -> None:
        self.counts = {subject: Tally() for subject in Subject}
        self.route: Route | None = None
        self.subscriptions: list[Subscription] = []
        self._host = host
        self._alarms: deque[AlarmNotify] = deque(maxlen=HELD)
        self._held: deque[tuple[Subject, Message]] = deque(maxlen=HELD)
        self._unconfirmed: deque[int] = deque(maxlen=HELD)
        self._beats = 0

    # Subscriptions.

    def subscribed(self, arrived: RequestArrived, now: float) -> None:
        """Take a SUBSCRIBE."""
        host, request = self._host, arrived.request
        known = next((one for one in self.subscriptions if one.notifier.owns(request)), None)
        if known is not None:
            host.reply(arrived, self._answer(known, known.notifier.refresh(request, now)), now)
            self._heed(known, now)
            return
        query = read_query(request.body)
        subject = SUBJECTS.get(type(query))
        refusal = request.response(489) if "no-subscribe" in host.quirks else None
        refusal = refusal or judge(request, subject)
        if refusal is None and len(self.subscriptions) >= MOST:
            refusal = request.response(503)
        if refusal is not None or query is None or subject is None:
            host.reply(arrived, refusal or request.response(489), now)
            return
        contact = f"<sip:{host.profile.device_id}@{host_port(host.contact)}>"
        made = Subscription(subject, query, Notifier(request, now, contact=contact))
        forget = host.quirks.value("subscription-forgotten")
        made.forget_at = now + forget if forget is not None else None
        self.subscriptions.append(made)
        host.reply(arrived, self._answer(made, made.notifier.response), now)
        self._heed(made, now)
        if made in self.subscriptions:
            self._begin(made, now)

    def drop_all(self) -> None:
        """Forget every subscription, as after a restart."""
        self.subscriptions.clear()

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`."""
        times = [0.0] if self._held and self._host.registered else []
        for one in self.subscriptions:
            times += [at for at in (one.next_at, one.forget_at, one.notifier.ends_at) if at]
        return min(times, default=None)

    def expire(self, now: float) -> None:
        """Do what is due."""
        host = self._host
        for one in list(self.subscriptions):
            if one.forget_at is not None and now >= one.forget_at:
                self.subscriptions.remove(one)
            elif now >= one.notifier.ends_at:
                self._close(one)
            elif one.next_at is not None and now >= one.next_at:
                self._repeat(one, now)
        if self._held and host.registered:
            held, self._held = self._held, deque(maxlen=HELD)
            for subject, notice in held:
                self.counts[subject].held -= 1
                self.counts[subject].raised -= weigh(notice)
                self._tell(subject, notice, now)
        self._cry_wolf(now)

    # What happens at the device.

    def alarm(
        self,
        target_id: str,
        now: float,
        *,
        method: int = 5,
        priority: int = 4,
        kind: int | None = None,
        event_type: int | None = None,
        description: str = "",
    ) -> int | None:
        """Raise an alarm and return its SN; None where the last one must be reset first.

        Source: 9.4 (after an alarm of method 2 none follows before it was reset).
        """
        host = self._host
        guard = host.body.guard(target_id)
        if method == _DEVICE_ALARM and guard.alarmed and guard.method == _DEVICE_ALARM:
            return None
        guard.alarmed, guard.method, guard.kind = True, method, kind
        place, wall = self.place(now), host.wall()
        alarm = AlarmNotify(
            host.number(),
            target_id,
            priority,
            method,
            write_time(wall),
            description,
            place.longitude if place is not None else None,
            place.latitude if place is not None else None,
            kind,
            event_type,
        )
        self._record_around(target_id, wall)
        self._alarms.append(alarm)
        self._unconfirmed.append(alarm.sn)
        self._tell(Subject.ALARM, alarm, now)
        return alarm.sn

    def confirmed(self, answer: AlarmAnswer) -> None:
        """Take the platform's Response to an alarm."""
        if answer.sn in self._unconfirmed:
            self._unconfirmed.remove(answer.sn)
            self.counts[Subject.ALARM].confirmed += 1

    def stored(self, query: AlarmQuery) -> Iterator[Message]:
        """Yield the alarms that are remembered and that *query* asks for."""
        for alarm in list(self._alarms):
            if matches(alarm, query):
                yield alarm

    def place(self, now: float) -> Place | None:
        """Return where the device is; None when it does not know."""
        if self.route is not None:
            return self.route.at(now)
        channel = self._host.profile.channels[0]
        if channel.longitude is None or channel.latitude is None:
            return None
        return Place(channel.longitude, channel.latitude)

    def positions(self, sn: int, now: float) -> Iterator[Message]:
        """Yield the notice of where the device is."""
        host, place = self._host, self.place(now)
        if place is None:
            return
        time = write_time(host.wall())
        item = Position(
            host.profile.device_id,
            time,
            round(place.longitude, 6),
            round(place.latitude, 6),
            round(place.speed, 1),
            round(place.direction, 1),
        )
        yield MobilePosition(sn, host.profile.device_id, time, 1, (item,))

    def report_position(self, now: float) -> None:
        """Tell where the device is now, to whoever subscribed, else by MESSAGE."""
        if "gps-by-alarm" in self._host.quirks:
            self.alarm(self._host.profile.device_id, now, method=_GPS)
            return
        for notice in self.positions(self._host.number(), now):
            self._tell(Subject.POSITION, notice, now)

    def change(self, changes: Iterable[tuple[str, str]], now: float, *, name: str = "") -> None:
        """Change channels and tell it in one notice.

        changes: ids, and ON, OFF, VLOST, DEFECT, ADD, DEL or UPDATE.  name: of what is added or
        updated.
        """
        host = self._host
        items = []
        for channel_id, event in changes:
            part = host.body.change(channel_id, event, name)
            full = part is not None and event in ("ADD", "UPDATE")
            item = listing.item_of(host.body, part) if full and part else None
            item = item or Item(device_id=channel_id)
            items.append(replace(item, event=event))
        if "unknown-notified" in host.quirks:
            items.append(Item(device_id=f"{host.profile.device_id[:10]}1319999999"))
            items[-1] = replace(items[-1], event="ON")
        self._tell(Subject.CATALOG, self._catalog_of(items), now)

    # Inside.

    def _catalog_of(self, items: list[Item]) -> CatalogNotify:
        host = self._host
        own = host.profile.device_id
        return CatalogNotify(host.number(), own, len(items), tuple(items), len(items))

    def _begin(self, one: Subscription, now: float) -> None:
        """Tell at once how things are, as RFC 6665 and annex N want it."""
        host = self._host
        match one.subject:
            case Subject.CATALOG:
                parts = [part for part in host.body.parts.values() if not part.shows]
                items = [
                    Item(device_id=part.channel.channel_id, event=part.state) for part in parts
                ]
                self.counts[Subject.CATALOG].raised += len(items)
                self._notify(one, self._catalog_of(items), now)
            case Subject.ALARM:
                self._notify(one, None, now)
            case Subject.POSITION | Subject.PTZ:
                self._repeat(one, now)

    def _repeat(self, one: Subscription, now: float) -> None:
        """Tell what is told by the clock."""
        if isinstance(one.query, MobilePositionQuery):
            one.next_at = now + (one.query.interval or INTERVAL_S)
            for notice in self.positions(self._host.number(), now):
                self.counts[Subject.POSITION].raised += 1
                self._notify(one, notice, now)
        elif one.subject is Subject.PTZ:
            one.next_at = now + LOOK_S
            for notice in self._looks(one, now):
                self.counts[Subject.PTZ].raised += 1
                self._notify(one, notice, now)

    def _looks(self, one: Subscription, now: float) -> Iterator[Message]:
        """Yield where each head that was asked for looks, if that has changed."""
        host = self._host
        asked = host.body.part(one.query.device_id)
        for part in [asked] if asked is not None else list(host.body.parts.values()):
            aim = part.head.advance(now)
            channel_id = part.channel.channel_id
            if part.channel.turns and one.seen.get(channel_id) != aim:
                one.seen[channel_id] = aim
                yield PtzPositionNotify(
                    host.number(),
                    channel_id,
                    round(aim.pan, 2),
                    round(aim.tilt, 2),
                    round(aim.zoom, 2),
                    round(aim.width, 2),
                    round(aim.height, 2),
                )

    def _tell(self, subject: Subject, notice: Message, now: float) -> None:
        """Tell *notice* to whoever subscribed; alarms and positions to the others by MESSAGE."""
        host = self._host
        takers = [one for one in self.subscriptions if one.subject is subject]
        if isinstance(notice, AlarmNotify):
            takers = [
                one
                for one in takers
                if isinstance(one.query, AlarmQuery) and matches(notice, one.query)
            ]
        weight = weigh(notice)
        for one in takers:
            self.counts[subject].raised += weight
            self._notify(one, notice, now)
        if takers or (subject is Subject.CATALOG and "notify-by-message" not in host.quirks):
            return
        self.counts[subject].raised += weight
        if host.registered:
            self._message(subject, notice, now, RETRIES)
        else:
            self.counts[subject].held += len(self._held) < HELD
            self._held.append((subject, notice))

    def _notify(self, one: Subscription, notice: Message | None, now: float) -> None:
        host, tally = self._host, self.counts[one.subject]
        if notice is not None and "notify-by-message" in host.quirks:
            self._message(one.subject, notice, now, RETRIES)
            return
        request = one.notifier.notify(host.write(notice) if notice is not None else b"", now)
        if request is None:
            self._close(one)
            return
        if "notify-without-id" in host.quirks:
            request.headers.set("Event", one.notifier.event.package)
        weight = weigh(notice)
        tally.sent += weight

        def settle(response: Response | None, then: float) -> None:
            one.notifier.answered(response.status if response is not None else None)
            if one.notifier.over:
                self._close(one)
            if response is not None and response.status < 300:
                tally.acknowledged += weight
            elif notice is not None:
                self._message(one.subject, notice, then, RETRIES)

        if host.ask(request, now, settle) is None:
            settle(None, now)

    def _message(self, subject: Subject, notice: Message, now: float, left: int) -> None:
        tally, weight = self.counts[subject], weigh(notice)
        tally.sent += weight

        def settle(response: Response | None, then: float) -> None:
            if response is not None and response.status < 300:
                tally.acknowledged += weight
            elif left:
                self._message(subject, notice, then, left - 1)
            else:
                tally.lost += weight

        self._host.send(notice, now, settle)

    def _answer(self, one: Subscription, response: Response) -> Response:
        if "subscribe-body" in self._host.quirks and response.status == 200:
            query = one.query
            command = cmd_type_of(query)
            told = _TREE % (command.encode(), query.sn, query.device_id.encode())
            response.headers.set("Content-Type", CONTENT_TYPE)
            response.body = told + b"</Response>"
        return response

    def _heed(self, one: Subscription, now: float) -> None:
        """Report a subscription, or its end."""
        left = max(one.notifier.ends_at - now, 0.0)
        if one.notifier.over:
            self._close(one)
            self._host.ask(one.notifier.last(), now, lambda response, then: None)
        else:
            self._host.tell(Subscribed(one.subject.value, round(left)))

    def _close(self, one: Subscription) -> None:
        if one in self.subscriptions:
            self.subscriptions.remove(one)
            self._host.tell(Subscribed(one.subject.value, 0))

    def _record_around(self, target_id: str, wall: float) -> None:
        """Record what the alarm is about, as configured."""
        host = self._host
        asked = host.body.part(target_id)
        for part in [asked] if asked is not None else list(host.body.parts.values()):
            block = block_of(host, part.channel.channel_id, VideoAlarmRecord.WIRE)
            if isinstance(block, VideoAlarmRecord) and block.on:
                part.archive.alarm(
                    wall, before=block.record_before or 0, after=block.record_after or 30
                )

    def _cry_wolf(self, now: float) -> None:
        """Report an untrue change with each keepalive, as a quirk wants."""
        if "wrong-status-notified" in self._host.quirks and self._beats != self._host.presence.sent:
            self._beats = self._host.presence.sent
            first = self._host.profile.channels[0].channel_id
            for event in ("OFF", "ON"):
                items = [Item(device_id=first, event=event)]
                self._tell(Subject.CATALOG, self._catalog_of(items), now)
