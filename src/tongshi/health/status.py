"""One device's presence: what evidence makes of it, when, and why.

Theory of operation.  Signalling decides by timers whether a device lives and says so as
evidence; this machine keeps the order of time.  Evidence that is older than what is known
changes nothing, so that late events of several threads do no harm.  A state that goes on is no
change.  Offline for silence begins at the last sign of life, not when somebody noticed.

Source: GB/T 28181-2022 9.6 (keepalive), 9.1.2.2 (unregister).
"""

from dataclasses import dataclass, replace

from tongshi.registry.state import State

SILENT = frozenset({"missed", "expired"})
"""Reasons that rest on silence: the state begins where the silence did."""
RESTARTED = "restarted"
"""The platform was away: nothing is known since."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was learnt of a device.

    why: a word for the reason, as ``"keepalive"``.  at: UNIX time, s, when it was learnt.
    proof: UNIX time of its last sign of life, None when none is known.
    """

    state: State
    why: str
    at: float
    proof: float | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of a device.  since: begin of the state, UNIX time, s."""

    state: State
    why: str
    since: float
    proof: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """A state that began.  at: since when, UNIX time, s; noticed: when it was learnt."""

    device_id: str
    state: State
    why: str
    at: float
    noticed: float
