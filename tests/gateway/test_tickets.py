from tongshi.gateway.tickets import Ticket, Tickets


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
