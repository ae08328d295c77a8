from tongshi.access.identity import PLATFORM
from tongshi.approvals.person import actor_of, who


def test_records_name_people_as_they_are_now() -> None:
    assert who(PLATFORM).shown == PLATFORM.shown
    actor = actor_of(PLATFORM, "192.0.2.7")
    assert (actor.person_id, actor.person, actor.address) == (0, PLATFORM.shown, "192.0.2.7")
