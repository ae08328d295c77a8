import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tongshi.audit.chain import name_node
from tongshi.audit.head import Head, Purpose, sign
from tongshi.audit.statement import (
    ENTRY,
    LONGEST,
    chain_line,
    end_line,
    entry_line,
    head_line,
    read_line,
    read_witness,
    row_line,
    write_line,
)
from tongshi.errors import Invalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
SIGNED = sign(Head(Purpose.HEAD, name_node(PUBLIC), 1, 2, "ab" * 32, 1.5, 2, 1.0, 0.5), KEY)


def test_lines_survive_their_text() -> None:
    for line in (
        chain_line(PUBLIC, "通视", 1.5, rows=True),
        head_line(SIGNED),
        row_line("look", {"id": 1, "what": None, "purpose": "为何\n"}),
        end_line(5),
    ):
        text = write_line(line)
        assert text.endswith("\n")
        assert text.count("\n") == 1
        assert read_line(text) == line


def test_columns_without_a_value_are_left_out_of_a_row() -> None:
    assert row_line("look", {"id": 1, "what": None}) == {"type": "look", "row": {"id": 1}}


@given(st.text(max_size=50))
def test_any_text_is_a_line_or_none(text: str) -> None:
    assert isinstance(read_line(text), dict)


@pytest.mark.parametrize("text", ["", "5", "[1]", "{", "[" * 100_000, '"x"', " " * (LONGEST + 1)])
def test_what_is_no_object_is_an_empty_one(text: str) -> None:
    assert read_line(text) == {}


def test_details_that_are_not_as_they_were_written_stay_text() -> None:
    row: dict[str, object] = dict.fromkeys(ENTRY, 1)
    assert entry_line({**row, "details": '{"a":1}'})["details"] == {"a": 1}
    for spoilt in ('{"a": 1}', '{"a":1,"a":1}', "", "x", "[1]"):
        assert entry_line({**row, "details": spoilt})["details"] == spoilt
    assert entry_line({**row, "details": 5})["details"] == 5


def test_bytes_that_somebody_put_into_a_column_can_be_written() -> None:
    row: dict[str, object] = {**dict.fromkeys(ENTRY, 1), "details": b"x", "person": b"\xff"}
    assert read_line(write_line(entry_line(row)))["person"] == repr(b"\xff")


def test_a_witness_is_read_up_to_a_torn_line() -> None:
    text = write_line(head_line(SIGNED))
    assert list(read_witness([text, text, text[:-5]])) == [SIGNED, SIGNED]
    with pytest.raises(Invalid, match="line 2 of the witness"):
        list(read_witness([text, "{}\n", text]))
