import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.access.factors.code import (
    BYTES,
    RECOVERY,
    address_of,
    digest_code,
    find_step,
    is_code,
    spell_codes,
)

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", RFC 6238 appendix B


@pytest.mark.parametrize(
    ("wall", "code"),
    [
        (59.0, "287082"),
        (1111111109.0, "081804"),
        (1234567890.0, "005924"),
        (2000000000.0, "279037"),
    ],
)
def test_vectors_of_the_standard(wall: float, code: str) -> None:
    """The last six of the eight digits of RFC 6238 appendix B, SHA-1."""
    assert find_step(SECRET, code, wall, None) == int(wall // 30)
    assert find_step(SECRET, f" {code[:3]} {code[3:]} ", wall, None) == int(wall // 30)


def test_clocks_may_differ_by_one_step() -> None:
    step = 1111111109 // 30
    for off, found in ((-60, None), (-30, step), (0, step), (30, step), (60, None)):
        assert find_step(SECRET, "081804", 1111111109.0 + off, None) == found


def test_what_was_used_opens_nothing_again() -> None:
    step = 59 // 30
    assert find_step(SECRET, "287082", 59.0, step - 1) == step
    assert find_step(SECRET, "287082", 59.0, step) is None
    assert find_step(SECRET, "287082", 59.0, step + 5) is None


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "２８７０８２", "28708\ud800"])
def test_other_text_is_no_code(text: str) -> None:
    assert not is_code(text)
    assert find_step(SECRET, text, 59.0, None) is None


def test_the_address_tells_a_device_who_and_where() -> None:
    address = address_of(SECRET, "li", "Node: one")
    assert address.startswith("otpauth://totp/Node%20%20one:li?secret=" + SECRET)


@given(st.lists(st.binary(min_size=BYTES, max_size=BYTES), min_size=1, max_size=4))
def test_recovery_codes_are_read_aloud_and_typed_in_any_case(draws: list[bytes]) -> None:
    for code in spell_codes(draws):
        assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
        assert not is_code(code)
        assert digest_code(f" {code.lower().replace('-', ' ')}") == digest_code(code)


def test_recovery_codes_differ() -> None:
    draws = [hashlib.sha256(bytes([number])).digest()[:BYTES] for number in range(RECOVERY)]
    assert len(set(map(digest_code, spell_codes(draws)))) == RECOVERY
