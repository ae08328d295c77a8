"""The signature of a delivery: ``Tongshi-Signature: t=<UNIX s>,v1=<HMAC-SHA256 of t.body>``.

The time is under the signature, so that a receiver can refuse what is replayed later.  The secret
is told once and kept nowhere: it is made from the node's key, which stands in a file beside the
store, and from the hook's salt, which stands in the store.  Neither alone gives it.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

HEADER = "Tongshi-Signature"
PREFIX = "whs_"
"""How every secret begins."""


def make_secret(key: bytes, salt: str) -> str:
    """Return the secret of a hook.  key: the node's, 32 bytes of chance."""
    drawn = hmac.new(key, b"tongshi hook\0" + salt.encode(), hashlib.sha256).digest()
    return PREFIX + urlsafe_b64encode(drawn).decode().rstrip("=")


def prove(secret: str) -> str:
    """Return what tells later whether a secret is still the same, and does not tell it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sign(secret: str, body: bytes, at: int) -> str:
    """Return the value of the header.  at: UNIX time, s."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"
