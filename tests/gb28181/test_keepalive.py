import pytest

from tongshi.gb28181.keepalive import Beat, Lost, Overdue, Watch


@pytest.mark.clause("9.6.1")
def test_a_beat_is_due_every_interval() -> None:
    beat = Beat(0.0, interval=60.0)
    assert not beat.due(59.9)
    assert beat.deadline() == 60.0
    assert beat.due(60.0)
    assert not beat.due(60.0)
    beat.answered()
    assert beat.deadline() == 120.0


def test_a_pause_is_not_made_up_for() -> None:
    beat = Beat(0.0, interval=60.0)
    assert beat.due(600.0)
    assert not beat.due(601.0)
    assert beat.deadline() == 660.0


@pytest.mark.clause("9.6.1")
def test_a_fault_is_reported_at_once() -> None:
    beat = Beat(0.0, interval=60.0)
    beat.hasten(5.0)
    assert beat.due(5.0)
    beat.hasten(100.0)
    assert beat.deadline() == 65.0


@pytest.mark.clause("9.6.1")
def test_three_unanswered_in_a_row_mean_a_dead_platform() -> None:
    beat = Beat(0.0, interval=10.0)
    for at in (10.0, 20.0):
        assert beat.due(at)
        beat.unanswered()
    beat.answered()
    for at in (30.0, 40.0, 50.0):
        assert not beat.dead
        assert beat.due(at)
        beat.unanswered()
    assert beat.dead
    assert beat.deadline() is None
    assert not beat.due(1000.0)
    beat.restart(1000.0)
    assert not beat.dead
    assert beat.deadline() == 1010.0


@pytest.mark.clause("9.6.1")
def test_a_device_is_overdue_after_three_missed_keepalives() -> None:
    watch = Watch(interval=60.0, misses=3)
    watch.register("a", 0.0, expires=3600.0)
    assert watch.heard("a", 60.0)
    assert watch.overdue(239.0) == []
    assert "a" in watch
    assert watch.overdue(240.0) == [Overdue("a", Lost.KEEPALIVE)]
    assert "a" not in watch
    assert not watch.heard("a", 241.0)
    assert watch.overdue(1e9) == []
    assert watch.deadline() is None


@pytest.mark.clause("9.1.1")
def test_a_registration_ends_however_alive_the_device_is() -> None:
    watch = Watch(interval=60.0, misses=3)
    watch.register("a", 0.0, expires=100.0)
    watch.heard("a", 90.0)
    assert watch.overdue(99.0) == []
    assert watch.overdue(100.0) == [Overdue("a", Lost.REGISTRATION)]


def test_a_refresh_moves_the_end_both_ways() -> None:
    watch = Watch(interval=60.0, misses=3)
    watch.register("a", 0.0, expires=100.0)
    watch.register("a", 50.0, expires=3600.0)
    assert watch.overdue(229.0) == []
    watch.register("a", 229.0, expires=10.0)
    assert len(watch) == 1
    assert watch.overdue(239.0) == [Overdue("a", Lost.REGISTRATION)]


def test_a_forgotten_device_is_never_overdue() -> None:
    watch = Watch()
    watch.register("a", 0.0, expires=3600.0)
    watch.forget("a")
    watch.forget("b")
    assert len(watch) == 0
    assert watch.overdue(1e9) == []


def test_the_deadline_is_never_late() -> None:
    watch = Watch(interval=60.0, misses=3)
    assert watch.deadline() is None
    watch.register("a", 0.0, expires=3600.0)
    watch.register("b", 10.0, expires=3600.0)
    watch.heard("a", 100.0)
    assert watch.deadline() == 180.0  # early for "a", which costs one look
    assert watch.overdue(180.0) == []
    assert watch.deadline() == 190.0
    assert watch.overdue(190.0) == [Overdue("b", Lost.KEEPALIVE)]
    assert watch.deadline() == 280.0


@pytest.mark.clause("9.6")
def test_a_device_may_have_a_silence_of_its_own() -> None:
    watch = Watch(interval=60.0, misses=3)
    watch.expect("a", 600.0, 0.0)  # before it is watched
    watch.register("a", 0.0, expires=3600.0)
    watch.register("b", 0.0, expires=3600.0)
    assert watch.overdue(180.0) == [Overdue("b", Lost.KEEPALIVE)]
    watch.heard("a", 200.0)
    assert watch.overdue(799.0) == []
    watch.forget("a")
    watch.register("a", 800.0, expires=3600.0)  # it holds beyond an absence
    assert watch.overdue(1399.0) == []
    watch.expect("a", 10.0, 1399.0)
    assert watch.overdue(1409.0) == [Overdue("a", Lost.KEEPALIVE)]
    watch.expect("a", None, 1409.0)
    watch.register("a", 1410.0, expires=3600.0)
    assert watch.overdue(1589.0) == []
    watch.expect("a", None, 1589.0)  # it is as any other already
    assert watch.overdue(1590.0) == []
    assert watch.overdue(1769.0) == [Overdue("a", Lost.KEEPALIVE)]
