import dataclasses
from typing import get_args

from tongshi.sip.address import Address
from tongshi.sip.event import Dropped, Event


def test_events_are_values() -> None:
    first = Dropped(Address("192.0.2.1", 5060), "malformed")
    assert first == Dropped(Address("192.0.2.1", 5060), "malformed")
    assert len({first, Dropped(Address("192.0.2.1", 5060), "malformed")}) == 1


def test_every_event_is_documented() -> None:
    assert all(dataclasses.is_dataclass(kind) and kind.__doc__ for kind in get_args(Event))
