from tongshi.sim import call, event, join


def test_all_events_of_a_device_are_offered_here() -> None:
    assert event.Invited is call.Invited
    assert event.Registered is join.Registered
    assert all(hasattr(event, name) for name in event.__all__)
