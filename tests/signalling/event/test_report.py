"""What devices tell by themselves: whose it is and when, and equal when nothing differs."""

import dataclasses
from dataclasses import replace

import pytest

from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.event.report import (
    AlarmRaised,
    CatalogChanged,
    CommandRefused,
    PartsFaulty,
    PictureUploaded,
    PositionReported,
    PtzReported,
    SubscriptionChanged,
    UpgradeReported,
    VideoOffered,
)

KINDS = [
    AlarmRaised,
    CatalogChanged,
    CommandRefused,
    PartsFaulty,
    PictureUploaded,
    PositionReported,
    PtzReported,
    SubscriptionChanged,
    UpgradeReported,
    VideoOffered,
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_says_whose_it_is_and_when(kind: type[SignallingEvent]) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    assert (names[0], names[-1]) == ("device_id", "at")


def test_an_upgrade_that_failed_differs_from_one_that_was_done() -> None:
    told = UpgradeReported("a", "s", True, "V2", "", 1.0)
    assert replace(told, done=False, reason="02") != told
    assert replace(told) == told
