from tongshi.access.scope import EVERYTHING
from tongshi.api.parts import Parts
from tongshi.api.presence import freshen, freshen_page
from tongshi.clock import ManualClock
from tongshi.health.status import Evidence
from tongshi.registry.entry import Query
from tongshi.registry.state import State

CAMERA = "34020000001320000001"


def test_memory_is_ahead_of_the_store(parts: Parts, clock: ManualClock) -> None:
    stored = parts.registry.device(EVERYTHING, CAMERA)
    clock.wind(30)
    parts.health.record_seen({CAMERA: clock.wall()})
    assert freshen(parts.health, stored).last_proof_at == clock.wall()
    parts.health.record(CAMERA, Evidence(State.OFFLINE, "link-lost", clock.wall()))
    now = freshen(parts.health, stored)
    assert (now.state, now.why, now.since) == (State.OFFLINE, "link-lost", clock.wall())
    assert now.last_proof_at == clock.wall()


def test_a_device_without_presence_stays_as_it_is_stored(parts: Parts) -> None:
    stored = parts.registry.device(EVERYTHING, CAMERA)
    object.__setattr__(stored, "device_id", "nobody")
    assert freshen(parts.health, stored) is stored


def test_a_page_is_freshened_row_by_row(parts: Parts, clock: ManualClock) -> None:
    parts.health.record(CAMERA, Evidence(State.OFFLINE, "link-lost", clock.wall() + 1))
    page = freshen_page(parts.health, parts.registry.devices(EVERYTHING, Query()))
    states = {row.device_id: row.state for row in page.rows}
    assert states[CAMERA] is State.OFFLINE
    assert page.total == 3
