import pytest

from tongshi.api.purpose import LONGEST, code_of, read_purpose
from tongshi.errors import Invalid


@pytest.mark.parametrize(
    ("given", "kept"),
    [("patrol", "patrol"), ("  lost\n child ", "lost child"), ("case: a  b", "case: a b")],
)
def test_a_purpose_is_kept_on_one_line(given: str, kept: str) -> None:
    assert read_purpose(given) == kept


@pytest.mark.parametrize("given", ["", " \n ", "other", "x" * (LONGEST + 1)])
def test_nothing_and_too_much_is_no_purpose(given: str) -> None:
    with pytest.raises(Invalid):
        read_purpose(given)


def test_the_code_of_what_the_register_keeps() -> None:
    assert code_of("case: theft: of bicycles") == "case"
    assert code_of("patrol") == "patrol"
