import pytest

from tongshi.errors import RemoteProtocolError
from tongshi.sip.uri import Uri
from tongshi.testing.targets.feed import hold, of_bytes, of_text, parts, pieces


def test_pieces_cover_the_whole() -> None:
    assert list(pieces(b"\x02ab\x00\x05c")) == [b"ab", b"", b"c"]


def test_parts_are_cut_at_the_mark() -> None:
    assert parts(b"a\n--\nb") == [b"a", b"b"]


def test_a_refusal_is_an_answer_and_another_error_is_not() -> None:
    def refuse(data: bytes) -> None:
        raise RemoteProtocolError("no", clause="")

    of_bytes(refuse)(b"")
    of_text(Uri.parse)(b"\xff")
    with pytest.raises(ValueError, match="invalid literal"):
        of_bytes(int)(b"x")


def test_holding_too_much_is_found() -> None:
    hold([b"x" * 100], 1000)
    with pytest.raises(AssertionError, match="list holds"):
        hold([b"x" * 1000], 1000)
