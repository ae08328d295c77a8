from hypothesis import given
from hypothesis import strategies as st

from tongshi.media.reorder import Window


def put_all(window: Window, numbers: list[int], step: float = 0.001) -> list[tuple[int, bool]]:
    out = []
    for index, number in enumerate(numbers):
        out += window.put(number, number.to_bytes(2, "big"), index * step)
    return [(int.from_bytes(data, "big"), lost) for data, lost in out]


def test_order_is_kept_across_the_wrap() -> None:
    window = Window()
    assert put_all(window, [65534, 65535, 0, 1]) == [(n, False) for n in (65534, 65535, 0, 1)]
    assert (window.expected, window.holding) == (2, False)


def test_a_late_packet_fills_its_hole() -> None:
    window = Window()
    assert put_all(window, [10, 12, 13, 11, 14]) == [(n, False) for n in range(10, 15)]
    assert window.counts.reordered == 1
    assert window.counts.lost == 0


def test_a_packet_that_overtakes_in_the_window_is_counted() -> None:
    window = Window()
    put_all(window, [10, 14, 12])
    assert window.counts.reordered == 1


def test_a_hole_is_given_up_after_48_packets() -> None:
    window = Window()
    numbers = [0, *range(2, 50)]
    assert put_all(window, numbers, step=0) == [(0, False)]
    assert window.holding
    out = window.put(50, b"\0\x32", 0.0)
    assert [lost for _, lost in out] == [True] + [False] * 48
    assert window.counts.lost == 1
    assert not window.holding


def test_a_hole_is_given_up_after_80_ms() -> None:
    window = Window()
    window.put(0, b"a", 0.0)
    assert window.put(3, b"b", 1.0) == []
    assert window.put(5, b"c", 1.079) == []
    assert window.put(6, b"d", 1.081) == [(b"b", True)]
    assert window.put(7, b"e", 1.2) == [(b"c", True), (b"d", False), (b"e", False)]
    assert window.counts.lost == 3


def test_a_transport_in_order_waits_for_nothing() -> None:
    window = Window(packets=0)
    assert put_all(window, [5, 9]) == [(5, False), (9, True)]
    assert window.counts.lost == 3


def test_duplicates_and_late_packets_are_told_apart() -> None:
    window = Window(packets=0)
    assert put_all(window, [5, 8, 6, 6, 8]) == [(5, False), (8, True)]
    assert (window.counts.late, window.counts.duplicates) == (1, 2)
    window = Window()
    put_all(window, [5, 8, 8])
    assert window.counts.duplicates == 1


def test_a_sender_that_starts_anew_is_followed_at_its_second_packet() -> None:
    window = Window()
    assert put_all(window, [10, 12, 40000, 40001, 40002]) == [
        (10, False), (12, True), (40000, True), (40001, False), (40002, False),
    ]  # fmt: skip
    assert window.counts.restarts == 1
    assert window.counts.lost == 1


def test_one_stray_number_changes_nothing() -> None:
    window = Window()
    assert put_all(window, [10, 40000, 11, 40001, 12]) == [(10, False), (11, False), (12, False)]
    assert window.counts.restarts == 0


def test_a_restart_just_behind_is_seen_when_nothing_new_comes() -> None:
    window = Window()
    out = put_all(window, [500, *range(450, 480)])
    assert out == [(500, False), (466, True), *((n, False) for n in range(467, 480))]
    assert (window.counts.duplicates, window.counts.restarts) == (16, 1)


def test_duplicates_now_and_then_are_no_restart() -> None:
    window = Window()
    put_all(window, [n for number in range(50) for n in (number, number)])
    assert (window.counts.duplicates, window.counts.restarts) == (50, 0)


def test_a_restart_in_order_is_followed_at_once() -> None:
    window = Window(packets=0)
    assert put_all(window, [10, 40000, 40001]) == [(10, False), (40000, True), (40001, False)]


def test_drain_gives_up_every_hole() -> None:
    window = Window()
    put_all(window, [1, 3, 5])
    assert [(data[1], lost) for data, lost in window.drain()] == [(3, True), (5, True)]
    assert window.drain() == []
    assert window.counts.lost == 2


@given(
    st.integers(0, 65535),
    st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.booleans()), max_size=120),
)
def test_what_is_shuffled_within_the_window_comes_out_in_order(
    start: int, fates: list[tuple[int, bool, bool]]
) -> None:
    """Delays of up to 40 packets, duplicates, losses: order holds and every packet is accounted."""
    arrivals = [(-1, -1)]
    for index, (delay, twice, gone) in enumerate(fates):
        if not gone:
            arrivals += [(index + delay, index)] * (2 if twice else 1)
    window = Window(seconds=1e9)
    out: list[int] = []
    for _, index in sorted(arrivals):
        number = (start + index) & 0xFFFF
        out += [
            int.from_bytes(data, "big")
            for data, _ in window.put(number, number.to_bytes(2, "big"), 0.0)
        ]
    out += [int.from_bytes(data, "big") for data, _ in window.drain()]
    order = [(number - start + 1) & 0xFFFF for number in out]
    assert order == sorted(set(order))
    sent = {index + 1 for _, index in arrivals}
    assert set(order) == sent
    assert window.counts.lost == max(sent) + 1 - len(sent)
    assert window.counts.duplicates == len(arrivals) - len(sent)


@given(st.lists(st.integers(0, 65535), max_size=300))
def test_any_numbers_are_taken_and_little_is_held(numbers: list[int]) -> None:
    window = Window()
    taken = 0
    for number in numbers:
        taken += len(window.put(number, b"", 0.0))
    assert len(window.drain()) <= 49
    assert taken <= len(numbers)
