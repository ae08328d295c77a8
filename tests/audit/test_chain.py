import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.audit.chain import UNBOUND, digest_row, genesis, link, name_node


def test_the_genesis_is_of_the_key() -> None:
    assert genesis(b"a" * 32) != genesis(b"b" * 32)
    expected = hashlib.sha256(b"tongshi audit genesis 1\0" + b"a" * 32).hexdigest()
    assert genesis(b"a" * 32) == expected


def test_a_node_s_name_is_of_its_key() -> None:
    assert len(name_node(b"a" * 32)) == 32
    assert name_node(b"a" * 32) != genesis(b"a" * 32)[:32]


def test_a_digest_depends_on_the_one_before_and_on_the_content() -> None:
    first = link(UNBOUND, b"one")
    assert first == hashlib.sha256(b"tongshi audit entry 1\0" + bytes(32) + b"one").hexdigest()
    assert len({first, link(UNBOUND, b"two"), link(first, b"one")}) == 3


@given(st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5)))
def test_columns_without_a_value_do_not_count(row: dict[str, object]) -> None:
    assert digest_row(row) == digest_row({**row, "a column of a later version": None})


def test_a_store_may_give_a_whole_number_back_with_a_fraction() -> None:
    assert digest_row({"at": 5}) == digest_row({"at": 5.0})
    assert digest_row({"at": 5.5}) != digest_row({"at": 5})
    assert digest_row({"at": "5"}) != digest_row({"at": 5})


def test_the_order_of_columns_does_not_count() -> None:
    assert digest_row({"a": 1, "b": 2}) == digest_row({"b": 2, "a": 1})
    assert digest_row({"a": 1, "b": 2}) != digest_row({"a": 2, "b": 1})


def test_a_row_that_json_cannot_write_is_refused() -> None:
    with pytest.raises(TypeError):
        digest_row({"a": b"x"})
