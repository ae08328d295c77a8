from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.audit.conftest import Town

from tongshi.audit.chain import name_node
from tongshi.audit.head import Head, Purpose, SignedHead, sign
from tongshi.audit.subordinates.service import Subordinates, disagree
from tongshi.errors import Invalid, SignInNeeded

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
NODE = name_node(PUBLIC)


def head(number: int, seq: int, purpose: Purpose = Purpose.HEAD, sign_: str = "a") -> SignedHead:
    return sign(Head(purpose, NODE, number, seq, sign_ * 64, 1.5, seq, 1.0, 0.5), KEY)


def open_(town: Town, secrets: Path | None) -> Subordinates:
    return Subordinates(town.engine, town.writer, town.clock, secrets, months=36)


def test_only_whole_lines_with_long_secrets_count(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    subordinates = open_(town, path)
    with pytest.raises(SignInNeeded):
        subordinates.name_of("x" * 16)
    path.write_text(f"# a {'c' * 16}\nvillage {'v' * 16}\nshort abc\n{'x' * 16}\na b c\n")
    assert subordinates.name_of("v" * 16) == "village"
    for wrong in ("", "abc", "x" * 16, "c" * 16, "b", "v" * 15, "\ud800"):
        with pytest.raises(SignInNeeded):
            subordinates.name_of(wrong)
    path.write_bytes(b"\xff")
    with pytest.raises(SignInNeeded):
        subordinates.name_of("v" * 16)
    with pytest.raises(SignInNeeded):
        open_(town, None).name_of("v" * 16)


def test_heads_are_taken_once_and_given_in_their_order(town: Town) -> None:
    subordinates = open_(town, None)
    assert subordinates.take("village", "::1", PUBLIC, [head(1, 2), head(2, 4)]) == 2
    assert subordinates.take("village", "::1", PUBLIC, [head(2, 4), head(3, 6)]) == 3
    assert [one.head.number for one in subordinates.heads(NODE)] == [1, 2, 3]
    (one,) = subordinates.all()
    assert (one.node, one.heads, one.faults) == (NODE, 3, 0)


@pytest.mark.parametrize(
    ("heads", "key", "why"),
    [
        ([], PUBLIC, "no heads"),
        ([head(1, 2)], bytes(32), "another node"),
        ([head(1, 2, Purpose.ANCHOR)], PUBLIC, "another node"),
        ([SignedHead(head(1, 2).head, "00" * 64)], PUBLIC, "does not hold"),
    ],
)
def test_what_the_node_did_not_sign_is_refused(
    town: Town, heads: list[SignedHead], key: bytes, why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        open_(town, None).take("village", "::1", key, heads)
    assert open_(town, None).all() == ()


def test_how_heads_disagree() -> None:
    before = head(5, 9)
    assert disagree(None, before) == ""
    assert disagree(before, head(6, 9)) == ""
    assert disagree(before, head(6, 12)) == ""
    assert disagree(before, head(6, 9, sign_="b")) == "differs"
    assert disagree(before, head(6, 8)) == "back"
    assert disagree(before, head(4, 12)) == "back"


def test_old_heads_are_forgotten_by_the_calendar(town: Town) -> None:
    subordinates = open_(town, None)
    subordinates.take("village", "::1", PUBLIC, [head(1, 2)])
    town.clock.wind(37 * 31 * 86400.0)
    subordinates.take("village", "::1", PUBLIC, [head(2, 4)])
    assert subordinates.forget() == 1
    assert [one.head.number for one in subordinates.heads(NODE)] == [2]
