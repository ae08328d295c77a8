"""What to believe of what devices notify of their channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.catalog import Item, State
from tongshi.registry.branch import Place
from tongshi.registry.change import Batch, Damper, Told, fit, fold, sort_out, split, told_by
from tongshi.registry.merge import Stored


def stored(key: str, *, removed: bool = False) -> Stored:
    return Stored(key, "digest", removed, Place("recorder", "", True), "recorder", "", "", None)


KNOWN = {"there": stored("there"), "gone": stored("gone", removed=True)}


@pytest.mark.clause("N.4.3.2")
@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("ON", State.ON),
        ("off", State.OFF),
        ("VLOST", State.OFF),
        ("DEFECT", State.OFF),
        ("ADD", None),
        ("DEL", None),
        ("UPDATE", None),
        ("", None),
        ("EXPLODED", None),
    ],
)
def test_events_that_tell_a_state(event: str, said: State | None) -> None:
    told = told_by(Item(device_id="a", event=event), 7.0)
    assert told == (None if said is None else Told(said, event.upper(), 7.0))


def test_the_newest_word_on_each_channel_waits() -> None:
    pending: dict[str, Item] = {}
    assert not fold(pending, Item(device_id="a", event="ON"))
    assert pending == {}
    added = Item(device_id="a", event="ADD", name="a", status="ON")
    assert fold(pending, added)
    assert fold(pending, Item(device_id="a", event="VLOST"))
    assert pending["a"] == Item(device_id="a", event="ADD", name="a", status="OFF")
    assert fold(pending, Item(device_id="a", event="ON"))
    assert pending["a"] == added
    gone = Item(device_id="a", event="DEL")
    assert fold(pending, gone)
    assert fold(pending, Item(device_id="a", event="ON"))
    assert pending == {"a": gone}


@pytest.mark.clause("N.4.3.2")
@pytest.mark.parametrize("event", ["ADD", "UPDATE", ""])
def test_entries(event: str) -> None:
    known = Item(device_id="there", event=event, name="new name")
    unknown = Item(device_id="new", event=event, name="x")
    bare = Item(device_id="bare", event=event)
    back = Item(device_id="gone", event=event, status="OFF")
    items = (known, unknown, bare, back)
    batch = sort_out({item.device_id: item for item in items}, KNOWN)
    assert batch == Batch(items, (), {}, 0)


def test_an_entry_that_says_nothing_but_a_state_is_one() -> None:
    item = Item(device_id="there", status="OFFLINE")
    assert sort_out({"there": item}, KNOWN) == Batch((), (), {"there": State.OFF}, 0)


def test_what_is_removed_has_to_be_there() -> None:
    items = {key: Item(device_id=key, event="DEL") for key in ("there", "gone", "new")}
    assert sort_out(items, KNOWN) == Batch((), ("there",), {}, 2)


KEY = ("recorder", "camera")


@pytest.mark.clause("N.4.1")
def test_a_restless_channel_waits_until_it_is_at_rest() -> None:
    damper = Damper(most=2, window=100.0, rest=10.0)
    held = []
    for now in (0.0, 5.0, 10.0, 15.0):
        damper.note(KEY, now)
        held.append(damper.holds(KEY, now))
    assert held == [False, False, True, True]
    assert damper.held == 2
    assert not damper.holds(KEY, 25.0)
    assert not damper.holds(("recorder", "other"), 15.0)


def test_each_window_lets_a_few_through() -> None:
    damper = Damper(most=1, window=100.0, rest=50.0)
    held = []
    for now in range(0, 220, 20):
        damper.note(KEY, float(now))
        held.append(damper.holds(KEY, float(now)))
    assert [index for index, value in enumerate(held) if not value] == [0, 5, 10]


def test_memory_of_channels_is_bounded() -> None:
    damper = Damper(most=1, limit=2)
    for number in range(3):
        for _ in range(2):
            damper.note(("recorder", str(number)), 0.0)
    assert [damper.holds(("recorder", str(number)), 0.0) for number in range(3)] == [
        False,
        True,
        True,
    ]


def test_what_is_ready_and_what_waits() -> None:
    damper = Damper(most=1)
    for _ in range(2):
        damper.note(KEY, 0.0)
    told, other = Told(State.ON, "ON", 0.0), ("recorder", "calm")
    waiting = {KEY: told, other: told}
    assert split(waiting, damper, 0.0) == ({other: told}, {KEY: told})
    assert split(waiting, damper, 40.0) == (waiting, {})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["there", "gone", "new"]),
            st.sampled_from(["ON", "OFF", "ADD", "DEL", "UPDATE", "", "?"]),
            st.sampled_from(["", "name"]),
        )
    )
)
def test_whatever_is_notified_each_channel_has_one_fate(
    words: list[tuple[str, str, str]],
) -> None:
    pending: dict[str, Item] = {}
    for key, event, name in words:
        fold(pending, Item(device_id=key, event=event, name=name))
    batch = sort_out(pending, KNOWN)
    fates = [item.device_id for item in batch.entries] + [*batch.removed, *batch.states]
    assert len(fates) == len(set(fates)) == len(pending) - batch.ignored


def test_a_device_has_room_for_so_many_new_entries() -> None:
    items = tuple(Item(device_id=key) for key in ("new", "gone", "other", "new", "there"))
    assert fit(items, KNOWN, 4) == (items, 0)
    fitting, beyond = fit(items, KNOWN, 3)
    assert [item.device_id for item in fitting] == ["new", "gone", "new", "there"]
    assert beyond == 1
    fitting, beyond = fit(items, KNOWN, 1)
    assert ([item.device_id for item in fitting], beyond) == (["gone", "there"], 2)
