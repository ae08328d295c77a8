from hypothesis import given
from hypothesis import strategies as st

from tongshi.gateway.talkbuffer import SILENCE, SpeechBuffer, quantile

PACKET = 320
FRAME = 160
QUIET = bytes([SILENCE]) * PACKET


def words(number: int, count: int = FRAME) -> bytes:
    """Return samples that tell their place: never silence."""
    return bytes([number % 200]) * count


def lead(buffer: SpeechBuffer) -> None:
    """Put as much as is waited for."""
    for number in range(3):
        buffer.put(words(number), 0.0)


def test_silence_goes_out_while_nobody_speaks() -> None:
    buffer = SpeechBuffer(PACKET)
    assert [buffer.take(at * 0.04) for at in range(3)] == [(QUIET, False)] * 3
    assert (buffer.silence, buffer.voice, buffer.delay_ms(0.5)) == (3 * PACKET, 0, None)


def test_speech_goes_out_as_it_came_in_once_enough_is_there() -> None:
    buffer = SpeechBuffer(PACKET)
    buffer.put(words(0), 0.0)
    assert buffer.take(0.0) == (QUIET, False)
    buffer.put(words(1), 0.02)
    buffer.put(words(2), 0.04)
    assert buffer.take(0.04) == (words(0) + words(1), True)
    buffer.put(words(3), 0.06)
    buffer.put(words(4), 0.08)
    assert buffer.take(0.08) == (words(2) + words(3), False)
    assert (buffer.voice, len(buffer), buffer.gaps) == (4 * FRAME, FRAME, 0)
    assert buffer.delay_ms(0.5) == 45
    assert buffer.delay_ms(1.0) == 45


def test_a_short_word_goes_out_though_more_was_waited_for() -> None:
    buffer = SpeechBuffer(PACKET)
    buffer.put(words(7), 0.0)
    assert buffer.take(0.04) == (QUIET, False)
    assert buffer.take(0.08) == (QUIET, False)
    assert buffer.take(0.12) == (words(7) + QUIET[:FRAME], True)
    assert buffer.take(0.16) == (QUIET, False)
    assert (buffer.gaps, buffer.voice) == (1, FRAME)


def test_after_a_gap_more_is_waited_for_but_not_without_end() -> None:
    buffer = SpeechBuffer(PACKET)
    needed = []
    for _ in range(12):
        count = 0
        while True:
            buffer.put(words(count), 0.0)
            count += 1
            buffer._ticks = 0  # as if the first of it came in the tick
            if buffer.take(0.0)[0] != QUIET:
                break
        needed.append(count)
        while buffer.take(0.0)[0] != QUIET:
            pass
    assert needed == [3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9]
    assert buffer.gaps == 12


def test_what_piled_up_is_left_out_oldest_first() -> None:
    buffer = SpeechBuffer(PACKET)
    for number in range(50):  # a second at once, as after a stall
        buffer.put(words(number), 1.0)
    kept = len(buffer)
    assert kept <= 480 + PACKET + 960
    assert buffer.late == 50 * FRAME - kept
    samples, begins = buffer.take(1.0)
    assert begins
    newest = [words(number) for number in range(50 - kept // FRAME, 50)]
    assert samples == b"".join(newest)[:PACKET]


def test_a_browser_whose_clock_is_fast_does_not_get_ever_later() -> None:
    buffer = SpeechBuffer(PACKET)
    lead(buffer)
    extra = 0
    for tick in range(2000):  # 80 s; one frame too many each second
        buffer.put(words(tick, PACKET), tick * 0.04)
        if tick % 25 == 0:
            buffer.put(words(tick), tick * 0.04)
            extra += FRAME
        buffer.take(tick * 0.04)
    assert len(buffer) <= 480 + PACKET + 960
    assert buffer.late >= extra - 480 - 960 - PACKET
    assert buffer.gaps == 0


def test_calm_brings_back_what_gaps_added() -> None:
    buffer = SpeechBuffer(PACKET)
    for _ in range(4):
        lead(buffer)
        for _ in range(6):
            buffer.take(0.0)
    assert buffer.gaps == 4
    buffer.put(words(1, 3 * PACKET + FRAME), 0.0)
    for tick in range(1000):
        buffer.take(tick * 0.04)
        buffer.put(words(tick, PACKET), tick * 0.04)
    assert buffer.gaps == 4
    assert len(buffer) <= 2 * PACKET
    assert buffer.late > 0


def test_how_long_a_share_waited() -> None:
    assert quantile([0, 0], 0.5) is None
    assert quantile([1, 0, 2, 0, 1], 0.25) == 5
    assert quantile([1, 0, 2, 0, 1], 0.5) == 15
    assert quantile([1, 0, 2, 0, 1], 0.99) == 25


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=1600), st.none()), max_size=200))
def test_every_sample_is_sent_or_counted_and_memory_is_bounded(acts: list[bytes | None]) -> None:
    buffer = SpeechBuffer(PACKET)
    came = took = 0
    for tick, act in enumerate(acts):
        if act is None:
            samples, _ = buffer.take(tick * 0.01)
            assert len(samples) == PACKET
            took += PACKET
        else:
            buffer.put(act, tick * 0.01)
            came += len(act)
        assert len(buffer) <= 1440 + PACKET + 960
        assert len(buffer._arrivals) <= len(buffer) + 1
    assert came == buffer.voice + buffer.late + len(buffer)
    assert took == buffer.voice + buffer.silence
