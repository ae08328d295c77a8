from tongshi.audit.refusal import LIMIT, REMEMBERED, SPAN, Throttle


def test_so_many_pass_in_a_span_and_the_rest_is_counted() -> None:
    throttle = Throttle()
    told = [throttle.take("a", 0.0) for _ in range(LIMIT + 5)]
    assert told == [0] * LIMIT + [None] * 5
    assert throttle.take("b", 0.0) == 0
    assert throttle.take("a", SPAN - 0.1) is None
    assert throttle.take("a", SPAN) == 6
    assert throttle.take("a", SPAN) == 0


def test_a_limit_of_none_lets_nothing_pass() -> None:
    throttle = Throttle(limit=0)
    assert throttle.take("a", 0.0) is None
    assert throttle.take("a", 2 * SPAN) is None


def test_whoever_was_refused_longest_ago_is_forgotten() -> None:
    throttle = Throttle(limit=1)
    for number in range(REMEMBERED + 1):
        throttle.take(str(number), 0.0)
    assert throttle.take("1", 0.0) is None
    assert throttle.take("0", 0.0) == 0
