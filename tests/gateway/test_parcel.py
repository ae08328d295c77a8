import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gateway.parcel import HEAD, LARGEST, Kind, Parcel, read_head


@given(
    st.builds(
        Parcel,
        st.sampled_from(Kind),
        st.just(b""),
        key=st.booleans(),
        pts=st.integers(-(2**63), 2**63 - 1),
        sent=st.floats(allow_nan=False),
    )
)
def test_round_trip(parcel: Parcel) -> None:
    assert read_head(parcel.head()) == (0, parcel)


def test_length_goes_before() -> None:
    assert read_head(Parcel(Kind.FRAME, b"abc").head())[0] == 3


def test_a_parcel_too_large_or_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="parcel of"):
        read_head(HEAD.pack(LARGEST + 1, Kind.FRAME, 0, 0, 0.0))
    with pytest.raises(ValueError):
        read_head(HEAD.pack(0, 99, 0, 0, 0.0))
