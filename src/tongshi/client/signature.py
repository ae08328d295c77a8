"""Whether a webhook's delivery is genuine: for receivers."""

import hashlib
import hmac

from tongshi.client.failure import Failure

HEADER = "Tongshi-Signature"
TOLERANCE = 300.0
"""How far the clocks of sender and receiver may be apart, s."""


def verify(
    secret: str, header: str, body: bytes, now: float, *, tolerance: float = TOLERANCE
) -> None:
    """Return when *body* was signed with *secret* lately; else raise Failure (``denied``).

    secret: told once, when the webhook was made.  header: value of ``Tongshi-Signature``.
    body: the bytes as they came, before anything reads them.  now: UNIX time, s.

    A delivery may come more than once: what its ``id`` names and you have had, pass over.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    given = [value for name, _, value in parts if name == "v1"]
    if not (at.isascii() and at.isdecimal() and len(at) < 15) or not given:
        raise Failure("denied", "the delivery is not signed")
    signed = at.encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    if not any(hmac.compare_digest(expected, each.encode()) for each in given):
        raise Failure("denied", "the delivery was signed by somebody else, or changed")
    if abs(now - int(at)) > tolerance:
        raise Failure("denied", "the delivery is too old: it may be a replay")
