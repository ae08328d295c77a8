from dataclasses import fields, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tongshi.audit.chain import name_node
from tongshi.audit.head import (
    Head,
    Purpose,
    SignedHead,
    from_plain,
    holds,
    message,
    read_key,
    sign,
    to_plain,
)
from tongshi.errors import Invalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
HEAD = Head(Purpose.HEAD, name_node(PUBLIC), 3, 12, "ab" * 32, 1_700_000_000.5, 12, 1.6e9, 61.25)


def test_a_signature_holds_for_exactly_this_head() -> None:
    signed = sign(HEAD, KEY)
    assert holds(signed, PUBLIC)
    others = [
        replace(HEAD, purpose=Purpose.ANCHOR),
        replace(HEAD, node="0" * 32),
        replace(HEAD, number=99),
        replace(HEAD, seq=99),
        replace(HEAD, digest="cd" * 32),
        replace(HEAD, wall=99.0),
        replace(HEAD, kept=99),
        replace(HEAD, run=99.0),
        replace(HEAD, lasted=99.0),
    ]
    assert len(others) == len(fields(Head))
    for changed in others:
        assert not holds(SignedHead(changed, signed.signature), PUBLIC), changed


def test_no_other_key_and_no_other_signature_will_do() -> None:
    signed = sign(HEAD, KEY)
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    assert not holds(signed, other)
    assert not holds(signed, b"short")
    assert not holds(replace(signed, signature="00" * 64), PUBLIC)
    assert not holds(replace(signed, signature="no hex"), PUBLIC)


def test_a_head_survives_json() -> None:
    signed = sign(HEAD, KEY)
    assert from_plain(to_plain(signed)) == signed


def test_purposes_have_messages_of_their_own() -> None:
    assert message(HEAD).startswith(b"tongshi audit head 1\0[")
    assert message(replace(HEAD, purpose=Purpose.ANCHOR)).startswith(b"tongshi audit anchor 1\0[")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("purpose", "other"),
        ("node", "xy" * 16),
        ("node", 5),
        ("digest", "ab"),
        ("digest", "AB" * 32),
        ("number", -1),
        ("number", 1.5),
        ("number", True),
        ("seq", 2**60),
        ("wall", "now"),
        ("wall", True),
        ("wall", float("nan")),
        ("lasted", 1e300),
        ("signature", None),
    ],
)
def test_what_is_no_head_is_refused(name: str, value: object) -> None:
    plain = to_plain(sign(HEAD, KEY))
    with pytest.raises(Invalid, match="not a head"):
        from_plain({**plain, name: value})


def test_a_key_is_read_from_text() -> None:
    assert read_key(PUBLIC.hex()) == PUBLIC
    assert read_key(f"ed25519 {PUBLIC.hex()}\n") == PUBLIC
    for wrong in ("", "xyz", "ab" * 31, "ab" * 33):
        with pytest.raises(Invalid, match="public key"):
            read_key(wrong)
