"""The list of purposes over a real store."""

from dataclasses import replace

import pytest

from tongshi.approvals.purpose import DEFAULTS, OTHER, Purpose
from tongshi.approvals.purposes import store
from tongshi.audit.entry import Actor
from tongshi.errors import Conflict, Exhausted, Invalid, Missing
from tongshi.testing.house import House

SECURITY = Actor(8, "Security", "Unit 1", "192.0.2.8")
RAID = Purpose("raid", "搜查", "Raid", case=True, order=5)


def test_a_new_node_knows_the_defaults(house: House) -> None:
    assert tuple(house.purposes.known.values()) == DEFAULTS
    assert house.purposes.offered() == DEFAULTS


def test_a_purpose_is_added_changed_and_retired(house: House) -> None:
    house.purposes.add(SECURITY, RAID)
    assert next(iter(house.purposes.known)) == "raid", "in its place"
    with pytest.raises(Conflict):
        house.purposes.add(SECURITY, RAID)
    house.purposes.change(SECURITY, replace(RAID, en="Search"))
    assert house.purposes.show("raid", "en") == "Search"
    house.purposes.change(SECURITY, replace(RAID, retired=True))
    assert "raid" not in {each.code for each in house.purposes.offered()}
    assert house.purposes.show("raid", "zh") == "搜查", "the register reads it still"
    with pytest.raises(Missing):
        house.purposes.change(SECURITY, replace(RAID, code="none"))
    assert house.acts() == ["purpose.changed"] * 3


def test_what_others_changed_is_read_at_the_next_start(house: House) -> None:
    house.purposes.add(SECURITY, RAID)
    again = type(house.purposes)(house.engine, house.writer, house.clock)
    assert again.known == house.purposes.known


def test_words_of_ones_own_stay_possible(house: House) -> None:
    other = house.purposes.known[OTHER]
    for spoilt in (replace(other, retired=True), replace(other, text=False)):
        with pytest.raises(Invalid):
            house.purposes.change(SECURITY, spoilt)


def test_there_are_not_many(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", len(DEFAULTS))
    with pytest.raises(Exhausted):
        house.purposes.add(SECURITY, RAID)


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("patrol", "Routine patrol"),
        ("other: lost child", "lost child"),
        ("case: theft", "Case inquiry: theft"),
        ("lost child", "lost child"),
        ("gone: by now", "gone: by now"),
    ],
)
def test_what_the_register_has_is_shown_in_words(house: House, stated: str, shown: str) -> None:
    assert house.purposes.show(stated, "en") == shown


def test_every_stated_purpose_has_a_code(house: House) -> None:
    assert house.purposes.code_of("patrol") == "patrol"
    assert house.purposes.code_of("lost child") == OTHER
