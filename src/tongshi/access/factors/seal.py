"""Secrets at rest: AES-256-GCM under the node's key, bound to what they are of.

A sealed text copied to another person's row does not open.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tongshi.errors import Conflict, Invalid

KEY = 32
"""Bytes of a key."""
NONCE = 12
"""Random bytes that one sealing takes."""
_FORMAT = "1."


class Seal:
    """Seals and opens under one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY:
            raise Invalid(f"a key has {KEY} bytes")
        self._cipher = AESGCM(key)

    def close(self, plain: str, about: str, draw: bytes) -> str:
        """Return *plain* sealed.  about: what it is of.  draw: `NONCE` fresh random bytes."""
        sealed = self._cipher.encrypt(draw, plain.encode(), about.encode())
        return _FORMAT + urlsafe_b64encode(draw + sealed).decode()

    def open(self, sealed: str, about: str) -> str:
        """Return what was sealed; raises Conflict when it is of another key, or of something else.

        Also for text that was never sealed.
        """
        try:
            whole = urlsafe_b64decode(sealed.removeprefix(_FORMAT).encode())
            return self._cipher.decrypt(whole[:NONCE], whole[NONCE:], about.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Conflict("a secret does not open under the node's key") from error
