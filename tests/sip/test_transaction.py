import re
from math import inf
from pathlib import Path

import pytest

from tongshi.sip.transaction import (
    LONGEST,
    RULES,
    SECONDS,
    START,
    TIMERS,
    Action,
    Input,
    Kind,
    State,
    Timer,
    Transaction,
    draw,
)


def run_until_quiet(transaction: Transaction) -> list[tuple[float, Action]]:
    """Drive *transaction* by its own deadlines; return when it wanted what."""
    wanted: list[tuple[float, Action]] = []
    while (now := transaction.due) < inf:
        wanted += [(now, action) for action in transaction.fire(now)]
    return wanted


def times(wanted: list[tuple[float, Action]], action: Action) -> list[float]:
    return [at for at, what in wanted if what is action]


def test_invite_client_follows_timer_a_and_ends_at_timer_b() -> None:
    transaction = Transaction(Kind.INVITE_CLIENT, False, 0.0)
    wanted = run_until_quiet(transaction)
    assert times(wanted, Action.SEND) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert wanted[-1] == (32.0, Action.TIME_OUT)
    assert transaction.state is State.TERMINATED


def test_client_follows_timer_e_and_ends_at_timer_f() -> None:
    wanted = run_until_quiet(Transaction(Kind.CLIENT, False, 0.0))
    sent = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert times(wanted, Action.SEND) == sent
    assert wanted[-1] == (32.0, Action.TIME_OUT)


def test_client_slows_down_once_proceeding() -> None:
    transaction = Transaction(Kind.CLIENT, False, 0.0)
    assert transaction.feed(Input.PROVISIONAL, 0.1) == (Action.TELL,)
    wanted = run_until_quiet(transaction)
    assert times(wanted, Action.SEND) == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert wanted[-1] == (32.0, Action.TIME_OUT)


@pytest.mark.parametrize("kind", [Kind.INVITE_CLIENT, Kind.CLIENT])
def test_nothing_is_repeated_over_a_reliable_transport(kind: Kind) -> None:
    assert run_until_quiet(Transaction(kind, True, 0.0)) == [(32.0, Action.TIME_OUT)]


@pytest.mark.parametrize(
    ("kind", "given", "state", "due"),
    [
        (Kind.INVITE_CLIENT, Input.SUCCESS, State.ACCEPTED, 33.0),
        (Kind.INVITE_CLIENT, Input.FAILURE, State.COMPLETED, 33.0),
        (Kind.CLIENT, Input.SUCCESS, State.COMPLETED, 6.0),
        (Kind.SERVER, Input.SUCCESS, State.COMPLETED, 33.0),
        (Kind.INVITE_SERVER, Input.FAILURE, State.COMPLETED, 1.5),
        (Kind.INVITE_SERVER, Input.SUCCESS, State.ACCEPTED, 1.5),
    ],
)
def test_final_answers_over_udp(kind: Kind, given: Input, state: State, due: float) -> None:
    transaction = Transaction(kind, False, 0.0)
    assert transaction.feed(given, 1.0)
    assert (transaction.state, transaction.due) == (state, due)
    run_until_quiet(transaction)
    assert transaction.state is State.TERMINATED


@pytest.mark.parametrize("kind", [Kind.INVITE_CLIENT, Kind.CLIENT, Kind.SERVER])
def test_final_answers_end_it_over_a_reliable_transport(kind: Kind) -> None:
    transaction = Transaction(kind, True, 0.0)
    assert transaction.feed(Input.FAILURE, 1.0)
    assert transaction.state is State.TERMINATED
    assert transaction.due == inf
    assert transaction.feed(Input.FAILURE, 1.0) is None
    assert transaction.fire(99.0) == ()


def test_invite_server_tries_then_rings_then_fails() -> None:
    transaction = Transaction(Kind.INVITE_SERVER, False, 0.0)
    assert transaction.fire(0.1) == ()
    assert transaction.fire(0.2) == (Action.SEND_TRYING, Action.QUIET)
    assert transaction.due == 180.0
    assert transaction.feed(Input.PROVISIONAL, 1.0) == (Action.SEND, Action.QUIET)
    assert transaction.feed(Input.REQUEST, 1.0) == (Action.SEND,)
    assert transaction.feed(Input.FAILURE, 2.0) == (Action.SEND,)
    wanted = run_until_quiet(transaction)
    sent = [2.5, 3.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5, 33.5]
    assert times(wanted, Action.SEND) == sent
    assert wanted[-1] == (34.0, Action.UNACKNOWLEDGED)


def test_an_ack_ends_a_refusal() -> None:
    transaction = Transaction(Kind.INVITE_SERVER, False, 0.0)
    transaction.feed(Input.FAILURE, 1.0)
    assert transaction.feed(Input.ACK, 2.0) == ()
    assert (transaction.state, transaction.due) == (State.CONFIRMED, 7.0)
    assert transaction.feed(Input.REQUEST, 3.0) == ()
    assert run_until_quiet(transaction) == []


def test_a_2xx_is_repeated_until_its_ack() -> None:
    transaction = Transaction(Kind.INVITE_SERVER, True, 0.0)
    transaction.feed(Input.SUCCESS, 0.0)
    assert transaction.fire(0.5) == (Action.SEND,)
    assert transaction.feed(Input.ACK, 0.6) == (Action.TELL, Action.QUIET)
    assert run_until_quiet(transaction) == [(32.0, Action.UNACKNOWLEDGED)]


@pytest.mark.parametrize("kind", Kind)
def test_the_tables_agree(kind: Kind) -> None:
    rules, timers = RULES[kind], TIMERS[kind]
    assert set(rules) == set(timers)
    assert START[kind] in rules
    reached = {START[kind]}
    for state, table in rules.items():
        running = {timer for timer in timers[state] if timer is not None}
        assert {given for given in table if isinstance(given, Timer)} == running
        assert Input.LINK_LOST in table
        reached |= {target for target, _ in table.values()}
    assert reached == {*rules, State.TERMINATED}


def test_every_timer_has_a_length_and_a_machine() -> None:
    used = {timer for table in TIMERS.values() for pair in table.values() for timer in pair}
    assert used - {None} == set(SECONDS) == set(Timer)
    assert set(LONGEST) <= set(SECONDS)


@pytest.mark.parametrize("kind", Kind)
def test_the_diagram_is_that_of_the_tables(kind: Kind) -> None:
    drawing = draw(kind)
    edges = re.findall(r"([A-Z]+) --> ([A-Z]+):", drawing)
    assert len(edges) == sum(len(table) for table in RULES[kind].values())
    assert f"[*] --> {START[kind].name}" in drawing
    page = Path(__file__).parents[2] / "docs" / "design" / "sip.md"
    assert drawing in page.read_text("utf-8")
