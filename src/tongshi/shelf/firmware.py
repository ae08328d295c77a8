"""Firmware for devices, and upgrades: how far each has come, as rules without clock.

::

    ASKED --answered OK--> ACCEPTED --first byte--> FETCHING --last byte--> FETCHED
      |                       |                        |        device registers |
      +--refused, silent------+----- too late ---------+---+                     v
                              v                            |                 RESTARTED
                           FAILED <--- result ERROR -------+                     |
                          UNKNOWN <--- no result in time --+---------------------+
                             DONE <--- result OK, from any

Source: GB/T 28181-2022 9.13, A.2.3.1.12, A.2.5.9.
"""

from dataclasses import dataclass, replace
from enum import Enum


class State(Enum):
    """How far an upgrade has come."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    FETCHING = "fetching"
    FETCHED = "fetched"
    RESTARTED = "restarted"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The device never said what became of it."""


OVER = frozenset({State.DONE, State.FAILED, State.UNKNOWN})
"""States that nothing follows."""
_ORDER = (State.ASKED, State.ACCEPTED, State.FETCHING, State.FETCHED, State.RESTARTED)
PATIENCE = {
    State.ASKED: 60.0,
    State.ACCEPTED: 600.0,
    State.FETCHING: 1800.0,
    State.FETCHED: 1800.0,
    State.RESTARTED: 900.0,
}
"""How long an upgrade may stay in a state, s."""
_LATE = {
    State.ASKED: "it never answered",
    State.ACCEPTED: "it never fetched the firmware",
    State.FETCHING: "it never finished fetching",
}
REASONS = {"01": "timeout", "02": "damaged", "03": "system", "99": "other"}
"""What UpgradeFailedReason says, as words of the catalogue."""


@dataclass(frozen=True, slots=True)
class Firmware:
    """A file for devices.  at: when it came, UNIX time, s.  person: who brought it."""

    id: int
    name: str
    bytes: int
    sha256: str
    at: float
    person_id: int
    person: str


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade of one device.

    target_id: its DeviceID.  version: what the firmware calls itself.  why: of a failure; a word
    of `REASONS`, the code of an error, or a sentence.  sent: bytes so far.  Times: UNIX, s.
    """

    id: int
    session_id: str
    device_id: str
    target_id: str
    firmware_id: int
    manufacturer: str
    version: str
    state: State
    why: str
    sent: int
    begun_at: float
    changed_at: float
    person_id: int
    person: str

    @property
    def over(self) -> bool:
        """Whether nothing follows."""
        return self.state in OVER


def advance(upgrade: Upgrade, state: State, wall: float, why: str = "") -> Upgrade:
    """Return *upgrade* in *state*, if that lies ahead of where it is; an end stays.

    A result counts even after an end for lack of news: it is news.
    """
    if upgrade.state in (State.DONE, State.FAILED):
        return upgrade
    if state not in OVER:
        if upgrade.over or _ORDER.index(state) <= _ORDER.index(upgrade.state):
            return upgrade
    elif state is State.UNKNOWN and upgrade.over:
        return upgrade
    return replace(upgrade, state=state, why=why, changed_at=wall)


def judge(upgrade: Upgrade, wall: float) -> Upgrade:
    """Return *upgrade*, ended when it has stayed where it is for too long."""
    patience = PATIENCE.get(upgrade.state)
    if patience is None or wall - upgrade.changed_at < patience:
        return upgrade
    late = _LATE.get(upgrade.state)
    if late is not None:
        return advance(upgrade, State.FAILED, wall, late)
    return advance(upgrade, State.UNKNOWN, wall, "it never said what became of it")
