import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.gb28181.date import read_date, write_date, write_time

# 2024-05-05T23:08:09.123Z is 07:08:09.123 of the next day in Beijing.
MOMENT = 1_714_950_489.123


@pytest.mark.clause("9.10.3")
def test_the_date_header_is_beijing_time_with_milliseconds_and_without_zone() -> None:
    assert write_date(MOMENT) == "2024-05-06T07:08:09.123"
    assert write_time(MOMENT) == "2024-05-06T07:08:09"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-06T07:08:09.123", MOMENT),
        ("2024-05-06T07:08:09", 1_714_950_489.0),
        (" 2024-05-06 07:08:09.5 ", 1_714_950_489.5),
        ("2024-05-06T07:08:09.123456789", 1_714_950_489.123456),
        ("1970-01-01T08:00:00", 0.0),
    ],
)
def test_fractions_may_be_there_or_not(text: str, moment: float) -> None:
    assert read_date(text) == pytest.approx(moment, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [None, "", "Mon, 06 May 2024 07:08:09 GMT", "2024-13-06T07:08:09", "2024-05-06T25:08:09", "0"],
)
def test_what_is_no_date(text: str | None) -> None:
    assert read_date(text) is None


@given(st.integers(0, 4_000_000_000_000))
def test_read_of_write_is_identity(milliseconds: int) -> None:
    assert read_date(write_date(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@given(st.text(alphabet="0123456789-T:. Z", max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert read_date(text) is None or isinstance(read_date(text), float)
