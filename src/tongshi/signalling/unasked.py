"""What devices tell unasked: notices, and the subscriptions that have them tell."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tongshi.clock import Clock
from tongshi.gb28181.manscdp import PtzPositionAnswer
from tongshi.gb28181.profile import Profile
from tongshi.gb28181.subscription import Subject
from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.notices import Notices
from tongshi.signalling.own import Own
from tongshi.signalling.queries import Queries
from tongshi.signalling.reception import Reception
from tongshi.signalling.subscriptions import Subscriptions
from tongshi.signalling.tie import Rules


@dataclass(frozen=True, slots=True)
class Unasked:
    """Both, of which the second hands what comes to the first; see each for what it does."""

    notices: Notices
    subscriptions: Subscriptions

    @classmethod
    def make(
        cls,
        rules: Rules,
        own: Own,
        exchange: Exchange,
        neighbours: Neighbours,
        profile_of: Callable[[str], Profile],
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
    ) -> "Unasked":
        """Return both."""
        notices = Notices(own, exchange, profile_of, emit, clock)
        subscriptions = Subscriptions(
            rules, own, exchange, neighbours, profile_of, notices.take, emit, clock
        )
        return cls(notices, subscriptions)

    def attach(self, reception: Reception) -> None:
        """Let reception hand over notices, within a subscription and without."""
        self.notices.hang_into(reception)
        reception.in_dialog.append(self.subscriptions.claim)

    def poll(
        self, queries: Queries, position: Callable[[str, str], Awaitable[PtzPositionAnswer]]
    ) -> None:
        """Ask where devices do not tell.  position: asks one device and channel where it looks."""

        async def ask_ptz(device_id: str, channel_id: str) -> None:
            self.notices.take_ptz(device_id, await position(device_id, channel_id))

        self.subscriptions.ask_catalog = queries.plan
        self.subscriptions.pollers[Subject.CATALOG] = lambda device_id, _: queries.catalog(
            device_id
        )
        self.subscriptions.pollers[Subject.PTZ] = ask_ptz

    def figures(self) -> Mapping[str, float]:
        """Return counts since the start and present states, by dotted name."""
        parts: tuple[tuple[str, Mapping[str, float]], ...] = (
            ("subscriptions", self.subscriptions.figures()),
            ("notices", self.notices.counters),
            ("subscriptions", self.subscriptions.counters),
        )
        return {f"{part}.{name}": n for part, counts in parts for name, n in counts.items()}
