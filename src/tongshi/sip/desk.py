"""What the halves of an endpoint share: what goes out, what happened, who waits for what."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tongshi.sip.address import Address
from tongshi.sip.event import Dropped, Event
from tongshi.sip.schedule import Schedule
from tongshi.sip.transaction import State, Transaction

COUNTERS = (
    "received",
    "sent",
    "repeated",
    "retransmissions",
    "timed-out",
    "unanswered",
    "unacknowledged",
    "refused",
    "blank",
    "oversize",
    "malformed",
    "stray-response",
    "busy",
)
"""Keys of ``Endpoint.counters``, all there from the start.

received, sent: messages.  repeated: sent again by a timer.  retransmissions: came again.
unanswered: the owner never replied.  refused: broken requests that were answered.
Dropped: blank (keep-alives), oversize, malformed, stray-response; busy: over a limit.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an endpoint's memory.

    clients: requests of ours without an end.
    servers: requests of peers that are remembered; beyond, INVITE is answered 503, and the answers
    to others are sent without being remembered.
    per_source: of these, from one host.
    share: bytes for which a remembered request counts as one; a longer one counts as several.
    datagram: bytes of a message.
    """

    clients: int = 50_000
    servers: int = 50_000
    per_source: int = 2_000
    share: int = 4_096
    datagram: int = 1 << 21


@dataclass(slots=True)
class Desk:
    """The tray of outgoing messages, the list of events, the counters."""

    new_token: Callable[[], str]
    sent_by: str
    limits: Limits
    out: list[tuple[bytes, Address]] = field(default_factory=list)
    happened: list[Event] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))

    def send(self, data: bytes, target: Address) -> None:
        """Put *data* into the tray."""
        self.counters["sent"] += 1
        self.out.append((data, target))

    def drop(self, source: Address, reason: str) -> None:
        """Count and report what is not passed on."""
        self.counters[reason] += 1
        self.happened.append(Dropped(source, reason))


TransactionT = TypeVar("TransactionT", bound=Transaction)


class Ledger(Generic[TransactionT]):
    """Transactions by key, in a schedule, and by the connection they depend on."""

    __slots__ = ("_by_key", "_by_link", "schedule")

    def __init__(self) -> None:
        self._by_key: dict[str, TransactionT] = {}
        self._by_link: dict[Address, dict[str, TransactionT]] = {}
        self.schedule: Schedule[TransactionT] = Schedule()

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str) -> TransactionT | None:
        """Return the transaction called *key*."""
        return self._by_key.get(key)

    def keep(self, key: str, link: Address, transaction: TransactionT) -> None:
        """Enter a transaction.  link: where it sends; of weight if reliable."""
        self._by_key[key] = transaction
        if link.reliable:
            self._by_link.setdefault(link, {})[key] = transaction
        self.schedule.arm(transaction)

    def settle(self, key: str, link: Address, transaction: TransactionT) -> bool:
        """Arm the transaction anew, or strike it off if it has ended; whether it has."""
        if transaction.state is not State.TERMINATED:
            self.schedule.arm(transaction)
            return False
        self.schedule.forget(transaction)
        if self._by_key.get(key) is transaction:
            del self._by_key[key]
        if link.reliable:
            others = self._by_link.get(link)
            if others is not None:
                others.pop(key, None)
                if not others:
                    del self._by_link[link]
        return True

    def on_link(self, link: Address) -> list[TransactionT]:
        """Return the transactions that depend on a connection."""
        return list(self._by_link.get(link, {}).values())
