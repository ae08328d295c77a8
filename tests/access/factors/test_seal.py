import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.access.factors.seal import KEY, NONCE, Seal
from tongshi.errors import Conflict, Invalid

SEAL = Seal(bytes(KEY))
DRAW = bytes(range(NONCE))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=NONCE, max_size=NONCE))
def test_what_was_sealed_opens(plain: str, draw: bytes) -> None:
    sealed = SEAL.close(plain, "totp 1", draw)
    assert SEAL.open(sealed, "totp 1") == plain
    assert sealed.isascii()


def test_it_opens_under_its_own_key_and_for_its_own_use_only() -> None:
    sealed = SEAL.close("secret", "totp 1", DRAW)
    with pytest.raises(Conflict):
        SEAL.open(sealed, "totp 2")
    with pytest.raises(Conflict):
        Seal(b"x" * KEY).open(sealed, "totp 1")
    with pytest.raises(Conflict):
        SEAL.open(sealed[:-4] + "AAAA", "totp 1")


@pytest.mark.parametrize("text", ["", "1.", "1.AAAA", "nonsense", "1." + "A" * 40, "1.ä"])
def test_text_that_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(Conflict):
        SEAL.open(text, "totp 1")


def test_a_key_has_its_length() -> None:
    with pytest.raises(Invalid):
        Seal(b"short")
