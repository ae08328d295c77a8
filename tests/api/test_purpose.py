import pytest

from tongshi.api.purpose import LONGEST, PURPOSES, read_purpose, show_purpose
from tongshi.api.text import Language, Words, catalogue
from tongshi.errors import Invalid


def test_every_code_has_its_words() -> None:
    assert {f"purpose.{code}" for code in PURPOSES} == {
        key for key in catalogue() if key.startswith("purpose.")
    }


@pytest.mark.parametrize(
    ("given", "kept"), [("patrol", "patrol"), ("  lost \n child ", "lost child"), ("x" * 200,) * 2]
)
def test_a_purpose_is_a_code_or_words(given: str, kept: str) -> None:
    assert read_purpose(given) == kept


@pytest.mark.parametrize("given", ["", "  ", "other", "x" * (LONGEST + 1)])
def test_a_purpose_must_say_something(given: str) -> None:
    with pytest.raises(Invalid):
        read_purpose(given)


def test_codes_are_shown_in_words() -> None:
    assert show_purpose("patrol", Words(Language.ZH)) == "日常巡查"
    assert show_purpose("lost child", Words(Language.EN)) == "lost child"
