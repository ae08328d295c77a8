from hypothesis import given
from hypothesis import strategies as st

from tongshi.db.page import LARGEST, LAST, bound


@given(st.integers(), st.integers())
def test_any_page_is_brought_within_bounds(number: int, size: int) -> None:
    kept_number, kept_size = bound(number, size)
    assert 1 <= kept_number <= LAST
    assert 1 <= kept_size <= LARGEST
    assert bound(kept_number, kept_size) == (kept_number, kept_size)


def test_what_is_within_stays() -> None:
    assert bound(7, 50) == (7, 50)
