import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Exhausted, Invalid
from tongshi.gb28181.ssrc import Kind, Lease, SsrcPool, number_of, text_of


@pytest.mark.clause("G")
def test_the_standards_own_example() -> None:
    assert SsrcPool("13010000002000000001").lease(Kind.LIVE, "a") == "0100000001"


@pytest.mark.clause("G")
def test_digits_two_to_six_are_four_to_eight_of_the_platforms_id() -> None:
    pool = SsrcPool("34020000002000000001")
    assert pool.lease(Kind.LIVE, "a") == "0200000001"
    assert pool.lease(Kind.HISTORY, "b") == "1200000001"
    assert pool.lease(Kind.LIVE, "c") == "0200000002"
    assert SsrcPool("3402000000").lease(Kind.LIVE, "a") == "0200000001"


def test_owners_and_release() -> None:
    pool = SsrcPool("34020000002000000001")
    ssrc = pool.lease(Kind.LIVE, "camera 7")
    assert pool.leased() == (Lease(ssrc, "camera 7"),)
    assert pool.owner(ssrc) == "camera 7"
    assert pool.release(ssrc)
    assert not pool.release(ssrc)
    assert pool.owner(ssrc) is None
    assert pool.leased() == ()


def test_a_returned_number_is_the_last_to_be_leased_again() -> None:
    pool = SsrcPool("34020000002000000001")
    first = pool.lease(Kind.LIVE, "a")
    pool.release(first)
    others = [pool.lease(Kind.LIVE, "b") for _ in range(9998)]
    assert first not in others
    assert len(set(others)) == 9998
    assert pool.lease(Kind.LIVE, "c") == first
    with pytest.raises(Exhausted, match="LIVE") as caught:
        pool.lease(Kind.LIVE, "d")
    assert caught.value.resource == "ssrc"
    assert pool.lease(Kind.HISTORY, "e") == "1200000001"


def test_no_lease_is_ever_the_zero_that_means_none() -> None:
    pool = SsrcPool("11000000002000000001")
    leased = {pool.lease(Kind.LIVE, "a") for _ in range(9999)}
    assert "0000000000" not in leased


@pytest.mark.parametrize("domain_id", ["", "3402", "platform-1", "３" * 10])
def test_a_platforms_id_is_needed(domain_id: str) -> None:
    with pytest.raises(Invalid):
        SsrcPool(domain_id)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0200000001", 200_000_001),
        (" 200000001\n", 200_000_001),
        ("4294967295", 4_294_967_295),
        ("4294967296", None),
        ("0000000000", None),
        ("", None),
        ("null", None),
        ("00200000001", None),
        ("²", None),
    ],
)
def test_numbers(text: str, number: int | None) -> None:
    assert number_of(text) == number


def test_the_bytes_of_the_dossiers_example() -> None:
    assert (number_of("0200000001") or 0).to_bytes(4, "big").hex() == "0bebc201"


@given(st.integers(1, 0xFFFFFFFF))
def test_number_of_text_is_identity(number: int) -> None:
    assert number_of(text_of(number)) == number
    assert len(text_of(number)) == 10
