"""The values told upward, all together: unchangeable, and each of them in the union."""

import dataclasses
import typing

from tongshi.signalling import event


def test_every_event_is_an_unchangeable_value() -> None:
    for kind in typing.get_args(event.SignallingEvent):
        assert kind.__dataclass_params__.frozen
        assert kind.__slots__ == tuple(field.name for field in dataclasses.fields(kind))


def test_every_value_of_the_package_is_told_or_names_what_is_told() -> None:
    values = {name for name in event.__all__ if dataclasses.is_dataclass(getattr(event, name))}
    told = {kind.__name__ for kind in typing.get_args(event.SignallingEvent)}
    assert values - told == {"SessionKey", "TalkKey"}
    assert told <= values
