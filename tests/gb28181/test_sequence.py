"""Which notice is news: of peers that count, that do not, and that begin anew."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.sequence import PATIENCE, REMEMBERED, SPAN, Order, Sequence

N, R, LATE = Order.NEXT, Order.REPEATED, Order.OVERTAKEN


@pytest.mark.parametrize(
    ("notices", "orders"),
    [
        ([(1, b"a"), (2, b"b"), (9, b"a")], [N, N, N]),
        ([(2, b"a"), (2, b"a"), (3, b"b"), (2, b"a")], [N, R, N, R]),
        ([(1, b"a"), (3, b"c"), (2, b"b"), (2, b"b"), (4, b"d")], [N, N, LATE, R, N]),
        # It never counts: what it told before the last is news when it tells it again.
        ([(1, b"on"), (1, b"off"), (1, b"on"), (1, b"on")], [N, N, N, R]),
        ([(5, b"a"), (5, b"b"), (4, b"c"), (1, b"d")], [N, N, N, N]),
        # It counts anew: from far below at once, from near when it goes on so.
        ([(SPAN + 5, b"a"), (1, b"b"), (2, b"c")], [N, N, N]),
        ([(4, b"a"), (1, b"b"), (2, b"c"), (3, b"d"), (4, b"e")], [N, LATE, LATE, N, N]),
        ([(4, b"a"), (2, b"b"), (5, b"c"), (3, b"d"), (6, b"e")], [N, LATE, N, LATE, N]),
        # Without a body there is nothing that could be repeated.
        ([(1, b""), (1, b""), (1, b"a")], [N, N, N]),
    ],
)
def test_the_order_of_notices(notices: list[tuple[int, bytes]], orders: list[Order]) -> None:
    sequence = Sequence()
    assert [sequence.place(*notice) for notice in notices] == orders


def test_only_so_many_are_remembered() -> None:
    sequence = Sequence()
    for number in range(REMEMBERED + 1):
        assert sequence.place(number, b"a") is N
    assert sequence.place(1, b"a") is R
    assert sequence.place(0, b"a") is LATE


@given(st.lists(st.tuples(st.integers(0, 2**31), st.binary(max_size=2)), max_size=40))
def test_no_peer_is_unheard_for_long(notices: list[tuple[int, bytes]]) -> None:
    sequence = Sequence()
    orders = [sequence.place(*notice) for notice in notices]
    late = "".join("o" if order is LATE else "n" for order in orders if order is not R)
    assert "o" * PATIENCE not in late


@given(st.lists(st.binary(min_size=1, max_size=3), max_size=20), st.data())
def test_a_peer_that_counts_is_never_taken_backwards(
    bodies: list[bytes], data: st.DataObject
) -> None:
    """Each notice once, and some again at any time after it: no repetition is taken as news."""
    sequence, taken = Sequence(), []
    for number, body in enumerate(bodies):
        if sequence.place(number, body) is N:
            taken.append(number)
        back = data.draw(st.integers(max(0, number - REMEMBERED + 1), number))
        assert sequence.place(back, bodies[back]) is R
    assert all(one < other for one, other in pairwise(taken))
    assert len(taken) == len(bodies)
