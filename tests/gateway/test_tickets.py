from dataclasses import replace

import pytest

from tongshi.access.identity import digest_token
from tongshi.gateway.tickets import ANYBODY, Bond, Ticket, Tickets


def ticket(token: str, stream: str = "s", expires: float = 10.0) -> Ticket:
    return Ticket(token, stream, expires, transcode=False)


def test_a_ticket_counts_once() -> None:
    tickets = Tickets()
    tickets.admit(ticket("t"))
    assert tickets.take("t", 9.0) == ticket("t")
    assert tickets.take("t", 9.0) is None


def test_a_late_ticket_is_as_if_it_never_was() -> None:
    tickets = Tickets()
    tickets.admit(ticket("t"))
    assert tickets.take("t", 10.0) is None
    assert tickets.take("never", 0.0) is None
    assert len(tickets) == 0


def test_revoked_closed_and_expired_tickets_are_forgotten() -> None:
    tickets = Tickets()
    for token, stream, expires in (("a", "s", 9.0), ("b", "s", 9.0), ("c", "z", 5.0)):
        tickets.admit(ticket(token, stream, expires))
    tickets.revoke("a")
    tickets.revoke("a")
    assert len(tickets) == 2
    tickets.close("s")
    assert tickets.take("b", 0.0) is None
    tickets.expire(4.9)
    assert len(tickets) == 1
    tickets.expire(5.0)
    assert len(tickets) == 0


@pytest.mark.parametrize(
    ("cookies", "knows"),
    [
        ("tongshi_session=mine", True),
        ("a=b; __Host-tongshi=mine; c", True),
        ("tongshi_session=theirs", False),
        ("mine", False),
        ("", False),
        ("a=; =;;", False),
    ],
)
def test_a_ticket_is_for_one_sign_in(cookies: str, knows: bool) -> None:
    bond = Bond(digest_token("mine"))
    assert bond.knows(cookies) is knows
    assert ANYBODY.knows(cookies)


@pytest.mark.parametrize(
    ("asked", "came", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("192.0.2.1", "2001:db8::1", True),
        ("192.0.2.1", "", False),
        ("", "192.0.2.1", True),
        ("", "", True),
    ],
)
def test_a_ticket_is_for_one_address(asked: str, came: str, same: bool) -> None:
    assert Bond(host=asked).is_at(came) is same


def test_somebody_else_s_try_leaves_a_ticket_to_whom_it_is_for() -> None:
    tickets, own = Tickets(), replace(ticket("t"), bond=Bond(digest_token("mine")))
    tickets.admit(own)
    assert tickets.take("t", 1.0) is None
    assert tickets.take("t", 1.0, "tongshi_session=theirs") is None
    assert tickets.take("t", 1.0, "tongshi_session=mine") is own
    assert tickets.take("t", 1.0, "tongshi_session=mine") is None
