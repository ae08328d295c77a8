import itertools

from hypothesis import given
from hypothesis import strategies as st

from tongshi.media.timeline import JUMP, NOMINAL, Anchor, SentTimeline, Timeline, Times

WRAP = 1 << 33


def place_all(
    timeline: Timeline, raws: list[int | None], stamps: list[int] | None = None
) -> list[int]:
    stamps = stamps or [0] * len(raws)
    return [timeline.place(raw, None, stamp)[1] for raw, stamp in zip(raws, stamps, strict=True)]


def steps(times: list[int]) -> list[int]:
    return [after - before for before, after in itertools.pairwise(times)]


def test_a_good_stream_is_left_alone() -> None:
    timeline = Timeline(Anchor())
    assert place_all(timeline, [9000, 12600, 16200]) == [9000, 12600, 16200]
    assert timeline.counts.jumps == 0
    assert timeline.nominal == 3600


def test_33_bits_are_unwrapped() -> None:
    timeline = Timeline(Anchor())
    assert place_all(timeline, [WRAP - 3600, 0, 3600]) == [WRAP - 3600, WRAP, WRAP + 3600]
    assert timeline.counts.jumps == 0


def test_dts_leads_and_pts_follows_across_the_wrap() -> None:
    timeline = Timeline(Anchor())
    assert timeline.place(7200, WRAP - 3600, 0) == (WRAP + 7200, WRAP - 3600)
    assert timeline.place(0, 0, 0) == (WRAP, WRAP)
    assert timeline.place(10800, 3600, 0) == (WRAP + 10800, WRAP + 3600)


def test_a_pts_far_from_its_dts_is_not_believed() -> None:
    timeline = Timeline(Anchor())
    assert timeline.place(0, 5 * JUMP, 0) == (5 * JUMP, 5 * JUMP)
    assert timeline.place(0, 5 * JUMP + 3600, 0) == (5 * JUMP + 3600, 5 * JUMP + 3600)


def test_jumps_are_made_continuous() -> None:
    timeline = Timeline(Anchor())
    times = place_all(timeline, [0, 3600, JUMP * 3, JUMP * 3 + 3600, 50, 3650])
    assert steps(times) == [3600] * 5
    assert timeline.counts.jumps == 2


def test_ten_seconds_are_no_jump() -> None:
    timeline = Timeline(Anchor())
    assert steps(place_all(timeline, [0, JUMP, 2 * JUMP + 1])) == [JUMP, NOMINAL]


def test_a_clock_set_back_a_little_is_followed_after_four_pictures() -> None:
    timeline = Timeline(Anchor())
    raws: list[int | None] = [90000 + 3600 * n for n in range(10)]
    raws += [60000 + 3600 * n for n in range(10)]
    times = place_all(timeline, raws)
    assert all(step > 0 for step in steps(times))
    assert steps(times)[-5:] == [3600] * 5
    assert timeline.counts.jumps == 1


def test_pictures_out_of_order_without_dts_are_shown_when_told() -> None:
    timeline = Timeline(Anchor())
    raws = [0, 10800, 3600, 7200, 21600, 14400, 18000, 32400]
    placed = [timeline.place(raw, None, 0) for raw in raws]
    assert [pts for pts, _ in placed] == raws
    assert all(step > 0 for step in steps([dts for _, dts in placed]))


def test_without_time_stamps_the_rtp_clock_counts() -> None:
    timeline = Timeline(Anchor())
    stamps = [2**32 - 4000, 2**32 - 1000, 2000, 2000, 2000 + 2 * JUMP]
    times = place_all(timeline, [None] * 5, stamps)
    assert times == [
        2**32 - 4000,
        2**32 - 1000,
        2**32 + 2000,
        2**32 + 2000 + NOMINAL,
        2**32 + 2000 + 2 * NOMINAL,
    ]
    assert timeline.counts.made_up == 4


def test_an_rtp_clock_in_milliseconds_is_seen() -> None:
    timeline = Timeline(Anchor())
    times = place_all(timeline, [None] * 5, [1000, 1040, 1080, 1480, 1520])
    assert steps(times) == [3600, 3600, 36000, 3600]


def test_a_constant_time_stamp_advances_by_the_usual_step() -> None:
    timeline = Timeline(Anchor())
    times = place_all(timeline, [0, 6000, 6000, 6000, 12000, 18000])
    assert steps(times) == [6000] * 5


def test_a_first_unit_without_time_stamp_takes_the_rtp_clock() -> None:
    timeline = Timeline(Anchor())
    assert timeline.place(None, None, 77) == (77, 77)
    assert timeline.place(3677, None, 0) == (3677, 3677)


def test_sound_follows_the_jump_of_the_picture() -> None:
    anchor = Anchor()
    video, sound = Timeline(anchor), Timeline(anchor, nominal=1800)
    assert video.place(90000, None, 0)[1] == 90000
    assert sound.place(90100, None, 0)[1] == 90100
    jumped = video.place(5 * JUMP, None, 0)[1]
    assert jumped == 90000 + NOMINAL
    assert sound.place(5 * JUMP + 100, None, 0)[1] == jumped + 100
    assert sound.counts.jumps == 0


def test_sound_that_wraps_before_the_picture_stays_with_it() -> None:
    anchor = Anchor()
    video, sound = Timeline(anchor), Timeline(anchor)
    video.place(WRAP - 100, None, 0)
    assert sound.place(50, None, 0)[1] == WRAP + 50


def test_sound_far_from_the_picture_begins_with_it() -> None:
    anchor = Anchor()
    video, sound = Timeline(anchor), Timeline(anchor)
    video.place(90000, None, 0)
    assert sound.place(50 * JUMP, None, 0)[1] == 90000
    assert sound.place(50 * JUMP + 1800, None, 0)[1] == 91800


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, WRAP - 1),
            st.none() | st.integers(0, WRAP - 1),
            st.integers(0, 2**32 - 1),
        ),
        max_size=40,
    )
)
def test_whatever_comes_decoding_times_grow_by_at_most_ten_seconds(
    sent: list[tuple[int | None, int | None, int]],
) -> None:
    timeline = Timeline(Anchor())
    placed = [timeline.place(pts, None if pts is None else dts, stamp) for pts, dts, stamp in sent]
    assert all(0 < step <= JUMP for step in steps([dts for _, dts in placed]))
    assert all(abs(pts - dts) <= JUMP for pts, dts in placed)


def test_the_times_of_a_stream_share_their_jumps() -> None:
    times = Times()
    times.video.place(90000, None, 0)
    times.sound.place(90000, None, 0)
    times.video.place(5 * JUMP, None, 0)
    assert times.sound.place(5 * JUMP, None, 0)[1] == 90000 + NOMINAL


def sent() -> SentTimeline:
    return SentTimeline(Anchor())


def test_sent_times_stay_as_they_are_but_for_wraps() -> None:
    line = sent()
    assert line.place(900_000, None, 0) == (900_000, 900_000)
    assert line.place(90_000_000, None, 0) == (90_000_000, 90_000_000)
    assert line.place(3_600, None, 0) == (3_600, 3_600)
    assert line.place((1 << 33) - 3_600, None, 0) == (-3_600, -3_600)
    assert line.place(0, None, 0) == (0, 0)


def test_sent_times_that_are_missing_or_repeated_are_made_up() -> None:
    line = sent()
    assert line.place(None, None, 5_000)[1] == 5_000
    assert line.place(None, None, 8_600)[1] == 8_600
    assert line.place(10_000, None, 0)[1] == 10_000
    assert line.place(10_000, None, 3_600)[1] == 13_600
    assert line.counts.made_up == 2


def test_sent_times_without_a_dts_keep_the_order_of_sending() -> None:
    line = sent()
    assert line.place(90_000, 82_800, 0) == (90_000, 82_800)
    line.place(100_000, None, 0)
    assert line.place(96_400, None, 0) == (96_400, 100_001)
