import pytest

from tongshi.access.marking.mark import MOST_TAGS, check_marks
from tongshi.errors import Invalid


def test_marks_are_cleaned() -> None:
    told = {"class": [" I "], "tag": ["a  b", "c", "a b"], "unit": []}
    assert check_marks(told) == {"class": ("I",), "tag": ("a b", "c"), "unit": ()}


@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"colour": ["red"]},
        {"class": ["I", "II"]},
        {"tag": [str(number) for number in range(MOST_TAGS + 1)]},
        {"unit": [""]},
        {"unit": ["x" * 65]},
        {"unit": ["a\0b"]},
    ],
)
def test_what_is_no_mark_is_refused(marks: dict[str, list[str]]) -> None:
    with pytest.raises(Invalid):
        check_marks(marks)
