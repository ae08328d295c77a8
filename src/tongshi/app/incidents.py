"""What devices tell unasked, handed to the parts that keep it: alarms, positions, changes.

The chronicle's sister: it never blocks either.  Pages are told of an alarm when it is stored, so
that a list asked for then has it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tongshi.alarms.alarm import BY_DEVICE, Report
from tongshi.alarms.service import DAY, Alarms
from tongshi.api.feed import Feed
from tongshi.api.notices import alarms_stored, catalog_stored, position_known
from tongshi.errors import Error
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.date import read_date
from tongshi.gb28181.manscdp import AlarmCmd, Position
from tongshi.net.task import Supervisor
from tongshi.registry import position
from tongshi.registry.positions.service import Positions
from tongshi.registry.service import Registry
from tongshi.signalling.event import (
    AlarmRaised,
    CatalogChanged,
    PartsFaulty,
    PositionReported,
    SignallingEvent,
)

_log = logging.getLogger(__name__)

PRUNE = 3600.0
"""Between two looks for what is older than it is kept, s."""
RESETS, RESETS_EACH = 200, 20
"""Resets of alarms under way at the most, and at one device; further alarms wait for a person."""

Reset = Callable[[str, str, AlarmCmd], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long things are kept, days; 0: for good.  wall: tells UNIX time, s."""

    alarms: float = 0.0
    changes: float = 0.0
    wall: Callable[[], float] = lambda: 0.0


class Incidents:
    """Subscribe :meth:`take`.  Make it in the node's running loop.

    ask: asks a device for its catalog anew, where changes were lost.
    reset: has a device clear its alarms as they come; None where a person does.
    keep: how long what is told is kept.
    counters: ``"position unknown"``, ``"reset"``, ``"reset failed"``, ``"reset left"``.
    """

    def __init__(
        self,
        alarms: Alarms,
        positions: Positions,
        registry: Registry,
        feed: Feed,
        ask: Callable[[str], None],
        reset: Reset | None,
        keep: Keep | None = None,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._alarms = alarms
        self._positions = positions
        self._registry = registry
        self._feed = feed
        self._ask = ask
        self._reset = reset
        self._keep = keep or Keep()
        self._loop = asyncio.get_running_loop()
        self._tasks = Supervisor("incidents")
        self._resetting: Counter[str] = Counter()
        alarms.subscribe(self._alarms_stored)
        registry.changes.subscribe(self._changes_stored)

    def start(self) -> None:
        """Begin to delete what is older than it is kept."""
        self._tasks.sustain(self._prune, name="prune", pause=PRUNE)

    async def stop(self) -> None:
        """End what is under way."""
        await self._tasks.close()

    def take(self, event: SignallingEvent) -> None:
        """Keep what *event* says, if it is any of these."""
        match event:
            case AlarmRaised():
                self._alarms.record(report_of(event))
            case PositionReported():
                for item in event.items:
                    self._take_position(event, item)
            case CatalogChanged():
                self._take_changes(event.device_id, event.items, event.at)
            case PartsFaulty():
                items = tuple(Item(device_id=part, event="DEFECT") for part in event.parts)
                self._take_changes(event.device_id, items, event.at)
            case _:
                pass

    def figures(self) -> Mapping[str, float]:
        """Return counts of alarms, positions and changes, by dotted name."""
        changes = self._registry.changes
        found: dict[str, float] = {
            "changes.waiting": len(changes),
            "changes.held": changes.held,
            **self.counters,
        }
        for part, counts in (
            ("alarms", self._alarms.figures()),
            ("positions", self._positions.figures()),
            ("changes", changes.counters),
        ):
            found |= {f"{part}.{name}": count for name, count in counts.items()}
        return found

    def _take_position(self, event: PositionReported, item: Position) -> None:
        longitude, latitude = item.longitude, item.latitude
        if longitude is None or latitude is None or not position.is_known(longitude, latitude):
            self.counters["position unknown"] += 1
            return
        report = position.Report(
            device_id=event.device_id,
            channel_id=item.device_id or event.device_id,
            received_at=event.at,
            longitude=longitude,
            latitude=latitude,
            at=read_date(item.time),
            speed=item.speed,
            direction=item.direction,
            altitude=item.altitude,
            height=item.height,
            source=event.source,
        )
        self._positions.record(report)
        position_known(self._feed, report)

    def _take_changes(self, device_id: str, items: tuple[Item, ...], at: float) -> None:
        if not self._registry.changes.take(device_id, items, at):
            self._ask(device_id)

    def _alarms_stored(self, stored: Mapping[int, Report]) -> None:
        """Go on in the loop: this is the writing thread."""
        if stored and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_alarms, stored)

    def _tell_alarms(self, stored: Mapping[int, Report]) -> None:
        alarms_stored(self._feed, stored)
        if self._reset is None:
            return
        for alarm_id, report in stored.items():
            if report.method == BY_DEVICE:
                self._begin_reset(self._reset, alarm_id, report)

    def _begin_reset(self, reset: Reset, alarm_id: int, report: Report) -> None:
        device_id = report.device_id
        if len(self._tasks) >= RESETS or self._resetting[device_id] >= RESETS_EACH:
            self.counters["reset left"] += 1
        else:
            self._resetting[device_id] += 1
            self._tasks.start(self._reset_one(reset, alarm_id, report), name=str(alarm_id))

    async def _reset_one(self, reset: Reset, alarm_id: int, report: Report) -> None:
        """Have the device clear its alarm, so that it may raise another (A.2.5.3)."""
        try:
            await reset(report.device_id, report.channel_id, AlarmCmd())
            await asyncio.to_thread(self._alarms.note_reset, alarm_id, 0, "")
        except Error as error:
            self.counters["reset failed"] += 1
            _log.info("event=alarm-not-reset device_id=%s why=%s", report.device_id, error)
        else:
            self.counters["reset"] += 1
        finally:
            self._resetting[report.device_id] -= 1
            self._resetting += Counter()  # forgets who is at 0

    def _changes_stored(self, devices: set[str]) -> None:
        if not self._loop.is_closed():
            for device_id in devices:
                self._loop.call_soon_threadsafe(catalog_stored, self._feed, device_id)

    async def _prune(self) -> None:
        await self._prune_one("positions", self._positions.prune)
        await self._prune_one("alarms", partial(self._alarms.prune, self._keep.alarms))
        if self._keep.changes:
            before = self._keep.wall() - self._keep.changes * DAY
            await self._prune_one("changes", partial(self._registry.changes.prune, before))

    async def _prune_one(self, name: str, prune: Callable[[], int]) -> None:
        gone = await asyncio.to_thread(prune)
        if gone:
            _log.info("event=%s-pruned count=%d", name, gone)


def report_of(event: AlarmRaised) -> Report:
    """Return the alarm of *event* as it is kept."""
    alarm = event.alarm
    known = position.is_known(alarm.longitude, alarm.latitude)
    return Report(
        device_id=event.device_id,
        channel_id=alarm.device_id or event.device_id,
        received_at=event.at,
        at=read_date(alarm.time),
        priority=alarm.priority,
        method=alarm.method,
        alarm_type=alarm.alarm_type,
        event_type=alarm.event_type,
        description=alarm.description,
        longitude=alarm.longitude if known else None,
        latitude=alarm.latitude if known else None,
    )
