from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tongshi.audit.chain import name_node
from tongshi.audit.fault import Fault
from tongshi.audit.head import Head, Purpose, SignedHead, holds, sign
from tongshi.audit.sighting import Sightings

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def head(number: int, seq: int, sign_: str = "a") -> SignedHead:
    told = Head(
        Purpose.HEAD, name_node(PUBLIC), number, seq, sign_ * 64, 1.5, seq, 1.0, float(number)
    )
    return sign(told, KEY)


class Notes:
    """Takes findings."""

    def __init__(self) -> None:
        self.taken: list[tuple[Fault, int]] = []

    def __call__(self, fault: Fault, seq: int = 0, **facts: str | int | float) -> None:
        self.taken.append((fault, seq))


def walk(heads: list[SignedHead], chain: dict[int, str], *, number: int, passed: int = 0) -> Notes:
    """Return what is noted of *heads* beside a chain of digests by entry."""
    notes = Notes()
    sightings = Sightings(heads, lambda signed: holds(signed, PUBLIC), notes)
    sightings.begin()
    if passed:
        sightings.pass_by(passed, ("a" * 64,))
    for seq, one in chain.items():
        sightings.compare(seq, (one * 64,))
    sightings.finish(max(chain, default=passed), number)
    assert sightings.seen == len(heads)
    return notes


def test_heads_of_the_chain_are_no_news() -> None:
    heads = [head(1, 1), head(2, 3), head(2, 3), head(3, 4)]
    assert walk(heads, dict.fromkeys(range(1, 6), "a"), number=3).taken == []
    assert walk([], {1: "a"}, number=1).taken == []


def test_heads_that_are_older_than_the_chain_are_passed() -> None:
    notes = Notes()
    sightings = Sightings([head(1, 1), head(2, 3)], lambda signed: True, notes)
    sightings.begin()
    sightings.pass_by(3, ("a" * 64,))
    assert (sightings.passed, notes.taken) == (1, [])
    assert walk([head(1, 3, "b")], {4: "a"}, number=1, passed=3).taken == [
        (Fault.WITNESS_DIFFERS, 3)
    ]


def test_what_disagrees_is_noted() -> None:
    chain = {1: "a", 2: "b"}
    assert walk([head(1, 2)], chain, number=1).taken == [(Fault.WITNESS_DIFFERS, 2)]
    assert walk([head(1, 9)], chain, number=1).taken == [(Fault.WITNESS_BEYOND, 2)]
    assert walk([head(5, 1)], chain, number=4).taken == [(Fault.HEAD_MISSING, 2)]
    back = walk([head(1, 1), head(2, 1, "b"), head(3, 2, "b")], chain, number=3)
    assert back.taken == [(Fault.WITNESS_BACK, 1)]


def test_what_nobody_signed_is_noted_and_left_out() -> None:
    forged = SignedHead(head(1, 9).head, "00" * 64)
    assert walk([forged], {1: "a"}, number=1).taken == [(Fault.WITNESS_FORGED, 9)]
