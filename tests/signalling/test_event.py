"""The values told upward: comparable, unchangeable, worded for the store and for people."""

import dataclasses
import typing

from tongshi.signalling import event
from tongshi.signalling.event import DevicePresence, Kind, Presence, SessionKey, Why


def test_every_event_is_an_unchangeable_value() -> None:
    for kind in typing.get_args(event.SignallingEvent):
        assert kind.__dataclass_params__.frozen
        assert kind.__slots__ == tuple(field.name for field in dataclasses.fields(kind))
    told = DevicePresence("a", Presence.ONLINE, Why.REGISTERED, 1.0, None)
    assert told == DevicePresence("a", Presence.ONLINE, Why.REGISTERED, 1.0, None)


def test_words_are_stable_and_all_different() -> None:
    assert [state.value for state in Presence] == ["online", "offline", "unknown"]
    assert [kind.value for kind in Kind] == ["main", "sub"]
    assert len({why.value for why in Why}) == len(Why) == 7


def test_a_session_is_known_by_what_it_shows() -> None:
    assert SessionKey("a", "b", Kind.MAIN) == SessionKey("a", "b", Kind.MAIN)
    assert len({SessionKey("a", "b", kind) for kind in Kind}) == 2
