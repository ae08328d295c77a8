"""The four transaction machines, as tables.

Theory of operation.  A table says, for a state and an input, which state follows and what is to be
done; a second one says which timers run in a state.  :class:`Transaction` walks them and holds
nothing but the state and two moments: one timer that repeats (A, E, G, ...) and one that ends the
state (B, D, F, ...), for no state has more.  It neither sends nor reports: it names the actions,
and the endpoint that owns it performs them.

Source: RFC 3261 17 (figures 5 to 8) and table 4, RFC 6026 (ACCEPTED, timers L and M, without
which a repeated INVITE or 2xx would find nobody).
"""

from dataclasses import dataclass
from enum import Enum
from math import inf

T1 = 0.5
"""Round-trip estimate, s."""
T2 = 4.0
"""Longest interval between retransmissions, s."""
T4 = 5.0
"""Longest time a message stays in the network, s."""


class State(Enum):
    """The states of figures 5 to 8, under their names there; ACCEPTED is of RFC 6026."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


Timer = Enum("Timer", "A B C D E F G H I J K L M TRYING OK")
"""Timers under the letters of table 4; those without a letter there have a word.

TRYING: 17.2.1, the 100 that is due when nobody answered within 200 ms.
OK: 13.3.1.4, the 2xx that is repeated until its ACK comes.
C: 16.6; a proxy's there, here the bound for a request that its owner never answers.
"""


class Input(Enum):
    """What can happen to a transaction besides its timers.

    PROVISIONAL, SUCCESS, FAILURE: a response 1xx, 2xx, 3xx-6xx, to a client from the peer, to a
    server from its owner.  REQUEST: the request came again.  ACK: its ACK came.
    """

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "3xx-6xx"
    REQUEST = "request"
    ACK = "ACK"
    LINK_LOST = "link lost"


class Action(Enum):
    """What the owner of a transaction has to do.

    SEND: the request (client) or the latest response (server), again.  TELL: report what came.
    SEND_ACK, SEND_TRYING: send that.  QUIET: stop the timer that repeats.
    TIME_OUT, LOSE: report the end.  UNACKNOWLEDGED: report that no ACK came, unless one did.
    """

    SEND = "send"
    TELL = "tell"
    SEND_ACK = "send ACK"
    SEND_TRYING = "send 100"
    QUIET = "stop repeating"
    TIME_OUT = "report time-out"
    LOSE = "report loss"
    UNACKNOWLEDGED = "report no ACK"


class Kind(Enum):
    """The four machines."""

    INVITE_CLIENT = "INVITE client"
    CLIENT = "client"
    INVITE_SERVER = "INVITE server"
    SERVER = "server"


Rule = tuple[State, tuple[Action, ...]]

_S, _I, _T, _A = State, Input, Timer, Action

RULES: dict[Kind, dict[State, dict[Input | Timer, Rule]]] = {
    # Figure 5, with figure 1 of RFC 6026.
    Kind.INVITE_CLIENT: {
        _S.CALLING: {
            _T.A: (_S.CALLING, (_A.SEND,)),
            _T.B: (_S.TERMINATED, (_A.TIME_OUT,)),
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.TELL,)),
            _I.SUCCESS: (_S.ACCEPTED, (_A.TELL,)),
            _I.FAILURE: (_S.COMPLETED, (_A.SEND_ACK, _A.TELL)),
            _I.LINK_LOST: (_S.TERMINATED, (_A.LOSE,)),
        },
        _S.PROCEEDING: {
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.TELL,)),
            _I.SUCCESS: (_S.ACCEPTED, (_A.TELL,)),
            _I.FAILURE: (_S.COMPLETED, (_A.SEND_ACK, _A.TELL)),
            _I.LINK_LOST: (_S.TERMINATED, (_A.LOSE,)),
        },
        _S.ACCEPTED: {
            _I.SUCCESS: (_S.ACCEPTED, (_A.TELL,)),
            _I.LINK_LOST: (_S.TERMINATED, ()),
            _T.M: (_S.TERMINATED, ()),
        },
        _S.COMPLETED: {
            _I.FAILURE: (_S.COMPLETED, (_A.SEND_ACK,)),
            _I.LINK_LOST: (_S.TERMINATED, ()),
            _T.D: (_S.TERMINATED, ()),
        },
    },
    # Figure 6.
    Kind.CLIENT: {
        _S.TRYING: {
            _T.E: (_S.TRYING, (_A.SEND,)),
            _T.F: (_S.TERMINATED, (_A.TIME_OUT,)),
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.TELL,)),
            _I.SUCCESS: (_S.COMPLETED, (_A.TELL,)),
            _I.FAILURE: (_S.COMPLETED, (_A.TELL,)),
            _I.LINK_LOST: (_S.TERMINATED, (_A.LOSE,)),
        },
        _S.PROCEEDING: {
            _T.E: (_S.PROCEEDING, (_A.SEND,)),
            _T.F: (_S.TERMINATED, (_A.TIME_OUT,)),
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.TELL,)),
            _I.SUCCESS: (_S.COMPLETED, (_A.TELL,)),
            _I.FAILURE: (_S.COMPLETED, (_A.TELL,)),
            _I.LINK_LOST: (_S.TERMINATED, (_A.LOSE,)),
        },
        _S.COMPLETED: {
            _I.LINK_LOST: (_S.TERMINATED, ()),
            _T.K: (_S.TERMINATED, ()),
        },
    },
    # Figure 7, with figure 2 of RFC 6026.
    Kind.INVITE_SERVER: {
        _S.PROCEEDING: {
            _T.TRYING: (_S.PROCEEDING, (_A.SEND_TRYING, _A.QUIET)),
            _T.C: (_S.TERMINATED, ()),
            _I.REQUEST: (_S.PROCEEDING, (_A.SEND,)),
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.SEND, _A.QUIET)),
            _I.SUCCESS: (_S.ACCEPTED, (_A.SEND,)),
            _I.FAILURE: (_S.COMPLETED, (_A.SEND,)),
            _I.LINK_LOST: (_S.TERMINATED, ()),
        },
        _S.ACCEPTED: {
            _T.OK: (_S.ACCEPTED, (_A.SEND,)),
            _T.L: (_S.TERMINATED, (_A.UNACKNOWLEDGED,)),
            _I.ACK: (_S.ACCEPTED, (_A.TELL, _A.QUIET)),
            # The next repetition answers it soon enough; RFC 6026 7.1 absorbs it.
            _I.REQUEST: (_S.ACCEPTED, ()),
            _I.LINK_LOST: (_S.TERMINATED, ()),
        },
        _S.COMPLETED: {
            _T.G: (_S.COMPLETED, (_A.SEND,)),
            _T.H: (_S.TERMINATED, (_A.UNACKNOWLEDGED,)),
            _I.REQUEST: (_S.COMPLETED, (_A.SEND,)),
            _I.ACK: (_S.CONFIRMED, ()),
            _I.LINK_LOST: (_S.TERMINATED, ()),
        },
        _S.CONFIRMED: {
            _I.REQUEST: (_S.CONFIRMED, ()),
            _I.ACK: (_S.CONFIRMED, ()),
            _I.LINK_LOST: (_S.TERMINATED, ()),
            _T.I: (_S.TERMINATED, ()),
        },
    },
    # Figure 8.
    Kind.SERVER: {
        _S.TRYING: {
            _I.REQUEST: (_S.TRYING, ()),
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.SEND,)),
            _I.SUCCESS: (_S.COMPLETED, (_A.SEND,)),
            _I.FAILURE: (_S.COMPLETED, (_A.SEND,)),
            _I.LINK_LOST: (_S.TERMINATED, ()),
        },
        _S.PROCEEDING: {
            _I.REQUEST: (_S.PROCEEDING, (_A.SEND,)),
            _I.PROVISIONAL: (_S.PROCEEDING, (_A.SEND,)),
            _I.SUCCESS: (_S.COMPLETED, (_A.SEND,)),
            _I.FAILURE: (_S.COMPLETED, (_A.SEND,)),
            _I.LINK_LOST: (_S.TERMINATED, ()),
            _T.C: (_S.TERMINATED, ()),
        },
        _S.COMPLETED: {
            _I.REQUEST: (_S.COMPLETED, (_A.SEND,)),
            _I.LINK_LOST: (_S.TERMINATED, ()),
            _T.J: (_S.TERMINATED, ()),
        },
    },
}

TIMERS: dict[Kind, dict[State, tuple[Timer | None, Timer | None]]] = {
    Kind.INVITE_CLIENT: {
        _S.CALLING: (_T.A, _T.B),
        _S.PROCEEDING: (None, None),
        _S.ACCEPTED: (None, _T.M),
        _S.COMPLETED: (None, _T.D),
    },
    Kind.CLIENT: {
        _S.TRYING: (_T.E, _T.F),
        _S.PROCEEDING: (_T.E, _T.F),
        _S.COMPLETED: (None, _T.K),
    },
    Kind.INVITE_SERVER: {
        _S.PROCEEDING: (_T.TRYING, _T.C),
        _S.ACCEPTED: (_T.OK, _T.L),
        _S.COMPLETED: (_T.G, _T.H),
        _S.CONFIRMED: (None, _T.I),
    },
    Kind.SERVER: {
        _S.TRYING: (None, None),
        _S.PROCEEDING: (None, _T.C),
        _S.COMPLETED: (None, _T.J),
    },
}
"""Which timers run in a state: the one that repeats, the one that ends it.

A timer that runs in two states following each other is not started anew.
"""

START: dict[Kind, State] = {
    Kind.INVITE_CLIENT: _S.CALLING,
    Kind.CLIENT: _S.TRYING,
    Kind.INVITE_SERVER: _S.PROCEEDING,
    Kind.SERVER: _S.TRYING,
}
"""The state in which each machine begins."""

SECONDS: dict[Timer, tuple[float, float]] = {
    _T.A: (T1, inf),
    _T.B: (64 * T1, 64 * T1),
    _T.C: (180.0, 180.0),
    _T.D: (32.0, 0.0),
    _T.E: (T1, inf),
    _T.F: (64 * T1, 64 * T1),
    _T.G: (T1, inf),
    _T.H: (64 * T1, 64 * T1),
    _T.I: (T4, 0.0),
    _T.J: (64 * T1, 0.0),
    _T.K: (T4, 0.0),
    _T.L: (64 * T1, 64 * T1),
    _T.M: (64 * T1, 64 * T1),
    _T.TRYING: (0.2, 0.2),
    _T.OK: (T1, T1),
}
"""A timer's first length, s: over UDP, over a reliable transport (table 4); inf: not used."""

LONGEST: dict[Timer, float] = {_T.A: inf, _T.E: T2, _T.G: T2, _T.OK: T2}
"""Timers that repeat double their length each time, up to this, s."""


@dataclass(slots=True, eq=False)
class Transaction:
    """Where one transaction stands.

    reliable: whether the transport repeats what is lost.
    repeat_at, end_at: when the state's two timers fire, s, inf for never.
    due: when :meth:`fire` has something to do.  queued: belongs to the schedule.
    """

    kind: Kind
    reliable: bool
    now: float
    state: State = State.TERMINATED
    repeat_at: float = inf
    end_at: float = inf
    interval: float = 0.0
    due: float = inf
    queued: float = inf

    def __post_init__(self) -> None:
        self._enter(START[self.kind], self.now)

    def feed(self, given: Input | Timer, now: float) -> tuple[Action, ...] | None:
        """Take an input; return what to do, or None when the state has no rule for it."""
        rules = RULES[self.kind].get(self.state)
        rule = rules.get(given) if rules is not None else None
        if rule is None:
            return None
        state, actions = rule
        if state is not self.state:
            self._enter(state, now)
        if Action.QUIET in actions:
            self.repeat_at = inf
        self.due = min(self.repeat_at, self.end_at)
        return actions

    def fire(self, now: float) -> tuple[Action, ...]:
        """Return what the timers say at *now*; nothing when none is due."""
        repeat, end = TIMERS[self.kind].get(self.state, (None, None))
        if end is not None and self.end_at <= now:
            return self.feed(end, now) or ()
        if repeat is None or self.repeat_at > now:
            return ()
        # 17.1.2.2: once proceeding, timer E has its longest length.
        slow = self.state is State.PROCEEDING
        longest = LONGEST.get(repeat, inf)
        self.interval = longest if slow and repeat is Timer.E else min(2 * self.interval, longest)
        self.repeat_at = now + self.interval
        return self.feed(repeat, now) or ()

    def _enter(self, state: State, now: float) -> None:
        before = TIMERS[self.kind].get(self.state, (None, None))
        repeat, end = TIMERS[self.kind].get(state, (None, None))
        self.state = state
        at = 1 if self.reliable else 0
        if repeat is None:
            self.repeat_at = inf
        elif repeat is not before[0]:
            self.interval = SECONDS[repeat][at]
            self.repeat_at = now + self.interval
        if end is None:
            self.end_at = inf
        elif end is not before[1]:
            self.end_at = now + SECONDS[end][at]
            if not SECONDS[end][at]:
                # Over a reliable transport nothing comes again that would have to be absorbed.
                self._enter(RULES[self.kind][state][end][0], now)
        self.due = min(self.repeat_at, self.end_at)


def draw(kind: Kind) -> str:
    """Return the machine as a Mermaid state diagram, drawn from the tables."""
    lines = ["stateDiagram-v2", f"    [*] --> {START[kind].name}"]
    for state, rules in RULES[kind].items():
        for given, (target, actions) in rules.items():
            what = given.value if isinstance(given, Input) else f"timer {given.name}"
            does = f" / {', '.join(action.value for action in actions)}" if actions else ""
            lines.append(f"    {state.name} --> {target.name}: {what}{does}")
    return "\n".join([*lines, f"    {State.TERMINATED.name} --> [*]"])
