import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Conflict
from tongshi.gateway.ports import Ports, split


def test_even_ports_in_turn_and_the_freed_one_last() -> None:
    ports = Ports(30001, 30006)
    assert tuple(ports.candidates()) == (30002, 30004, 30006)
    ports.lease(30002, "a")
    ports.release(30002)
    assert tuple(ports.candidates()) == (30004, 30006, 30002)


def test_a_lease_has_an_owner_and_is_lent_once() -> None:
    ports = Ports(30000, 30002)
    ports.lease(30000, "a")
    with pytest.raises(Conflict, match="lent to a"):
        ports.lease(30000, "b")
    assert ports.leased() == {30000: "a"}
    ports.release(30000)
    ports.release(30000)
    assert ports.leased() == {}
    assert sorted(ports.candidates()) == [30000, 30002]


def test_the_system_chooses_when_no_range_is_given() -> None:
    ports = Ports()
    assert set(ports.candidates()) == {0}
    ports.lease(40001, "a")
    assert set(ports.candidates()) == {0}
    ports.release(40001)
    assert ports.leased() == {}


def test_exhausted_says_what() -> None:
    ports = Ports(30000, 30000)
    ports.lease(30000, "a")
    assert tuple(ports.candidates()) == ()
    assert ports.exhausted().resource == "port"


@given(st.integers(1, 65000), st.integers(0, 500), st.integers(1, 8))
def test_split_loses_no_even_port_and_lends_none_twice(first: int, size: int, parts: int) -> None:
    whole = list(Ports(first, first + size).candidates())
    shared = [
        port for part in split(first, first + size, parts) for port in Ports(*part).candidates()
    ]
    assert shared == whole


def test_split_of_no_range() -> None:
    assert split(0, 0, 3) == [(0, 0)] * 3
