from math import inf

from tongshi.sip.address import Address
from tongshi.sip.desk import COUNTERS, Desk, Ledger, Limits
from tongshi.sip.event import Dropped
from tongshi.sip.transaction import Kind, State, Transaction

UDP = Address("192.0.2.1", 5060)
TCP = Address("192.0.2.1", 5060, "tcp", "c1")


def test_desk() -> None:
    desk = Desk(lambda: "t", "192.0.2.9:5060", Limits())
    assert tuple(desk.counters) == COUNTERS
    desk.send(b"x", UDP)
    desk.drop(UDP, "malformed")
    assert desk.out == [(b"x", UDP)]
    assert desk.happened == [Dropped(UDP, "malformed")]
    assert (desk.counters["sent"], desk.counters["malformed"]) == (1, 1)


def test_ledger() -> None:
    ledger: Ledger[Transaction] = Ledger()
    first, second = (Transaction(Kind.CLIENT, True, 0.0) for _ in range(2))
    ledger.keep("a", TCP, first)
    ledger.keep("b", TCP, second)
    assert ledger.get("a") is first
    assert ledger.on_link(TCP) == [first, second]
    assert not ledger.settle("a", TCP, first)
    for name, transaction in (("a", first), ("b", second)):
        transaction.state = State.TERMINATED
        assert ledger.settle(name, TCP, transaction)
        assert ledger.settle(name, TCP, transaction)
        assert transaction.due == inf
    assert ledger.on_link(TCP) == []
    assert len(ledger) == 0
    assert ledger.schedule.deadline() is None


def test_a_datagram_depends_on_no_link() -> None:
    ledger: Ledger[Transaction] = Ledger()
    transaction = Transaction(Kind.CLIENT, False, 0.0)
    ledger.keep("a", UDP, transaction)
    assert ledger.on_link(UDP) == []
    transaction.state = State.TERMINATED
    assert ledger.settle("a", UDP, transaction)
