"""What holds media of devices: live sessions, histories and talks."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tongshi.clock import Clock
from tongshi.gateway.engine import Engine, Transport
from tongshi.gb28181.manscdp import MediaStatus
from tongshi.gb28181.profile import Profile
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.histories import Histories, HistoryRules
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.reception import Reception
from tongshi.signalling.sessions import SessionRules, Sessions
from tongshi.signalling.talks import Talks, rules_for_talks
from tongshi.signalling.upstream import Means
from tongshi.sip.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Holders:
    """Whatever holds ports and SSRCs; see each for what it does."""

    sessions: Sessions
    histories: Histories
    talks: Talks

    @classmethod
    def make(
        cls,
        settings: SignallingSettings,
        media: MediaSettings,
        means: Means,
        neighbours: Neighbours,
        profile_of: Callable[[str], Profile],
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
        line: tuple[Endpoint, Callable[[], None]],
    ) -> "Holders":
        """Return all of it.  line: the endpoint, and what carries its answers out."""
        rules = SessionRules(Transport(media.transport), media.grace, media.sessions)
        return cls(
            Sessions(rules, means, neighbours, emit, clock),
            Histories(
                HistoryRules(limit=media.sessions), means, neighbours, profile_of, emit, clock
            ),
            Talks(rules_for_talks(settings, media), means, neighbours, emit, clock, *line),
        )

    def attach(self, reception: Reception, engine: Engine) -> None:
        """Hear what devices tell within sessions, and what the engine tells of media."""
        reception.in_dialog.append(self.histories.claim)
        reception.takers[MediaStatus] = self.histories.take
        self.talks.hang_into(reception)
        for heard in (self.sessions.heard, self.histories.heard, self.talks.heard):
            engine.subscribe(heard)

    def end_device(self, device_id: str) -> None:
        """End what a device that is offline was sending or given."""
        self.sessions.end_device(device_id)
        self.histories.end_device(device_id)
        self.talks.end_device(device_id)

    def reconcile(self) -> None:
        """Give back leases that nothing holds."""
        self.sessions.reconcile(self.histories.streams() | self.talks.streams())

    def figures(self) -> Mapping[str, float]:
        """Return counts since the start and present states, by dotted name."""
        found: dict[str, float] = {
            "sessions.open": len(self.sessions),
            "sessions.ssrcs": self.sessions.leased_ssrcs(),
        }
        parts: tuple[tuple[str, Mapping[str, int]], ...] = (
            ("sessions", self.sessions.counters),
            ("histories", self.histories.counters),
            ("talks", self.talks.counters),
        )
        for part, counts in parts:
            found |= {f"{part}.{name}": count for name, count in counts.items()}
        return found

    async def close(self) -> None:
        """End everything with a BYE."""
        await asyncio.gather(
            self.sessions.close_all(), self.histories.close_all(), self.talks.close_all()
        )
