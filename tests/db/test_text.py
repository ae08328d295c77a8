import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, literal, select

from tongshi.db.text import find_literally, storable

ENGINE = create_engine("sqlite://")


@given(st.text(st.characters()), st.integers(0, 20))
def test_whatever_peers_send_can_be_stored(text: str, limit: int) -> None:
    kept = storable(text, limit)
    assert len(kept) <= limit
    assert "\0" not in kept
    assert kept.encode("utf-8").decode("utf-8") == kept


def test_what_cannot_be_kept_becomes_a_question_mark() -> None:
    assert storable("a\udc80b\0c东") == "a?b?c东"


def finds(text: str, within: str) -> bool:
    with ENGINE.connect() as connection:
        return bool(connection.execute(select(find_literally(literal(within), text))).scalar())


@pytest.mark.parametrize(
    ("text", "within", "expected"),
    [
        ("门", "东门枪机", True),
        ("gate", "East GATE 1", True),
        ("100%", "100% sure", True),
        ("100%", "1000 sure", False),
        ("a_b", "a_b", True),
        ("a_b", "axb", False),
        ("\\", "a\\b", True),
        ("\\", "ab", False),
        ("", "anything", True),
        ("'; DROP TABLE x; --", "x", False),
    ],
)
def test_a_text_is_found_literally(text: str, within: str, expected: bool) -> None:
    assert finds(text, within) is expected


@given(st.text("ab%_\\", max_size=4), st.text("ab%_\\", max_size=8))
def test_it_agrees_with_python(text: str, within: str) -> None:
    assert finds(text, within) is (text in within)
