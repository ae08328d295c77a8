import pytest

from tongshi.sim.archive import (
    A_DAY_WITH_GAPS,
    DAY_S,
    NO_PLAN,
    Archive,
    Hours,
    Kind,
    Plan,
    Span,
)

# 2024-05-06T00:00:00 in Beijing, a Monday.
MIDNIGHT = 1_714_924_800
NOW = MIDNIGHT + 12 * 3600


def spans(found: list[Span]) -> list[tuple[int, int, str]]:
    return [(one.start - MIDNIGHT, one.end - MIDNIGHT, one.kind.value) for one in found]


def test_a_day_is_cut_into_files() -> None:
    archive = Archive()
    found = archive.find(MIDNIGHT, MIDNIGHT + 7200, NOW)
    assert spans(found) == [(0, 3600, "time"), (3600, 7200, "time")]
    # Files are given whole, and nothing is there of what is to come.
    assert spans(archive.find(NOW - 10, NOW + 100, NOW - 5)) == [(39_600, 43_195, "time")]
    assert archive.find(NOW + 10, NOW + 100, NOW) == []
    assert archive.records(NOW)


def test_what_is_old_is_gone() -> None:
    archive = Archive(Plan(days=1))
    assert archive.find(MIDNIGHT - 3 * DAY_S, MIDNIGHT - 2 * DAY_S, NOW) == []
    [first, *_] = archive.find(MIDNIGHT - DAY_S, NOW, NOW)
    assert first.start == NOW - DAY_S


def test_gaps_and_kinds() -> None:
    archive = Archive(Plan(hours=A_DAY_WITH_GAPS))
    night = MIDNIGHT + DAY_S
    assert spans(archive.find(MIDNIGHT + 7000, MIDNIGHT + 8000, night)) == [
        (3600, 7200, "time"),
        (7800, 10_800, "time"),
    ]
    alarms = archive.find(MIDNIGHT, night, night, [Kind.ALARM])
    assert spans(alarms) == [(62_400, 62_700, "alarm")]
    assert [one.kind for one in archive.find(MIDNIGHT, night, night, [Kind.MANUAL])] == [
        Kind.MANUAL
    ]
    pieces = archive.pieces(MIDNIGHT + 7000, MIDNIGHT + 8000, night)
    assert pieces == [
        (MIDNIGHT + 7000, MIDNIGHT + 7200),
        (MIDNIGHT + 7800, MIDNIGHT + 8000),
    ]
    assert not archive.records(MIDNIGHT + 7500)


def test_by_hand_and_by_alarm() -> None:
    archive = Archive(NO_PLAN)
    archive.start(NOW)
    archive.start(NOW + 5)
    assert archive.records(NOW + 10)
    assert spans(archive.find(NOW, NOW + 60, NOW + 10)) == [(43_200, 43_210, "manual")]
    archive.stop(NOW + 30)
    archive.stop(NOW + 40)
    assert not archive.records(NOW + 40)
    archive.alarm(NOW + 100, before=10, after=20)
    found = archive.find(NOW, NOW + 200, NOW + 300)
    assert spans(found) == [(43_200, 43_230, "manual"), (43_290, 43_320, "alarm")]
    # An alarm that is being recorded ends now.
    assert archive.find(NOW, NOW + 200, NOW + 105)[-1].end == NOW + 105
    archive.wipe(NOW + 400)
    assert archive.find(NOW, NOW + 500, NOW + 500) == []


def test_a_new_rule_leaves_the_past_alone() -> None:
    archive = Archive()
    week = ((Hours(0, 3600),), (), (), (), (), (), ())
    archive.change(Plan(week=week), NOW)
    assert archive.find(MIDNIGHT, NOW, NOW + 10)[0].start == MIDNIGHT
    later = NOW + 8 * DAY_S
    found = archive.find(NOW, later, later)
    assert spans(found) == [(7 * DAY_S, 7 * DAY_S + 3600, "time")]
    for number in range(20):
        archive.change(NO_PLAN, later + number)
    assert len(archive.changes) == 8


def test_overlapping_files_are_played_once() -> None:
    archive = Archive()
    archive.alarm(NOW - 100, before=10, after=20)
    assert archive.pieces(NOW - 200, NOW, NOW) == [(NOW - 200, NOW)]


@pytest.mark.parametrize(("kind", "code"), [(Kind.MANUAL, 1), (Kind.ALARM, 2), (Kind.TIME, 3)])
def test_kinds_have_their_numbers(kind: Kind, code: int) -> None:
    assert kind.code == code
