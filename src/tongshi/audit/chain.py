"""The chain: each digest is taken of the one before and of what is entered now.

::

    genesis = SHA-256("tongshi audit genesis 1" 0 public key)
    digest  = SHA-256("tongshi audit entry 1" 0 digest before, entry's bytes)

The words in front keep digests of one use from being taken for another's.  The genesis is made from
the node's public key, so no stretch of one node's chain passes for another's.
"""

import hashlib
from collections.abc import Mapping

from tongshi.audit.entry import write_json

_GENESIS = b"tongshi audit genesis 1\0"
_ENTRY = b"tongshi audit entry 1\0"
_ROW = b"tongshi audit row 1\0"
_KEY = b"tongshi audit node 1\0"
UNBOUND = "0" * 64
"""What the first entry of a chain is bound to that no key was made for."""


def genesis(key: bytes) -> str:
    """Return what the first entry of the node with this public *key* is bound to, hex."""
    return hashlib.sha256(_GENESIS + key).hexdigest()


def name_node(key: bytes) -> str:
    """Return the name by which heads know the node with this public *key*: 32 hex digits."""
    return hashlib.sha256(_KEY + key).hexdigest()[:32]


def link(before: str, content: bytes) -> str:
    """Return the digest of an entry, hex.  before: the one before it, 64 hex digits."""
    return hashlib.sha256(_ENTRY + bytes.fromhex(before) + content).hexdigest()


def digest_row(row: Mapping[str, object]) -> str:
    """Return the SHA-256 of a row of the access register, hex.

    Columns without a value do not count, so a column that a later version adds changes no digest of
    an earlier row; a whole number is the same with and without a fraction of zero, as stores do
    not tell them apart.  Raises as `json.dumps` for a value that JSON has no word for.
    """
    told = {name: _plain(value) for name, value in row.items() if value is not None}
    return hashlib.sha256(_ROW + write_json(told).encode("ascii")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
