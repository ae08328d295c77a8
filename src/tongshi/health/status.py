"""One device's presence: what evidence makes of it, since when, and why.

Theory of operation.  Signalling decides by its timers whether a device lives, and says so as
evidence; this machine keeps the order of time.  Evidence older than the last of its kind changes
nothing, so that late events of several threads do no harm.  A state that goes on is no change.
Offline for silence begins at the last sign of life, not when somebody noticed.

Source: GB/T 28181-2022 9.6 (keepalive), 9.1.2.2 (unregistering).
"""

from dataclasses import dataclass, replace

from tongshi.registry.state import State

SILENT = frozenset({"missed", "expired"})
"""Reasons that rest on silence: the state begins where the silence did."""
RESTARTED = "restarted"
"""The platform was away: nothing is known since."""
HEARD = "keepalive"
"""Why a device is online of which nothing is known but that it was heard."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was learnt of a device.

    why: a word for the reason, as ``"keepalive"``.  at: UNIX time, s, when it was learnt.
    proof: UNIX time of its last sign of life; None when none is known.
    """

    state: State
    why: str
    at: float
    proof: float | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of a device.

    since: begin of the state, UNIX time, s.  noticed: when it was learnt.  proof: as in Evidence.
    """

    state: State
    why: str
    since: float
    noticed: float
    proof: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """A state that began.  at: since when, UNIX time, s; noticed: when it was learnt."""

    device_id: str
    state: State
    why: str
    at: float
    noticed: float


def advance(known: Presence | None, evidence: Evidence) -> Presence:
    """Return what is known of a device after *evidence*.

    known: None for a device of which nothing was known.
    """
    if known is None:
        since = _begin(evidence, evidence.at)
        return Presence(evidence.state, evidence.why, since, evidence.at, evidence.proof)
    proof = _later(known.proof, evidence.proof)
    if evidence.at < known.noticed or evidence.state is known.state:
        return known if proof == known.proof else replace(known, proof=proof)
    if evidence.why in SILENT and proof != evidence.proof:
        return known  # it was heard after that silence
    since = max(_begin(evidence, evidence.at), known.since)
    return Presence(evidence.state, evidence.why, since, evidence.at, proof)


def _begin(evidence: Evidence, at: float) -> float:
    if evidence.why in SILENT and evidence.proof is not None:
        return min(evidence.proof, at)
    return at


def _later(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)
