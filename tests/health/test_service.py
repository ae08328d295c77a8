import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.clock import ManualClock, SystemClock
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.run import Life, Run
from tongshi.db.tables import presence, presence_changes
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted
from tongshi.health.interval import NOT_RECORDED, Availability
from tongshi.health.service import PROOF_INTERVAL, WAITING_CHANGES, Health
from tongshi.health.stability import Told
from tongshi.health.status import RESTARTED, Evidence, Presence
from tongshi.registry.state import State

ONLINE, OFFLINE, UNKNOWN = State.ONLINE, State.OFFLINE, State.UNKNOWN


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(unix=1000.0)


@pytest.fixture
def health(engine: Engine, writer: Writer, clock: ManualClock) -> Health:
    health = Health(engine, writer, clock)
    assert health.start(None) == 0
    return health


def test_a_state_is_known_at_once_and_stored_with_the_next_flush(
    health: Health, writer: Writer, engine: Engine
) -> None:
    assert health.status("d") is None
    assert health.record("d", Evidence(ONLINE, "registered", 1000.0, 1000.0))
    assert not health.record("d", Evidence(ONLINE, "keepalive", 1010.0, 1010.0))
    known = health.status("d")
    assert known == Presence(ONLINE, "registered", 1000.0, 1000.0, 1010.0)
    assert health.counts() == {ONLINE: 1, OFFLINE: 0, UNKNOWN: 0}
    writer.flush()
    with engine.connect() as connection:
        assert connection.execute(select(presence.c.state)).scalars().all() == ["online"]
        assert len(connection.execute(select(presence_changes)).all()) == 1


def test_signs_of_life_are_known_at_once_and_written_rarely(
    health: Health, writer: Writer, engine: Engine, clock: ManualClock
) -> None:
    health.record("d", Evidence(ONLINE, "registered", 1000.0, 1000.0))
    writer.flush()
    health.record_seen({"d": 1001.0, "unheard-of": 1001.0})
    known = health.status("d")
    assert known is not None
    assert known.proof == 1001.0
    assert health.status("unheard-of") is None
    proof = select(presence.c.proof).where(presence.c.device_id == "d")

    def stored() -> object:
        writer.flush()
        with engine.connect() as connection:
            return connection.execute(proof).scalar_one()

    assert stored() == 1000.0
    clock.wind(PROOF_INTERVAL)
    health.record_seen({"d": 1031.0})
    assert stored() == 1031.0
    health.record_seen({"d": 1032.0})
    health.note_proofs()
    assert stored() == 1032.0
    health.record("d", Evidence(OFFLINE, "missed", 1200.0, 1032.0))
    known = health.status("d")
    assert known == Presence(OFFLINE, "missed", 1032.0, 1200.0, 1032.0)


def test_history_and_availability_tell_unknown_apart(
    health: Health, writer: Writer, clock: ManualClock
) -> None:
    health.record("d", Evidence(ONLINE, "registered", 1000.0, 1000.0))
    health.record("d", Evidence(OFFLINE, "missed", 1060.0, 1020.0))
    writer.flush()
    clock.wind(100)
    intervals = health.history(EVERYTHING, "d", 900.0, 9999.0)
    assert [(one.begin, one.end, one.state) for one in intervals] == [
        (900.0, 1000.0, UNKNOWN),
        (1000.0, 1020.0, ONLINE),
        (1020.0, 1100.0, OFFLINE),
    ]
    found = health.availability(EVERYTHING, ["d", "nobody"], 900.0, 9999.0)
    assert found == {
        "d": Availability(online=20.0, offline=80.0, unknown=100.0),
        "nobody": Availability(unknown=200.0),
    }
    assert health.history(NOTHING, "d", 900.0, 9999.0) == ()
    assert health.availability(NOTHING, ["d"], 900.0, 9999.0) == {}


def test_after_a_start_every_device_is_unknown_since_the_life_before_ended(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    first = Health(engine, writer, clock)
    first.start(None)
    first.record("on", Evidence(ONLINE, "registered", 1000.0, 1000.0))
    first.record("off", Evidence(OFFLINE, "unregistered", 1010.0))
    writer.flush()
    clock.wind(500)
    second = Health(engine, writer, clock)
    assert second.start(Life(990.0, 1100.0, clean=False)) == 2
    for device_id in ("on", "off"):
        known = second.status(device_id)
        assert known is not None
        assert (known.state, known.why, known.since) == (UNKNOWN, RESTARTED, 1100.0)
    assert second.record("on", Evidence(ONLINE, "keepalive", 1600.0, 1600.0))
    writer.flush()
    clock.wind(100)
    states = [(one.state, one.begin) for one in second.history(EVERYTHING, "on", 1000.0, 1600.0)]
    assert states == [(ONLINE, 1000.0), (UNKNOWN, 1100.0)]


def test_a_clock_that_was_ahead_makes_no_future(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    health = Health(engine, writer, clock)
    health.record("d", Evidence(ONLINE, "registered", 1000.0, 1000.0))
    writer.flush()
    health.start(Life(0.0, 99_999.0, clean=True))
    known = health.status("d")
    assert known is not None
    assert known.since == clock.wall()


def test_a_device_that_flaps_while_nothing_can_be_written_is_bounded(
    tmp_path: Path, clock: ManualClock
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'full.db'}")
    upgrade(engine)
    full = [True]
    event.listen(
        engine,
        "checkout",
        lambda driver, *_: driver.execute(f"PRAGMA query_only={'ON' if full[0] else 'OFF'}"),
    )
    writer = Writer(engine, flush=60)
    health = Health(engine, writer, clock)
    for number in range(1000):
        state = ONLINE if number % 2 == 0 else OFFLINE
        health.record("d", Evidence(state, "flap", 1000.0 + number, None))
        if number % 300 == 0:
            with pytest.raises(Exhausted):
                writer.flush()
    full[0] = False
    writer.close()
    with engine.connect() as connection:
        rows = connection.execute(select(presence_changes).order_by(presence_changes.c.id)).all()
    assert len(rows) == WAITING_CHANGES
    assert rows[1].why == NOT_RECORDED
    assert rows[-1].at == 1999.0
    engine.dispose()


VICTIM = """
import sys
from tongshi.clock import SystemClock
from tongshi.db.connect import connect
from tongshi.db.run import Run
from tongshi.db.writer import Writer
from tongshi.health.service import Health
from tongshi.health.status import Evidence
from tongshi.registry.state import State

clock = SystemClock()
engine = connect(sys.argv[1])
run = Run(engine, clock)
writer = Writer(engine, flush=0.01)
writer.attach(run)
health = Health(engine, writer, clock)
health.start(run.previous)
step = 0
while True:
    step += 1
    for number in range(50):
        state = State.ONLINE if (step + number) % 2 else State.OFFLINE
        health.record(f"d{number}", Evidence(state, f"step-{step}", clock.wall()))
    if step % 20 == 0:
        writer.flush()
        print(step, flush=True)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'victim.db'}"
    engine = connect(url)
    upgrade(engine)
    engine.dispose()
    return url


def test_a_killed_process_loses_at_most_the_last_flush(url: str) -> None:
    """Kill -9 at a moment of nobody's choosing: what was acknowledged is there, and in order."""
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, url], stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    acknowledged = [int(victim.stdout.readline()) for _ in range(3)][-1]
    os.kill(victim.pid, signal.SIGKILL)
    victim.stdout.close()
    assert victim.wait() == -signal.SIGKILL

    engine = connect(url)
    clock = SystemClock()
    run = Run(engine, clock)
    assert run.previous is not None
    assert not run.previous.clean
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        rows = connection.execute(select(presence_changes).order_by(presence_changes.c.id)).all()
    for number in range(50):
        steps = [int(row.why[5:]) for row in rows if row.device_id == f"d{number}"]
        assert steps == list(range(1, len(steps) + 1)), "a prefix of what was recorded"
        assert len(steps) >= acknowledged

    writer = Writer(engine)
    health = Health(engine, writer, clock)
    assert health.start(run.previous) == 50
    assert health.counts() == {ONLINE: 0, OFFLINE: 0, UNKNOWN: 50}
    writer.close()
    engine.dispose()


def test_what_people_are_told_of_coming_and_going(health: Health, clock: ManualClock) -> None:
    health.record("d", Evidence(UNKNOWN, "restarted", 1000.0))
    health.record("d", Evidence(OFFLINE, "link-lost", 1001.0))
    assert [(one.device_id, one.told) for one in health.notices()] == [("d", Told.OFFLINE)]
    health.record("d", Evidence(ONLINE, "registered", 1002.0, 1002.0))
    assert health.notices() == []
    clock.wind(100)
    assert [one.told for one in health.notices()] == [Told.ONLINE]
    assert health.flapping() == []
