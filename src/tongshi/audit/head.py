"""Heads: how long the chain was at a moment and what its last digest was, signed by the node.

A head is signed each minute in which something changed, and at start and stop.  An anchor is signed
when old entries are removed: it stands for them, and what is kept begins behind it.  The first
anchor is the genesis.

Source: RFC 8032 (Ed25519), by the library ``cryptography``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tongshi.audit.entry import write_json
from tongshi.errors import Invalid

KEY_SIZE, SIGNATURE_SIZE, DIGEST_SIZE = 32, 64, 32
_LARGEST = 2**53


class Purpose(Enum):
    """What a signed statement is for; a signature for one does not pass for the other."""

    HEAD = "head"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Head:
    """One statement.

    node: name made from the public key.  number: of heads, from 1, without holes; of an anchor, the
    last head that is gone, 0 for the genesis.  seq: of the last entry; of an anchor, the last one
    that is gone.  digest: that entry's, hex.  wall: UNIX time, s.  kept: entries that the store
    has.  run: life of the process, by its begin, UNIX time, s.  lasted: since then by the monotonic
    clock, s.
    """

    purpose: Purpose
    node: str
    number: int
    seq: int
    digest: str
    wall: float
    kept: int
    run: float
    lasted: float


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A statement with its signature, hex."""

    head: Head
    signature: str


def sign(head: Head, key: Ed25519PrivateKey) -> SignedHead:
    """Return *head* signed with the node's *key*."""
    return SignedHead(head, key.sign(message(head)).hex())


def holds(signed: SignedHead, key: bytes) -> bool:
    """Say whether the node with this public *key* signed exactly this."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(
            bytes.fromhex(signed.signature), message(signed.head)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def message(head: Head) -> bytes:
    """Return the bytes that are signed."""
    values = [
        head.node,
        head.number,
        head.seq,
        head.digest,
        float(head.wall),
        head.kept,
        float(head.run),
        float(head.lasted),
    ]
    return f"tongshi audit {head.purpose.value} 1\0{write_json(values)}".encode("ascii")


def to_plain(signed: SignedHead) -> dict[str, object]:
    """Return a signed statement as JSON carries it."""
    head = signed.head
    return {
        "purpose": head.purpose.value,
        "node": head.node,
        "number": head.number,
        "seq": head.seq,
        "digest": head.digest,
        "wall": head.wall,
        "kept": head.kept,
        "run": head.run,
        "lasted": head.lasted,
        "signature": signed.signature,
    }


def from_plain(plain: Mapping[str, object]) -> SignedHead:
    """Return the signed statement in *plain*; raises Invalid for what is none."""
    purposes = {purpose.value: purpose for purpose in Purpose}
    purpose = purposes.get(str(plain.get("purpose")))
    if purpose is None:
        raise Invalid("not a head: it has no purpose")
    return SignedHead(
        Head(
            purpose,
            _hex(plain, "node", 16),
            _whole(plain, "number"),
            _whole(plain, "seq"),
            _hex(plain, "digest", DIGEST_SIZE),
            _number(plain, "wall"),
            _whole(plain, "kept"),
            _number(plain, "run"),
            _number(plain, "lasted"),
        ),
        _hex(plain, "signature", SIGNATURE_SIZE),
    )


def read_key(text: str) -> bytes:
    """Return the public key that *text* has as 64 hex digits; raises Invalid."""
    words = text.split()
    try:
        key = bytes.fromhex(words[-1]) if words else b""
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise Invalid(f"a public key has {2 * KEY_SIZE} hexadecimal digits")
    return key


def _hex(plain: Mapping[str, object], name: str, size: int) -> str:
    text = plain.get(name)
    if not isinstance(text, str) or len(text) != 2 * size or set(text) - _DIGITS:
        raise Invalid(f"not a head: {name} has not {2 * size} hexadecimal digits")
    return text


def _whole(plain: Mapping[str, object], name: str) -> int:
    number = plain.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < _LARGEST:
        raise Invalid(f"not a head: {name} is no whole number")
    return number


def _number(plain: Mapping[str, object], name: str) -> float:
    number = plain.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise Invalid(f"not a head: {name} is no number")
    if not -_LARGEST < number < _LARGEST:
        raise Invalid(f"not a head: {name} is out of bounds")
    return float(number)


_DIGITS = frozenset("0123456789abcdef")
