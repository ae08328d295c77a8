"""What devices notify of their channels: what to believe of it, and when.

| event | of a channel that is known | of one that is not |
|---|---|---|
| ON | it is on | nothing |
| OFF, VLOST, DEFECT | it is off | nothing |
| ADD, UPDATE, none | its entry, anew; one that says nothing but a state: that state | a new entry |
| DEL | it is gone, from now on; what was known of it stays | nothing |

A channel that changes its state again and again is left alone until it has come to rest, or a new
window begins: a few changes a window are written, and then the state that it rests in.

Sources: GB/T 28181-2022 N.4.1, N.4.3.2.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tongshi.gb28181.catalog import Change, Item, State
from tongshi.registry.merge import Stored

STATES = {
    Change.ON: State.ON,
    Change.OFF: State.OFF,
    Change.VLOST: State.OFF,
    Change.DEFECT: State.OFF,
}
"""Events that tell a state, and which."""


@dataclass(frozen=True, slots=True)
class Told:
    """A state that a channel is in.  event: the word that said so.  at: UNIX time, s."""

    said: State
    event: str
    at: float


def told_by(item: Item, at: float) -> Told | None:
    """Return the state that *item* tells; None when it tells an entry or a removal."""
    said = STATES.get(item.change)
    return None if said is None else Told(said, item.change.value, at)


def fit(
    items: tuple[Item, ...], stored: Mapping[str, Stored], most: int
) -> tuple[tuple[Item, ...], int]:
    """Return those of *items* for which a device has room, and how many new ones it has none for.

    stored: its entries, removed ones included; with new ones they are *most*.
    """
    new = dict.fromkeys(item.device_id for item in items if item.device_id not in stored)
    beyond = set(list(new)[max(0, most - len(stored)) :])
    return tuple(item for item in items if item.device_id not in beyond), len(beyond)


def fold(pending: dict[str, Item], item: Item) -> bool:
    """Put *item* into *pending*, the newest word on each channel; whether it belongs there.

    A state belongs there only beside an entry that is not written yet.
    """
    said = STATES.get(item.change)
    if said is None:
        pending.pop(item.device_id, None)
        pending[item.device_id] = item
        return True
    before = pending.get(item.device_id)
    if before is None or before.change is Change.DEL:
        return before is not None
    word = "ON" if said is State.ON else "OFF"
    pending[item.device_id] = replace(before, status=word)
    return True


@dataclass(frozen=True, slots=True)
class Batch:
    """What pending items come to.

    entries: to be merged.  removed: ids that are gone.  states: of known channels, by id.
    ignored: items that are about nothing that is known.
    """

    entries: tuple[Item, ...]
    removed: tuple[str, ...]
    states: Mapping[str, State]
    ignored: int


def sort_out(pending: Mapping[str, Item], stored: Mapping[str, Stored]) -> Batch:
    """Return what *pending* items come to for a device that has the entries *stored*."""
    entries: list[Item] = []
    removed: list[str] = []
    states: dict[str, State] = {}
    ignored = 0
    for key, item in pending.items():
        known = stored.get(key)
        there = known is not None and not known.removed
        if item.change is Change.DEL:
            if there:
                removed.append(key)
            else:
                ignored += 1
        elif there and _is_bare(item):
            states[key] = item.state
        else:
            entries.append(item)
    return Batch(tuple(entries), tuple(removed), states, ignored)


def _is_bare(item: Item) -> bool:
    """Whether *item* says nothing of its channel but perhaps a state."""
    return not (item.name or item.parent_id or item.manufacturer or item.civil_code)


@dataclass(slots=True)
class _Restless:
    """One channel's recent changes of state."""

    began: float
    changes: int
    last: float


@dataclass(slots=True)
class Damper:
    """Knows channels that change their state again and again.

    most: changes within *window* s that are written as they come.  rest: s without a change after
    which a channel is at rest.  limit: channels that are remembered.
    held: changes that were not written as they came.
    """

    most: int = 4
    window: float = 300.0
    rest: float = 30.0
    limit: int = 100_000
    held: int = 0
    _seen: OrderedDict[tuple[str, str], _Restless] = field(default_factory=OrderedDict)

    def note(self, key: tuple[str, str], now: float) -> None:
        """Take notice that the channel *key* changed its state at *now*."""
        known = self._seen.get(key)
        if known is None or now - known.began >= self.window:
            known = self._seen[key] = _Restless(now, 0, now)
            self._seen.move_to_end(key)
            if len(self._seen) > self.limit:
                self._seen.popitem(last=False)
        known.changes += 1
        known.last = now
        self.held += self.holds(key, now)

    def holds(self, key: tuple[str, str], now: float) -> bool:
        """Whether the state of *key* is not to be written yet."""
        known = self._seen.get(key)
        return known is not None and known.changes > self.most and now - known.last < self.rest


def split(
    waiting: Mapping[tuple[str, str], Told], damper: Damper, now: float
) -> tuple[dict[tuple[str, str], Told], dict[tuple[str, str], Told]]:
    """Return those of *waiting* to be written at *now*, and those to be kept waiting."""
    ready: dict[tuple[str, str], Told] = {}
    held: dict[tuple[str, str], Told] = {}
    for key, told in waiting.items():
        (held if damper.holds(key, now) else ready)[key] = told
    return ready, held
