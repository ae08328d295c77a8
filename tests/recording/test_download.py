"""The rules of downloads; time by hand."""

from dataclasses import replace
from typing import TypedDict, Unpack

import pytest

from tongshi.errors import (
    EngineFailed,
    Error,
    Exhausted,
    Invalid,
    PeerOffline,
    PeerRefused,
    PeerSilent,
)
from tongshi.media.mp4 import Finished
from tongshi.recording.download import (
    BACK,
    LONGEST,
    PAUSES,
    TRIES,
    Download,
    Limits,
    Request,
    State,
    begin,
    choose_gone,
    choose_next,
    choose_speed,
    interrupt,
    is_whole,
    name_of,
    restore,
    size_of,
    space,
)

pytestmark = pytest.mark.clause("9.9")

SINCE = 1_700_000_000.0
ASKED = Request(1, "王", "", "d1", "c1", "门", "patrol", SINCE, SINCE + 1000)
LIMITS = Limits()


class Fields(TypedDict, total=False):
    state: State
    why: str
    tries: int
    again_at: float
    ended_at: float
    saved: float
    written: int
    announced: int
    result: Finished


def download(number: int = 1, device: str = "d1", **more: Unpack[Fields]) -> Download:
    made = Download(number, replace(ASKED, device_id=device), 7, 50.0)
    return replace(made, **more)


def file(size: int = 100) -> Finished:
    return Finished(size, "d", "p", "", 25, 1, SINCE, SINCE + 1, 1.0, False)


@pytest.mark.parametrize(("since", "until"), [(0, 5), (5, 5), (6, 5), (SINCE, SINCE + LONGEST + 1)])
def test_spans_that_are_none(since: float, until: float) -> None:
    with pytest.raises(Invalid):
        replace(ASKED, since=since, until=until)


@pytest.mark.parametrize(
    ("announced", "limit", "speed"),
    [
        ("²/2/" + "9" * 30, 8, 2),
        ("1/2/4/8", 8, 8),
        ("1/2/4/8", 4, 4),
        ("1,2", 8, 2),
        ("16", 8, None),
        ("", 8, 4),
        ("", 2, 2),
        ("fast", 8, 4),
    ],
)
def test_the_speed_is_the_highest_announced(announced: str, limit: int, speed: int | None) -> None:
    assert choose_speed(announced, limit) == speed


def test_the_oldest_begin_within_the_places() -> None:
    queue = [download(number, f"d{number % 3}") for number in (5, 4, 3, 2, 1)]
    assert [each.id for each in choose_next(queue, Limits(total=2), 0.0)] == [1, 2]
    assert [each.id for each in choose_next(queue, Limits(total=9), 0.0)] == [1, 2, 3]
    assert [each.id for each in choose_next(queue, Limits(9, device=2), 0.0)] == [1, 2, 3, 4, 5]
    running = [*queue, download(9, "d1", state=State.RUNNING)]
    assert [each.id for each in choose_next(running, Limits(total=2), 0.0)] == [2]


def test_who_waits_begins_when_it_is_time() -> None:
    waiting = download(state=State.WAITING, again_at=100.0)
    over = download(2, state=State.DONE)
    assert choose_next([waiting, over], LIMITS, 99.0) == []
    assert choose_next([waiting, over], LIMITS, 100.0) == [waiting]


def test_a_new_life_goes_on_from_what_is_on_the_disk() -> None:
    left = download(state=State.RUNNING, saved=SINCE + 500, tries=4, why="peer.silent")
    again = restore(left)
    assert (again.state, again.tries, again.why) == (State.QUEUED, 0, "")
    assert again.start == SINCE + 500 - BACK
    assert download().start == SINCE
    assert download(saved=SINCE + 1).start == SINCE
    done = download(state=State.FINISHING)
    assert restore(done) is done


def test_a_break_is_followed_by_longer_and_longer_pauses() -> None:
    broken = PeerSilent("gone", timer="stalled", stage="media")
    held = begin(download(), 1000.0)
    pauses = []
    for _ in range(TRIES - 1):
        held = interrupt(held, broken, LIMITS, 1000.0, moved=False)
        assert held.state is State.WAITING
        pauses.append(held.again_at - 1000.0)
        held = begin(held, 1000.0)
    assert pauses[0] == PAUSES[1]
    assert pauses[-1] == PAUSES[-1]
    held = interrupt(held, broken, LIMITS, 1000.0, moved=False)
    assert (held.state, held.why) == (State.FAILED, "peer.silent")


def test_progress_forgives_all_tries() -> None:
    held = begin(download(tries=TRIES - 1), 0.0)
    after = interrupt(held, PeerSilent("", timer="", stage="media"), LIMITS, 5.0, moved=True)
    assert (after.state, after.tries, after.again_at) == (State.WAITING, 0, 5.0 + PAUSES[0])


def test_a_device_that_is_away_is_waited_for_as_long_as_the_settings_say() -> None:
    away, held = PeerOffline("away"), begin(download(), 0.0)
    for number in range(TRIES + 5):
        held = begin(interrupt(held, away, LIMITS, 100.0 * number, moved=False), 100.0 * number)
    assert held.state is State.RUNNING
    assert held.begun_at == 0.0
    held = interrupt(held, away, LIMITS, LIMITS.patience, moved=False)
    assert held.state is State.FAILED
    assert begin(held, 7.0).begun_at == 0.0
    assert begin(replace(held, begun_at=None), 7.0).begun_at == 7.0


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (PeerRefused("", status=404, stage="download"), True),
        (PeerRefused("", status=488, stage="download"), True),
        (PeerRefused("", status=486, stage="download"), False),
        (Exhausted("", resource="disk"), True),
        (Exhausted("", resource="port"), False),
        (Invalid("x"), True),
        (EngineFailed("", stage="worker"), False),
    ],
)
def test_what_cannot_come_is_not_tried_again(error: Error, final: bool) -> None:
    after = interrupt(begin(download(), 0.0), error, LIMITS, 1.0, moved=False)
    assert (after.state is State.FAILED) is final


def test_a_refusal_after_some_came_may_be_a_device_that_restarts() -> None:
    refused = PeerRefused("", status=404, stage="download")
    held = begin(download(saved=SINCE + 5), 0.0)
    assert interrupt(held, refused, LIMITS, 1.0, moved=False).state is State.WAITING


def test_progress_by_time_else_by_bytes() -> None:
    assert download().progress == 0.0
    assert download(saved=SINCE + 250).progress == 0.25
    assert download(saved=SINCE + 5000).progress == 1.0
    assert download(written=30, announced=120).progress == 0.25
    assert download(state=State.FINISHING).progress == 1.0
    assert download().expected is None
    assert download(written=30, announced=120).expected == 120
    assert download(written=30, saved=SINCE + 250).expected == 120
    assert download(result=file(77)).expected == 77


def test_all_has_come_when_the_end_is_near() -> None:
    assert not is_whole(download(), None)
    assert not is_whole(download(), SINCE + 900)
    assert is_whole(download(), SINCE + 996)


def test_files_go_when_kept_long_or_beyond_the_space() -> None:
    done = [
        download(number, state=State.DONE, ended_at=float(number), result=file(40))
        for number in (1, 2, 3)
    ]
    limits = Limits(keep=100.0, quota=90)
    assert [each.id for each in choose_gone(done, limits, 50.0)] == [1]
    assert [each.id for each in choose_gone(done, limits, 102.0)] == [1, 2]
    assert choose_gone(done, Limits(keep=100.0, quota=120), 50.0) == []
    unknown = download(9, state=State.DONE)
    assert choose_gone([unknown], limits, 1e9) == []


def test_the_space_that_files_take() -> None:
    assert size_of(download(state=State.DONE, result=file(40), written=1)) == 40
    assert size_of(download(state=State.RUNNING, written=5)) == 5
    assert size_of(download(state=State.FAILED, written=5)) == 0
    assert space([download(written=5), download(written=6)]) == 11


def test_names_of_files_are_plain() -> None:
    assert name_of(download()) == "c1-1700000000-1700001000"
    odd = replace(ASKED, channel_id="门/..")
    assert name_of(replace(download(), request=odd)).startswith("camera-")
