from tongshi.media.latch import STRANGERS, Latch


def test_the_first_is_taken_and_others_are_not() -> None:
    latch = Latch()
    assert [latch.admits(number) for number in (5, 6, 5, 6)] == [True, False, True, False]


def test_another_is_taken_when_the_first_fell_silent() -> None:
    latch = Latch()
    assert latch.admits(0)
    assert not any(latch.admits(7) for _ in range(STRANGERS))
    assert latch.admits(7)
    assert not latch.admits(0)
