import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathering, catalog_key
from tongshi.gb28181.manscdp import Record, RecordInfoAnswer
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.parts import TCP_ROOM, UDP_ROOM, Fate, Sending, split, split_catalog
from tongshi.gb28181.version import Version

SERVER = "34020000002000000001"


def items(count: int, name: str = "东门枪机") -> list[Item]:
    return [
        Item(device_id=f"3402000000131{at:07}", name=name, manufacturer="ACME", status="ON")
        for at in range(count)
    ]


def cut(count: int, room: int, most: int = 10_000) -> list[CatalogAnswer]:
    return list(
        split_catalog(
            items(count), sn=7, device_id=SERVER, version=Version.V2022, room=room, most=most
        )
    )


@pytest.mark.clause("M")
def test_nothing_to_tell_is_one_part_without_a_list() -> None:
    (part,) = cut(0, UDP_ROOM)
    assert part == CatalogAnswer(7, SERVER, 0)


def test_parts_stay_within_the_room_of_a_datagram() -> None:
    parts = cut(100, UDP_ROOM)
    assert len(parts) > 10
    for part in parts:
        assert part.items
        assert part.num == len(part.items)
        assert part.sum_num == 100
        assert len(manscdp.write(part, Version.V2022)) <= UDP_ROOM


@pytest.mark.clause("M")
def test_over_tcp_many_items_go_together() -> None:
    assert len(cut(1000, TCP_ROOM)) == 1


def test_the_number_of_items_is_bounded_too() -> None:
    assert [len(part.items) for part in cut(5, TCP_ROOM, most=2)] == [2, 2, 1]


def test_an_item_that_is_longer_than_the_room_goes_alone() -> None:
    long = [Item(device_id="a", name="x" * 2000), Item(device_id="b"), Item(device_id="c")]
    parts = list(split_catalog(long, sn=1, device_id=SERVER, version=Version.V2016))
    assert [len(part.items) for part in parts] == [1, 2]


@given(st.integers(0, 60), st.integers(100, 3000))
def test_a_gathering_of_all_parts_is_complete(count: int, room: int) -> None:
    gathering = Gathering(catalog_key, 0.0)
    for part in cut(count, room):
        gathering.add(part, 0.0)
    gathered = gathering.result()
    assert gathered.complete
    assert list(gathered.items) == items(count)


def fate_of(out: Sending[CatalogAnswer]) -> Fate:
    return out.fate


def sending(count: int, retries: int = 1) -> Sending[CatalogAnswer]:
    parts = split_catalog(
        items(count), sn=7, device_id=SERVER, version=Version.V2022, room=TCP_ROOM, most=1
    )
    return Sending(parts, retries=retries)


@pytest.mark.clause("M")
def test_the_next_part_goes_after_the_answer_to_the_last() -> None:
    out = sending(2)
    first = out.take()
    assert first is not None
    assert out.take() is None
    out.answered(200)
    second = out.take()
    assert second is not None
    assert second != first
    out.answered(200)
    assert fate_of(out) is Fate.DONE
    assert out.sent == 2
    assert out.take() is None


def test_a_part_without_an_answer_is_sent_again_and_then_given_up() -> None:
    out = sending(2)
    first = out.take()
    out.unanswered()
    assert out.take() == first
    out.answered(200)
    out.take()
    out.answered(500)
    assert fate_of(out) is Fate.SENDING
    out.take()
    out.unanswered()
    assert fate_of(out) is Fate.FAILED
    assert out.sent == 1
    assert out.take() is None


def test_answers_to_nothing_do_nothing() -> None:
    out = sending(1)
    out.answered(200)
    out.unanswered()
    assert fate_of(out) is Fate.SENDING
    assert out.take() is not None


def test_no_parts_at_all_are_sent_at_once() -> None:
    assert Sending(iter(())).fate is Fate.DONE


def test_any_list_is_split_as_a_catalog_is() -> None:
    records = [Record("c", str(number)) for number in range(10)]

    def make(items: tuple[Record, ...]) -> RecordInfoAnswer:
        return RecordInfoAnswer(7, "c", "", len(records), items)

    parts = list(split(records, lambda record: 200, make, room=800, most=10))
    assert [len(part.items) for part in parts] == [2, 2, 2, 2, 2]
    assert {part.sum_num for part in parts} == {10}
    assert [item for part in parts for item in part.items] == records
    assert [len(part.items) for part in split(records, lambda record: 1, make, most=4)] == [4, 4, 2]
    assert list(split([], lambda record: 1, make)) == [make(())]
    sending = Sending(iter(parts))
    assert sending.take() == parts[0]
    sending.answered(200)
    assert sending.sent == 2
