"""What asked devices are told of with: whose it is and when, and equal when nothing differs."""

import dataclasses
from dataclasses import replace

import pytest

from tongshi.gb28181.gather import Gathering, Why, catalog_key
from tongshi.signalling.event import SignallingEvent
from tongshi.signalling.event.answer import (
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DeviceStated,
    ProfileChosen,
    QueryFailed,
)

KINDS = [
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DeviceStated,
    ProfileChosen,
    QueryFailed,
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_says_whose_it_is_and_when(kind: type[SignallingEvent]) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    assert (names[0], names[-1]) == ("device_id", "at")


def test_a_partial_catalog_carries_its_reason() -> None:
    told = CatalogGathered("a", Gathering(catalog_key, 0.0).result(), 1.0)
    assert (told.gathered.complete, told.gathered.why) == (False, Why.SILENT)


def test_failures_of_two_queries_differ() -> None:
    told = QueryFailed("a", "Catalog", "peer-silent", "no answer", 1.0)
    assert replace(told, query="DeviceInfo") != told
    assert replace(told) == told
