"""What a simulated device is at a moment: heads, recordings, guards, cards, settings.

Pure: the time is an argument.  It outlives sessions and registrations, and a restart too; only a
device that is made anew begins anew.

Source: GB/T 28181-2022 9.3, 9.5, A.2.1, A.2.3.
"""

from dataclasses import dataclass, field, replace

from tongshi.gb28181.manscdp.config import Block
from tongshi.sim.archive import Archive
from tongshi.sim.head import Head, Spot
from tongshi.sim.profile import Channel, Profile

FORMAT_S = 4.0
"""How long it takes to format a card."""
USED = 0.4
"""Part of a card that is taken when the device is made."""


@dataclass(slots=True)
class Part:
    """One channel.  state: ON, OFF, VLOST or DEFECT, as its catalog notices say."""

    channel: Channel
    archive: Archive
    head: Head
    state: str = "ON"

    @property
    def shows(self) -> bool:
        """Whether there is a picture."""
        return self.state == "ON"


@dataclass(slots=True)
class Card:
    """One card.  number: from 1.  capacity: MB.  until: when its formatting ends, s."""

    number: int
    capacity: int
    free: int
    until: float | None = None

    def format(self, now: float) -> None:
        """Begin to format it."""
        self.until = now + FORMAT_S

    def progress(self, now: float) -> int | None:
        """Return how far formatting is, %; None when it is not being formatted."""
        if self.until is None:
            return None
        if now >= self.until:
            self.until, self.free = None, self.capacity
            return None
        return int(100 * (1 - (self.until - now) / FORMAT_S))


@dataclass(slots=True)
class Guard:
    """Whether something is guarded, and whether it raised an alarm that nobody has reset.

    method: of the alarm, as AlarmMethod.  kind: its AlarmType; None for none.
    """

    on: bool = False
    alarmed: bool = False
    method: int = 0
    kind: int | None = None


@dataclass(slots=True)
class Body:
    """One device's parts and settings.

    name: as BasicParam set it.  firmware: changed by upgrades.  blocks: what was configured, by
    target and name of the block.  guards: by id of what is guarded.
    """

    profile: Profile
    name: str
    firmware: str
    parts: dict[str, Part]
    cards: list[Card]
    blocks: dict[tuple[str, str], Block] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Profile) -> "Body":
        """Return the state in which a device of *profile* begins."""
        parts = {channel.channel_id: _part(channel) for channel in profile.channels}
        cards = [
            Card(number, capacity, int(capacity * (1 - USED)))
            for number, capacity in enumerate(profile.cards, 1)
        ]
        return cls(profile, profile.name, profile.firmware, parts, cards)

    def part(self, target_id: str) -> Part | None:
        """Return the channel that *target_id* names; the device's own id stands for a sole one."""
        known = self.parts.get(target_id)
        if known is not None:
            return known
        channel = self.profile.channel(target_id)
        return self.parts.get(channel.channel_id) if channel is not None else None

    def change(self, channel_id: str, event: str, name: str = "") -> Part | None:
        """Do what a catalog notice of *event* will tell; return the channel, if it is there.

        ADD makes a channel like the first one; UPDATE renames one; DEL takes one away, but for
        the last.
        """
        channels = self.profile.channels
        known = self.parts.get(channel_id)
        if event == "ADD" and known is None:
            added = replace(channels[0], channel_id=channel_id, name=name or channel_id)
            self.parts[channel_id] = known = _part(added)
            self.profile = replace(self.profile, channels=(*channels, added))
        elif event == "DEL" and known is not None and len(channels) > 1:
            del self.parts[channel_id]
            left = tuple(one for one in channels if one.channel_id != channel_id)
            self.profile = replace(self.profile, channels=left)
        elif event == "UPDATE" and known is not None:
            renamed = replace(known.channel, name=name or known.channel.name)
            known.channel = renamed
            kept = tuple(renamed if one.channel_id == channel_id else one for one in channels)
            self.profile = replace(self.profile, channels=kept)
        elif known is not None:
            known.state = event
        return known

    def guard(self, target_id: str) -> Guard:
        """Return the guard of *target_id*, which is ours."""
        return self.guards.setdefault(target_id, Guard())

    def guarded(self) -> list[tuple[str, Guard]]:
        """Return what can raise alarms, each with its guard: alarm inputs, else the device."""
        ids = self.profile.alarms or (self.profile.device_id,)
        known = [*ids, *(one for one in self.guards if one not in ids)]
        return [(one, self.guard(one)) for one in known]

    def settle(self, now: float) -> None:
        """Bring all that moves to *now*."""
        for part in self.parts.values():
            part.head.advance(now)
        for card in self.cards:
            card.progress(now)


def _part(channel: Channel) -> Part:
    presets = {number: Spot(name, aim) for number, (name, aim) in enumerate(channel.presets, 1)}
    return Part(channel, Archive(channel.plan), Head(presets=presets))
